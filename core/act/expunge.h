/*
 * expunge: gives back the space of runs in the trash, for good.
 */
#ifndef CORE_ACT_EXPUNGE_H
#define CORE_ACT_EXPUNGE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/act/fsops.h"
#include "core/base/err.h"

struct expunged {
	uint64_t files;
	int64_t bytes;
};

/* What lies in the folder of a run, without changing it. */
int expunge_count(int trash, unsigned run, struct expunged *found, struct err *err);

struct expunge_options {
	unsigned jobs; /* 0 for the default */
	/* Called on the calling thread about ten times a second: files that are gone so far. */
	void (*progress)(void *ctx, uint64_t files);
	void *ctx;
	const volatile sig_atomic_t *interrupted; /* or NULL; set: it stops between two files */
};

/*
 * Removes the folder of a run with all that is in it, several hash folders at a time:
 * an unlink waits for its folder's lock and the disk. Whatever is there may be removed,
 * but no symbolic link is followed. *removed tells how far it came, also with -1.
 */
int expunge_run(const struct fsops *ops, int trash, unsigned run,
	const struct expunge_options *options, struct expunged *removed, struct err *err);

#endif
