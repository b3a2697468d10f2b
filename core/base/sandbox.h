/*
 * sandbox: a child process that works on hostile bytes and can do nothing else.
 *
 * The child is a fork of this process. It first prepares itself: what has to come from files is
 * loaded then. Next it closes the door: no files, no network, no processes, no privileges, bounded
 * memory, and a list of the few system calls that are left (seccomp(2)). Only then does it read
 * its first request. It answers requests one by one, each within a bound of time and of bytes, until it is
 * stopped, its parent ends, or a request was too much for it.
 *
 * It is never silently unprotected: where a part of the door cannot be closed there is no child,
 * and the error says why. What it answers is no better than the bytes it was given: it has to be
 * read as they would, and after an answer that was a lie all later ones of that child may be.
 *
 * One thread at a time. To be started while the process has one thread; a child that ended is
 * replaced by the next request, whatever threads there are then.
 */
#ifndef CORE_BASE_SANDBOX_H
#define CORE_BASE_SANDBOX_H

#include <sys/types.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* What the child does. It may leave by _exit; out of memory is XALLOC_EXIT. */
struct sandbox_job {
	/* Once, with files at hand and an empty environment; may be NULL. */
	void (*prepare)(void *ctx);
	/* Behind the door, for each request. */
	void (*answer)(void *ctx, struct slice request, struct buf *answer);
	void *ctx;
};

struct sandbox_limits {
	size_t memory;    /* bytes that the child may take beyond what it has after preparing */
	size_t answer;    /* bytes of one answer */
	int cpu_seconds;  /* for one request */
	int wall_seconds; /* the same on a server that has no time for us: several times as long */
};

/* How a request ended. After all but the first the child has ended too. */
enum sandbox_end {
	SANDBOX_ANSWERED,
	SANDBOX_TIME,      /* it worked longer than it may */
	SANDBOX_MEMORY,    /* it wanted more memory than it may have */
	SANDBOX_TOO_LONG,  /* its answer is longer than it may be */
	SANDBOX_FORBIDDEN, /* it asked the system for something that is not on the list */
	SANDBOX_CRASHED,   /* any other end that is not an answer */
	SANDBOX_MISSING,   /* there is no protected child: *err says why */
	SANDBOX_ENDS,
};

struct sandbox {
	struct sandbox_job job;
	struct sandbox_limits limits;
	pid_t child; /* 0 none */
	int socket;
};

/* Makes the child and waits until its door is closed. -1 with *err when there is none. */
int sandbox_start(struct sandbox *sandbox, const struct sandbox_job *job,
	const struct sandbox_limits *limits, struct err *err);

/* Appends what it answers; nothing when it gives no answer. */
enum sandbox_end sandbox_ask(
	struct sandbox *sandbox, struct slice request, struct buf *answer, struct err *err);

/* Ends the child. Of a zeroed one: nothing. */
void sandbox_stop(struct sandbox *sandbox);

#endif
