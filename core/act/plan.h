/*
 * plan: which messages an operation is about, fixed before anything is touched.
 *
 * Made from the rows a filter selected, from a saved plan or from an earlier run's
 * journal; written into the journal of the run that carries it out. Owns its items.
 */
#ifndef CORE_ACT_PLAN_H
#define CORE_ACT_PLAN_H

#include "core/act/journal.h"
#include "core/base/bitset.h"
#include "core/queue/snap.h"

struct plan {
	struct journal_head head; /* its strings are the caller's, or in the arena */
	struct journal_item *items;
	uint32_t count;
	uint32_t cap;
	struct arena arena;
};

/* All zero is an empty plan. */
void plan_free(struct plan *plan);
/* The head stays: what the run was, when it is known what became of all its messages. */
void plan_drop_items(struct plan *plan);

/* A row of a scan that was made with NEED_IDENTITY; its id is that of the snap. */
struct journal_item plan_item(const struct snap *snap, uint32_t row);

/* Adds such rows, in the order they were read. */
void plan_add_rows(struct plan *plan, const struct snap *snap, const struct bitset *rows);

/* Adds an item as it is; its id is copied. */
void plan_add(struct plan *plan, const struct journal_item *item);

/* An empty plan takes over the items of a log, and the memory of all strings of its head. */
void plan_take(struct plan *plan, struct journal_log *log);

#endif
