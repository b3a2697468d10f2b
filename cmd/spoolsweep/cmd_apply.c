/* apply: a plan that was saved, or the rest of a run that stopped. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "core/act/recover.h"
#include "core/act/state.h"
#include "core/act/trash.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

/* ---- what a journal names, in the queues of this run ---- */

/* The first of its queues that is not open here, or head->nspools when all are. */
static unsigned find_missing(const struct journal_head *head, const unsigned *numbers)
{
	unsigned i = 0;

	while (i < head->nspools && numbers[i] != ACT_NO_SPOOL)
		i++;
	return i;
}

/* The folder of the run in each trash, where there is one. */
static void open_trashes(struct act *act, unsigned number)
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

static int tell_missing(const struct app *app, const struct journal_spool *spool)
{
	struct buf text = {0};

	put(app, &text, spool->path);
	warn_text("it is about the queue in %s: name that with -s", buf_str(&text));
	buf_free(&text);
	return EXIT_USAGE;
}

/* The items become those of the plan, with the queues of this run. */
static int take_items(struct act *act, struct journal_log *log)
{
	struct journal_head *head = &act->plan.head;
	unsigned *numbers = act_find_spools(act->app, &log->head);
	unsigned missing = find_missing(&log->head, numbers);

	if (missing < log->head.nspools) {
		free(numbers);
		return tell_missing(act->app, &log->head.spools[missing]);
	}
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

/* ---- the rest of a run ---- */

static int check_stopped(const struct journal_log *log)
{
	unsigned number = log->head.number;

	if (log->running) {
		warn_text("run %u is at work this moment", number);
		return EXIT_BUSY;
	}
	if (log->ended) {
		warn_text("run %u went to its end: there is nothing to resume", number);
		return EXIT_NOTHING;
	}
	if (!log->went) {
		warn_text("run %u stopped before it touched anything: start it again instead",
			number);
		return EXIT_NOTHING;
	}
	return EXIT_DONE;
}

/* A way back takes from the trash what the run before put there; one from hold needs none. */
static int open_sources(struct act *act, const struct journal_head *head)
{
	struct journal_log undone;
	struct err err;

	if (op_fills_trash(head->op))
		open_trashes(act, head->number);
	if (head->op != OP_RESTORE)
		return EXIT_DONE;
	if (journal_read_counts(act->state, head->undoes, &undone, &err) != 0)
		return complain(&err);
	/* Nothing left there is no error: perhaps only the last lines of the journal are missing. */
	if (op_fills_trash(undone.head.op))
		act_open_views(act, head->undoes);
	journal_log_free(&undone);
	return EXIT_DONE;
}

static void take_known(struct act *act, const struct journal_log *log)
{
	act->known = xcalloc(log->nitems, 1);
	for (uint32_t i = 0; i < log->nitems; i++) {
		act->known[i] = log->outcomes[i].outcome;
		act->finished += act->known[i] != OUTCOME_NONE && act->known[i] != OUTCOME_FAILED;
	}
}

static int print_rest(const struct act *act, const struct journal_log *log)
{
	const struct journal_head *head = &log->head;
	struct buf out = {0};

	if (act->app->options.json)
		return EXIT_DONE;
	buf_printf(&out, "run %u: %s ", head->number, op_name(head->op));
	if (head->undoes)
		buf_printf(&out, "what run %u did ", head->undoes);
	put(act->app, &out, head->filter);
	buf_add(&out, SLICE("\nstarted "));
	units_time(&out, head->started);
	buf_printf(&out, " by uid %lld", (long long)head->uid);
	if (slice_known(head->sudo_user)) {
		buf_add(&out, SLICE(" for "));
		put(act->app, &out, head->sudo_user);
	}
	if (slice_known(head->reason)) {
		buf_add(&out, SLICE("\nreason "));
		put(act->app, &out, head->reason);
	}
	buf_add(&out, SLICE("\nstopped at "));
	units_count(&out, act->finished);
	buf_add(&out, SLICE(" of "));
	units_count(&out, log->nitems);
	buf_add(&out, SLICE(" messages; "));
	units_count(&out, log->nitems - act->finished);
	buf_add(&out, SLICE(" are left\n"));
	return print_buf(&out);
}

static int resume_run(struct act *act, struct journal_log *log)
{
	int code = check_stopped(log);
	if (code == EXIT_DONE)
		code = open_sources(act, &log->head);
	if (code != EXIT_DONE)
		return code;
	act_recover(act, log);
	take_known(act, log);
	code = take_items(act, log);
	if (code != EXIT_DONE)
		return code;
	act->resumes = act->plan.head.number = log->head.number;
	act->plan.head.undoes = log->head.undoes;
	act->plan.head.uid = log->head.uid;
	act->plan.head.sudo_user = log->head.sudo_user;
	act->plan.head.filter = log->head.filter;
	act->app->options.no_undo = log->head.no_undo;
	act->spread = log->head.op == OP_RESTORE ? ACT_SPREAD : 0;
	/* Its size was confirmed when it was started. */
	act->guard.way_back = true;
	catch_interrupts();
	code = print_rest(act, log);
	return code == EXIT_DONE ? act_perform(act) : code;
}

static int resume(struct act *act, unsigned number)
{
	struct journal_log log = {0};
	struct err err;

	int code = act_open(act);
	if (code != EXIT_DONE)
		return code;
	if (journal_read(act->state, number, act->app->spools.formats, &log, &err) != 0) {
		code = complain(&err);
		warn_text("spoolsweep journal lists the runs there are");
		return code;
	}
	code = resume_run(act, &log);
	journal_log_free(&log);
	return code;
}

/* ---- a saved plan ---- */

/* Of the rows of the scan those that the plan names: for the preview and the guards. */
static void keep_rows_of_plan(struct act *act)
{
	struct app *app = act->app;
	const struct snap *snap = &app->scan.snap;
	struct hashset digests = {0};
	struct bitset kept = bitset_new(snap->rows);

	for (uint32_t i = 0; i < act->plan.count; i++)
		hashset_add(&digests, act->plan.items[i].digest);
	for (uint32_t row = 0; row < snap->rows; row++)
		if (hashset_has(&digests, (uint64_t)snap_wide(snap, WIDE_DIGEST, row)))
			bitset_set(&kept, row);
	act->missing = (uint32_t)(digests.count - bitset_count(&kept));
	bitset_free(&app->rows);
	app->rows = kept;
	hashset_free(&digests);
}

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

	int code = take_items(act, log);
	if (code == EXIT_DONE)
		code = scan_spools(app);
	if (code != EXIT_DONE)
		return code;
	keep_rows_of_plan(act);
	if (slice_known(log->head.filter))
		app->filter_text = log->head.filter.ptr;
	app->options.no_undo = log->head.no_undo;
	code = act_check_journal(app, false);
	if (code != EXIT_DONE)
		return code;
	act->plan.head.reason = log->head.reason;
	act->guard.total = app->scan.snap.rows;
	act->guard.accounts = count_accounts(app);
	act->guard.specific = was_specific(app);
	if (act->missing)
		warn_text("%u of %u messages of the plan are not in the queue any more",
			act->missing, act->plan.count);
	if (!bitset_count(&app->rows))
		return reading_exit(app);
	if (!app->options.yes)
		code = preview_print(act);
	leave_scan(app);
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

/* ---- the command ---- */

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
	app->need.parts |= act_need(app);
	code = prepare_filter(app, NULL);
	if (code == EXIT_DONE)
		code = prepare_owner(app);
	if (code == EXIT_DONE)
		code = number ? resume(&act, (unsigned)number) : apply_plan(&act);
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
