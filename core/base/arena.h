/*
 * arena: memory that is given back all at once.
 *
 * A batch of messages or a snapshot allocates from one arena and frees it with
 * one call; nothing in it is freed alone. Blocks are kept by arena_reset, so a
 * reader thread stops calling malloc after its first batches. Not for sharing:
 * one thread at a time. Out of memory ends the process (xalloc.h).
 */
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#include <stddef.h>

#include "core/base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *first; /* all blocks, in order of use */
	struct arena_block *now;   /* the one that is being filled */
	size_t used;               /* bytes taken in *now */
};

/* An arena that is all zero is empty and ready. */
void arena_free(struct arena *arena);
/* Forgets everything handed out, keeps up to a few blocks for the next round. */
void arena_reset(struct arena *arena);

/* Bytes of memory that what was handed out takes, the unused ends of blocks included. */
size_t arena_bytes(const struct arena *arena);

/* Memory that is not zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/* Gives back the end of the newest allocation: it was `size` and keeps `keep` bytes. */
void arena_trim(struct arena *arena, const void *ptr, size_t size, size_t keep);

/* A copy that lives as long as the arena; unknown stays unknown, and a NUL follows it. */
struct slice arena_copy(struct arena *arena, struct slice s);

#endif
