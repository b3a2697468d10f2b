#include "core/base/escape.h"

#include <stdbool.h>
#include <wchar.h>

struct range {
	uint32_t first;
	uint32_t last;
};

/*
 * Never shown as they are: what moves the cursor, turns the direction of the text
 * or is there without being seen. These are the controls, the separators of lines
 * and paragraphs, the noncharacters of the first plane, and what Unicode calls
 * default ignorable. Variation selectors stay: they are half of an emoji.
 */
static const struct range hidden[] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x34f, 0x34f},
	{0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},
	{0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfdd0, 0xfdef}, {0xfeff, 0xfeff},
	{0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

/* For a libc or a locale that does not know them: the marks of living scripts ... */
static const struct range zero[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a},
	{0x64b, 0x65f}, {0x93c, 0x93c}, {0x941, 0x948}, {0x94d, 0x94d}, {0xe31, 0xe31},
	{0xe34, 0xe3a}, {0xe47, 0xe4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
	{0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

/* ... and what takes two columns: East Asian wide and full-width, emoji. */
static const struct range wide[] = {{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a},
	{0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3}, {0x25fd, 0x25fe}, {0x2614, 0x2615},
	{0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1}, {0x26aa, 0x26ab},
	{0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea},
	{0x26f2, 0x26f3}, {0x26f5, 0x26f5}, {0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705},
	{0x270a, 0x270b}, {0x2728, 0x2728}, {0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755},
	{0x2757, 0x2757}, {0x2795, 0x2797}, {0x27b0, 0x27b0}, {0x27bf, 0x27bf}, {0x2b1b, 0x2b1c},
	{0x2b50, 0x2b50}, {0x2b55, 0x2b55}, {0x2e80, 0x303e}, {0x3041, 0x4dbf}, {0x4e00, 0xa4cf},
	{0xa960, 0xa97c}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6f},
	{0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x17000, 0x18aff}, {0x1b000, 0x1b2ff},
	{0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f393},
	{0x1f3a0, 0x1f3f4}, {0x1f3f8, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f5fb, 0x1f64f},
	{0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff},
	{0x20000, 0x3fffd}};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t code_point)
{
	size_t low = 0;
	while (low < count) {
		size_t middle = low + (count - low) / 2;
		if (code_point > ranges[middle].last)
			low = middle + 1;
		else if (code_point < ranges[middle].first)
			count = middle;
		else
			return true;
	}
	return false;
}

#define IN(ranges, code_point) in_ranges(ranges, sizeof(ranges) / sizeof(*(ranges)), code_point)

static size_t columns_of(uint32_t code_point)
{
	if (code_point < 0x300)
		return 1;
	int columns = wcwidth((wchar_t)code_point);
	if (columns >= 0)
		return (size_t)columns;
	if (IN(zero, code_point))
		return 0;
	return IN(wide, code_point) ? 2 : 1;
}

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~';
}

static size_t plain_run(struct slice s)
{
	size_t n = 0;
	while (n < s.len && is_plain(s.ptr[n]))
		n++;
	return n;
}

