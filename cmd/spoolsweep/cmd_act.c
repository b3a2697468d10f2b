/* purge, hold, release, retry, requeue: one way for all of them. */
#include <stdlib.h>
#include <string.h>

#include "cmd/spoolsweep/act.h"
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

/* What arrived while the run was at work: matches, and was not in the plan. */
static int look_again(struct act *act)
{
	struct app *app = act->app;
	struct hashset known = {0};
	uint32_t more = 0;

	for (uint32_t i = 0; i < act->plan.count; i++)
		hashset_add(&known, act->plan.items[i].digest);
	forget_scan(app);
	int code = scan_spools(app);
	if (code == EXIT_DONE)
		skip_rows(act, &app->rows, act->skipped);
	for (size_t row = bitset_next(&app->rows, 0); code == EXIT_DONE && row != SIZE_MAX;
		row = bitset_next(&app->rows, row + 1))
		more += !hashset_has(
			&known, (uint64_t)snap_wide(&app->scan.snap, WIDE_DIGEST, (uint32_t)row));
	hashset_free(&known);
	if (code == EXIT_DONE && more)
		warn_text("%u more %s by now: close the source first, then run this again", more,
			more == 1 ? "matches" : "match");
	return code;
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
	return EXIT_DONE;
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
	if (app->options.ids_from)
		act_keep_ids(act);
	skip_rows(act, &app->rows, act->skipped);
	skip_rows(act, &app->forgeable, unused);
	act->forgeable = (uint32_t)bitset_count(&app->forgeable);
	act->guard.total = snap->rows;
	act->guard.accounts = count_accounts(app);
	act->guard.specific = app->options.ids_from || filter_is_specific(app->filter);
	plan_add_rows(&act->plan, snap, &app->rows);
	act_find_late(act);
}

static int show(struct act *act)
{
	int code = preview_print(act);
	return code == EXIT_DONE && act->app->options.plan_out ? act_save_plan(act) : code;
}

static int carry_out(struct act *act)
{
	const struct options *options = &act->app->options;

	int code = options->yes ? EXIT_DONE : preview_print(act);
	if (code == EXIT_DONE)
		code = act_perform(act);
	/* What arrives has an id of its own, and is on no list. */
	if ((code == EXIT_DONE || code == EXIT_PARTLY) && !options->ids_from) {
		int again = look_again(act);
		code = code == EXIT_DONE ? again : code;
	}
	return code;
}

static int act_on_rows(struct act *act, enum op op)
{
	const struct app *app = act->app;

	int unread = act_check_scan(app);
	if (unread == EXIT_INTERRUPTED)
		return unread;
	make_plan(act, op);
	act_tell_ids(act);
	int code = act_open(act);
	if (code != EXIT_DONE)
		return code;
	/* A preview says it among the rest. */
	if (!act->plan.count || (app->options.apply && app->options.yes))
		act_tell_forgeable(act);
	if (!act->plan.count)
		return unread == EXIT_DONE ? nothing_to_do(act) : unread;
	code = app->options.apply ? carry_out(act) : show(act);
	return code == EXIT_DONE ? unread : code;
}

static int run_op(struct app *app, enum op op)
{
	struct act act = {.app = app};
	const char *filter;

	int code = select_messages(app, &filter);
	if (code == EXIT_DONE)
		code = take_trust(app);
	if (code != EXIT_DONE)
		return code;
	app->as_started = act_make_folders;
	app->need.parts |= NEED_IDENTITY | NEED_STATUS;
	/* By it undo finds what was requeued; what is released may be given up. */
	app->need.parts |= op == OP_REQUEUE ? NEED_LINEAGE : op == OP_RELEASE ? NEED_CREATED : 0;
	/* What is shown to a person, not to a script that said --yes. */
	if (!app->options.yes)
		app->need.parts |= NEED_RCPTS | NEED_ADDRESSES | NEED_HEADERS;
	code = prepare_filter(app, filter);
	if (code == EXIT_DONE)
		code = prepare_owner(app);
	if (code == EXIT_DONE && app->options.ids_from)
		code = act_read_ids(&act);
	if (code == EXIT_DONE)
		code = scan_spools(app);
	if (code == EXIT_DONE)
		code = act_on_rows(&act, op);
	act_close(&act);
	return code;
}

enum { TAKES = OPT_QUEUE | OPT_FILTER | OPT_JSON | OPT_ACT | OPT_PICK | OPT_TRUST };

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
	.takes = TAKES | OPT_PURGE,
	.run = run_purge,
};

const struct command command_hold = {
	.name = "hold",
	.operands = "FILTER",
	.summary = "keep messages in the queue and do not deliver them",
	.takes = TAKES,
	.run = run_hold,
};

const struct command command_release = {
	.name = "release",
	.operands = "FILTER",
	.summary = "deliver again what is on hold",
	.takes = TAKES,
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
