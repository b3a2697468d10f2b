/* The messages that a journal names, in the queues of this run. */
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "core/act/recover.h"
#include "core/act/trash.h"
#include "core/base/xalloc.h"

/* The first of its queues that is not open here, or head->nspools when all are. */
static unsigned find_missing(const struct journal_head *head, const unsigned *numbers)
{
	unsigned i = 0;

	while (i < head->nspools && numbers[i] != ACT_NO_SPOOL)
		i++;
	return i;
}

/* The folder of the run in each trash, where there is one. */
void act_open_trashes(struct act *act, unsigned number)
{
	const struct app *app = act->app;
	struct err unused;
	int trash;

	for (size_t i = 0; i < app->spools.count; i++) {
		struct places *places = &act->places[i].places;
		trash = act->trashes[i];
		if (places->trash >= 0 ||
			(trash < 0 && trash_open(app->spools.list[i], &trash, &unused) != 0))
			continue;
		if (trash_open_run(NULL, trash, number, &places->trash, &unused) != 0)
			places->trash = -1;
		if (trash != act->trashes[i])
			close(trash);
	}
}

static void recover_log(const struct act *act, struct journal_log *log, const unsigned *numbers)
{
	/* The log as the plan that it was, with its own numbers of the queues. */
	const struct plan plan = {.head = log->head, .items = log->items, .count = log->nitems};
	struct run_place *places = xcalloc(log->head.nspools, sizeof(*places));
	uint8_t *known = xcalloc(log->nitems, 1);

	for (unsigned i = 0; i < log->head.nspools; i++)
		places[i] = act->places[numbers[i]];
	for (uint32_t i = 0; i < log->nitems; i++)
		known[i] = log->outcomes[i].outcome;
	recover(&plan, places, known);
	for (uint32_t i = 0; i < log->nitems; i++) {
		if (known[i] == log->outcomes[i].outcome)
			continue;
		log->outcomes[i].outcome = known[i];
		log->outcomes[i].queue = (uint8_t)log->items[i].queue;
	}
	free(known);
	free(places);
}

void act_recover(struct act *act, struct journal_log *log)
{
	if (!log->went || log->ended || !log->counts[OUTCOME_NONE])
		return;
	unsigned *numbers = act_find_spools(act->app, &log->head);
	if (find_missing(&log->head, numbers) == log->head.nspools)
		recover_log(act, log, numbers);
	free(numbers);
}

unsigned act_queues_here(const struct app *app, const struct journal_head *head)
{
	unsigned *numbers = act_find_spools(app, head);
	unsigned here = 0;

	for (unsigned i = 0; i < head->nspools; i++)
		here += numbers[i] != ACT_NO_SPOOL;
	free(numbers);
	return here;
}

int act_check_queues(const struct app *app, const struct journal_head *head, bool all)
{
	unsigned *numbers = act_find_spools(app, head);
	unsigned missing = find_missing(head, numbers);
	struct buf text = {0};

	free(numbers);
	if (missing == head->nspools || (!all && act_queues_here(app, head)))
		return EXIT_DONE;
	put(app, &text, head->spools[missing].path);
	warn_text("it is about the queue in %s: name that with -s", buf_str(&text));
	buf_free(&text);
	return EXIT_USAGE;
}

/* The items become those of the plan, with the queues of this run. */
int act_take_items(struct act *act, struct journal_log *log)
{
	struct journal_head *head = &act->plan.head;

	int code = act_check_queues(act->app, &log->head, true);
	if (code != EXIT_DONE)
		return code;
	unsigned *numbers = act_find_spools(act->app, &log->head);
	plan_take(&act->plan, log);
	for (uint32_t i = 0; i < act->plan.count; i++)
		act->plan.items[i].spool = numbers[act->plan.items[i].spool];
	free(numbers);
	head->op = log->head.op;
	head->to_hold = log->head.to_hold;
	head->no_undo = log->head.no_undo;
	head->nspools = (unsigned)act->app->spools.count;
	return EXIT_DONE;
}
