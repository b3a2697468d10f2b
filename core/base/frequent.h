/*
 * frequent: the strings that come most often, found in one pass and bounded memory (Misra and
 * Gries, 1982): every string that comes more than once, and makes up more than one in
 * FREQUENT_SLOTS of all that were added, is among those kept. Counts are lower bounds, and only
 * good to look where to count.
 *
 * Strings are copied and folded to ASCII lower case. One thread.
 */
#ifndef CORE_BASE_FREQUENT_H
#define CORE_BASE_FREQUENT_H

#include "core/base/slice.h"

/* There are twice as many places as strings, so that a search is short. */
enum { FREQUENT_SLOTS = 1024, FREQUENT_PLACES = 2 * FREQUENT_SLOTS };

/* All zero is empty and ready. */
struct frequent {
	struct frequent_slot {
		uint32_t hash;  /* frequent_hash of the string */
		uint32_t count; /* 0: free */
		uint32_t len;
		char *text; /* NULL: it came once, or nobody said what it is */
	} * slots;          /* open addressing; FREQUENT_PLACES of them, or NULL */
	uint32_t used;
	uint32_t seed; /* odd; of the places */
};

void frequent_free(struct frequent *frequent);

/*
 * The hash of a string in lower case, never 0. Not seeded: it is kept from one scan to the next.
 * A stranger can make two addresses count as one by it, and no more.
 */
uint32_t frequent_hash(struct slice text);
/* Counts it; `hash` is frequent_hash(text). The text may be unknown where only the hash is left. */
void frequent_add(struct frequent *frequent, struct slice text, uint32_t hash);
/* The kept string with that hash; unknown when there is none. It lives until the next add. */
struct slice frequent_find(const struct frequent *frequent, uint32_t hash);

#endif
