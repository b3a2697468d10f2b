/*
 * hashset: a set of 64-bit keys, for counting distinct things and for "seen
 * before". Keys that come from strings must be seeded_hash values: at a million
 * members the odds that any two collide are 3 in 100 million. One thread.
 */
#ifndef CORE_BASE_HASHSET_H
#define CORE_BASE_HASHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Spreads keys that are not hashes, such as pairs of row numbers (splitmix64's finish). Not for
 * bytes that a stranger chose: those want a seed.
 */
static inline uint64_t hash_spread(uint64_t key)
{
	key ^= key >> 30;
	key *= 0xbf58476d1ce4e5b9u;
	key ^= key >> 27;
	key *= 0x94d049bb133111ebu;
	return key ^ key >> 31;
}

struct hashset {
	uint64_t *slots;
	size_t mask; /* slots - 1, or 0 when there are none yet */
	size_t count;
	bool has_zero; /* 0 marks a free slot, so it is kept apart */
};

/* An all-zero set is empty and ready. */
void hashset_free(struct hashset *set);
/* True when key was not in the set before. */
bool hashset_add(struct hashset *set, uint64_t key);
bool hashset_has(const struct hashset *set, uint64_t key);
/* Moves all keys of `from` into `set`; `from` is empty then. */
void hashset_merge(struct hashset *set, struct hashset *from);

#endif
