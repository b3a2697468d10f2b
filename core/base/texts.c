#include "core/base/texts.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

enum {
	FIRST_BLOCK = 4096, /* each later one is twice as large, up to what an offset reaches */
	LAST_BLOCK = 1 << TEXTS_OFFSET_BITS,
	MOST_BLOCKS = 1 << (32 - TEXTS_OFFSET_BITS),
};

void texts_free(struct texts *texts)
{
	for (uint32_t i = 0; i < texts->nblocks; i++)
		free(texts->blocks[i]);
	free(texts->blocks);
	*texts = (struct texts){0};
}

/* A string longer than any block has one of its own. */
static void add_block(struct texts *texts, size_t least)
{
	size_t size = texts->size ? texts->size * 2 : FIRST_BLOCK;

	if (size > LAST_BLOCK)
		size = LAST_BLOCK;
	if (size < least)
		size = least;
	if (texts->nblocks == MOST_BLOCKS)
		size = SIZE_MAX;                          /* there is no such memory */
	if ((texts->nblocks & (texts->nblocks - 1)) == 0) /* full at every power of two */
		texts->blocks = xrealloc(texts->blocks, texts->nblocks ? texts->nblocks * 2 : 1,
			sizeof(*texts->blocks));
	texts->blocks[texts->nblocks++] = xrealloc(NULL, 1, size);
	texts->bytes += size;
	texts->size = size;
	texts->used = texts->nblocks == 1; /* no place is 0 */
}

uint32_t texts_add(struct texts *texts, struct slice s)
{
	bool is_long = s.len >= TEXTS_LONG;
	size_t room = 1 + (is_long ? sizeof(s.len) : 0) + s.len + 1;

	if (!slice_known(s))
		return 0;
	if (texts->size - texts->used < room || texts->used >= LAST_BLOCK)
		add_block(texts, room + 1);
	uint32_t place = (texts->nblocks - 1) << TEXTS_OFFSET_BITS | (uint32_t)texts->used;
	char *at = texts->blocks[texts->nblocks - 1] + texts->used;
	*at++ = (char)(is_long ? TEXTS_LONG : s.len);
	if (is_long) {
		memcpy(at, &s.len, sizeof(s.len));
		at += sizeof(s.len);
	}
	if (s.len)
		memcpy(at, s.ptr, s.len);
	at[s.len] = '\0';
	texts->used += room;
	return place;
}
