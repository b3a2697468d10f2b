/*
 * act: what the commands that change a queue share.
 *
 * A plan is made while the queue is scanned as its owner; shown; guarded; confirmed;
 * written to the journal; carried out (core/act/run.h); told. Without --apply it ends
 * behind "shown", and nothing is made or locked for it.
 */
#ifndef CMD_SPOOLSWEEP_ACT_H
#define CMD_SPOOLSWEEP_ACT_H

#include "cmd/spoolsweep/command.h"
#include "core/act/guard.h"
#include "core/act/run.h"

struct act {
	struct app *app;
	struct plan plan;
	struct guard guard;
	struct run_place *places; /* by spool of the run */
	struct spool **views;     /* trash opened as a queue, by spool; NULL entries */
	int *trashes;             /* held open: the lock; -1 where not */
	int state;                /* folder of the journals; -1 */
	double spread;            /* run_options.spread */
	const char *done_word;    /* "purged" */
	uint32_t missing;         /* undo: messages of the run that are not there any more */
	struct spool *
		*scanned; /* the list of views that the scan names; NULL when it was the queues */
};

/* A hook for app->as_started: with --apply makes trash and state folder, if this user may. */
int act_make_folders(struct app *app);

/* Opens and locks what a run needs. EXIT_DONE or a code; act_close in any case. */
int act_open(struct act *act);
void act_close(struct act *act);

/* Guards, asks, journals, acts and tells. With --json the result is data. */
int act_perform(struct act *act);

/* ---- preview ---- */

/* What the plan would do, to stdout. */
int preview_print(struct act *act);

#endif
