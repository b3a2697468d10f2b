/*
 * texts: many strings in little memory, each known by a 32-bit place.
 *
 * A string takes its bytes and two more. A place is never 0, so that can stand for
 * "none". One writer. Strings live until texts_free and never move; at 4 GB of them the
 * process ends as when memory runs out.
 */
#ifndef CORE_BASE_TEXTS_H
#define CORE_BASE_TEXTS_H

#include <stdint.h>

#include "core/base/slice.h"

/* A place is the number of a block and an offset in it. */
enum { TEXTS_OFFSET_BITS = 20, TEXTS_LONG = 255 };

/* All zero is empty and ready. */
struct texts {
	char **blocks;
	uint32_t nblocks;
	size_t used;  /* of the last one */
	size_t size;  /* of the last one */
	size_t bytes; /* of all blocks */
};

void texts_free(struct texts *texts);

/* Adds a string, whether it is there already or not, and a NUL behind it; 0 if it is unknown. */
uint32_t texts_add(struct texts *texts, struct slice s);

/* The string at a place that texts_add gave; unknown at 0. */
static inline struct slice texts_get(const struct texts *texts, uint32_t place)
{
	if (!place)
		return (struct slice){0};
	const char *at = texts->blocks[place >> TEXTS_OFFSET_BITS] +
		(place & ((1u << TEXTS_OFFSET_BITS) - 1));
	size_t len = (unsigned char)*at++;
	if (len == TEXTS_LONG) {
		memcpy(&len, at, sizeof(len));
		at += sizeof(len);
	}
	return slice_of(at, len);
}

#endif
