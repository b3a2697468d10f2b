/* apply: a plan that was saved, or the rest of a run that stopped. */
#include <fcntl.h>

#include "cmd/spoolsweep/act.h"

/* Whether the filter that made it says more than age, size or queue. */
static bool was_specific(const struct app *app)
{
	struct need need = {0};
	struct err err;
	struct filter *filter = filter_parse(slice_cstr(app->filter_text), &need, &err);
	bool specific = filter && app->filter_text[0] && filter_is_specific(filter);

	filter_free(filter);
	return specific;
}

static int apply_log(struct act *act, struct journal_log *log)
{
	struct app *app = act->app;

	int code = act_take_items(act, log);
	app->need.parts |= log->head.op == OP_REQUEUE ? NEED_LINEAGE : 0;
	if (code == EXIT_DONE)
		code = scan_spools(app);
	if (code != EXIT_DONE)
		return code;
	uint32_t named = act->plan.count;
	act->missing = act_keep_items(app, act->plan.items, named, false);
	/* What is confirmed is what there is. */
	plan_drop_items(&act->plan);
	act->plan.head.items = (uint32_t)bitset_count(&app->rows);
	act_find_late(act);
	if (slice_known(log->head.filter))
		app->filter_text = log->head.filter.ptr;
	app->options.no_undo = log->head.no_undo;
	code = act_check_journal(app, false);
	if (code != EXIT_DONE)
		return code;
	act->plan.head.ids_from = log->head.ids_from;
	act->plan.head.ids = log->head.ids;
	act->plan.head.reason = log->head.reason;
	act->guard.total = app->scan.snap.rows;
	act->guard.accounts = count_accounts(app);
	act->guard.specific = log->head.ids || was_specific(app);
	if (act->missing)
		warn_text("%u of %u messages of the plan are not in the queue any more",
			act->missing, named);
	if (!act->plan.head.items)
		return reading_exit(app);
	if (!app->options.yes)
		code = preview_print(act);
	act_take_rows(act);
	return code == EXIT_DONE ? act_perform(act) : code;
}

static int apply_plan(struct act *act)
{
	struct journal_log log = {0};
	struct err err;

	int code = act_open(act);
	if (code != EXIT_DONE)
		return code;
	if (journal_read_plan(act->app->file, act->app->spools.formats, &log, &err) != 0)
		return complain(&err);
	code = apply_log(act, &log);
	act->app->filter_text = "";
	journal_log_free(&log);
	return code;
}

static int open_plan(struct app *app)
{
	struct err err;

	app->file = open(app->operands[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (app->file < 0) {
		err_sys(&err, "cannot open the plan %s", app->operands[0]);
		int code = complain(&err);
		return code == EXIT_NOTHING ? EXIT_IO : code;
	}
	return act_make_folders(app);
}

static int run(struct app *app)
{
	struct act act = {.app = app};
	int64_t number = app->options.resume;

	if (app->noperands + (number != 0) != 1 || number > 999999999) {
		warn_text("apply takes the file of a plan (as purge FILTER --plan-out FILE writes "
			  "it), or --resume RUN");
		return EXIT_USAGE;
	}
	int code = number ? act_check_journal(app, true) : EXIT_DONE;
	if (code != EXIT_DONE)
		return code;
	app->options.apply = true;
	app->as_started = number ? act_make_folders : open_plan;
	app->need.parts |= act_need(app) | NEED_CREATED;
	code = prepare_filter(app, NULL);
	if (code == EXIT_DONE)
		code = prepare_owner(app);
	if (code == EXIT_DONE)
		code = number ? act_resume(&act, (unsigned)number) : apply_plan(&act);
	act_close(&act);
	return code;
}

const struct command command_apply = {
	.name = "apply",
	.operands = "[PLANFILE]",
	.summary = "do a saved plan, or with --resume RUN go on with a stopped one",
	.takes = OPT_QUEUE | OPT_JSON | OPT_ACT | OPT_RESUME | OPT_HOLD | OPT_LOG | OPT_JOURNAL,
	.run = run,
};
