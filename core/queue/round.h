/*
 * round: the threads of one pass over the queues: a walker that lists, readers
 * that open and parse. The caller takes batches of what was read until there are
 * no more, then ends the round.
 *
 * Listing and reading go side by side, a bounded number of batches apart: each
 * holds memory and keeps a folder open. A later round passes over what the rounds
 * before it have seen; nobody may add to that set meanwhile.
 */
#ifndef CORE_QUEUE_ROUND_H
#define CORE_QUEUE_ROUND_H

#include <pthread.h>
#include <signal.h>

#include "core/base/bqueue.h"
#include "core/base/hashset.h"
#include "core/queue/batch.h"
#include "core/queue/spool.h"

enum { ROUND_MOST_JOBS = 64 };

struct round_setup {
	const struct spools *spools;
	const struct need *need;
	unsigned jobs; /* readers at most, 1 to ROUND_MOST_JOBS */
	int64_t since; /* folders unchanged since then need no listing; 0 for all */
	const struct hashset *seen; /* round_identity of what needs no reading */
	const volatile sig_atomic_t *interrupted; /* or NULL; set: the walk ends early */
};

/* A folder that could not be listed. */
struct failed_folder {
	struct failed_folder *next;
	unsigned spool;
	char *path;
	struct err err;
};

struct round {
	struct walk_sink sink; /* first member: the walk hands it back to us */
	struct round_setup setup;
	struct bqueue units;   /* batches to read */
	struct bqueue records; /* batches that were read */
	unsigned readers;      /* still running; the last one out closes `records` */
	uint64_t listed;       /* units so far; read with round_listed */
	pthread_t walker;
	pthread_t threads[ROUND_MOST_JOBS];
	unsigned started;
	pthread_mutex_t lock; /* of `spare`, and of starting readers */
	struct batch *spare;
	struct failed_folder *failed; /* the caller's after round_join; free with round_end */
};

/* Starts the threads. -1 with *err when there can be none; then there is nothing to end. */
int round_start(struct round *round, const struct round_setup *setup, struct err *err);

/*
 * The next batch that was read, or NULL when none came within `milliseconds`;
 * *over when none will come. Give it back when it was looked at.
 */
struct batch *round_take(struct round *round, int milliseconds, bool *over);
void round_give_back(struct round *round, struct batch *batch);

uint64_t round_listed(const struct round *round);

/* Waits for the threads, after round_take said that it is over. */
void round_join(struct round *round);
void round_end(struct round *round);

/* What makes a file in a queue the same file: spool, inode and name, in 64 bits. */
uint64_t round_identity(const struct spool *spool, struct slice id, uint64_t inode);

#endif
