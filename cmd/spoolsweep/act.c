#include "cmd/spoolsweep/disk.h"
#include "cmd/spoolsweep/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/act/trash.h"
#include "core/base/clock.h"

bool act_has_way_back(const struct act *act)
{
	enum op op = act->plan.head.op;
	return op != OP_RETRY && !act->app->options.no_undo;
}

void act_take_rows(struct act *act)
{
	struct app *app = act->app;

	plan_add_rows(&act->plan, &app->scan.snap, &app->rows);
	leave_scan(app);
}

/* ---- who does it ---- */

static int64_t login_uid(void)
{
	char text[32] = "";
	int64_t uid;
	FILE *file = fopen("/proc/self/loginuid", "re");

	if (!file)
		return -1;
	bool read = fgets(text, sizeof(text), file) != NULL;
	fclose(file);
	/* Not set is written as the largest number there is. */
	return read && slice_to_i64(slice_trim(slice_cstr(text)), &uid) && uid != UINT32_MAX ? uid
											     : -1;
}

static struct slice reason_by_finding(struct act *act)
{
	struct buf text = {0};

	judge_reason(act->app, &text);
	struct slice reason = arena_copy(&act->plan.arena, buf_slice(&text));
	buf_free(&text);
	return reason;
}

void act_fill_head(struct act *act, struct buf *command)
{
	struct app *app = act->app;
	struct journal_head *head = &act->plan.head;
	const char *sudo = getenv("SUDO_USER");

	head->started = (int64_t)time(NULL);
	head->no_undo = app->options.no_undo;
	head->filter = slice_cstr(app->filter_text);
	if (app->options.reason)
		head->reason = slice_cstr(app->options.reason);
	else if (app->nnamed)
		head->reason = reason_by_finding(act);
	for (int i = 0; i < app->options.argc; i++) {
		if (i)
			buf_addc(command, ' ');
		buf_add(command, slice_cstr(app->options.argv[i]));
	}
	head->command = buf_slice(command);
	head->uid = app->started_as_root ? 0 : (int64_t)getuid();
	head->login_uid = login_uid();
	if (sudo && *sudo)
		head->sudo_user = slice_cstr(sudo);
	head->nspools = (unsigned)app->spools.count;
	head->spools = arena_alloc(&act->plan.arena, head->nspools * sizeof(*head->spools));
	for (unsigned i = 0; i < head->nspools; i++)
		head->spools[i] = (struct journal_spool){
			slice_cstr(app->spools.list[i]->path), app->spools.list[i]->format};
}

/* ---- acting ---- */

static void show_progress(void *ctx, uint32_t done, uint32_t count)
{
	progress_show(ctx, done, count);
}

/* The folder of this run in each trash that may be needed. */
static int open_run_folders(struct act *act, struct err *err)
{
	const struct app *app = act->app;
	bool needed = op_fills_trash(act->plan.head.op) && !act->plan.head.no_undo;

	for (size_t i = 0; needed && i < app->spools.count; i++) {
		int *folder = &act->places[i].places.trash;
		*err = app->no_trash;
		if (act->trashes[i] < 0 &&
			(err->code || trash_open(app->spools.list[i], &act->trashes[i], err) != 0))
			return -1;
		if (*folder < 0 &&
			trash_open_run(&fsops_real, act->trashes[i], act->plan.head.number, folder,
				err) != 0)
			return -1;
		/* expunge takes its age for that of all that is in it, and it may be there long. */
		if (act->before || act->resumes)
			fsops_real.set_time(&fsops_real, *folder, (int64_t)time(NULL));
	}
	return 0;
}

/* All of the plan, up to "go". */
static int write_plan(struct act *act, struct err *err)
{
	for (uint32_t i = 0; i < act->plan.count; i++)
		if (journal_item(act->journal, &act->plan.items[i], err) != 0)
			return -1;
	return journal_go(act->journal, err);
}

static const struct fsops *journal_ops(const struct act *act)
{
	const struct reserve *reserve = &act->app->reserve;
	return reserve->child ? &reserve->ops : &fsops_real;
}

/* The rest of a run. */
static int go_on(struct act *act, struct err *err)
{
	act->journal = journal_resume(journal_ops(act), act->state, act->resumes, err);
	return act->journal ? open_run_folders(act, err) : -1;
}

/* What lies in a trash keeps its number, even where the journal of it was lost. */
static unsigned newest_in_trash(const struct act *act)
{
	unsigned newest = 0, *runs;
	size_t count;
	struct err unused;

	for (size_t i = 0; i < act->app->spools.count; i++) {
		if (act->trashes[i] < 0 || trash_runs(act->trashes[i], &runs, &count, &unused) != 0)
			continue;
		if (count && runs[count - 1] > newest)
			newest = runs[count - 1];
		free(runs);
	}
	return newest;
}

