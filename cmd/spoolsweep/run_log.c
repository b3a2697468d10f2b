/* What an earlier run was, and did. */
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
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
