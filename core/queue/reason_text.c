/*
 * reason_normalise runs once for each recipient with a reason, so it looks at
 * most bytes only once: the scan stops where a variable part can begin (a digit,
 * a dot, a bracket ...) and finds the start of that word behind itself. What a
 * word is made of is told in reason_word.c; here is the rest: addresses, URLs,
 * paths and names in quotes.
 */
#include "core/base/ip.h"
#include "core/queue/reason.h"
#include "core/queue/reason_scan.h"

enum { QUOTED_NAME = 128 /* longest "name" or <name> */ };

const uint8_t reason_kinds[256] = {
	[0 ... 31] = KIND_BLANK | KIND_STOP,
	[' '] = KIND_BLANK,
	['!'] = KIND_LOCAL,
	['"'] = KIND_STOP,
	['#' ... '\''] = KIND_LOCAL,
	['*' ... '+'] = KIND_LOCAL,
	['-'] = KIND_DASH,
	['.'] = KIND_DOT | KIND_STOP,
	['/'] = KIND_LOCAL | KIND_STOP,
	['0' ... '9'] = KIND_DIGIT | KIND_STOP,
	[':'] = KIND_STOP,
	['<'] = KIND_STOP,
	['='] = KIND_LOCAL | KIND_STOP,
	['?'] = KIND_LOCAL,
	['A' ... 'F'] = KIND_HEX,
	['G' ... 'Z'] = KIND_LETTER,
	['['] = KIND_STOP,
	['^'] = KIND_LOCAL,
	['_'] = KIND_DASH,
	['`'] = KIND_LOCAL,
	['a' ... 'z'] = KIND_LETTER,
	['{' ... '~'] = KIND_LOCAL,
	[127] = KIND_BLANK | KIND_STOP,
	[128 ... 255] = KIND_LETTER,
};

static void copy_to(struct reason_scan *scan, size_t to)
{
	buf_add(scan->out, reason_between(scan, scan->copied, to));
	scan->copied = to;
}

size_t reason_replace(struct reason_scan *scan, size_t from, size_t to, struct slice placeholder)
{
	copy_to(scan, from);
	buf_add(scan->out, placeholder);
	scan->copied = to;
	scan->done = to;
	return to;
}

bool reason_follows(const struct reason_scan *scan, size_t at, struct slice word)
{
	return at - scan->copied >= word.len &&
		slice_eq(reason_between(scan, at - word.len, at), word);
}

size_t reason_find(const struct reason_scan *scan, size_t from, size_t most, char c)
{
	size_t at = slice_index(slice_upto(reason_between(scan, from, scan->len), most), c);
	return at == SIZE_MAX ? at : from + at;
}

struct span {
	size_t from, to;
};

/* Start of the local part that ends at the '@', not before `from`. */
static size_t local_start(const struct reason_scan *scan, size_t from, size_t at)
{
	size_t start = at;
	if (start > from && scan->text[start - 1] == '"') {
		size_t least = start - from > QUOTED_NAME ? start - QUOTED_NAME : from;
		size_t open = slice_rindex(reason_between(scan, least, start - 1), '"');
		return open == SIZE_MAX ? at : least + open;
	}
	while (start > from && reason_kind_at(scan, start - 1) & (KIND_WORD | KIND_LOCAL))
		start--;
	while (start < at && (scan->text[start] == '\'' || scan->text[start] == '`'))
		start++; /* a quotation mark */
	return start;
}

/* End of the domain or address literal that begins at `from`. */
static size_t domain_end(const struct reason_scan *scan, size_t from)
{
	size_t end = from;
	if (reason_char_at(scan, from) == '[') {
		size_t close = reason_find(scan, from, REASON_LITERAL_MAX, ']');
		return close == SIZE_MAX ? from : close + 1;
	}
	while (reason_kind_at(scan, end) & KIND_WORD)
		end++;
	while (end > from && reason_kind_at(scan, end - 1) & (KIND_DOT | KIND_DASH))
		end--;
	return end;
}

