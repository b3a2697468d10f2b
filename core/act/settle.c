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
	if (op_fills_trash(run->plan->head.op))
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

static void write_down(
	struct run *run, const struct under_way *one, enum outcome outcome, struct slice words)
{
	const char *queue = run_queue_name(run, one->item, one->queue);
	struct err err;

	if (!run->journal ||
		journal_outcome(
			run->journal, run->first + one->item, outcome, queue, words, &err) == 0 ||
		run->stopped)
		return;
	run->stopped = true;
	run->why = err;
}

static void tell_delivering(struct run *run, struct under_way *one)
{
	if (one->told)
		return;
	one->told = true;
	run->counts[run->outcomes[one->item]]--;
	run->counts[OUTCOME_DELIVERING]++;
	run->outcomes[one->item] = OUTCOME_DELIVERING;
	write_down(run, one, OUTCOME_DELIVERING, (struct slice){0});
}

static void tell_unknown(struct run *run, const struct under_way *one)
{
	run->untold++;
	if (run->outcomes[one->item] == OUTCOME_DONE)
		write_down(run, one, OUTCOME_DONE,
			SLICE("it was being tried; whether it was delivered cannot be told here"));
}

/* One look at all of them: how many are still locked by an agent. */
static uint32_t look(struct run *run, const struct hashset *busy, const bool *dark)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < run->nunder_way; i++) {
		struct under_way *one = &run->under_way[i];
		const struct journal_item *item = &run->plan->items[one->item];
		one->busy = hashset_has(&busy[item->spool], item->inode);
		if (one->busy)
			tell_delivering(run, one);
		one->dark = dark[item->spool];
		left += one->busy || one->dark;
	}
	return left;
}

/*
 * Who is in delivery now, by spool: how many. Where it cannot be told all of them may be,
 * unless nobody is there to deliver.
 */
static uint32_t ask(struct run *run)
{
	unsigned nspools = run->plan->head.nspools;
	struct hashset *busy = xcalloc(nspools, sizeof(*busy));
	bool *dark = xcalloc(nspools, sizeof(*dark));
	struct err err;

	for (unsigned i = 0; i < nspools; i++) {
		const struct spool *spool = run->places[i].spool;
		dark[i] = spool->format->in_delivery(spool, &busy[i], &err) != 0 &&
			spool->mta != MTA_STOPPED;
		if (dark[i])
			run->blind = err;
	}
	uint32_t left = look(run, busy, dark);
	for (unsigned i = 0; i < nspools; i++)
		hashset_free(&busy[i]);
	free(busy);
	free(dark);
	return left;
}

void settle(struct run *run)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	enum op op = run->plan->head.op;
	unsigned nspools = run->plan->head.nspools;
	struct err ignored;

	if (!run->nunder_way || !op_takes_out(op))
		return;
	run->unsettled = ask(run);
	for (unsigned i = 1; i < LOOKS && run->unsettled; i++) {
		nanosleep(&pause, NULL);
		run->unsettled = ask(run);
	}
	struct spool **views = xcalloc(nspools, sizeof(struct spool *));
	for (unsigned i = 0; i < nspools; i++)
		views[i] = op_fills_trash(op) && !run->plan->head.no_undo
			? run_view_trash(&run->places[i])
			: NULL;
	struct arena arena = {0};
	run->unsettled = 0;
	for (uint32_t i = 0; i < run->nunder_way; i++) {
		struct under_way *one = &run->under_way[i];
		run->unsettled += one->busy;
		unsigned number = run->plan->items[one->item].spool;
		if (!one->told && was_served(run, spool_after(run, views, number), one, &arena))
			tell_delivering(run, one);
		if (!one->told && one->dark)
			tell_unknown(run, one);
		/* What cannot be swept is an empty log without a message: not worth an error. */
		if (op_fills_trash(op))
			run_sweep(run, one->item, &ignored);
	}
	arena_free(&arena);
	for (unsigned i = 0; i < nspools; i++)
		spool_view_close(views[i]);
	free(views);
}
