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
#include "core/query/id_list.h"

/* Kinds of messages that an operation passes over, 0 none: skip.c. */
enum { SKIP_KINDS = 7 };

/* Attempts of what comes back to the queue are this far apart: 20 a second. */
#define ACT_SPREAD 0.05

struct follow;

struct act {
	struct app *app;
	struct plan plan;
	struct guard guard;
	struct run_place *places;     /* by spool of the run */
	struct spool **views;         /* trash opened as a queue, by spool; NULL entries */
	int *trashes;                 /* open; -1 where there is none */
	int *locks;                   /* one run at a time; -1 where not taken */
	int state;                    /* folder of the journals; -1 */
	double spread;                /* run_options.spread */
	struct follow *follow;        /* --follow, and the look after a run; or NULL */
	struct journal *journal;      /* of a run that is followed, between two looks; or NULL */
	uint32_t before;              /* messages of the run that were planned in earlier looks */
	unsigned ended;               /* the run, when it came to its end; 0 */
	struct id_list ids;           /* --ids-from; all zero without */
	struct id_list_left ids_left; /* of these */
	uint32_t skipped[SKIP_KINDS];
	uint32_t forgeable;        /* left out: only a header that could be forged selects them */
	enum op undone;            /* undo: what the run did */
	struct hashset remembered; /* run.remembered */
	uint32_t missing;          /* of a run or plan: messages that are not there any more */
	uint32_t unsure;           /* of a requeue: those that could be one of several */
	bool comes_back;           /* to the queue, by a release or an undo */
	struct hashset late;       /* of what does: digests of those past their life time */
	bool late_assumed;         /* ... by a life time that no configuration says */
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

/* ---- ids.c ---- */

/* Opens the list, with the rights at hand; reads it: EXIT_DONE or a code, told. */
int act_open_ids(struct app *app);
int act_read_ids(struct act *act);
/* Whether the list is what comes by standard input, so that nobody can answer there. */
bool ids_from_stdin(const struct app *app);
/* Of the rows of the scan those that it names; then says what became of its other ids. */
void act_keep_ids(struct act *act);
void act_tell_ids(const struct act *act);

/* Member "ids" of a plan and of a result. */
void sink_ids(struct sink *sink, const struct act *act);

/* ---- trust.c ---- */

/* For commands that act: what --trust says. EXIT_DONE or a code, told. */
int take_trust(struct app *app);
/* Why they stay; says so on stderr, when there are any. */
const char *forgeable_words(uint32_t count);
void act_tell_forgeable(const struct act *act);

/* ---- skip.c ---- */

/*
 * Takes the rows that the operation of the plan has nothing to do with out of `rows`, and
 * counts them: also what others have taken back, or done again, since.
 */
void skip_rows(const struct act *act, struct bitset *rows, uint32_t skipped[SKIP_KINDS]);
/* "on hold already" */
const char *skip_words(unsigned kind);

/* Logins among the rows; mail without one counts as one more. */
uint32_t count_accounts(const struct app *app);

/* ---- lifetime.c ---- */

/* After the rows of the plan are known: which come back past their life time. */
void act_find_late(struct act *act);
/* How many of these came back. */
uint32_t act_count_late(const struct act *act, const struct run *run);
/* Appends the count and what it means; `between` is where a line may be broken. */
void act_add_late(const struct act *act, struct buf *text, uint32_t count, const char *between);
/* The member of a plan and of a result. */
void sink_late(struct sink *sink, const struct act *act, uint32_t count);

/* ---- run_views.c ---- */

/* The folder of a run in each trash, as a queue that messages are put back from. */
int act_open_views(struct act *act, unsigned number);
/* A scan of these; everything else goes on with the queues. */
int act_scan_views(struct act *act);

/* ---- run_rows.c ---- */

/*
 * Of the rows of a scan those that are one of the items. With `with_queues` each gets the
 * queue that its item names. Returns how many items are not in the queue.
 */
uint32_t act_keep_items(
	struct app *app, const struct journal_item *items, uint32_t count, bool with_queues);
/*
 * The same for items that were requeued at `since` or later, whatever they are called now: in
 * maildrop still, or taken in anew. *unsure counts those that cannot be told from others.
 */
uint32_t act_keep_requeued(struct app *app, const struct journal_item *items, uint32_t count,
	int64_t since, uint32_t *unsure);

/* ---- plan_out.c ---- */

/* Opens the file of --plan-out, with the rights at hand. */
int act_open_plan(struct app *app);
/* Writes the plan there. */
int act_save_plan(struct act *act);
/* Who, when, why, into the head of the plan. `command` must outlive it. */
void act_fill_head(struct act *act, struct buf *command);

/* ---- run_log.c ---- */

/* Reads the journal of a run. EXIT_DONE or a code, told. */
int act_read_run(struct act *act, unsigned number, struct journal_log *log);
/*
 * A run whose journal is lost and whose folder is in a trash: what lies there was purged, or
 * held, by it. Fills in a log without messages.
 */
bool act_find_lost_run(const struct app *app, unsigned number, struct journal_log *log);
/* What that run did: OPS when it is not known any more. */
enum op act_op_of(const struct app *app, unsigned number);
/* Leaves in the log what the run did in the queues at hand, and where it found each. */
void act_keep_done(const struct app *app, struct journal_log *log);

/* ---- run_items.c ---- */

/* How many of the queues that it is about are open. */
unsigned act_queues_here(const struct app *app, const struct journal_head *head);
/* EXIT_USAGE, told, when none of the queues that it is about is open, or not `all` of them. */
int act_check_queues(const struct app *app, const struct journal_head *head, bool all);
/* The plan is that of a journal, in the queues of this run. EXIT_USAGE when one is missing. */
int act_take_items(struct act *act, struct journal_log *log);
/* The folder of the run in each trash, where there is one. */
void act_open_trashes(struct act *act, unsigned number);

/*
 * Of a run that stopped: messages whose outcome nobody wrote down, but which are where
 * it puts them, become OUTCOME_UNTIDY in the log.
 */
void act_recover(struct act *act, struct journal_log *log);

/* ---- resume.c ---- */

/* Goes on with a run that stopped. */
int act_resume(struct act *act, unsigned number);

/* ---- preview ---- */

/* What the plan would do, to stdout. */
int preview_print(struct act *act);

#endif
