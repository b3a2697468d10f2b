#include "core/act/late.h"

#include "core/act/execute.h"
#include "core/act/run_one.h"

/* Whether anybody had it in hand when it was taken out. */
static bool may_be_late(const struct spool *spool, const struct journal_log *log, uint32_t item)
{
	enum outcome outcome = (enum outcome)log->outcomes[item].outcome;
	/* Without an outcome it is in the trash only if it was taken just before the run died. */
	if (outcome == OUTCOME_NONE || outcome == OUTCOME_DELIVERING || outcome == OUTCOME_UNTIDY)
		return true;
	return outcome_is_done(outcome) && spool->format->in_memory(log->outcomes[item].queue);
}

/* That very message; what was put back since may have left, and its id been given out again. */
static bool is_in_trash(
	const struct spool *view, const struct journal_item *item, struct arena *arena)
{
	static const struct need need = {.parts = NEED_IDENTITY | NEED_STATUS};
	struct unit unit = {.name = item->id, .inode = item->inode};
	struct record record;
	struct err unused;

	arena_reset(arena);
	return view->format->find_id(view, &unit, &need, arena, &record, &unused) <= SEV_WARN &&
		run_is_planned(item, &record);
}

uint32_t late_sweep(const struct late *late, const struct journal_log *log, unsigned number)
{
	const struct spool *spool = late->spool;
	const struct places places = {late->ops, spool->fd, -1};
	struct arena arena = {0};
	uint32_t swept = 0;

	for (uint32_t i = 0; op_fills_trash(log->head.op) && i < log->nitems; i++) {
		const struct journal_item *item = &log->items[i];
		struct steps steps = {0};
		struct err unused;
		if (item->spool != number || !may_be_late(spool, log, i))
			continue;
		/* No steps where there are no logs, or a message has the id: the cheap look first. */
		spool->format->sweep(spool, item->id, true, &steps);
		if (!steps.count || !is_in_trash(late->view, item, &arena))
			continue;
		swept += execute_sweep(&places, &steps, &unused) == 0;
	}
	arena_free(&arena);
	return swept;
}
