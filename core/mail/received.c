#include "core/mail/received.h"

#include "core/base/ip.h"

/* The words that start a part we read. The value of each is the word behind it. */
enum clause { CLAUSE_FROM, CLAUSE_BY, CLAUSE_WITH, CLAUSE_ID, CLAUSE_OTHER };

static enum clause clause_of(struct slice word)
{
	static const char *const words[] = {"from", "by", "with", "id"};
	enum clause clause = CLAUSE_FROM;
	while (clause < CLAUSE_OTHER && !slice_eq_fold(word, slice_cstr(words[clause])))
		clause++;
	return clause;
}

/* Takes a word off *rest: what ends at white space, a comment or the ';' before the date. */
static struct slice take_word(struct slice *rest)
{
	size_t len = 0;
	while (len < rest->len && !ascii_is_space(rest->ptr[len]) && rest->ptr[len] != '(' &&
		rest->ptr[len] != ';')
		len++;
	struct slice word = slice_upto(*rest, len);
	*rest = slice_from(*rest, len);
	return word;
}

/*
 * Takes a comment off *rest and returns what is inside its parentheses. They
 * nest, and Postfix makes sure that those it copies from a client are balanced.
 */
static struct slice take_comment(struct slice *rest)
{
	size_t depth = 0, len = 0;
	while (len < rest->len) {
		char c = rest->ptr[len++];
		if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			break;
	}
	struct slice inside = slice_of(rest->ptr + 1, len - 1 - (depth == 0));
	*rest = slice_from(*rest, len);
	return inside;
}

/* "NAME [IP]" or "[IP]", the first comment behind "from HELO". */
static void take_client(struct received *received, struct slice comment)
{
	struct slice name, address;
	struct ip ip;
	size_t open = slice_rindex(comment, '[');

	if (slice_known(received->client_ip) || open == SIZE_MAX ||
		comment.ptr[comment.len - 1] != ']')
		return;
	address = slice_of(comment.ptr + open + 1, comment.len - open - 2);
	if (!ip_parse(address, &ip))
		return;
	received->client_ip = address;
	name = slice_trim(slice_upto(comment, open));
	if (name.len)
		received->client_name = name;
}

/* As Postfix and as SquirrelMail name who logged in. */
static void take_from_comment(struct received *received, struct slice comment)
{
	static const struct slice words[] = {
		SLICE("Authenticated sender: "), SLICE("SquirrelMail authenticated user ")};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!slice_starts(comment, words[i]))
			continue;
		if (!slice_known(received->auth_user))
			received->auth_user = slice_from(comment, words[i].len);
		return;
	}
	take_client(received, comment);
}

/* "Postfix, from userid 1000"; the name in front is a setting (mail_name). */
static void take_by_comment(struct received *received, struct slice comment)
{
	struct slice userid = SLICE(", from userid ");
	int64_t uid;
	size_t at = slice_find(comment, userid);
	if (at != SIZE_MAX && slice_to_i64(slice_from(comment, at + userid.len), &uid) &&
		uid >= 0 && uid <= UINT32_MAX)
		received->uid = uid;
}

static struct slice *member_of(struct received *received, enum clause clause)
{
	switch (clause) {
	case CLAUSE_FROM:
		return &received->helo;
	case CLAUSE_BY:
		return &received->by;
	case CLAUSE_WITH:
		return &received->protocol;
	case CLAUSE_ID:
		return &received->id;
	default:
		return NULL;
	}
}

bool received_parse(struct slice value, struct received *received)
{
	enum clause clause = CLAUSE_OTHER;
	struct slice rest = slice_trim(value);

	*received = (struct received){.uid = -1};
	while (rest.len && rest.ptr[0] != ';') {
		if (rest.ptr[0] == '(') {
			struct slice comment = take_comment(&rest);
			if (clause == CLAUSE_FROM)
				take_from_comment(received, comment);
			else if (clause == CLAUSE_BY)
				take_by_comment(received, comment);
		} else {
			clause = clause_of(take_word(&rest));
			struct slice *member = member_of(received, clause);
			/* "for" and what else there may be is last, and not needed. */
			if (!member || slice_known(*member))
				break;
			rest = slice_trim(rest);
			struct slice word = take_word(&rest);
			if (word.len)
				*member = word;
		}
		rest = slice_trim(rest);
	}
	return slice_known(received->by);
}