/* With its angle brackets, also where a name with a blank is in them: <bob smith@example.com>. */
static struct span with_angles(const struct reason_scan *scan, size_t from, struct span span)
{
	size_t open = span.from, least = from;
	if (reason_char_at(scan, span.to) != '>')
		return span;
	if (open - from > QUOTED_NAME)
		least = open - QUOTED_NAME;
	while (open > least && scan->text[open - 1] != '<' && scan->text[open - 1] != '>')
		open--;
	if (open == least || scan->text[open - 1] != '<')
		return span;
	return (struct span){open - 1, span.to + 1};
}

/* The first e-mail address behind `from`; beyond the text if none. */
static struct span next_address(const struct reason_scan *scan, size_t from)
{
	for (size_t next = from; next < scan->len; next++) {
		size_t at = slice_index(reason_between(scan, next, scan->len), '@');
		if (at == SIZE_MAX)
			break;
		at += next;
		struct span span = {local_start(scan, next, at), domain_end(scan, at + 1)};
		if (span.from < at && span.to > at + 1)
			return with_angles(scan, from, span);
		next = at;
	}
	return (struct span){SIZE_MAX, SIZE_MAX};
}

/*
 * At the ':' of "https://": the host stays, since it says whose explanation it
 * is; the rest is different for each message and becomes "/...".
 */
static size_t take_url(struct reason_scan *scan, size_t colon)
{
	size_t host = colon + 3, end = host;
	struct ip ip;
	while (reason_kind_at(scan, end) & KIND_WORD)
		end++;
	if (ip_parse(reason_between(scan, host, end), &ip))
		reason_replace(scan, host, end, SLICE("IP"));
	size_t tail = end;
	while (tail < scan->len && !(reason_kind_at(scan, tail) & KIND_BLANK) &&
		slice_index(SLICE("<>\"()[]"), scan->text[tail]) == SIZE_MAX)
		tail++;
	while (tail > end && slice_index(SLICE(".,;:'"), scan->text[tail - 1]) != SIZE_MAX)
		tail--;
	if (tail - end < 2)
		return reason_keep(scan, tail);
	return reason_replace(scan, end, tail, SLICE("/..."));
}

static size_t take_colon(struct reason_scan *scan, size_t at)
{
	if (reason_char_at(scan, at + 1) == '/' && reason_char_at(scan, at + 2) == '/' &&
		reason_kind_at(scan, at + 3) & KIND_WORD)
		return take_url(scan, at);
	size_t start = at;
	while (start > scan->done && reason_is_ip6_char(scan->text[start - 1]))
		start--;
	size_t end = 0;
	bool whole = start == 0 ||
		(!(reason_kind_at(scan, start - 1) & KIND_WORD) && scan->text[start - 1] != '/');
	if (whole && reason_is_ip6_char(reason_char_at(scan, at + 1)))
		end = reason_take_ip6(scan, start, start);
	return end ? end : reason_keep(scan, at + 1);
}

/* <bob>, a name without a domain; <mx.example.com> is left to the word inside. */
static size_t take_angle(struct reason_scan *scan, size_t at)
{
	static const char *const placeholders[] = {"HOST", "ID", "IP", "N"};
	unsigned kinds = 0;
	size_t end = at + 1;
	while (end - at < QUOTED_NAME && reason_kind_at(scan, end) & (KIND_WORD | KIND_LOCAL))
		kinds |= reason_kind_at(scan, end++);
	struct slice name = reason_between(scan, at + 1, end);
	if (!name.len || reason_char_at(scan, end) != '>')
		return reason_keep(scan, at + 1);
	if (!(kinds & KIND_LOCAL) && reason_is_host(name))
		return reason_keep(scan, at + 1);
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++)
		if (slice_eq(name, slice_cstr(placeholders[i])))
			return reason_keep(scan, at + 1);
	return reason_replace(scan, at, end + 1, SLICE("<addr>"));
}

/* unknown user: "bob" */
static size_t take_quote(struct reason_scan *scan, size_t at)
{
	size_t end = SIZE_MAX;
	if (reason_follows(scan, at, SLICE("user: ")))
		end = reason_find(scan, at + 1, QUOTED_NAME, '"');
	if (end == SIZE_MAX)
		return reason_keep(scan, at + 1);
	return reason_replace(scan, at, end + 1, SLICE("<addr>"));
}

