/* Words of a reason that are different for each message: see reason_scan.h. */
#include "core/base/ip.h"
#include "core/queue/reason_scan.h"

enum {
	ID_MIN = 10, /* a long queue id has at least 12, those of others have less */
	HEX_ID_MIN = 6,
	NUMBER_MIN = 4, /* digits of a number that is no reply code */
};

/* Our own machine is the same in every text, and worth seeing. */
static struct slice ip_placeholder(const struct ip *ip, struct slice text)
{
	return ip_is_loopback(ip) ? text : SLICE("IP");
}

/* What ends at `at` is only a part of something else. A full stop may be the sentence's. */
static bool goes_on(const struct reason_scan *scan, size_t at)
{
	char next = reason_char_at(scan, at);
	return next == '@' ||
		reason_kind_at(scan, at + (next == '.' || next == ':')) & (KIND_WORD & ~KIND_DOT);
}

/* "private/lmtp" */
static bool is_socket(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] != '/' && !(reason_kinds[(unsigned char)name.ptr[i]] & KIND_WORD))
			return false;
	return slice_index(name, '/') != SIZE_MAX;
}

/*
 * With HOST in [from, open): "HOST[192.0.2.1]:25". A port and the name of a
 * socket stay. Returns 0 when the brackets hold neither address nor socket.
 */
static size_t take_bracket(struct reason_scan *scan, size_t from, size_t open)
{
	struct ip ip = {0};
	size_t close = reason_find(scan, open, REASON_LITERAL_MAX, ']');
	if (close == SIZE_MAX)
		return 0;
	struct slice inside = reason_between(scan, open + 1, close);
	bool is_ip = ip_parse(inside, &ip) || slice_eq(inside, SLICE("IP"));
	if (!is_ip && !is_socket(inside))
		return 0;
	reason_replace(scan, from, open, SLICE("HOST"));
	if (is_ip)
		reason_replace(scan, open + 1, close, ip_placeholder(&ip, inside));
	size_t port = close + 2;
	while (reason_char_at(scan, close + 1) == ':' && reason_kind_at(scan, port) & KIND_DIGIT)
		port++;
	return reason_keep(scan, port == close + 2 || goes_on(scan, port) ? close + 1 : port);
}

bool reason_is_ip6_char(char c)
{
	return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f') || c == ':' ||
		c == '.';
}

size_t reason_take_ip6(struct reason_scan *scan, size_t from, size_t at)
{
	struct ip ip;
	size_t end = at;
	while (end - at < REASON_LITERAL_MAX && reason_is_ip6_char(reason_char_at(scan, end)))
		end++;
	if (goes_on(scan, end))
		return 0;
	if (!ip_parse(reason_between(scan, at, end), &ip)) {
		/* Perhaps the last one is the sentence's. */
		if (end == at || !ip_parse(reason_between(scan, at, --end), &ip))
			return 0;
	}
	return reason_replace(
		scan, from, end, ip_placeholder(&ip, reason_between(scan, from, end)));
}

struct word {
	size_t from, to;
	unsigned kinds; /* of all its bytes */
	size_t digits, dots;
	size_t group; /* longest run of digits */
};

/* The word around `at`; a full stop or dash behind it belongs to the sentence. */
static struct word word_at(const struct reason_scan *scan, size_t at)
{
	struct word word = {.from = at, .to = at};
	while (word.from > scan->done && reason_kind_at(scan, word.from - 1) & KIND_WORD)
		word.from--;
	while (reason_kind_at(scan, word.to) & KIND_WORD)
		word.to++;
	while (word.to > word.from && reason_kind_at(scan, word.to - 1) & (KIND_DOT | KIND_DASH))
		word.to--;
	size_t group = 0;
	for (size_t i = word.from; i < word.to; i++) {
		unsigned kind = reason_kind_at(scan, i);
		word.kinds |= kind;
		word.dots += (kind & KIND_DOT) != 0;
		word.digits += kind & KIND_DIGIT;
		group = kind & KIND_DIGIT ? group + 1 : 0;
		word.group = group > word.group ? group : word.group;
	}
	return word;
}

bool reason_is_host(struct slice name)
{
	size_t dot = slice_rindex(name, '.');
	if (dot == SIZE_MAX)
		return false;
	struct slice top = slice_from(name, dot + 1);
	if (dot == 0 || slice_find(name, SLICE("..")) != SIZE_MAX || top.len < 2)
		return false;
	if (slice_starts_fold(top, SLICE("xn--")))
		return true;
	for (size_t i = 0; i < top.len; i++)
		if (!(reason_kinds[(unsigned char)top.ptr[i]] & KIND_ALPHA))
			return false;
	/* "rejected.Please": a full stop without its space. */
	bool sentence = slice_index(name, '.') == dot &&
		reason_kinds[(unsigned char)top.ptr[0]] & KIND_ALPHA &&
		top.ptr[0] != ascii_lower(top.ptr[0]) && top.ptr[1] == ascii_lower(top.ptr[1]);
	return !sentence;
}

