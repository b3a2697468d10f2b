/* The messages that a journal names, in the queues of this run. */
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "core/act/recover.h"
#include "core/act/trash.h"
#include "core/base/xalloc.h"

/* The items with the queues of this run; false when one of these is not open. */
static bool add_items(const struct app *app, const struct journal_log *log, struct plan *plan,
	const struct journal_spool **missing)
{
	unsigned *numbers = act_find_spools(app, &log->head);
	bool all = true;

	for (unsigned i = 0; i < log->head.nspools; i++) {
		if (numbers[i] == ACT_NO_SPOOL) {
			*missing = &log->head.spools[i];
			all = false;
		}
	}
	for (uint32_t i = 0; all && i < log->nitems; i++) {
		struct journal_item item = log->items[i];
		item.spool = numbers[item.spool];
		plan_add(plan, &item);
	}
	free(numbers);
	plan->head.op = log->head.op;
	plan->head.to_hold = log->head.to_hold;
	plan->head.no_undo = log->head.no_undo;
	plan->head.nspools = (unsigned)app->spools.count;
	return all;
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

void act_recover(struct act *act, struct journal_log *log)
{
	const struct journal_spool *unused;
	struct plan plan = {0};

	if (!log->went || log->ended || !log->counts[OUTCOME_NONE])
		return;
	if (add_items(act->app, log, &plan, &unused)) {
		uint8_t *known = xcalloc(log->nitems, 1);
		for (uint32_t i = 0; i < log->nitems; i++)
			known[i] = log->outcomes[i].outcome;
		recover(&plan, act->places, known);
		for (uint32_t i = 0; i < log->nitems; i++) {
			if (known[i] == log->outcomes[i].outcome)
				continue;
			log->outcomes[i].outcome = known[i];
			log->outcomes[i].queue = (uint8_t)log->items[i].queue;
		}
		free(known);
	}
	plan_free(&plan);
}

int act_take_items(struct act *act, const struct journal_log *log)
{
	const struct journal_spool *missing;
	struct buf text = {0};

	if (add_items(act->app, log, &act->plan, &missing))
		return EXIT_DONE;
	put(act->app, &text, missing->path);
	warn_text("it is about the queue in %s: name that with -s", buf_str(&text));
	buf_free(&text);
	return EXIT_USAGE;
}