/* Name service error for name=dead.test: the name may well have no dot. */
static size_t take_equals(struct reason_scan *scan, size_t at)
{
	if (!reason_follows(scan, at, SLICE("name")) ||
		!(reason_kind_at(scan, at + 1) & (KIND_DIGIT | KIND_ALPHA)))
		return reason_keep(scan, at + 1);
	size_t end = at + 1;
	while (reason_kind_at(scan, end) & KIND_WORD)
		end++;
	return reason_replace(scan, at + 1, end, SLICE("HOST"));
}

/* "/var/mail/bob": where, but not whose. */
static size_t take_path(struct reason_scan *scan, size_t at)
{
	size_t end = at + 1, second = 0;
	if (at && !(reason_kind_at(scan, at - 1) & KIND_BLANK) &&
		slice_index(SLICE("\"'("), scan->text[at - 1]) == SIZE_MAX)
		return reason_keep(scan, at + 1);
	for (; reason_kind_at(scan, end) & KIND_WORD || reason_char_at(scan, end) == '/'; end++)
		if (scan->text[end] == '/' && !second)
			second = end;
	if (!second || second == at + 1)
		return reason_keep(scan, end);
	return reason_replace(scan, second, end, SLICE("/..."));
}

/* A run of white space and controls, with the spaces in front of `at`. */
static size_t take_blanks(struct reason_scan *scan, size_t at)
{
	size_t from = at, to = at;
	while (from > scan->copied && reason_kind_at(scan, from - 1) & KIND_BLANK)
		from--;
	while (reason_kind_at(scan, to) & KIND_BLANK)
		to++;
	return reason_replace(scan, from, to, SLICE(" "));
}

/* What may begin at a KIND_STOP. Returns where the scan goes on: always behind `at`. */
static size_t take(struct reason_scan *scan, size_t at)
{
	size_t end = 0;
	switch (scan->text[at]) {
	case '"':
		return take_quote(scan, at);
	case '/':
		return take_path(scan, at);
	case ':':
		return take_colon(scan, at);
	case '<':
		return take_angle(scan, at);
	case '=':
		return take_equals(scan, at);
	case '.':
		if (reason_kind_at(scan, at + 1) & (KIND_DIGIT | KIND_ALPHA))
			end = reason_take_word(scan, at);
		break;
	case '[':
		if (at > scan->done && reason_kind_at(scan, at - 1) & KIND_WORD)
			end = reason_take_word(scan, at - 1);
		break;
	default:
		if (reason_kind_at(scan, at) & KIND_BLANK)
			return take_blanks(scan, at);
		end = reason_take_word(scan, at);
	}
	return end > at ? end : at + 1;
}

static struct slice trim_blanks(struct slice text)
{
	while (text.len && reason_kinds[(unsigned char)text.ptr[0]] & KIND_BLANK)
		text = slice_from(text, 1);
	while (text.len && reason_kinds[(unsigned char)text.ptr[text.len - 1]] & KIND_BLANK)
		text.len--;
	return text;
}

/* The next KIND_STOP from `at` on, or the second of two blanks, or `end`. */
static size_t next_stop(const struct reason_scan *scan, size_t at, size_t end)
{
	unsigned before = 0;
	while (at < end) {
		unsigned kind = reason_kinds[(unsigned char)scan->text[at]];
		if (kind & (KIND_STOP | (before & KIND_BLANK)))
			break;
		before = kind;
		at++;
	}
	return at;
}

void reason_normalise(struct buf *out, struct slice text)
{
	text = trim_blanks(text);
	struct reason_scan scan = {.out = out, .text = text.ptr, .len = text.len};
	struct span address = next_address(&scan, 0);

	for (size_t at = 0; at < scan.len;) {
		at = next_stop(&scan, at, address.from < scan.len ? address.from : scan.len);
		if (at == address.from)
			at = reason_replace(&scan, at, address.to, SLICE("<addr>"));
		else if (at < scan.len)
			at = take(&scan, at);
		if (address.from < at)
			address = next_address(&scan, at);
	}
	copy_to(&scan, scan.len);
}
