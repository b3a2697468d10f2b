/* bitset: one bit for each row. The size is fixed when it is made. */
#ifndef CORE_BASE_BITSET_H
#define CORE_BASE_BITSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/xalloc.h"

struct bitset {
	uint64_t *words;
	size_t bits;
};

static inline struct bitset bitset_new(size_t bits)
{
	return (struct bitset){xcalloc(bits / 64 + 1, sizeof(uint64_t)), bits};
}

static inline void bitset_free(struct bitset *set)
{
	free(set->words);
	*set = (struct bitset){0};
}

static inline void bitset_set(struct bitset *set, size_t at)
{
	set->words[at / 64] |= (uint64_t)1 << at % 64;
}

static inline void bitset_clear(struct bitset *set, size_t at)
{
	set->words[at / 64] &= ~((uint64_t)1 << at % 64);
}

static inline bool bitset_has(const struct bitset *set, size_t at)
{
	return set->words[at / 64] >> at % 64 & 1;
}

/* Leaves those that `other`, of the same size, has too. */
static inline void bitset_intersect(struct bitset *set, const struct bitset *other)
{
	for (size_t i = 0; i <= set->bits / 64; i++)
		set->words[i] &= other->words[i];
}

/* Takes those of `other`, of the same size, out of the set. */
static inline void bitset_subtract(struct bitset *set, const struct bitset *other)
{
	for (size_t i = 0; i <= set->bits / 64; i++)
		set->words[i] &= ~other->words[i];
}

static inline size_t bitset_count(const struct bitset *set)
{
	size_t n = 0;
	for (size_t i = 0; i <= set->bits / 64; i++)
		n += (size_t)__builtin_popcountll(set->words[i]);
	return n;
}

/* The first set bit at or behind `at`, or SIZE_MAX. */
static inline size_t bitset_next(const struct bitset *set, size_t at)
{
	if (at >= set->bits)
		return SIZE_MAX;
	uint64_t word = set->words[at / 64] & ~(uint64_t)0 << at % 64;
	for (size_t i = at / 64;; word = set->words[i]) {
		if (word)
			return i * 64 + (size_t)__builtin_ctzll(word);
		if (++i > set->bits / 64)
			return SIZE_MAX;
	}
}

#endif