/* The name of a list that refuses us is what the admin has to know. */
static bool is_block_list(const struct reason_scan *scan, size_t from, struct slice name)
{
	static const char *const lists[] = {"abuseat", "barracudacentral", "mailspike", "sorbs",
		"spamcop", "spamhaus", "uceprotect"};
	if (reason_follows(scan, from, SLICE("using ")))
		return true;
	if (ascii_is_digit(name.ptr[0]))
		return false; /* the name that was looked up, with our address in it */
	name = slice_upto(name, slice_rindex(name, '.'));
	size_t dot = slice_rindex(name, '.');
	name = dot == SIZE_MAX ? name : slice_from(name, dot + 1);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (slice_eq_fold(name, slice_cstr(lists[i])))
			return true;
	return false;
}

/* Long queue ids are made without vowels; other systems' have many digits. */
static bool is_id(const struct word *word, struct slice text)
{
	if (!(word->kinds & (KIND_LETTER | KIND_DASH | KIND_DOT)))
		return text.len >= HEX_ID_MIN;
	if (text.len < ID_MIN)
		return false;
	if (word->digits > 1)
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_alnum(text.ptr[i]) ||
			slice_index(SLICE("aeiou"), ascii_lower(text.ptr[i])) != SIZE_MAX)
			return false;
	return true;
}

/* The end of ":00:00.000Z", the rest of a time of day whose hour ends at `hour`. */
static size_t time_end(const struct reason_scan *scan, size_t hour)
{
	size_t at = hour;
	while (reason_char_at(scan, at) == ':' && reason_kind_at(scan, at + 1) & KIND_DIGIT &&
		reason_kind_at(scan, at + 2) & KIND_DIGIT)
		at += 3;
	if (reason_char_at(scan, at) == '.' && reason_kind_at(scan, at + 1) & KIND_DIGIT)
		for (at += 2; reason_kind_at(scan, at) & KIND_DIGIT;)
			at++;
	at += reason_char_at(scan, at) == 'Z';
	return goes_on(scan, at) ? hour : at;
}

/* " seconds" and the like behind a number: a count, and no code. */
static bool counts_time(const struct reason_scan *scan, size_t at)
{
	static const char *const units[] = {"sec", "secs", "second", "seconds", "min", "mins",
		"minute", "minutes", "hour", "hours", "day", "days"};
	size_t from = at;
	while (reason_kind_at(scan, from) & KIND_BLANK)
		from++;
	size_t to = from;
	if (from == at || slice_index(SLICE("smhd"), reason_char_at(scan, from)) == SIZE_MAX)
		return false;
	while (reason_kind_at(scan, to) & KIND_ALPHA)
		to++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_eq(reason_between(scan, from, to), slice_cstr(units[i])))
			return true;
	return false;
}

/* "[192.0.2.1 19]": Google counts what it had from there. */
static bool counts_mail(const struct reason_scan *scan, const struct word *word)
{
	return word->from > 0 && reason_kind_at(scan, word->from - 1) & KIND_BLANK &&
		reason_char_at(scan, word->to) == ']';
}

/* A word of digits, dots and dashes. "450", "4.7.1" and "421-4.7.28" are codes and stay. */
static size_t take_number(struct reason_scan *scan, const struct word *word)
{
	struct ip ip;
	struct slice text = reason_between(scan, word->from, word->to);
	bool dashes = word->kinds & KIND_DASH;
	if (word->dots == 3 && ip_parse(text, &ip))
		return reason_replace(scan, word->from, word->to, ip_placeholder(&ip, text));
	if (word->group >= NUMBER_MIN || (word->dots == 1 && !dashes))
		return reason_replace(scan, word->from, word->to, SLICE("N"));
	if (!word->dots && !dashes) {
		size_t end = word->to;
		if (text.len <= 2 && reason_char_at(scan, end) == ':')
			end = time_end(scan, end);
		if (end > word->to || counts_time(scan, end) || counts_mail(scan, word))
			return reason_replace(scan, word->from, end, SLICE("N"));
	}
	return reason_keep(scan, word->to);
}

/* "450-" in front of a line of a longer reply. */
static bool is_reply_prefix(struct slice text)
{
	return text.len > 3 && (text.ptr[0] == '4' || text.ptr[0] == '5') && text.ptr[1] >= '0' &&
		text.ptr[1] <= '5' && ascii_is_digit(text.ptr[2]) && text.ptr[3] == '-';
}

size_t reason_take_word(struct reason_scan *scan, size_t at)
{
	struct word word = word_at(scan, at);
	struct slice text = reason_between(scan, word.from, word.to);
	char next = reason_char_at(scan, word.to);
	size_t end = 0;

	if (is_reply_prefix(text))
		return reason_keep(scan, word.from + 4);
	if (next == '[')
		end = take_bracket(scan, word.from, word.to);
	else if (next == ':' && slice_eq_fold(text, SLICE("IPv6")))
		end = reason_take_ip6(scan, word.from, word.to + 1);
	else if (next == ':' && reason_is_ip6_char(reason_char_at(scan, word.to + 1)))
		end = reason_take_ip6(scan, word.from, word.from);
	if (end)
		return end;
	if (!(word.kinds & KIND_ALPHA))
		return take_number(scan, &word);
	if (word.dots && reason_is_host(text)) {
		if (is_block_list(scan, word.from, text))
			return reason_keep(scan, word.to);
		return reason_replace(scan, word.from, word.to, SLICE("HOST"));
	}
	if (word.digits && is_id(&word, text))
		return reason_replace(scan, word.from, time_end(scan, word.to), SLICE("ID"));
	return reason_keep(scan, word.to);
}
