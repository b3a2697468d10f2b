/* apply --resume: the rest of a run that stopped. */
#include "cmd/spoolsweep/act.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

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
	struct journal_log undone = {0};
	struct err err;

	if (op_fills_trash(head->op))
		act_open_trashes(act, head->number);
	if (head->op != OP_RESTORE)
		return EXIT_DONE;
	if (!act_find_lost_run(act->app, head->undoes, &undone) &&
		journal_read_counts(act->state, head->undoes, &undone, &err) != 0)
		return complain(&err);
	/* Nothing left there is no error: perhaps only the last lines of the journal are missing. */
	if (op_fills_trash(undone.head.op)) {
		act_open_views(act, head->undoes);
		for (size_t i = 0; i < act->app->spools.count; i++)
			act->places[i].emptied = !act->views[i];
	}
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
	code = act_take_items(act, log);
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

int act_resume(struct act *act, unsigned number)
{
	struct journal_log log = {0};

	int code = act_open(act);
	if (code == EXIT_DONE)
		code = act_read_run(act, number, &log);
	if (code == EXIT_DONE)
		code = resume_run(act, &log);
	journal_log_free(&log);
	return code;
}
