/*
 * choice: a property of a recipe's stream, as "70 providers, 30 contacts": kinds with weights,
 * one of which is drawn for each message. An item is [WEIGHT] WORD [NUMBER] [NUMBER] [TEXT];
 * numbers take k for 1000 and s m h d for times.
 */
#ifndef CMD_FORGE_CHOICE_H
#define CMD_FORGE_CHOICE_H

#include "cmd/forge/rng.h"
#include "core/base/arena.h"
#include "core/base/err.h"

struct choice {
	unsigned weight;
	int word;     /* place in the list of words */
	int64_t a, b; /* 0 where they are not written */
	struct slice text;
};

struct choices {
	struct choice *list;
	size_t count;
	unsigned total; /* of the weights */
};

/* `words` ends with NULL. -1 with *err (ERR_USAGE) for what is none of them. */
int choices_parse(struct choices *choices, struct arena *arena, struct slice text,
	const char *const *words, struct err *err);

/* One of them by weight; there must be one. */
const struct choice *choices_draw(const struct choices *choices, struct rng *rng);

/* The place of a word in such a list, or -1. */
int choice_word(struct slice word, const char *const *words);
/* "12k", "40m": false when it is no number. */
bool choice_number(struct slice text, int64_t *value);

#endif