/* A run that is followed has a journal already. */
static int announce(struct act *act, struct err *err)
{
	if (act->journal)
		return journal_more(act->journal, act->plan.count, err);
	act->plan.head.number = newest_in_trash(act);
	act->journal = journal_create(journal_ops(act), act->state, &act->plan.head, err);
	return act->journal ? 0 : -1;
}

/* When it fails nothing was touched. *trash: it was the trash, not the journal. */
static int begin(struct act *act, struct err *err, bool *trash)
{
	bool is_new = !act->journal;

	*trash = false;
	if (act->app->options.no_journal)
		return 0;
	if (act->resumes)
		return go_on(act, err);
	if (announce(act, err) != 0)
		return -1;
	*trash = open_run_folders(act, err) != 0;
	if (!*trash && write_plan(act, err) == 0)
		return 0;
	if (is_new) {
		journal_abandon(act->journal);
		act->journal = NULL;
	}
	return -1;
}

static void drop_journal(struct act *act)
{
	if (act->journal)
		journal_close(act->journal);
	act->journal = NULL;
}

/* Of a run that is followed it stays open. */
static int end_journal(struct act *act, const struct run *run, struct err *err)
{
	struct journal *journal = act->journal;

	if (!journal)
		return 0;
	if (!run->stopped && !act->app->options.follow) {
		act->journal = NULL;
		return journal_end(journal, err);
	}
	int ok = run->stopped ? 0 : journal_pause(journal, err);
	if (run->stopped || ok != 0)
		drop_journal(act);
	return ok;
}

static int run_plan(struct act *act)
{
	struct progress progress;
	struct run_options options = {
		.ops = &fsops_real,
		.now = (int64_t)time(NULL),
		.spread = act->spread,
		.progress = show_progress,
		.ctx = &progress,
		.interrupted = &interrupted,
	};
	struct run run = {
		.plan = &act->plan,
		.places = act->places,
		.journal = act->journal,
		.first = act->before,
		.options = &options,
		.remembered = &act->remembered,
		.known = act->known,
	};
	struct err err = {0};
	int64_t begin = clock_now_ms();

	progress_begin(&progress, act->app);
	run_apply(&run);
	double seconds = clock_since(begin);
	progress_hide(&progress);
	if (end_journal(act, &run, &err) != 0)
		complain(&err);
	int code = act_tell(act, &run, seconds);
	if (act->follow)
		follow_note(act, &run);
	act->before += act->plan.count;
	run_free(&run);
	return code == EXIT_DONE && err.code ? EXIT_IO : code;
}

int act_check_journal(const struct app *app, bool resumes)
{
	if (!app->options.no_journal || (app->options.no_undo && !resumes))
		return EXIT_DONE;
	if (resumes)
		warn_text("a run is resumed by its journal: --no-journal makes no sense here");
	else
		warn_text("--no-journal is for purge --no-undo on a full disk: the way back needs "
			  "the journal");
	return EXIT_USAGE;
}

static const char *warning(const struct app *app)
{
	return !app->options.no_undo       ? ""
		: !app->options.no_journal ? "There is no way back. "
					   : "There is no way back, and no record will be kept. ";
}

int act_carry_out(struct act *act)
{
	struct app *app = act->app;
	struct buf command = {0};
	struct err err;
	bool trash;
	int code;

	if (!act->resumes && !act->journal)
		act_fill_head(act, &command);
	int begun = begin(act, &err, &trash);
	reserve_end(&app->reserve);
	if (begun == 0) {
		code = run_plan(act);
	} else {
		drop_journal(act);
		code = complain(&err);
		warn_text(act->before ? "nothing more was done" : "nothing was done");
		disk_tell_way_out(app, act->plan.head.op, &err, trash);
	}
	buf_free(&command);
	return code;
}

int act_perform(struct act *act)
{
	const struct app *app = act->app;
	struct err err;

	act->guard.count = act->plan.count - act->finished;
	act->guard.max = app->options.max;
	act->guard.yes = app->options.yes;
	if (guard_check(&act->guard, &err) != 0) {
		complain(&err);
		return EXIT_REFUSED;
	}
	int code = confirm_count(app, warning(app), "messages", act->guard.count);
	if (code != EXIT_DONE)
		return code;
	if (act->plan.head.op == OP_RELEASE || act->plan.head.op == OP_RESTORE)
		act_find_remembered(act);
	return act_carry_out(act);
}
