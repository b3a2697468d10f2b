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

/* Kinds of messages that an operation passes over, 0 none: skip.c. */
enum { SKIP_KINDS = 7 };

/* Attempts of what comes back to the queue are this far apart: 20 a second. */
#define ACT_SPREAD 0.05

struct follow;

struct act {
	struct app *app;
	struct plan plan;
	struct guard guard;
	struct run_place *places; /* by spool of the run */
	struct spool **views;     /* trash opened as a queue, by spool; NULL entries */
	int *trashes;             /* open; -1 where there is none */
	int *locks;               /* one run at a time; -1 where not taken */
	int state;                /* folder of the journals; -1 */
	double spread;            /* run_options.spread */
	struct follow *follow;    /* --follow, and the look after a run; or NULL */
	struct journal *journal;  /* of a run that is followed, between two looks; or NULL */
	uint32_t before;          /* messages of the run that were planned in earlier looks */
	unsigned ended;           /* the run, when it came to its end; 0 */
	uint32_t skipped[SKIP_KINDS];
	enum op undone;            /* undo: what the run did */
	struct hashset remembered; /* run.remembered */
	uint32_t missing;          /* undo: messages of the run that are not there any more */
	unsigned resumes;          /* the run that this is the rest of; 0 none */
	uint8_t *known;            /* by item: what became of it then; or NULL */
	uint32_t finished;         /* items that need not be tried again */
	struct spool **scanned; /* the views that the scan is of, a list that it needs; or NULL */
};

/* What the scan has to read so that its rows can be acted on, and shown where somebody looks. */
unsigned act_need(const struct app *app);

/* A hook for app->as_started: with --apply makes trash and state folder, if this user may. */
int act_make_folders(struct app *app);

/*
 * Which queues of this run a journal or plan is about, by its numbers; ACT_NO_SPOOL for one
 * that is not open. By what the folder is, not by how it was written. Free it.
 */
#define ACT_NO_SPOOL UINT32_MAX
unsigned *act_find_spools(const struct app *app, const struct journal_head *head);

/* Opens and locks what a run needs. EXIT_DONE or a code; act_close in any case. */
int act_open(struct act *act);
void act_close(struct act *act);
/* The lock on a spool, to be closed: EXIT_DONE, or EXIT_BUSY when another run has it, told. */
int act_lock(const struct app *app, const struct spool *spool, int *lock);

/*
 * What the scan could not read is told. EXIT_INTERRUPTED when it did not reach its end: a part
 * of a plan is none.
 */
int act_check_scan(const struct app *app);

/* The rows of the scan become the plan, and the scan is let go: a run may take long. */
void act_take_rows(struct act *act);

/* Whether what the plan does can be taken back by undo. */
bool act_has_way_back(const struct act *act);

/* act_tell.c: prints what became of it, logs a line; the code to end with. */
int act_tell(struct act *act, const struct run *run, double seconds);
/* A line for each outcome that is not plainly done. `none`: messages that were not tried. */
void act_put_outcomes(struct buf *out, const uint32_t counts[OUTCOMES], uint32_t none);
/* The line to paste that takes the run back, where there is something to take back. */
void act_put_way_back(const struct act *act, uint32_t done, struct buf *out);
/* "purged": what was done to the messages of such a run. */
const char *act_done_word(const struct journal_head *head);

/* A preview: whether root has to run setup before this user can do what it shows. */
bool act_needs_setup(const struct app *app);

/*
 * Finds in the journals what the MTA may have in memory: mail that a run took out of its
 * hands since it was started. Before act_perform of what puts mail back.
 */
void act_find_remembered(struct act *act);

/* What --no-journal may stand with: EXIT_DONE, or the code to end with, told. */
int act_check_journal(const struct app *app, bool resumes);

/* Guards, asks, journals, acts and tells. With --json the result is data. */
int act_perform(struct act *act);
/* The same without asking: what is in the plan goes on in the journal of a run that is followed. */
int act_carry_out(struct act *act);

/* ---- follow.c ---- */

/* Whether --follow makes sense as it is given. EXIT_DONE, or EXIT_USAGE, told. */
int follow_check(const struct app *app);
/* With the rows of the first scan: what is there by now has not arrived later. */
void follow_begin(struct act *act);
/* What became of the plan in hand. */
void follow_note(struct act *act, const struct run *run);
/* Messages that were done before the plan in hand. */
uint32_t follow_done(const struct act *act);
/* Looks again after a run that ended with `code`, once or for as long as was asked for. */
int follow_on(struct act *act, int code);
void follow_free(struct act *act);

/* ---- confirm.c ---- */

/*
 * Has the user type `count`, unless --yes was given. `what` is counted; `warning` stands in
 * front of the question. EXIT_DONE, or the code to end with, told.
 */
int confirm_count(const struct app *app, const char *warning, const char *what, uint64_t count);

/* ---- hold_site.c ---- */

/* What holding is here: OP_HOLD, or OP_SHELVE where it would be no holding. */
enum op act_hold_op(const struct app *app);
/* EXIT_DONE; else told why nothing is released, or put back into hold, on this site. */
int act_check_release(const struct app *app);
int act_check_to_hold(const struct app *app, unsigned run);

/* ---- skip.c ---- */

/* Takes the rows that `op` has nothing to do with out of app->rows, and counts them. */
void skip_rows(struct app *app, enum op op, uint32_t skipped[SKIP_KINDS]);
/* "on hold already" */
const char *skip_words(unsigned kind);

/* Logins among the rows; mail without one counts as one more. */
uint32_t count_accounts(const struct app *app);

/* What a run did: OPS when that is not known any more. */
enum op act_op_of(const struct app *app, unsigned number);

/* The folder of a run in each trash, as a queue that messages are put back from. */
int act_open_views(struct act *act, unsigned number);

/* ---- plan_out.c ---- */

/* Opens the file of --plan-out, with the rights at hand. */
int act_open_plan(struct app *app);
/* Writes the plan there. */
int act_save_plan(struct act *act);
/* Who, when, why, into the head of the plan. `command` must outlive it. */
void act_fill_head(struct act *act, struct buf *command);

/*
 * Of a run that stopped: messages whose outcome nobody wrote down, but which are where
 * it puts them, become OUTCOME_UNTIDY in the log.
 */
void act_recover(struct act *act, struct journal_log *log);

/* ---- preview ---- */

/* What the plan would do, to stdout. */
int preview_print(struct act *act);

#endif
