/* What an earlier run was, and did. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "cmd/spoolsweep/trash_facts.h"
#include "core/act/journal_files.h"
#include "core/act/state.h"

int act_read_run(struct act *act, unsigned number, struct journal_log *log)
{
	struct buf line = {0};
	struct err err;
	int state;

	if (state_open(act->app->spools.list[0]->owner, &state, &err) != 0) {
		if (err.code != ERR_GONE) {
			int code = complain(&err);
			return code == EXIT_PERMISSION ? tell_denied(act->app) : code;
		}
		warn_text("there is no journal in %s: nothing was done that could be undone",
			state_path());
		return EXIT_NOTHING;
	}
	int r = journal_read(state, number, act->app->spools.formats, log, &err);
	close(state);
	if (r == 0)
		return EXIT_DONE;
	int code = complain(&err);
	put_command(act->app, &line, "journal");
	warn_text("%s lists the runs there are", buf_str(&line));
	buf_free(&line);
	return code;
}

/* Whether the folder of the journals has one of that number, or may have. */
static bool has_journal(const struct app *app, unsigned number)
{
	struct err err;
	int state;

	if (state_open(app->spools.list[0]->owner, &state, &err) != 0)
		return err.code != ERR_GONE;
	int fd = journal_open_file(state, number, O_RDONLY, &err);
	close(state);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || err.code != ERR_GONE;
}

bool act_find_lost_run(const struct app *app, unsigned number, struct journal_log *log)
{
	size_t count;

	if (has_journal(app, number))
		return false;
	unsigned *runs = find_trash_runs(app, &count);
	bool found = is_among_runs(runs, count, number);
	free(runs);
	if (!found)
		return false;
	struct journal_head *head = &log->head;
	*head = (struct journal_head){.number = number, .op = OP_PURGE};
	head->nspools = (unsigned)app->spools.count;
	head->spools = arena_alloc(&log->arena, head->nspools * sizeof(*head->spools));
	for (unsigned i = 0; i < head->nspools; i++)
		head->spools[i] =
			(struct journal_spool){.path = slice_cstr(app->spools.list[i]->path),
				.format = app->spools.list[i]->format};
	log->went = log->ended = true;
	return true;
}

enum op act_op_of(const struct app *app, unsigned number)
{
	struct journal_log log = {0};
	struct err err;
	enum op op = OPS;
	int state;

	if (state_open(app->spools.list[0]->owner, &state, &err) != 0)
		return OPS;
	if (journal_read_counts(state, number, &log, &err) == 0)
		op = log.head.op;
	journal_log_free(&log);
	close(state);
	return op;
}

/* A run that was killed had done more than its journal says: skip_rows tells by the queue. */
static bool may_be_done(const struct journal_log *log, uint32_t item)
{
	return log->went && !log->ended && log->outcomes[item].outcome == OUTCOME_NONE;
}

void act_keep_done(const struct app *app, struct journal_log *log)
{
	unsigned *numbers = act_find_spools(app, &log->head);
	uint32_t done = 0;

	for (uint32_t i = 0; i < log->nitems; i++) {
		bool told = outcome_is_done((enum outcome)log->outcomes[i].outcome);
		if ((!told && !may_be_done(log, i)) || numbers[log->items[i].spool] == ACT_NO_SPOOL)
			continue;
		log->items[done] = log->items[i];
		if (told)
			log->items[done].queue = log->outcomes[i].queue;
		done++;
	}
	log->nitems = done;
	free(numbers);
}
