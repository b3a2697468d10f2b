/* undo: takes back a run, or the part of it that a filter selects. */
#include <string.h>

#include "cmd/spoolsweep/act.h"

static bool take_number(const char *word, unsigned *number)
{
	int64_t value;

	if (!slice_to_i64(slice_cstr(word), &value) || value < 1 || value > 999999999)
		return false;
	*number = (unsigned)value;
	return true;
}

/* What the run put into the trash, as a queue, if it may go where it is to go. */
static int open_trash(struct act *act, unsigned number)
{
	int code = act->plan.head.to_hold ? act_check_to_hold(act->app, number) : EXIT_DONE;
	return code == EXIT_DONE ? act_open_views(act, number) : code;
}

/* The way back of a way back: what was done first is done again, to the same messages. */
static int plan_again(struct act *act, unsigned number, enum op first)
{
	act->plan.head.to_hold = false;
	if (!op_takes_out(first)) {
		warn_text("run %u took back a run whose journal is gone: purge or hold its "
			  "messages by a filter",
			number);
		return EXIT_NOTHING;
	}
	act->plan.head.op = first == OP_PURGE ? first : act_hold_op(act->app);
	return EXIT_DONE;
}

static int plan_undo(struct act *act, unsigned number, const struct journal_log *log)
{
	struct journal_head *head = &act->plan.head;
	const char *to = act->app->options.to;
	bool origin = to && strcmp(to, "origin") == 0;

	head->undoes = number;
	head->op = OP_RESTORE;
	head->to_hold = !origin;
	act->spread = ACT_SPREAD;
	act->undone = log->head.op;
	if (to && !op_fills_trash(log->head.op) && (origin || log->head.op != OP_REQUEUE)) {
		warn_text("run %u put nothing into the trash: --to is for what comes out of it",
			number);
		return EXIT_USAGE;
	}
	switch (log->head.op) {
	case OP_PURGE:
		if (log->head.no_undo) {
			warn_text("run %u removed for good (--no-undo): there is no way back",
				number);
			return EXIT_NOTHING;
		}
		return open_trash(act, number);
	case OP_SHELVE:
		head->to_hold = to && !origin;
		return open_trash(act, number);
	case OP_HOLD:
		head->to_hold = false;
		return EXIT_DONE;
	case OP_RELEASE:
	case OP_REQUEUE:
		head->to_hold = false;
		head->op = act_hold_op(act->app);
		return EXIT_DONE;
	case OP_RESTORE:
		return plan_again(act, number, act_op_of(act->app, log->head.undoes));
	case OP_RETRY:
	case OPS:
		break;
	}
	warn_text("a %s cannot be taken back: the mail server has the messages",
		op_name(log->head.op));
	return EXIT_NOTHING;
}

static int nothing_left(const struct act *act, unsigned number)
{
	if (act->app->filter_text[0])
		warn_text("no message of run %u that is left matches", number);
	else
		warn_text("nothing is left of run %u to be taken back: it was undone, or %s",
			number,
			op_fills_trash(act->undone) ? "expunged" : "its messages have gone");
	return EXIT_NOTHING;
}

/* What of it is still there, and not yet taken back. */
static int find_rows(struct act *act, const struct journal_log *log)
{
	struct app *app = act->app;
	uint32_t unused[SKIP_KINDS] = {0};

	int code = op_fills_trash(act->undone) ? act_scan_views(act) : scan_spools(app);
	if (code != EXIT_DONE)
		return code;
	if (act->undone == OP_REQUEUE)
		act->missing = act_keep_requeued(
			app, log->items, log->nitems, log->head.started, &act->unsure);
	else if (!op_fills_trash(act->undone))
		act->missing = act_keep_items(
			app, log->items, log->nitems, act->plan.head.op == OP_RESTORE);
	skip_rows(act, &app->rows, act->skipped);
	skip_rows(act, &app->forgeable, unused);
	act->forgeable = (uint32_t)bitset_count(&app->forgeable);
	return EXIT_DONE;
}

/* How many of the run there is nothing to be done about. */
static void tell_left(const struct act *act, unsigned number)
{
	if (act->app->filter_text[0])
		return;
	if (act->missing && act->undone == OP_REQUEUE)
		warn_text("%u of run %u %s not found: delivered, or gone on under an id that "
			  "cannot be told, as behind a content filter",
			act->missing, number, act->missing == 1 ? "was" : "were");
	else if (act->missing)
		warn_text("%u of run %u %s not there any more", act->missing, number,
			act->missing == 1 ? "is" : "are");
	if (act->unsure)
		warn_text("%u of run %u cannot be told from other mail for certain: not touched",
			act->unsure, number);
}

/* Woken once more it answers when it has come to the end of what it was taking in. */
static bool has_taken_in(const struct app *app)
{
	bool ended = true;
	struct err err;

	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		ended = spool->format->wake(spool, OP_REQUEUE, &err) == 0 && ended;
	}
	return ended;
}

