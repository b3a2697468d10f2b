/* A run that stopped before its end: told once by the commands that read. */
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "core/act/journal.h"
#include "core/act/journal_files.h"
#include "core/act/state.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

/* Whether it stopped; then its log is to be freed. */
static bool read_stopped(int state, unsigned number, struct journal_log *log)
{
	struct err unused;

	/* The head and the end of most journals are all that is read of them. */
	if (journal_looks_ended(state, number) ||
		journal_read_counts(state, number, log, &unused) != 0)
		return false;
	if (log->went && !log->ended && !log->running)
		return true;
	journal_log_free(log);
	return false;
}

static bool is_undone(int state, unsigned number, const unsigned *later, size_t count)
{
	bool undone = false;

	for (size_t i = 0; i < count && !undone; i++) {
		struct journal_log log;
		struct err unused;
		if (journal_read_counts(state, later[i], &log, &unused) != 0)
			continue;
		undone = log.head.undoes == number && log.went;
		journal_log_free(&log);
	}
	return undone;
}

/* A line to paste: the queue of that run may be another than the one that is looked at. */
static void put_resume(const struct app *app, const struct journal_head *head, struct buf *out)
{
	struct app there = *app;
	const char **paths = NULL;

	if (act_queues_here(app, head) < head->nspools) {
		paths = xcalloc(head->nspools, sizeof(*paths));
		for (unsigned i = 0; i < head->nspools; i++)
			paths[i] = head->spools[i].path.ptr;
		there.options.spools = paths;
		there.options.nspools = head->nspools;
	}
	put_command(&there, out, "apply --resume %u", head->number);
	free(paths);
}

static void tell(const struct app *app, const struct journal_log *log)
{
	struct buf text = {0};

	buf_printf(&text, "run %u stopped at ", log->head.number);
	units_count(&text, log->nitems - log->counts[OUTCOME_NONE]);
	buf_add(&text, SLICE(" of "));
	units_count(&text, log->nitems);
	buf_add(&text, SLICE(": "));
	put_resume(app, &log->head, &text);
	buf_printf(&text, ", or undo %u", log->head.number);
	warn_text("%s", buf_str(&text));
	buf_free(&text);
}

void tell_unfinished(const struct app *app)
{
	struct journal_log log;
	unsigned *numbers;
	size_t count;
	struct err unused;
	int state;

	if (!app->spools.count || state_open(app->spools.list[0]->owner, &state, &unused) != 0)
		return;
	if (journal_numbers(state, &numbers, &count, &unused) == 0) {
		for (size_t i = count; i-- > 0;) {
			if (!read_stopped(state, numbers[i], &log))
				continue;
			bool open = !is_undone(state, numbers[i], numbers + i + 1, count - i - 1);
			if (open)
				tell(app, &log);
			journal_log_free(&log);
			if (open)
				break;
		}
		free(numbers);
	}
	close(state);
}
