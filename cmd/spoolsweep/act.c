#include "cmd/spoolsweep/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/act/trash.h"
#include "core/base/clock.h"
#include "core/base/units.h"

bool act_has_way_back(const struct act *act)
{
	enum op op = act->plan.head.op;
	return op != OP_RETRY && !act->app->options.no_undo;
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
		head->spools[i] = (struct journal_spool){slice_cstr(app->spools.list[i]->path),
			slice_cstr(app->spools.list[i]->format->name)};
}

/* ---- acting ---- */

static void show_progress(void *ctx, uint32_t done, uint32_t count)
{
	const struct act *act = ctx;
	struct buf text = {0};

	if (!isatty(STDERR_FILENO) || act->app->options.json)
		return;
	units_count(&text, done);
	buf_add(&text, SLICE(" of "));
	units_count(&text, count);
	fprintf(stderr, "\r\033[K%s", buf_str(&text));
	fflush(stderr);
	buf_free(&text);
}

static void hide_progress(const struct act *act)
{
	if (isatty(STDERR_FILENO) && !act->app->options.json)
		fputs("\r\033[K", stderr);
}

/* The folder of this run in each trash that may be needed. */
static int open_run_folders(struct act *act)
{
	struct err err;
	bool needed = act->plan.head.op == OP_PURGE && !act->plan.head.no_undo;

	for (size_t i = 0; needed && i < act->app->spools.count; i++)
		if (act->places[i].places.trash < 0 &&
			trash_open_run(&fsops_real, act->trashes[i], act->plan.head.number,
				&act->places[i].places.trash, &err) != 0)
			return complain(&err);
	return EXIT_DONE;
}

static int write_journal(struct act *act, struct journal **journal, struct err *err)
{
	if (act->resumes) {
		*journal = journal_resume(&fsops_real, act->state, act->resumes, err);
		return *journal ? 0 : -1;
	}
	*journal = journal_create(&fsops_real, act->state, &act->plan.head, err);
	if (!*journal)
		return -1;
	for (uint32_t i = 0; i < act->plan.count; i++)
		if (journal_item(*journal, &act->plan.items[i], err) != 0)
			return -1;
	return journal_go(*journal, err);
}

static int carry_out(struct act *act, struct journal *journal)
{
	struct run_options options = {
		.ops = &fsops_real,
		.now = (int64_t)time(NULL),
		.spread = act->spread,
		.progress = show_progress,
		.ctx = act,
		.interrupted = &interrupted,
	};
	struct run run = {
		.plan = &act->plan,
		.places = act->places,
		.journal = journal,
		.options = &options,
		.remembered = &act->remembered,
		.known = act->known,
	};
	struct err err = {0};
	int64_t begin = clock_now_ms();

	run_apply(&run);
	double seconds = clock_since(begin);
	hide_progress(act);
	if (run.stopped)
		journal_close(journal);
	else if (journal_end(journal, &err) != 0)
		complain(&err);
	int code = act_tell(act, &run, seconds);
	run_free(&run);
	return code == EXIT_DONE && err.code ? EXIT_IO : code;
}

int act_perform(struct act *act)
{
	struct buf command = {0};
	struct journal *journal = NULL;
	struct err err;

	act->guard.count = act->plan.count - act->finished;
	act->guard.max = act->app->options.max;
	act->guard.yes = act->app->options.yes;
	if (guard_check(&act->guard, &err) != 0) {
		complain(&err);
		return EXIT_REFUSED;
	}
	int code = confirm_count(act->app, "", "messages", act->plan.count - act->finished);
	if (code != EXIT_DONE)
		return code;
	if (act->plan.head.op == OP_RELEASE || act->plan.head.op == OP_RESTORE)
		act_find_remembered(act);
	if (!act->resumes)
		act_fill_head(act, &command);
	if (write_journal(act, &journal, &err) != 0) {
		code = complain(&err);
		warn_text("nothing was done");
	} else {
		code = open_run_folders(act);
	}
	if (code == EXIT_DONE)
		code = carry_out(act, journal);
	else if (journal)
		journal_close(journal);
	buf_free(&command);
	return code;
}
