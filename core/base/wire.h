/*
 * wire: values as bytes, for what one process of ours tells another.
 *
 * A text is its length and its bytes, a number eight bytes; both ends are the same program, so
 * nothing is negotiated. The reader trusts nothing: past the end, or a length that cannot be, it
 * gives unknown texts and zeros, and says so in `bad`. What it gives points into what it reads.
 */
#ifndef CORE_BASE_WIRE_H
#define CORE_BASE_WIRE_H

#include "core/base/buf.h"

static inline void wire_put_number(struct buf *out, int64_t number)
{
	buf_add(out, slice_of(&number, sizeof(number)));
}

/* An unknown text stays unknown. */
static inline void wire_put_text(struct buf *out, struct slice text)
{
	wire_put_number(out, slice_known(text) ? (int64_t)text.len : -1);
	buf_add(out, text);
}

struct wire {
	struct slice rest;
	bool bad;
};

static inline struct slice wire_bytes(struct wire *wire, size_t len)
{
	struct slice taken = slice_upto(wire->rest, len);
	wire->bad |= taken.len < len;
	wire->rest = slice_from(wire->rest, taken.len);
	if (wire->bad)
		taken = (struct slice){0};
	return taken;
}

static inline int64_t wire_number(struct wire *wire)
{
	int64_t number = 0;
	struct slice bytes = wire_bytes(wire, sizeof(number));
	if (slice_known(bytes))
		memcpy(&number, bytes.ptr, sizeof(number));
	return number;
}

/* A number from 0 to `most`. */
static inline uint32_t wire_count(struct wire *wire, uint32_t most)
{
	int64_t number = wire_number(wire);
	wire->bad |= number < 0 || number > most;
	return wire->bad ? 0 : (uint32_t)number;
}

static inline struct slice wire_text(struct wire *wire)
{
	int64_t len = wire_number(wire);
	if (len == -1 || wire->bad)
		return (struct slice){0};
	wire->bad |= len < 0;
	return wire_bytes(wire, wire->bad ? 0 : (size_t)len);
}

#endif
