/*
 * round: the threads of one pass over the queues: a walker that lists, readers
 * that open and parse. What a reader has read it hands to the caller's `index`
 * itself, while it is still in that processor's cache; one reader at a time.
 *
 * Listing and reading go side by side, a bounded number of batches apart: each
 * holds memory and keeps a folder open. A later round passes over what the rounds
 * before it have seen.
 */
#ifndef CORE_QUEUE_ROUND_H
#define CORE_QUEUE_ROUND_H

#include <pthread.h>
#include <signal.h>

#include "core/base/bqueue.h"
#include "core/queue/batch.h"
#include "core/queue/spool.h"

enum { ROUND_MOST_JOBS = 64 };

struct round_setup {
	const struct spools *spools;
	const struct need *need;
	const struct cache *cache; /* or NULL */
	unsigned jobs;             /* readers at most, 1 to ROUND_MOST_JOBS */
	int64_t since;             /* folders unchanged since then need no listing; 0 for all */
	/* On a reader's thread, never two at a time; the batch is used again afterwards. */
	void (*index)(void *ctx, const struct batch *batch);
	/* On the walker's thread: whether the file of that round_identity needs no reading. NULL: all do. */
	bool (*seen)(void *ctx, uint64_t key);
	void *ctx;
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
	struct bqueue units; /* batches to read */
	uint64_t listed;     /* units so far; read with round_listed */
	pthread_t walker;
	pthread_t threads[ROUND_MOST_JOBS];
	pthread_mutex_t index_lock; /* held while setup.index runs */
	pthread_mutex_t lock;       /* of the members below it */
	pthread_cond_t over;        /* running became 0 */
	unsigned started;           /* readers so far */
	unsigned running;           /* of them */
	struct batch *spare;
	struct failed_folder *failed; /* the caller's after round_join; free with round_end */
};

/* Starts the threads. -1 with *err when there can be none; then there is nothing to end. */
int round_start(struct round *round, const struct round_setup *setup, struct err *err);

/* Waits until all is read and indexed, or `milliseconds`. True when it is. */
bool round_wait(struct round *round, int milliseconds);

/* Nothing is indexed between these two: the caller looks at what there is so far. */
void round_pause(struct round *round);
void round_resume(struct round *round);

uint64_t round_listed(const struct round *round);

/* Waits for the threads, after round_wait said that all is done. */
void round_join(struct round *round);
void round_end(struct round *round);

/* What makes a file in a queue the same file: spool, inode and name, in 64 bits. */
uint64_t round_identity(const struct spool *spool, struct slice id, uint64_t inode);

#endif
