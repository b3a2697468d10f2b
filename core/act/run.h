/*
 * run: carries out a plan, message by message.
 *
 * For each message: the driver finds it wherever it is by now and holds its file
 * open; if it still is the one that was planned (identity, digest) its steps are
 * executed, and the outcome goes to the journal. A message that moves on meanwhile
 * is followed. Nobody else's error stops a run: only what would meet every message
 * alike, a full or read-only disk, a journal that cannot be written, or the user.
 *
 * Workers act, the calling thread writes the journal and tells the progress. What
 * became of mail that was being delivered is found out at the end (settle.h).
 */
#ifndef CORE_ACT_RUN_H
#define CORE_ACT_RUN_H

#include <pthread.h>
#include <signal.h>

#include "core/act/execute.h"
#include "core/act/plan.h"

/* Where the messages of one spool of the plan are, and where they go. */
struct run_place {
	const struct spool *from; /* the queue itself, or its trash opened as a queue */
	const struct spool *spool;
	struct places places;
	bool emptied; /* the trash that all came from is not there any more */
};

struct run_options {
	const struct fsops *ops;
	unsigned jobs; /* workers; 0 for the default */
	int64_t now;
	/* OP_RESTORE to the queue: this many seconds between the first attempts of two messages. */
	double spread;
	/* Called on the calling thread about ten times a second. */
	void (*progress)(void *ctx, uint32_t done, uint32_t count);
	void *ctx;
	const volatile sig_atomic_t
		*interrupted; /* or NULL; set: the run stops between two messages */
};

struct run {
	const struct plan *plan;
	struct run_place *places; /* by plan->head.spools */
	struct journal *journal;  /* or NULL */
	uint32_t first;           /* the journal's number of the first item, in a run that grew */
	const struct run_options *options;
	/* Digests of mail that the MTA may have in memory: it must not come back now. Or NULL. */
	const struct hashset *remembered;
	/*
	 * By item, of a run that is resumed (recover.h): what is done is passed over, what
	 * is OUTCOME_UNTIDY is tidied up, OUTCOME_NONE and OUTCOME_FAILED are tried.
	 */
	const uint8_t *known;

	/* The result. */
	uint8_t *outcomes; /* by item: enum outcome; owned */
	uint32_t counts[OUTCOMES];
	bool stopped; /* before its end: `why`, or interrupted */
	struct err why;
	struct err unwoken; /* the MTA could not be told: it looks by itself, later */

	uint32_t unsettled; /* still in delivery at the end */
	uint32_t untold;    /* were being tried, and nobody knows whether they were delivered */
	struct err blind;   /* why: it cannot be told who is in delivery */

	pthread_mutex_t lock; /* of all below, and of the result */
	pthread_cond_t ended; /* a worker ended */
	unsigned working;     /* those that did not yet */
	uint32_t next;        /* the first item nobody took yet */
	uint32_t done;
	struct under_way { /* mail the MTA was working on when it was acted on: settle.h */
		uint32_t item;
		uint32_t served; /* recipients that were done by then */
		unsigned queue;  /* where it was found */
		bool told;       /* as OUTCOME_DELIVERING */
		bool busy;       /* an agent had it open at the last look */
		bool dark;       /* that cannot be told */
	} * under_way;
	uint32_t nunder_way; /* in a restore: those that were, when they were taken out */
};

/*
 * Does it. `run` has plan, places, journal, options and perhaps known set, all else 0. 0 when
 * it came to its end, whatever became of single messages; -1 with run->why when it stopped.
 */
int run_apply(struct run *run);
void run_free(struct run *run);

/* The folder of the run in the trash, to look at what lies there; NULL when there is none. */
struct spool *run_view_trash(const struct run_place *place);

#endif
