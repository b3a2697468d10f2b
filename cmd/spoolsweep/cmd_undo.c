/* undo: takes back a run, or the part of it that a filter selects. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "core/act/state.h"
#include "core/act/trash.h"
#include "core/base/xalloc.h"
#include "core/query/keymap.h"

static bool take_number(const char *word, unsigned *number)
{
	int64_t value;

	if (!slice_to_i64(slice_cstr(word), &value) || value < 1 || value > 999999999)
		return false;
	*number = (unsigned)value;
	return true;
}

static int read_run(struct act *act, unsigned number, struct journal_log *log)
{
	struct buf line = {0};
	struct err err;
	int state;

	if (state_open(act->app->spools.list[0]->owner, &state, &err) != 0) {
		if (err.code != ERR_GONE) {
			int code = complain(&err);
			return code == EXIT_PERMISSION ? tell_denied(act->app) : code;
		}
		warn_text("there is no journal yet: nothing was done that could be undone");
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

/* A run that was killed had done more than its journal says: pass_over tells by the queue. */
static bool may_be_done(const struct journal_log *log, uint32_t item)
{
	return log->went && !log->ended && log->outcomes[item].outcome == OUTCOME_NONE;
}

/* ---- what lies in the trash ---- */

/* The run's folder in each trash, as a queue to be read in place of the real one. */
int act_open_views(struct act *act, unsigned number)
{
	struct app *app = act->app;
	size_t found = 0;
	struct err err;

	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		int trash = act->trashes[i];
		if (trash < 0 && trash_open(spool, &trash, &err) != 0)
			continue;
		act->views[i] = trash_view(spool, trash, number, &err);
		if (act->views[i]) {
			act->places[i].places.trash = dup(act->views[i]->fd);
			act->places[i].from = act->views[i];
			found++;
		}
		if (trash != act->trashes[i])
			close(trash);
	}
	if (found)
		return EXIT_DONE;
	warn_text("nothing is left of run %u in the trash: it was undone, or expunged", number);
	return EXIT_NOTHING;
}

/* The scan reads the views; everything else goes on with the queues. */
static int scan_views(struct act *act)
{
	struct app *app = act->app;
	struct spools queues = app->spools;
	struct spool **views = xcalloc(queues.count, sizeof(struct spool *));

	app->spools.list = views;
	app->spools.count = 0;
	for (size_t i = 0; i < queues.count; i++) {
		if (!act->views[i])
			continue;
		act->views[i]->number = (unsigned)app->spools.count; /* its place in this scan */
		views[app->spools.count++] = act->views[i];
	}
	int code = scan_spools(app);
	app->spools = queues;
	act->scanned = views;
	return code;
}

/* ---- what still lies in the queue ---- */

/* What a run did: the messages, by digest, and where it found each. */
struct deeds {
	struct keymap digests;
	uint8_t *queues; /* by place in digests */
};

static struct deeds deeds_of(const struct journal_log *log)
{
	struct deeds deeds = {.queues = xcalloc(log->nitems, 1)};

	for (uint32_t i = 0; i < log->nitems; i++) {
		bool done = outcome_is_done((enum outcome)log->outcomes[i].outcome);
		if (!done && !may_be_done(log, i))
			continue;
		uint32_t place = keymap_add(&deeds.digests, log->items[i].digest);
		deeds.queues[place] = done ? log->outcomes[i].queue : (uint8_t)log->items[i].queue;
	}
	return deeds;
}

static void deeds_free(struct deeds *deeds)
{
	keymap_free(&deeds->digests);
	free(deeds->queues);
}

