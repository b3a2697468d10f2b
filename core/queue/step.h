/*
 * step: what is to be done to one message, as data.
 *
 * A driver says in steps how an operation is done in its queue; the engine
 * (core/act) shows, journals and carries them out, and knows no MTA. A message
 * has changed its place, for good and all at once, when its commit step is done;
 * the steps behind it tidy up and may be done later, or again.
 */
#ifndef CORE_QUEUE_STEP_H
#define CORE_QUEUE_STEP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum op {
	OP_PURGE,   /* into the trash, or with no_undo out of the world */
	OP_HOLD,    /* stays in the queue, is not delivered */
	OP_SHELVE,  /* held in the trash, where hold is another program's input */
	OP_RELEASE, /* from hold back to where its retries are */
	OP_RETRY,   /* an attempt now */
	OP_REQUEUE, /* through the front door again, as a new message */
	OP_RESTORE, /* from the trash, or from where another run put it */
	OPS,
};

/* Whether its messages go to the trash, where an undo finds them. */
static inline bool op_fills_trash(enum op op)
{
	return op == OP_PURGE || op == OP_SHELVE;
}

/* Whether it takes mail out of the MTA's hands. */
static inline bool op_takes_out(enum op op)
{
	return op_fills_trash(op) || op == OP_HOLD;
}

/* Where a path of a step begins. */
enum root { ROOT_SPOOL, ROOT_TRASH };

enum { STEP_PATH_MAX = 320, STEPS_MAX = 12 };

enum step_kind {
	STEP_MOVE,   /* from -> to on one file system; never over a file that is there */
	STEP_REMOVE, /* from */
	STEP_MODE,   /* of the pinned file */
	STEP_TIME,   /* of the pinned file: access and modification */
};

struct step {
	enum step_kind kind;
	bool commit;
	bool optional; /* a log: there may be nothing at `from`, or a newer one at `to`, which stays */
	enum root from_root, to_root;
	char from[STEP_PATH_MAX]; /* relative to its root */
	char to[STEP_PATH_MAX];
	mode_t mode;
	int64_t seconds; /* since the epoch */
};

struct steps {
	struct step list[STEPS_MAX];
	unsigned count;
};

struct spool;

/* What is asked of a driver for one message. */
struct request {
	enum op op;
	const struct spool *target; /* the queue that ROOT_SPOOL is; OP_RESTORE cannot do without */
	bool no_undo;               /* OP_PURGE: unlink, no trash */
	bool to_hold;               /* OP_RESTORE: into hold, wherever it came from */
	enum root from_root;        /* OP_RESTORE: where it lies now; the spool of the pin */
	unsigned origin;            /* OP_RESTORE: the driver's number of the queue it came from */
	bool mta_forgot; /* OP_RELEASE, OP_RESTORE: the MTA has it not in memory any more */
	int64_t now;     /* epoch seconds */
	int64_t due;     /* when its next attempt may come, for what goes back to the queue */
};

#endif
