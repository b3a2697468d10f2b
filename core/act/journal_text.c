#include "core/act/journal_text.h"

#include <inttypes.h>
#include <limits.h>

#include "core/base/escape.h"

void journal_put_text(struct buf *line, struct slice value)
{
	struct slice head, tail;

	buf_addc(line, '\t');
	if (!slice_known(value)) {
		buf_addc(line, '-');
		return;
	}
	if (slice_eq(value, SLICE("-"))) {
		buf_add(line, SLICE("\\x2D"));
		return;
	}
	while (slice_cut(value, '\\', &head, &tail)) {
		escape_text(line, head, ESCAPE_UTF8);
		buf_add(line, SLICE("\\\\"));
		value = tail;
	}
	escape_text(line, value, ESCAPE_UTF8);
}

void journal_put_number(struct buf *line, int64_t value)
{
	if (value < 0)
		buf_add(line, SLICE("\t-"));
	else
		buf_printf(line, "\t%" PRId64, value);
}

void journal_put_bits(struct buf *line, uint64_t bits)
{
	buf_printf(line, "\t%016" PRIx64, bits);
}

static bool has_controls(struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.ptr[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

bool journal_split(struct slice line, struct journal_fields *fields)
{
	struct slice rest = line;

	fields->count = 0;
	if (has_controls(line))
		return false;
	for (bool more = true; more;) {
		if (fields->count == JOURNAL_FIELDS)
			return false;
		more = slice_cut(rest, '\t', &fields->list[fields->count++], &rest);
	}
	return true;
}

static unsigned digit_of(char c)
{
	return ascii_is_digit(c)       ? (unsigned)(c - '0')
		: c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
				       : UINT_MAX;
}

static bool digits(struct slice s, unsigned base, uint64_t most, uint64_t *value)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = digit_of(s.ptr[i]);
		if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
			__builtin_add_overflow(v, digit, &v) || v > most)
			return false;
	}
	*value = v;
	return s.len > 0;
}

bool journal_get_count(struct slice field, uint64_t most, uint64_t *value)
{
	return digits(field, 10, most, value);
}

bool journal_get_number(struct slice field, int64_t *value)
{
	uint64_t v;

	if (slice_eq(field, SLICE("-"))) {
		*value = -1;
		return true;
	}
	if (!digits(field, 10, INT64_MAX, &v))
		return false;
	*value = (int64_t)v;
	return true;
}

bool journal_get_bits(struct slice field, uint64_t *bits)
{
	return field.len == 16 && digits(field, 16, UINT64_MAX, bits);
}

/* The hexadecimal number at the start of *rest, upper case, as escape_text writes it. */
static bool take_hex(struct slice *rest, size_t least, size_t most, uint32_t *value)
{
	size_t n = 0;

	for (*value = 0; n < rest->len && n < most; n++) {
		size_t digit = slice_index(SLICE("0123456789ABCDEF"), rest->ptr[n]);
		if (digit == SIZE_MAX)
			break;
		*value = *value << 4 | (uint32_t)digit;
	}
	*rest = slice_from(*rest, n);
	return n >= least;
}

static bool take_char(struct slice *rest, char c)
{
	if (!rest->len || rest->ptr[0] != c)
		return false;
	*rest = slice_from(*rest, 1);
	return true;
}

/* Writes what an escape stands for, which is never longer; *rest begins behind its backslash. */
static bool unescape(struct slice *rest, char *to, size_t *len)
{
	uint32_t value, check;

	if (take_char(rest, '\\')) {
		to[(*len)++] = '\\';
		return true;
	}
	if (take_char(rest, 'x')) {
		bool ok = take_hex(rest, 2, 2, &value);
		to[(*len)++] = (char)value;
		return ok;
	}
	if (!take_char(rest, 'u') || !take_char(rest, '{') || !take_hex(rest, 4, 6, &value) ||
		!take_char(rest, '}'))
		return false;
	size_t n = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n; i-- > 1; value >>= 6)
		to[*len + i] = (char)(0x80 | (value & 0x3f));
	to[*len] = (char)(lead[n] | value);
	bool valid = utf8_decode(slice_of(to + *len, n), &check) == n;
	*len += n;
	return valid;
}

bool journal_get_text(struct arena *arena, struct slice field, struct slice *value)
{
	if (slice_eq(field, SLICE("-"))) {
		*value = (struct slice){0};
		return true;
	}
	if (slice_index(field, '\\') == SIZE_MAX) {
		*value = arena_copy(arena, field);
		return true;
	}
	char *to = arena_alloc(arena, field.len + 1);
	size_t len = 0;
	struct slice plain, rest = field;
	for (bool more = true; more;) {
		more = slice_cut(rest, '\\', &plain, &rest);
		memcpy(to + len, plain.ptr, plain.len);
		len += plain.len;
		if (more && !unescape(&rest, to, &len))
			return false;
	}
	to[len] = '\0';
	arena_trim(arena, to, field.len + 1, len + 1);
	*value = slice_of(to, len);
	return true;
}