size_t utf8_decode(struct slice s, uint32_t *code_point)
{
	/* By length: what is below could be written shorter. */
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if (!s.len)
		return 0;
	unsigned char lead = (unsigned char)s.ptr[0];
	if (lead < 0x80) {
		*code_point = lead;
		return 1;
	}
	size_t len = lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
	if (!len || len > s.len)
		return 0;
	uint32_t value = lead & 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if ((c & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (c & 0x3f);
	}
	bool surrogate = value >= 0xd800 && value <= 0xdfff;
	if (value < least[len] || value > 0x10ffff || surrogate)
		return 0;
	*code_point = value;
	return len;
}

void utf8_encode(struct buf *out, uint32_t c)
{
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	char *to = buf_room(out, 4);
	if (c < 0x80) {
		to[0] = (char)c;
		out->len += 1;
		return;
	}
	unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3; /* bytes behind the first */
	to[0] = (char)(0xff00u >> (more + 1) | c >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		to[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3f));
	out->len += more + 1;
}

/* What is printed next: a run of plain ASCII, one code point, or one byte that is none. */
struct piece {
	size_t taken; /* bytes of the input */
	struct slice text;
	size_t columns;
	char room[sizeof("\\u{10FFFF}")]; /* of text, when it is escaped */
};

static void add_hex(struct piece *piece, uint32_t value, unsigned digits)
{
	while (digits--)
		piece->room[piece->text.len++] = "0123456789ABCDEF"[value >> digits * 4 & 0xf];
}

static void escape_byte(struct piece *piece, unsigned char byte)
{
	memcpy(piece->room, "\\x", 2);
	piece->text = slice_of(piece->room, 2);
	add_hex(piece, byte, 2);
	piece->columns = piece->text.len;
}

static void escape_code_point(struct piece *piece, uint32_t code_point)
{
	memcpy(piece->room, "\\u{", 3);
	piece->text = slice_of(piece->room, 3);
	add_hex(piece, code_point, code_point > 0xfffff ? 6 : code_point > 0xffff ? 5 : 4);
	piece->room[piece->text.len++] = '}';
	piece->columns = piece->text.len;
}

/* The first piece of s, which is not empty; a run of plain ASCII ends at `most` bytes. */
static void next_piece(
	struct piece *piece, struct slice s, size_t most, enum escape_charset charset)
{
	uint32_t code_point;

	piece->taken = plain_run(slice_upto(s, most));
	if (piece->taken) {
		piece->text = slice_upto(s, piece->taken);
		piece->columns = piece->taken;
		return;
	}
	piece->taken = utf8_decode(s, &code_point);
	if (piece->taken <= 1) {
		piece->taken = 1;
		escape_byte(piece, (unsigned char)s.ptr[0]);
	} else if (charset == ESCAPE_ASCII || IN(hidden, code_point)) {
		escape_code_point(piece, code_point);
	} else {
		piece->text = slice_upto(s, piece->taken);
		piece->columns = columns_of(code_point);
	}
}

void escape_text(struct buf *out, struct slice s, enum escape_charset charset)
{
	struct piece piece;
	for (; s.len; s = slice_from(s, piece.taken)) {
		next_piece(&piece, s, s.len, charset);
		buf_add(out, piece.text);
	}
}

size_t escape_width(struct slice s, enum escape_charset charset)
{
	struct piece piece;
	size_t columns = 0;
	for (; s.len; s = slice_from(s, piece.taken)) {
		next_piece(&piece, s, s.len, charset);
		columns += piece.columns;
	}
	return columns;
}

size_t escape_fit(struct buf *out, struct slice s, size_t columns, enum escape_charset charset)
{
	struct piece piece;
	size_t used = 0;
	/* Where the text is cut should more follow: one column is left for the sign. */
	size_t cut = out->len, cut_used = 0;

	for (; s.len && columns; s = slice_from(s, piece.taken)) {
		size_t room = columns - used;
		next_piece(&piece, s, room > 1 ? room - 1 : 1, charset);
		if (piece.columns > room) {
			out->len = cut;
			buf_add(out, charset == ESCAPE_UTF8 ? SLICE("…") : SLICE("~"));
			return cut_used + 1;
		}
		buf_add(out, piece.text);
		used += piece.columns;
		if (used < columns) {
			cut = out->len;
			cut_used = used;
		}
	}
	return used;
}

void escape_utf8(struct buf *out, struct slice s)
{
	while (s.len) {
		uint32_t code_point;
		size_t valid = 0, n;
		while ((n = utf8_decode(slice_from(s, valid), &code_point)) > 0)
			valid += n;
		buf_add(out, slice_upto(s, valid));
		s = slice_from(s, valid);
		if (s.len) {
			buf_addc(out, '?');
			s = slice_from(s, 1);
		}
	}
}

void escape_json(struct buf *out, struct slice json)
{
	while (json.len) {
		uint32_t code_point;
		size_t n = 0;
		while (n < json.len && (unsigned char)json.ptr[n] < 0x7f)
			n++;
		buf_add(out, slice_upto(json, n));
		json = slice_from(json, n);
		n = utf8_decode(json, &code_point);
		if (n && IN(hidden, code_point)) {
			if (code_point > 0xffff) {
				uint32_t above = code_point - 0x10000;
				buf_printf(out, "\\u%04X", 0xd800 + (above >> 10));
				code_point = 0xdc00 + (above & 0x3ff);
			}
			buf_printf(out, "\\u%04X", code_point);
		} else {
			n = n ? n : json.len > 0;
			buf_add(out, slice_upto(json, n));
		}
		json = slice_from(json, n);
	}
}

static bool starts_formula(struct slice s)
{
	/* The full-width forms count as well: = + - @ */
	static const char *const first[] = {
		"=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		if (slice_starts(s, slice_cstr(first[i])))
			return true;
	return false;
}

static bool is_plain_number(struct slice s)
{
	size_t digits = 0, points = 0;
	s = slice_from(s, s.len && (s.ptr[0] == '+' || s.ptr[0] == '-'));
	for (size_t i = 0; i < s.len; i++) {
		digits += ascii_is_digit(s.ptr[i]);
		points += s.ptr[i] == '.';
	}
	return digits && points <= 1 && digits + points == s.len;
}

static bool needs_quotes(struct slice s)
{
	/* The semicolon parts the cells where the comma is the decimal sign. */
	for (size_t i = 0; i < s.len; i++)
		if (slice_index(SLICE(",;\""), s.ptr[i]) != SIZE_MAX)
			return true;
	return s.len && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
}

void escape_csv(struct buf *out, struct slice s)
{
	struct slice head, tail;
	bool quotes = needs_quotes(s);

	if (quotes)
		buf_addc(out, '"');
	if (starts_formula(s) && !is_plain_number(s))
		buf_addc(out, '\'');
	while (slice_cut(s, '"', &head, &tail)) {
		escape_text(out, head, ESCAPE_UTF8);
		buf_add(out, SLICE("\"\""));
		s = tail;
	}
	escape_text(out, s, ESCAPE_UTF8);
	if (quotes)
		buf_addc(out, '"');
}
