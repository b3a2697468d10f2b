#include "core/act/plan.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

enum { FIRST_ITEMS = 1024 };

void plan_free(struct plan *plan)
{
	free(plan->items);
	arena_free(&plan->arena);
	*plan = (struct plan){0};
}

void plan_add(struct plan *plan, const struct journal_item *item)
{
	if (plan->count == plan->cap) {
		plan->cap = plan->cap ? plan->cap * 2 : FIRST_ITEMS;
		plan->items = xrealloc(plan->items, plan->cap, sizeof(*plan->items));
	}
	struct journal_item *added = &plan->items[plan->count++];
	*added = *item;
	added->id = arena_copy(&plan->arena, item->id);
	plan->head.items = plan->count;
}

void plan_add_rows(struct plan *plan, const struct snap *snap, const struct bitset *rows)
{
	for (size_t at = bitset_next(rows, 0); at != SIZE_MAX; at = bitset_next(rows, at + 1)) {
		uint32_t row = (uint32_t)at;
		int64_t size = snap_wide(snap, WIDE_SIZE, row);
		plan_add(plan,
			&(struct journal_item){
				.id = snap_text(snap, COL_QUEUE_ID, row),
				.spool = snap->small[row].spool,
				.queue = snap->small[row].queue,
				.inode = (uint64_t)snap_wide(snap, WIDE_INODE, row),
				.identity = (uint64_t)snap_wide(snap, WIDE_IDENTITY, row),
				.digest = (uint64_t)snap_wide(snap, WIDE_DIGEST, row),
				.size = size == WIDE_UNKNOWN ? -1 : size,
				.lineage = (uint64_t)snap_wide(snap, WIDE_LINEAGE, row),
			});
	}
}
