/* purge, hold, release, retry, requeue: one way for all of them. */
#include <stdlib.h>
#include <string.h>

#include "cmd/spoolsweep/act.h"
#include "cmd/spoolsweep/judge.h"
#include "core/base/xalloc.h"

uint32_t count_accounts(const struct app *app)
{
	struct hashset logins = {0};

	for (size_t row = bitset_next(&app->rows, 0); row != SIZE_MAX;
		row = bitset_next(&app->rows, row + 1))
		hashset_add(&logins, snap_col(&app->scan.snap, COL_ACCOUNT, (uint32_t)row));
	uint32_t count = (uint32_t)logins.count;
	hashset_free(&logins);
	return count;
}

static int select_messages(struct app *app, const char **filter)
{
	if (!take_filter(app, 0, filter))
		return EXIT_USAGE;
	bool picked = *filter || app->options.ids_from;
	if (app->options.all && (picked || strcmp(app->options.all, "ALL") != 0)) {
		warn_text("--all ALL stands alone, and ALL is written so: it means every message");
		return EXIT_USAGE;
	}
	if (!picked && !app->options.all) {
		warn_text("%s needs a FILTER, such as 'account=bob@example.com' (or --ids-from "
			  "FILE, or --all ALL)",
			app->command->name);
		return EXIT_USAGE;
	}
	return act_check_journal(app, false);
}

/* The filter matches nothing, or nothing that this operation has to do with. */
static int nothing_to_do(const struct act *act)
{
	const struct app *app = act->app;
	bool any = app->options.ids_from || act->forgeable;

	for (unsigned kind = 0; kind < SKIP_KINDS; kind++) {
		if (!act->skipped[kind])
			continue;
		warn_text("nothing to do: %u of the messages that match %s %s", act->skipped[kind],
			act->skipped[kind] == 1 ? "is" : "are", skip_words(kind));
		any = true;
	}
	if (!any && !app->options.json)
		warn_text(app->filter_text[0] ? "no message matches" : "the queue is empty");
	return EXIT_NOTHING;
}

static void make_plan(struct act *act, enum op op)
{
	struct app *app = act->app;
	const struct snap *snap = &app->scan.snap;
	uint32_t unused[SKIP_KINDS] = {0};

	act->plan.head.op = op;
	/* What arrives has an id of its own, and is on no list. */
	if (app->options.apply && !app->options.ids_from)
		follow_begin(act);
	if (app->options.ids_from)
		act_keep_ids(act);
	skip_rows(act, &app->rows, act->skipped);
	skip_rows(act, &app->forgeable, unused);
	act->forgeable = (uint32_t)bitset_count(&app->forgeable);
	act->guard.total = snap->rows;
	act->guard.accounts = count_accounts(app);
	act->guard.specific = app->options.ids_from || filter_is_specific(app->filter);
	act->plan.head.items = (uint32_t)bitset_count(&app->rows);
	act_find_late(act);
}

static int show(struct act *act)
{
	int code = preview_print(act);
	return code == EXIT_DONE && act->app->options.plan_out ? act_save_plan(act) : code;
}

/* Shown, done, and what came meanwhile. */
static int carry_out(struct act *act)
{
	const struct app *app = act->app;
	int code = EXIT_DONE;

	if (act->plan.head.items) {
		if (!app->options.yes)
			code = preview_print(act);
		act_take_rows(act);
		if (code == EXIT_DONE)
			code = act_perform(act);
	} else {
		warn_text("no message matches yet");
		code = confirm_count(app, "What arrives is taken without asking again. ",
			"messages that may be taken", (uint64_t)app->options.max);
	}
	return act->follow ? follow_on(act, code) : code;
}

static int act_on_rows(struct act *act, enum op op)
{
	const struct options *options = &act->app->options;
	bool waits = options->follow && options->apply;

	int unread = act_check_scan(act->app);
	if (unread == EXIT_INTERRUPTED)
		return unread;
	make_plan(act, op == OP_HOLD ? act_hold_op(act->app) : op);
	act_tell_ids(act);
	int code = act_open(act);
	if (code != EXIT_DONE)
		return code;
	bool any = act->plan.head.items > 0;
	/* A preview says it among the rest. */
	if (!any || (options->apply && options->yes))
		act_tell_forgeable(act);
	if (!any && !waits)
		return unread == EXIT_DONE ? nothing_to_do(act) : unread;
	code = options->apply ? carry_out(act) : show(act);
	return code == EXIT_DONE ? unread : code;
}

static int start_release(struct app *app)
{
	int code = act_check_release(app);
	return code == EXIT_DONE ? act_make_folders(app) : code;
}

static int run_op(struct app *app, enum op op)
{
	struct act act = {.app = app};
	const char *filter;

	int code = select_messages(app, &filter);
	if (code == EXIT_DONE)
		code = take_trust(app);
	if (code == EXIT_DONE)
		code = follow_check(app);
	if (code != EXIT_DONE)
		return code;
	app->as_started = op == OP_RELEASE ? start_release : act_make_folders;
	app->need.parts |= act_need(app);
	/* By it undo finds what was requeued; what is released may be given up. */
	app->need.parts |= op == OP_REQUEUE ? NEED_LINEAGE : op == OP_RELEASE ? NEED_CREATED : 0;
	code = prepare_filter(app, filter);
	if (code == EXIT_DONE)
		code = prepare_owner(app);
	if (code == EXIT_DONE && app->options.ids_from)
		code = act_read_ids(&act);
	if (code == EXIT_DONE)
		code = scan_spools(app);
	if (code == EXIT_DONE)
		code = judge_action(app, op);
	if (code == EXIT_DONE)
		code = act_on_rows(&act, op);
	act_close(&act);
	return code;
}

enum { TAKES = OPT_QUEUE | OPT_FILTER | OPT_JSON | OPT_ACT | OPT_PICK | OPT_TRUST | OPT_LOG };

static int run_purge(struct app *app)
{
	return run_op(app, OP_PURGE);
}

static int run_hold(struct app *app)
{
	return run_op(app, OP_HOLD);
}

static int run_release(struct app *app)
{
	return run_op(app, OP_RELEASE);
}

static int run_retry(struct app *app)
{
	return run_op(app, OP_RETRY);
}

static int run_requeue(struct app *app)
{
	return run_op(app, OP_REQUEUE);
}

const struct command command_purge = {
	.name = "purge",
	.operands = "FILTER",
	.summary = "take messages out of the queue, into the trash",
	.takes = TAKES | OPT_PURGE | OPT_FOLLOW | OPT_JOURNAL,
	.run = run_purge,
};

const struct command command_hold = {
	.name = "hold",
	.operands = "FILTER",
	.summary = "keep messages in the queue and do not deliver them",
	.takes = TAKES | OPT_HOLD | OPT_FOLLOW,
	.run = run_hold,
};

const struct command command_release = {
	.name = "release",
	.operands = "FILTER",
	.summary = "deliver again what is on hold",
	.takes = TAKES | OPT_HOLD,
	.run = run_release,
};

const struct command command_retry = {
	.name = "retry",
	.operands = "FILTER",
	.summary = "attempt to deliver deferred messages now",
	.takes = TAKES,
	.run = run_retry,
};

const struct command command_requeue = {
	.name = "requeue",
	.operands = "FILTER",
	.summary = "send messages through the mail server once more, as new ones",
	.takes = TAKES,
	.run = run_requeue,
};
