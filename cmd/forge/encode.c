#include "cmd/forge/encode.h"

#include "cmd/forge/letter.h"

enum { LINE = 76 };

static void add_base64(struct buf *out, struct slice text)
{
	enum { BYTES = LINE / 4 * 3 };
	for (; text.len; text = slice_from(text, BYTES)) {
		letter_base64(out, slice_upto(text, BYTES));
		buf_addc(out, '\n');
	}
}

static void add_quoted(struct buf *out, struct slice text)
{
	size_t column = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '\n') {
			buf_addc(out, c);
			column = 0;
			continue;
		}
		if (column > LINE - 4) {
			buf_add(out, SLICE("=\n"));
			column = 0;
		}
		if (c == '=' || (unsigned char)c >= 0x7f) {
			buf_printf(out, "=%02X", (unsigned char)c);
			column += 3;
		} else {
			buf_addc(out, c);
			column++;
		}
	}
}

/* Length of the text of a part: to its boundary, or all. */
static size_t part_length(struct slice text)
{
	size_t boundary = slice_find(text, SLICE("\n----=_"));
	return boundary == SIZE_MAX ? text.len : boundary + 1;
}

void encode_letter(struct buf *out, size_t begin, struct rng *rng)
{
	static const struct slice field = {"\nContent-Transfer-Encoding: ", 28};
	struct buf copy = {0};
	size_t at;

	buf_add(&copy, slice_from(buf_slice(out), begin));
	out->len = begin;
	struct slice rest = buf_slice(&copy);
	while ((at = slice_find(rest, field)) != SIZE_MAX) {
		buf_add(out, slice_upto(rest, at + field.len));
		rest = slice_from(rest, at + field.len);
		unsigned how = (unsigned)rng_below(rng, 3);
		struct slice behind = slice_from(rest, strlen("7bit\n\n"));
		bool text = slice_starts(rest, SLICE("7bit\n\n")) ||
			slice_starts(rest, SLICE("8bit\n\n"));
		if (how == 0 || !text)
			continue;
		struct slice part = slice_upto(behind, part_length(behind));
		buf_add(out, how == 1 ? SLICE("base64\n\n") : SLICE("quoted-printable\n\n"));
		(how == 1 ? add_base64 : add_quoted)(out, part);
		rest = slice_from(behind, part.len);
	}
	buf_add(out, rest);
	buf_free(&copy);
}
