#include "core/act/settle.h"

#include <stdlib.h>
#include <time.h>

#include "core/base/xalloc.h"
#include "core/queue/spool.h"

enum {
	LOOKS = 12, /* an SMTP session of a sink ends within seconds, one of a tarpit in minutes */
	PAUSE_MS = 250,
};

void settle_note(struct run *run, uint32_t item, const struct found_as *as, bool told)
{
	uint32_t n = run->nunder_way;
	if ((n & (n - 1)) == 0) /* full at every power of two */
		run->under_way = xrealloc(run->under_way, n ? n * 2 : 1, sizeof(*run->under_way));
	run->under_way[run->nunder_way++] = (struct under_way){
		.item = item, .served = as->served, .queue = as->queue, .told = told};
}

static const struct spool *spool_after(
	const struct run *run, struct spool *const *views, unsigned number)
{
	if (run->plan->head.op == OP_PURGE)
		return views[number];
	return run->places[number].spool;
}

/* Whether more recipients are done than when it was acted on. */
static bool was_served(const struct run *run, const struct spool *spool,
	const struct under_way *one, struct arena *arena)
{
	static const struct need need = {.parts = NEED_STATUS};
	const struct journal_item *item = &run->plan->items[one->item];
	struct unit unit = {.name = item->id, .inode = item->inode};
	struct record record;
	struct err err;

	if (!spool || spool->format->find_id(spool, &unit, &need, arena, &record, &err) > SEV_WARN)
		return false;
	uint32_t served = record_count(&record, RCPT_DONE);
	arena_reset(arena);
	return served > one->served;
}

static void tell_delivering(struct run *run, struct under_way *one)
{
	struct err err;

	if (one->told)
		return;
	one->told = true;
	run->counts[run->outcomes[one->item]]--;
	run->counts[OUTCOME_DELIVERING]++;
	run->outcomes[one->item] = OUTCOME_DELIVERING;
	if (run->journal &&
		journal_outcome(run->journal, run->first + one->item, OUTCOME_DELIVERING,
			one->queue, (struct slice){0}, &err) != 0 &&
		!run->stopped) {
		run->stopped = true;
		run->why = err;
	}
}

/* One look at all of them: how many are still locked by an agent. */
static uint32_t look(struct run *run, const struct hashset *busy)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < run->nunder_way; i++) {
		struct under_way *one = &run->under_way[i];
		const struct journal_item *item = &run->plan->items[one->item];
		one->busy = hashset_has(&busy[item->spool], item->inode);
		if (one->busy)
			tell_delivering(run, one);
		left += one->busy;
	}
	return left;
}

/* Who is in delivery now, by spool. A queue that cannot tell has nobody. */
static uint32_t ask(struct run *run)
{
	unsigned nspools = run->plan->head.nspools;
	struct hashset *busy = xcalloc(nspools, sizeof(*busy));
	struct err err;

	for (unsigned i = 0; i < nspools; i++) {
		const struct spool *spool = run->places[i].spool;
		if (spool->format->in_delivery(spool, &busy[i], &err) != 0)
			run->blind = err;
	}
	uint32_t left = look(run, busy);
	for (unsigned i = 0; i < nspools; i++)
		hashset_free(&busy[i]);
	free(busy);
	return left;
}

int settle_sweep(const struct run *run, uint32_t number, struct err *err)
{
	const struct journal_item *item = &run->plan->items[number];
	const struct run_place *place = &run->places[item->spool];
	struct steps steps;

	place->spool->format->sweep(place->spool, item->id, run->plan->head.no_undo, &steps);
	return execute_sweep(&place->places, &steps, err);
}

void settle(struct run *run)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	enum op op = run->plan->head.op;
	unsigned nspools = run->plan->head.nspools;
	struct err ignored;

	if (!run->nunder_way || (op != OP_PURGE && op != OP_HOLD))
		return;
	run->unsettled = ask(run);
	for (unsigned i = 1; i < LOOKS && run->unsettled; i++) {
		nanosleep(&pause, NULL);
		run->unsettled = ask(run);
	}
	struct spool **views = xcalloc(nspools, sizeof(struct spool *));
	for (unsigned i = 0; i < nspools; i++)
		views[i] = op == OP_PURGE && !run->plan->head.no_undo
			? run_view_trash(&run->places[i])
			: NULL;
	struct arena arena = {0};
	for (uint32_t i = 0; i < run->nunder_way; i++) {
		struct under_way *one = &run->under_way[i];
		unsigned number = run->plan->items[one->item].spool;
		if (!one->told && was_served(run, spool_after(run, views, number), one, &arena))
			tell_delivering(run, one);
		/* What cannot be swept is an empty log without a message: not worth an error. */
		if (op == OP_PURGE)
			settle_sweep(run, one->item, &ignored);
	}
	arena_free(&arena);
	for (unsigned i = 0; i < nspools; i++)
		spool_view_close(views[i]);
	free(views);
}