/* Leaves the rows that the run is about, and notes where it found each. */
static void keep_rows_of(struct act *act, const struct deeds *deeds)
{
	struct app *app = act->app;
	const struct snap *snap = &app->scan.snap;
	struct bitset kept = bitset_new(snap->rows);

	for (size_t row = bitset_next(&app->rows, 0); row != SIZE_MAX;
		row = bitset_next(&app->rows, row + 1)) {
		uint64_t digest = (uint64_t)snap_wide(snap, WIDE_DIGEST, (uint32_t)row);
		uint32_t place = keymap_find(&deeds->digests, digest);
		if (place == KEYMAP_NONE)
			continue;
		bitset_set(&kept, row);
		snap->small[row].queue = deeds->queues[place];
	}
	act->missing = deeds->digests.count - (uint32_t)bitset_count(&kept);
	bitset_free(&app->rows);
	app->rows = kept;
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

/* What others have taken back, or done again, since. */
static void pass_over(struct act *act)
{
	if (act->undone == OP_HOLD)
		skip_rows(act->app, OP_RELEASE, act->skipped);
	else if (act->plan.head.op == OP_HOLD || act->plan.head.op == OP_SHELVE)
		skip_rows(act->app, act->plan.head.op, act->skipped);
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
	if (to && !op_fills_trash(log->head.op)) {
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
		head->to_hold = false;
		head->op = act_hold_op(act->app);
		return EXIT_DONE;
	case OP_RESTORE:
		return plan_again(act, number, act_op_of(act->app, log->head.undoes));
	case OP_RETRY:
	case OP_REQUEUE:
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

static int undo(struct act *act, unsigned number)
{
	struct app *app = act->app;
	struct journal_log log = {0};
	struct deeds deeds = {0};

	int code = read_run(act, number, &log);
	bool in_trash = op_fills_trash(log.head.op);
	if (code == EXIT_DONE && log.running) {
		warn_text("run %u is at work this moment: wait for it, or stop it with Ctrl-C "
			  "where it was started",
			number);
		code = EXIT_BUSY;
	}
	if (code == EXIT_DONE)
		code = act_open(act);
	if (code == EXIT_DONE && !in_trash)
		act_recover(act, &log);
	if (code == EXIT_DONE)
		code = plan_undo(act, number, &log);
	/* What was purged is what lies in the trash. */
	if (code == EXIT_DONE && !in_trash)
		deeds = deeds_of(&log);
	journal_log_free(&log);
	if (code == EXIT_DONE)
		code = in_trash ? scan_views(act) : scan_spools(app);
	if (code == EXIT_DONE && !in_trash) {
		keep_rows_of(act, &deeds);
		pass_over(act);
	}
	deeds_free(&deeds);
	if (code != EXIT_DONE)
		return code;
	int unread = act_check_scan(app);
	if (unread == EXIT_INTERRUPTED)
		return unread;
	act->plan.head.items = (uint32_t)bitset_count(&app->rows);
	act->guard.total = act->plan.head.items;
	act->guard.way_back = true;
	if (act->missing && !app->filter_text[0])
		warn_text("%u of run %u %s not there any more", act->missing, number,
			act->missing == 1 ? "is" : "are");
	if (!act->plan.head.items)
		return unread == EXIT_DONE ? nothing_left(act, number) : unread;
	if (!app->options.apply || !app->options.yes)
		code = preview_print(act);
	if (code == EXIT_DONE && app->options.apply) {
		act_take_rows(act);
		code = act_perform(act);
	}
	return code == EXIT_DONE ? unread : code;
}

static int run(struct app *app)
{
	struct act act = {.app = app};
	const char *filter;
	unsigned number;

	if (!app->noperands || !take_number(app->operands[0], &number)) {
		warn_text("undo takes the number of a run: spoolsweep journal lists them");
		return EXIT_USAGE;
	}
	if (app->options.to && strcmp(app->options.to, "hold") != 0 &&
		strcmp(app->options.to, "origin") != 0) {
		warn_text("--to takes hold or origin, not '%s'", app->options.to);
		return EXIT_USAGE;
	}
	if (!take_filter(app, 1, &filter))
		return EXIT_USAGE;
	app->as_started = act_make_folders;
	app->need.parts |= act_need(app);
	int code = prepare_filter(app, filter);
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
	.takes = OPT_QUEUE | OPT_FILTER | OPT_JSON | OPT_ACT | OPT_UNDO | OPT_HOLD | OPT_LOG,
	.run = run,
};
