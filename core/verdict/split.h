/* split: the cells of a party's mail; shared by split.c and split_words.c. */
#ifndef CORE_VERDICT_SPLIT_H
#define CORE_VERDICT_SPLIT_H

#include "core/verdict/study.h"

/* Messages of one client, one sender, and with or without what fills the queue in them. */
struct cell {
	uint32_t client, sender; /* string ids; sender 0: one of very many strangers' */
	bool foreign;
	bool campaign;
	bool by_key; /* and not only by its size */
	bool crime;
	uint32_t messages;
	int64_t last;
};

struct cells {
	struct study *study;
	const struct party *party;
	const struct measures *m;
	struct cell *list;
	uint32_t count;
	uint32_t *places; /* cell of each row of the party */
	bool alike;       /* whether content tells anything: one of `keys`, or the size */
	bool by_size;
	uint32_t *keys; /* subject keys, in the order of their bytes */
	uint32_t nkeys;
};

/*
 * Appends a condition that is true of the crime's cells and of no other. False when it would
 * take too many words; then nothing is appended.
 */
bool split_words(const struct cells *cells, struct buf *out);

#endif
