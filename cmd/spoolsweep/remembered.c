/* Which mail an MTA may still have in memory, as the journals tell. */
#include <stdlib.h>
#include <string.h>

#include "cmd/spoolsweep/act.h"
#include "core/base/xalloc.h"

/* An MTA that cannot be asked is taken to remember a day: longer than it tries one message. */
enum { UNKNOWN_MEMORY_SECONDS = 24 * 60 * 60 };

static int64_t memory_of(const struct app *app, const struct spool *spool)
{
	int64_t since = spool->format->remembers_since(spool);
	return since < 0 ? (app->now - UNKNOWN_MEMORY_SECONDS) * 1000 : since;
}

static void add_run(
	struct act *act, const struct journal_log *log, const int64_t *since, int64_t written)
{
	const struct app *app = act->app;

	/* Only these take mail out of the MTA's hands. */
	if (!op_takes_out(log->head.op))
		return;
	unsigned *numbers = act_find_spools(app, &log->head);
	for (uint32_t i = 0; i < log->nitems; i++) {
		const struct journal_item *item = &log->items[i];
		unsigned number = numbers[item->spool];
		enum outcome outcome = (enum outcome)log->outcomes[i].outcome;
		if (number == ACT_NO_SPOOL || written < since[number])
			continue;
		/* What has no outcome may have been taken just before the run died, from anywhere. */
		if (outcome != OUTCOME_NONE && !outcome_is_done(outcome))
			continue;
		if (outcome == OUTCOME_NONE ||
			app->spools.list[number]->format->in_memory(log->outcomes[i].queue))
			hashset_add(&act->remembered, item->digest);
	}
	free(numbers);
}

/* As in another container: then even a reload does not help here. */
static void tell_hidden(const struct act *act)
{
	const struct spool *hidden = NULL;
	uint32_t count = 0;

	for (size_t i = 0; i < act->app->spools.count; i++)
		if (act->app->spools.list[i]->format->remembers_since(act->app->spools.list[i]) < 0)
			hidden = act->app->spools.list[i];
	for (uint32_t i = 0; hidden && i < act->plan.count; i++)
		count += hashset_has(&act->remembered, act->plan.items[i].digest);
	if (count)
		warn_text("the processes of %s on %s cannot be seen from here, as in another "
			  "container: %u messages that were taken out while they were being tried "
			  "stay where they are for a day, reloaded or not; run this where it runs, "
			  "or while it is stopped",
			hidden->format->title, hidden->path, count);
}

void act_find_remembered(struct act *act)
{
	const struct app *app = act->app;
	int64_t *since = xcalloc(app->spools.count, sizeof(*since));
	int64_t first = INT64_MAX;
	unsigned *numbers = NULL;
	size_t count = 0;
	struct err err;

	for (size_t i = 0; i < app->spools.count; i++) {
		since[i] = memory_of(app, app->spools.list[i]);
		first = since[i] < first ? since[i] : first;
	}
	if (act->state >= 0 && first != INT64_MAX &&
		journal_numbers(act->state, &numbers, &count, &err) != 0)
		complain(&err);
	for (size_t i = count; i-- > 0;) {
		struct journal_log log = {0};
		int64_t written = journal_time(act->state, numbers[i]);
		if (written <
			first) /* not the end of them: an older run may have been resumed later */
			continue;
		if (journal_read(act->state, numbers[i], app->spools.formats, &log, &err) == 0)
			add_run(act, &log, since, written);
		else
			complain(&err);
		journal_log_free(&log);
	}
	free(numbers);
	free(since);
	tell_hidden(act);
}
