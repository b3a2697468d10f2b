/* journal: what was done, by whom, when, why. */
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/run_print.h"
#include "cmd/spoolsweep/trash_facts.h"
#include "core/act/state.h"

static int tell_nothing(const struct app *app, bool wanted)
{
	size_t count = 0;
	unsigned *runs = find_trash_runs(app, &count);
	struct buf line = {0};

	if (count) {
		warn_text("there is no journal in %s, but what %zu %s removed is in the trash:",
			state_path(), count, count == 1 ? "run" : "runs");
		for (size_t i = 0; i < count; i++) {
			put_command(app, &line, "list --trash %u", runs[i]);
			buf_add(&line, SLICE("   to bring it back: "));
			put_command(app, &line, "undo %u", runs[i]);
			warn_text("run %u: %s", runs[i], buf_str(&line));
			buf_reset(&line);
		}
	} else {
		warn_text("there is no journal in %s: nothing was done yet", state_path());
	}
	buf_free(&line);
	free(runs);
	return wanted ? EXIT_NOTHING : EXIT_DONE;
}

static int run(struct app *app)
{
	int64_t number = 0;
	struct err err;
	int state;

	if (app->noperands > 1 ||
		(app->noperands &&
			(!slice_to_i64(slice_cstr(app->operands[0]), &number) || number < 1 ||
				number > 999999999))) {
		warn_text("journal takes the number of one run, or nothing for all of them");
		return EXIT_USAGE;
	}
	int code = prepare_owner(app);
	if (code != EXIT_DONE)
		return code;
	if (state_open(app->spools.list[0]->owner, &state, &err) != 0) {
		if (err.code != ERR_GONE) {
			code = complain(&err);
			return code == EXIT_PERMISSION ? tell_denied(app) : code;
		}
		return tell_nothing(app, number != 0);
	}
	tell_unfinished(app);
	bool empty = false;
	code = number ? run_print(app, state, (unsigned)number) : run_list(app, state, &empty);
	if (empty)
		code = tell_nothing(app, false);
	close(state);
	return code;
}

const struct command command_journal = {
	.name = "journal",
	.operands = "[RUN]",
	.summary = "what was done, by whom, when and why",
	.takes = OPT_QUEUE | OPT_JSON,
	.run = run,
};
