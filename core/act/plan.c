#include "core/act/plan.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

enum { FIRST_ITEMS = 1024 };

void plan_drop_items(struct plan *plan)
{
	free(plan->items);
	plan->items = NULL;
	plan->count = plan->cap = 0;
}

void plan_free(struct plan *plan)
{
	plan_drop_items(plan);
	arena_free(&plan->arena);
	*plan = (struct plan){0};
}

static void set_cap(struct plan *plan, uint32_t cap)
{
	plan->items = xrealloc(plan->items, cap, sizeof(*plan->items));
	plan->cap = cap;
}

void plan_add(struct plan *plan, const struct journal_item *item)
{
	if (plan->count == plan->cap)
		set_cap(plan, plan->cap ? plan->cap * 2 : FIRST_ITEMS);
	struct journal_item *added = &plan->items[plan->count++];
	*added = *item;
	added->id = arena_copy(&plan->arena, item->id);
	plan->head.items = plan->count;
}

struct journal_item plan_item(const struct snap *snap, uint32_t row)
{
	const struct spool *spool = snap->spools[snap->small[row].spool];
	int64_t size = snap_wide(snap, WIDE_SIZE, row);

	return (struct journal_item){
		.id = snap_text(snap, COL_QUEUE_ID, row),
		/* What lies in a trash belongs to the queue beside it. */
		.spool = spool->view_of ? spool->view_of->number : spool->number,
		.queue = snap->small[row].queue,
		.inode = (uint64_t)snap_wide(snap, WIDE_INODE, row),
		.identity = (uint64_t)snap_wide(snap, WIDE_IDENTITY, row),
		.digest = (uint64_t)snap_wide(snap, WIDE_DIGEST, row),
		.size = size == WIDE_UNKNOWN ? -1 : size,
		.lineage = (uint64_t)snap_wide(snap, WIDE_LINEAGE, row),
	};
}

void plan_add_rows(struct plan *plan, const struct snap *snap, const struct bitset *rows)
{
	uint32_t count = plan->count + (uint32_t)bitset_count(rows);

	if (count > plan->cap)
		set_cap(plan, count);
	for (size_t at = bitset_next(rows, 0); at != SIZE_MAX; at = bitset_next(rows, at + 1)) {
		struct journal_item item = plan_item(snap, (uint32_t)at);
		plan_add(plan, &item);
	}
}

void plan_take(struct plan *plan, struct journal_log *log)
{
	plan->items = log->items;
	plan->count = plan->cap = plan->head.items = log->nitems;
	plan->arena = log->arena;
	log->items = NULL;
	log->arena = (struct arena){0};
}
