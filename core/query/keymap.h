/*
 * keymap: numbers distinct 64-bit keys 0, 1, 2 ... in order of first sight, so
 * that figures about a key can live in a plain array. One thread.
 */
#ifndef CORE_QUERY_KEYMAP_H
#define CORE_QUERY_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

#define KEYMAP_NONE UINT32_MAX

/* All zero is empty and ready. */
struct keymap {
	struct keymap_slot {
		uint64_t key;
		uint32_t place; /* + 1; 0 is free */
	} * slots;
	size_t mask; /* slots - 1, or 0 when there are none yet */
	uint32_t count;
};

void keymap_free(struct keymap *map);

/* The place of a key: map->count before the call when it is new. */
uint32_t keymap_add(struct keymap *map, uint64_t key);
/* The place of a key, or KEYMAP_NONE. */
uint32_t keymap_find(const struct keymap *map, uint64_t key);

#endif
