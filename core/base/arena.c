#include "core/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "core/base/xalloc.h"

enum {
	BLOCK_SIZE = 64 * 1024,
	/* What a reset keeps: one outsized message must not pin its memory. */
	KEEP_BYTES = 1024 * 1024,
};

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) char data[];
};

static size_t aligned(size_t n)
{
	return (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static void free_chain(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
}

void arena_free(struct arena *arena)
{
	free_chain(arena->first);
	*arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
	size_t kept = 0;
	struct arena_block **link = &arena->first;
	while (*link && kept + (*link)->size <= KEEP_BYTES) {
		kept += (*link)->size;
		link = &(*link)->next;
	}
	free_chain(*link);
	*link = NULL;
	arena->now = arena->first;
	arena->used = 0;
}

size_t arena_bytes(const struct arena *arena)
{
	size_t bytes = arena->used;
	for (const struct arena_block *block = arena->first; block != arena->now;
		block = block->next)
		bytes += block->size;
	return bytes;
}

static void add_block(struct arena *arena, size_t least)
{
	struct arena_block *next = arena->now ? arena->now->next : arena->first;
	if (!next || next->size < least) {
		size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE, total;
		if (__builtin_add_overflow(sizeof(struct arena_block), size, &total))
			total = SIZE_MAX;
		struct arena_block *block = xrealloc(NULL, 1, total);
		block->size = size;
		block->next = next;
		if (arena->now)
			arena->now->next = block;
		else
			arena->first = block;
		next = block;
	}
	arena->now = next;
	arena->used = 0;
}

static void *take(struct arena *arena, size_t size)
{
	if (!arena->now || arena->used > arena->now->size || arena->now->size - arena->used < size)
		add_block(arena, size);
	void *ptr = arena->now->data + arena->used;
	arena->used += size;
	return ptr;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	arena->used = aligned(arena->used);
	return take(arena, size);
}

void arena_trim(struct arena *arena, const void *ptr, size_t size, size_t keep)
{
	if ((const char *)ptr + size == arena->now->data + arena->used)
		arena->used -= size - keep;
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
	if (!s.ptr)
		return s;
	char *copy = take(arena, s.len + 1); /* bytes need no alignment */
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return slice_of(copy, s.len);
}