/* What was just being taken in while the run was at work has its new id by now. */
static int look_again(struct act *act, const struct journal_log *log)
{
	struct app *app = act->app;

	bool ended = has_taken_in(app);
	if (!ended)
		warn_text("the mail server is still taking mail in: do the same in a minute once "
			  "more, for what has got its new id by then");
	leave_scan(app);
	int code = find_rows(act, log);
	size_t more = code == EXIT_DONE ? bitset_count(&app->rows) : 0;
	if (more)
		warn_text("%zu more of run %u %s there by now: the same command takes %s too", more,
			log->head.number, more == 1 ? "is" : "are", more == 1 ? "it" : "them");
	return code == EXIT_DONE && (more || !ended) ? EXIT_PARTLY : code;
}

static int show_and_do(struct act *act, const struct journal_log *log)
{
	const struct options *options = &act->app->options;
	int code = EXIT_DONE;

	if (!options->apply || !options->yes)
		code = preview_print(act);
	if (code != EXIT_DONE || !options->apply)
		return code;
	act_take_rows(act);
	code = act_perform(act);
	if (act->undone != OP_REQUEUE || (code != EXIT_DONE && code != EXIT_PARTLY))
		return code;
	int again = look_again(act, log);
	return code == EXIT_DONE ? again : code;
}

static int undo_log(struct act *act, struct journal_log *log)
{
	struct app *app = act->app;
	unsigned number = log->head.number;

	if (log->running) {
		warn_text("run %u is at work this moment: wait for it, or stop it with Ctrl-C "
			  "where it was started",
			number);
		return EXIT_BUSY;
	}
	int code = act_check_queues(app, &log->head, false);
	if (code == EXIT_DONE)
		code = act_open(act);
	if (code == EXIT_DONE && !op_fills_trash(log->head.op))
		act_recover(act, log);
	if (code == EXIT_DONE)
		code = plan_undo(act, number, log);
	/* What was purged is what lies in the trash. */
	if (op_fills_trash(act->undone))
		journal_log_free(log);
	else
		act_keep_done(app, log);
	if (code == EXIT_DONE)
		code = find_rows(act, log);
	if (code != EXIT_DONE)
		return code;
	int unread = act_check_scan(app);
	if (unread == EXIT_INTERRUPTED)
		return unread;
	act->plan.head.items = (uint32_t)bitset_count(&app->rows);
	act_find_late(act);
	act->guard.total = act->plan.head.items;
	act->guard.way_back = true;
	tell_left(act, number);
	if (!act->plan.head.items || (app->options.apply && app->options.yes))
		act_tell_forgeable(act);
	if (!act->plan.head.items)
		return unread == EXIT_DONE ? nothing_left(act, number) : unread;
	code = show_and_do(act, log);
	return code == EXIT_DONE ? unread : code;
}

static int undo(struct act *act, unsigned number)
{
	struct journal_log log = {0};

	bool lost = act_find_lost_run(act->app, number, &log);
	int code = lost ? EXIT_DONE : act_read_run(act, number, &log);
	if (lost)
		warn_text("the journal of run %u is lost, and with it who did it and why: this is "
			  "about what it put into the trash",
			number);
	if (code == EXIT_DONE)
		code = undo_log(act, &log);
	journal_log_free(&log);
	return code;
}

static int run(struct app *app)
{
	struct act act = {.app = app};
	const char *filter;
	unsigned number;

	if (!app->noperands || !take_number(app->operands[0], &number)) {
		struct buf line = {0};
		put_command(app, &line, "journal");
		warn_text("undo takes the number of a run: %s lists them", buf_str(&line));
		buf_free(&line);
		return EXIT_USAGE;
	}
	if (app->options.to && strcmp(app->options.to, "hold") != 0 &&
		strcmp(app->options.to, "origin") != 0) {
		warn_text("--to takes hold or origin, not '%s'", app->options.to);
		return EXIT_USAGE;
	}
	if (!take_filter(app, 1, &filter))
		return EXIT_USAGE;
	int code = take_trust(app);
	if (code != EXIT_DONE)
		return code;
	app->as_started = act_make_folders;
	app->need.parts |= act_need(app) | NEED_CREATED | NEED_LINEAGE;
	code = prepare_filter(app, filter);
	if (code == EXIT_DONE)
		code = prepare_owner(app);
	if (code == EXIT_DONE)
		code = undo(&act, number);
	act_close(&act);
	return code;
}

const struct command command_undo = {
	.name = "undo",
	.operands = "RUN [FILTER]",
	.summary = "take back a run, or the part of it that FILTER selects",
	.takes = OPT_QUEUE | OPT_FILTER | OPT_JSON | OPT_ACT | OPT_UNDO | OPT_TRUST | OPT_HOLD |
		OPT_LOG,
	.run = run,
};
