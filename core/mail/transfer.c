#include "core/mail/transfer.h"

/* ---- base64 ---- */

/* What a byte can be besides six bits. */
enum { PAD = 64, SPACE, OTHER };

/* clang-format off */
static const uint8_t base64_values[256] = {
	/* Each byte's value + 1; 0 is OTHER, so that only what is something stands here. */
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['+'] = 63, ['/'] = 64,
	['='] = PAD + 1, [' '] = SPACE + 1, ['\t'] = SPACE + 1, ['\r'] = SPACE + 1, ['\n'] = SPACE + 1,
};
/* clang-format on */

static unsigned value_of(char c)
{
	return (base64_values[(uint8_t)c] - 1u) & 0xff; /* OTHER is 255 then: above all others */
}

/* A text that is being decoded. */
struct base64 {
	char *to;
	char *end;      /* of the room */
	uint32_t bits;  /* of the group that has begun, */
	unsigned count; /* and how many characters of it there are */
	bool padded;
	uint32_t odd;
};

/* Whole groups, as far as they come without a break. Returns how much was taken. */
static size_t take_groups(struct base64 *work, struct slice text)
{
	char *to = work->to;
	size_t i = 0;

	for (; text.len - i >= 4 && work->end - to >= 3; i += 4, to += 3) {
		const char *from = text.ptr + i;
		unsigned a = value_of(from[0]), b = value_of(from[1]);
		unsigned c = value_of(from[2]), d = value_of(from[3]);
		if ((a | b | c | d) >= PAD)
			break;
		uint32_t bits = a << 18 | b << 12 | c << 6 | d;
		to[0] = (char)(bits >> 16);
		to[1] = (char)(bits >> 8);
		to[2] = (char)bits;
	}
	work->to = to;
	return i;
}

/* Writes the group, also one that has less than four characters. False without room. */
static bool end_group(struct base64 *work)
{
	uint32_t bits = work->bits << 6 * (4 - work->count);

	for (unsigned i = 1; i < work->count; i++) {
		if (work->to == work->end) {
			work->odd |= MIME_CUT;
			return false;
		}
		*work->to++ = (char)(bits >> (24 - 8 * i));
	}
	work->bits = work->count = 0;
	return true;
}

/* One character. False without room. */
static bool take_character(struct base64 *work, unsigned value)
{
	if (value == SPACE)
		return true;
	if (value < PAD) {
		if (work->padded)
			work->odd |= MIME_BAD_BASE64; /* a second text behind the first */
		work->bits = work->bits << 6 | value;
		return ++work->count < 4 || end_group(work);
	}
	if (value != PAD || work->count == 1 || (work->count == 0 && !work->padded))
		work->odd |= MIME_BAD_BASE64;
	if (value != PAD)
		return true;
	work->padded = true;
	return end_group(work);
}

static uint32_t decode_base64(struct slice text, size_t limit, struct buf *out)
{
	size_t most = text.len / 4 * 3 + 3;
	size_t room = most < limit ? most : limit;
	struct base64 work = {.to = buf_room(out, room)};
	size_t i = 0;

	work.end = work.to + room;
	while (i < text.len) {
		if (work.count == 0 && !work.padded)
			i += take_groups(&work, slice_from(text, i));
		if (i < text.len && !take_character(&work, value_of(text.ptr[i++])))
			break;
	}
	if (work.count && !(work.odd & MIME_CUT)) {
		work.odd |= MIME_BAD_BASE64;
		end_group(&work);
	}
	out->len = (size_t)(work.to - out->ptr);
	return work.odd;
}

/* ---- quoted-printable ---- */

/* Length of a soft line break behind its '=', white space included; 0 when it is none. */
static size_t soft_break(struct slice behind)
{
	size_t n = 0;
	while (n < behind.len && (behind.ptr[n] == ' ' || behind.ptr[n] == '\t'))
		n++;
	if (n < behind.len && behind.ptr[n] == '\r')
		n++;
	if (n == behind.len)
		return n;
	return behind.ptr[n] == '\n' ? n + 1 : 0;
}

static uint32_t decode_quoted(struct slice text, size_t limit, struct buf *out)
{
	char *begin = buf_room(out, text.len), *to = begin; /* never grows */
	uint32_t odd = 0;

	while (text.len) {
		const char *equals = memchr(text.ptr, '=', text.len);
		size_t n = equals ? (size_t)(equals - text.ptr) : text.len;
		memcpy(to, text.ptr, n);
		to += n;
		if (!equals || (size_t)(to - begin) > limit)
			break;
		text = slice_from(text, n + 1);
		int byte = text.len >= 2 ? ascii_hex_byte(text.ptr) : -1;
		size_t skip = byte >= 0 ? 2 : soft_break(text);
		if (byte >= 0) {
			*to++ = (char)byte;
		} else if (!skip && text.len) {
			*to++ = '=';
			odd |= MIME_BAD_QUOTED;
		}
		text = slice_from(text, skip);
	}
	size_t len = (size_t)(to - begin);
	out->len += len < limit ? len : limit;
	return odd | (len > limit ? MIME_CUT : 0u);
}

uint32_t transfer_decode(
	enum mime_encoding encoding, struct slice text, size_t limit, struct buf *out)
{
	if (encoding == MIME_BASE64)
		return decode_base64(text, limit, out);
	if (encoding == MIME_QUOTED_PRINTABLE)
		return decode_quoted(text, limit, out);
	buf_add(out, slice_upto(text, limit));
	return text.len > limit ? MIME_CUT : 0;
}
