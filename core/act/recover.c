#include "core/act/recover.h"

#include <stdlib.h>

#include "core/act/run_one.h"
#include "core/base/xalloc.h"
#include "core/queue/spool.h"

/* Where each operation has its messages afterwards, unless they went on from there. */
static bool is_goal(const struct plan *plan, const struct run_place *place,
	const struct journal_item *item, const struct record *record)
{
	enum msg_state state = record->state;
	bool moved = record->queue != item->queue;

	switch (plan->head.op) {
	case OP_PURGE: /* what was found lies in the trash of this very run */
	case OP_SHELVE:
		return true;
	case OP_HOLD:
		return moved && state == STATE_HELD;
	case OP_RELEASE:
		return moved &&
			(state == STATE_DEFERRED || state == STATE_INCOMING ||
				state == STATE_ACTIVE);
	case OP_RETRY:
		return moved && (state == STATE_INCOMING || state == STATE_ACTIVE);
	case OP_REQUEUE:
		return moved && state == STATE_SUBMITTED;
	case OP_RESTORE: /* from the trash, or from hold to where it was */
		return place->emptied || place->from != place->spool || plan->head.to_hold ||
			state != STATE_HELD;
	case OPS:
		break;
	}
	return false;
}

static bool is_done(const struct plan *plan, const struct run_place *place,
	const struct spool *spool, const struct journal_item *item, struct arena *arena)
{
	static const struct need need = {.parts = NEED_IDENTITY | NEED_STATUS};
	struct unit unit = {.name = item->id, .inode = item->inode};
	struct record record;
	struct err err;

	arena_reset(arena);
	return spool->format->find_id(spool, &unit, &need, arena, &record, &err) <= SEV_WARN &&
		run_is_planned(item, &record) && is_goal(plan, place, item, &record);
}

uint32_t recover(const struct plan *plan, const struct run_place *places, uint8_t *known)
{
	unsigned nspools = plan->head.nspools;
	bool in_trash = op_fills_trash(plan->head.op);
	struct spool **views = xcalloc(nspools, sizeof(struct spool *));
	struct arena arena = {0};
	uint32_t found = 0;

	for (unsigned i = 0; in_trash && i < nspools; i++)
		views[i] = run_view_trash(&places[i]);
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct journal_item *item = &plan->items[i];
		const struct run_place *place = &places[item->spool];
		const struct spool *spool = in_trash ? views[item->spool] : place->spool;
		if (known[i] != OUTCOME_NONE || !spool ||
			!is_done(plan, place, spool, item, &arena))
			continue;
		known[i] = OUTCOME_UNTIDY;
		found++;
	}
	arena_free(&arena);
	for (unsigned i = 0; i < nspools; i++)
		spool_view_close(views[i]);
	free(views);
	return found;
}
