/*
 * intern: equal strings become one 32-bit id.
 *
 * Grouping, filtering and comparing a million messages then works on integers,
 * and a regex runs once for each distinct string. Id 0 is "unknown"; the empty
 * string is INTERN_EMPTY. Ids count up from there in order of first sight; no
 * output may depend on that order. The hash is seeded anew in each process,
 * because the strings are chosen by strangers.
 *
 * One writer. Strings live until intern_free and never move.
 */
#ifndef CORE_BASE_INTERN_H
#define CORE_BASE_INTERN_H

#include <stdint.h>

#include "core/base/texts.h"

enum { INTERN_UNKNOWN = 0, INTERN_EMPTY = 1 };

struct intern {
	struct texts texts;
	uint32_t *places; /* in texts, by id */
	uint32_t count;   /* ids in use, the two fixed ones included */
	uint32_t cap;
	uint64_t *slots; /* hash << 32 | id; 0 is free */
	uint32_t mask;
};

void intern_init(struct intern *in);
void intern_free(struct intern *in);

/* The id of s, added if it is new. An unknown slice gives INTERN_UNKNOWN. */
uint32_t intern_add(struct intern *in, struct slice s);
/* The same for s in ASCII lower case. */
uint32_t intern_add_fold(struct intern *in, struct slice s);
/* The id of s if it was added before, else INTERN_UNKNOWN. */
uint32_t intern_find(const struct intern *in, struct slice s);

/* The string of an id; unknown for INTERN_UNKNOWN. */
static inline struct slice intern_get(const struct intern *in, uint32_t id)
{
	return texts_get(&in->texts, in->places[id]);
}

/* A 64-bit hash with the process's seed, for sets of things that are not strings. */
uint64_t seeded_hash(const void *data, size_t len);

#endif
