/*
 * distinct: many sets of string ids, to count what is distinct in each.
 *
 * Ids are given out one after the other, and what is counted together often came
 * together: so 64 neighbours share a slot, and a set of a million ids next to each other
 * takes 16,000 of them. One thread.
 */
#ifndef CORE_QUERY_DISTINCT_H
#define CORE_QUERY_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty and ready. */
struct distinct {
	struct distinct_slot {
		uint64_t key; /* set and the upper bits of its ids, + 1; 0 is free */
		uint64_t ids; /* a bit for each */
	} * slots;
	size_t mask; /* slots - 1, or 0 when there are none yet */
	size_t count;
};

void distinct_free(struct distinct *distinct);

/* True when the id was not in that set before. Sets are numbers below 2^38. */
bool distinct_add(struct distinct *distinct, uint64_t set, uint32_t id);

#endif
