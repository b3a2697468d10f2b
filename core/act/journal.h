/*
 * journal: what a run is to do, and what became of it.
 *
 * One text file for each run, spoolsweep-journal(5). First who, when, why and the
 * filter; then every message the run is about; then "go", when all of that is on
 * disk and the first message may be touched; then the outcomes, and "end". A run that
 * finds more to do goes on behind it: "more", messages, "go", outcomes, "end". A plan
 * file is the same up to "go". A process that dies leaves a file without an end:
 * messages without an outcome are looked for where they were and where they
 * should be. Values are escaped; a line that was cut off by a crash is no line.
 *
 * The writer owns its buffers and syncs in groups. One thread at a time.
 */
#ifndef CORE_ACT_JOURNAL_H
#define CORE_ACT_JOURNAL_H

#include "core/act/fsops.h"
#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/intern.h"
#include "core/queue/format.h"

/* Why a run exists. Strings are unknown where there is nothing to say. */
struct journal_head {
	unsigned number; /* 0 in a plan */
	enum op op;
	bool no_undo;
	bool to_hold;          /* of OP_RESTORE */
	unsigned undoes;       /* the run that this one takes back; 0 none */
	int64_t started;       /* epoch seconds */
	struct slice filter;   /* as typed */
	struct slice ids_from; /* the file the ids of the messages came from, "-" is stdin */
	unsigned ids;          /* how many different ones it named; 0: there was no such list */
	struct slice reason;   /* --reason */
	struct slice command;  /* the command line, for people */
	int64_t uid;           /* who started it: the real user id */
	int64_t login_uid;     /* who logged in (/proc/self/loginuid); -1 unknown */
	struct slice sudo_user;
	struct journal_spool {
		struct slice path;
		const struct format *format;
	} * spools;
	unsigned nspools;
	uint32_t items; /* how many follow */
};

/* A message the run is about. */
struct journal_item {
	struct slice id;
	unsigned spool; /* place in head.spools */
	unsigned queue; /* that it was in: the driver's number, in the file its name */
	uint64_t inode;
	uint64_t identity; /* record.identity */
	uint64_t digest;   /* record_digest */
	int64_t size;      /* bytes; -1 unknown */
	uint64_t lineage;  /* record_lineage, of what is requeued; 0 unknown */
};

enum outcome {
	OUTCOME_NONE, /* not told: not yet tried, or the run died over it */
	OUTCOME_DONE,
	OUTCOME_DELIVERING, /* done, but some of its recipients were just being served */
	OUTCOME_GONE,       /* it was not in the queue any more */
	OUTCOME_CHANGED,    /* another message has its name now, or it was edited: not touched */
	OUTCOME_REFUSED,    /* cannot be done to this one, `words` say why: not touched */
	OUTCOME_FAILED,     /* tried, `words` say why: it is where it was */
	OUTCOME_UNTIDY,     /* done, but something of it was left behind: `words` */
	OUTCOMES,
};

/* The message has changed its place. */
static inline bool outcome_is_done(enum outcome outcome)
{
	return outcome == OUTCOME_DONE || outcome == OUTCOME_DELIVERING ||
		outcome == OUTCOME_UNTIDY;
}

/* Of counts by outcome: how many are done. */
static inline uint32_t outcomes_done(const uint32_t counts[OUTCOMES])
{
	return counts[OUTCOME_DONE] + counts[OUTCOME_DELIVERING] + counts[OUTCOME_UNTIDY];
}

/* ---- writing ---- */

struct journal;

/* Bytes that a journal of so many messages reserves, its head apart. */
int64_t journal_room(uint32_t messages);

/*
 * Takes the next free number in the folder `state` behind head->number, which is filled in,
 * and reserves room for all items and outcomes: a disk that is full is told here. `state`
 * stays open until "go", and the spools of the head stay where they are.
 */
struct journal *journal_create(
	const struct fsops *ops, int state, struct journal_head *head, struct err *err);
/* A plan: the same up to "go", at the beginning of an empty file. */
struct journal *journal_plan(
	const struct fsops *ops, int fd, const struct journal_head *head, struct err *err);

int journal_item(struct journal *journal, const struct journal_item *item, struct err *err);
/* After the last item. All is on disk when it returns 0. */
int journal_go(struct journal *journal, struct err *err);
/* `queue`: the name of the one where the message was found. Written when there is enough. */
int journal_outcome(struct journal *journal, uint32_t item, enum outcome outcome, const char *queue,
	struct slice words, struct err *err);
/* What was told so far is on disk when it returns 0. */
int journal_sync(struct journal *journal, struct err *err);
/*
 * What was announced is done with: the run has an end, which is on disk when it returns 0, and
 * may go on. The journal stays locked, so that nobody takes it for a run of the past.
 */
int journal_pause(struct journal *journal, struct err *err);
/* Goes on behind a pause with `count` more messages, for which there is room: items, then "go". */
int journal_more(struct journal *journal, uint32_t count, struct err *err);
/* The run went to its end. Frees the journal also when it fails. */
int journal_end(struct journal *journal, struct err *err);
/* Frees it without an end: it is resumed, or undone, later. */
void journal_close(struct journal *journal);

/* Frees one that did not come to "go", and takes its file away: nothing was touched. */
void journal_abandon(struct journal *journal);

/* An unfinished journal goes on behind its last whole line. */
struct journal *journal_resume(
	const struct fsops *ops, int state, unsigned number, struct err *err);

/* ---- reading ---- */

struct journal_log {
	struct arena arena; /* of all the slices but the words */
	struct intern words;
	struct journal_head head;
	struct journal_item *items; /* NULL when they were only counted */
	uint32_t nitems;            /* less than head.items when the run died before "go" */
	struct journal_outcome {
		uint8_t outcome; /* enum outcome */
		uint8_t queue;
		uint32_t words; /* id in log->words: a million messages fail for a few reasons */
	} * outcomes;           /* by item */
	uint32_t counts[OUTCOMES];
	bool went;    /* "go" was reached: before that nothing was touched */
	bool ended;   /* all that it is about was dealt with; of one that runs: so far */
	bool running; /* another process holds it open for writing */
};

/*
 * Reads a run. What is damaged is an error that names the file and the line. `formats`, ended
 * by NULL, know the queues that are named in it.
 */
int journal_read(int state, unsigned number, const struct format *const *formats,
	struct journal_log *log, struct err *err);
int journal_read_plan(
	int fd, const struct format *const *formats, struct journal_log *log, struct err *err);
/* The same for the head and the counts alone: no item, queue or word is kept. */
int journal_read_counts(int state, unsigned number, struct journal_log *log, struct err *err);
void journal_log_free(struct journal_log *log);

/* When something was last written about a run, milliseconds of the epoch; -1: no such run. */
int64_t journal_time(int state, unsigned number);

/* The numbers of all runs, ascending; *numbers is malloc'd. */
int journal_numbers(int state, unsigned **numbers, size_t *count, struct err *err);

/* Why the outcome of an item is what it is; unknown when there are no words. */
static inline struct slice journal_words(const struct journal_log *log, uint32_t item)
{
	return intern_get(&log->words, log->outcomes[item].words);
}

/* "purge", "done": for the file, JSON and people. */
const char *op_name(enum op op);
bool op_find(struct slice name, enum op *op);
const char *outcome_name(enum outcome outcome);

#endif
