#include "core/base/limits.h"
#include "core/mail/marks.h"

/* What a reply or a forward puts before its colon, in the languages that people's programs speak. */
static const char prefixes[] = "re fwd fw aw wg antwort sv vs vb vl tr réf rv res enc r i rif antw "
			       "odp pd ynt ilt ha на На НА απ ΑΠ σχετ ответ Ответ "
			       "回复 回覆 答复 转发 轉寄 返信 転送 답장 전달";

static bool is_prefix(struct slice word)
{
	struct slice each, rest = slice_cstr(prefixes);

	while (slice_word(&rest, " ", &each))
		if (slice_eq_fold(word, each))
			return true;
	return false;
}

/* "Re[2]": the word before its count. */
static struct slice before_count(struct slice text)
{
	struct slice word;
	slice_word(&text, " [(", &word);
	text = slice_trim(text);
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_digit(text.ptr[i]) && !memchr("[]()", text.ptr[i], 4))
			return (struct slice){0};
	return word;
}

/* The first colon, as wide as Chinese programs write it too: what is before and behind it. */
static bool cut_colon(struct slice text, struct slice *head, struct slice *tail)
{
	enum { PREFIX_MOST = 24 };
	struct slice begin = slice_upto(text, PREFIX_MOST), wide = SLICE("\xef\xbc\x9a");
	size_t at = slice_index(begin, wide.ptr[0]), width = wide.len;

	if (at == SIZE_MAX || !slice_starts(slice_from(begin, at), wide)) {
		at = slice_index(begin, ':');
		width = 1;
	}
	if (at == SIZE_MAX)
		return false;
	*head = slice_upto(text, at);
	*tail = slice_from(text, at + width);
	return true;
}

static struct slice without_prefixes(struct slice text)
{
	struct slice head, tail;

	text = slice_trim(text);
	while (cut_colon(text, &head, &tail) && is_prefix(before_count(head)))
		text = slice_trim(tail);
	return text;
}

/* Controls as well: they are nothing to see. */
static bool is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool next_word(struct slice *rest, struct slice *word)
{
	size_t begin = 0, end;

	while (begin < rest->len && is_blank(rest->ptr[begin]))
		begin++;
	for (end = begin; end < rest->len && !is_blank(rest->ptr[end]);)
		end++;
	*word = slice_upto(slice_from(*rest, begin), end - begin);
	*rest = slice_from(*rest, end);
	return word->len > 0;
}

/*
 * What a sender adds so that no two subjects are equal: "kx83hq20vz". Not "invoice2024", which
 * goes from letters to digits once. What is neither changes nothing: "a1b2-c3d4".
 */
static bool looks_random(struct slice word)
{
	enum { RANDOM_LENGTH = 8, RANDOM_CHANGES = 2 };
	size_t length = 0, changes = 0;
	bool digit = false;

	for (size_t i = 0; word.len >= RANDOM_LENGTH && i < word.len; i++) {
		char c = word.ptr[i];
		if (!ascii_is_alnum(c))
			continue;
		changes += length && ascii_is_digit(c) != digit;
		digit = ascii_is_digit(c);
		length++;
	}
	return length >= RANDOM_LENGTH && changes >= RANDOM_CHANGES;
}

/* No longer than it was. */
static void add_word(struct buf *out, struct slice word)
{
	char *to = buf_room(out, word.len);
	bool digits = false;

	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];
		if (!ascii_is_digit(c))
			*to++ = ascii_lower(c);
		else if (!digits)
			*to++ = '#';
		digits = ascii_is_digit(c);
	}
	out->len = (size_t)(to - out->ptr);
}

/* A word without what surrounds it: "(anna)," is anna. */
static struct slice bare(struct slice word)
{
	while (word.len && !ascii_is_alnum(word.ptr[0]))
		word = slice_from(word, 1);
	while (word.len && !ascii_is_alnum(word.ptr[word.len - 1]))
		word.len--;
	return word;
}

static uint32_t letter_bit(char c)
{
	return ascii_is_alpha(c) ? 1u << (ascii_lower(c) - 'a') : 0;
}

/* Who a message is to, and with which letters the parts of that begin. */
struct named {
	struct slice rcpt;
	uint32_t letters;
};

static struct named named(struct slice rcpt)
{
	struct named named = {.rcpt = rcpt};

	for (size_t i = 0; i < rcpt.len; i++)
		if (i == 0 || !ascii_is_alpha(rcpt.ptr[i - 1]))
			named.letters |= letter_bit(rcpt.ptr[i]);
	return named;
}

/* The recipient, or a part of his name between what is no letter: spam calls each by his own. */
static bool names_rcpt(struct slice word, const struct named *named)
{
	enum { SHORTEST = 3 };
	struct slice user = slice_upto(named->rcpt, slice_rindex(named->rcpt, '@'));

	if (word.len < SHORTEST)
		return false;
	word = bare(word);
	if (word.len < SHORTEST || !(named->letters & letter_bit(word.ptr[0])))
		return false;
	for (size_t i = 0; i + word.len <= user.len; i++)
		if ((i == 0 || !ascii_is_alpha(user.ptr[i - 1])) &&
			(i + word.len == user.len || !ascii_is_alpha(user.ptr[i + word.len])) &&
			slice_starts_fold(slice_from(user, i), word))
			return true;
	return slice_eq_fold(word, named->rcpt);
}

void subject_shape(struct buf *out, struct slice decoded, struct slice rcpt)
{
	struct slice word, rest = without_prefixes(slice_upto(decoded, LIMIT_HEADER_VALUE));
	struct named to = named(rcpt);
	size_t start = out->len;

	while (out->len - start < SUBJECT_SHAPE && next_word(&rest, &word)) {
		if (out->len > start)
			buf_addc(out, ' ');
		if (looks_random(word) || names_rcpt(word, &to))
			buf_addc(out, '*');
		else
			add_word(out, word);
	}
	buf_cut(out, start, SUBJECT_SHAPE);
}
