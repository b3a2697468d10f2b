/*
 * spool: finding, opening and closing the queues of this run.
 *
 * Opening happens first, with the privileges the program was started with:
 * configuration may be readable by root only. spools_drop_privileges then makes
 * the process the owner of the queue, before a byte of mail is read.
 */
#ifndef CORE_QUEUE_SPOOL_H
#define CORE_QUEUE_SPOOL_H

#include "core/queue/format.h"

struct spools {
	const struct format *const *formats; /* ended by NULL */
	struct spool **list;
	size_t count;
};

/* Opens the queue in `path` with the driver that bids most for it. */
int spools_open(struct spools *spools, const char *path, bool offline, struct err *err);

/*
 * Opens every queue that the configuration of this machine names. Those that
 * cannot be opened are told to `failed`. Returns how many are open now.
 */
size_t spools_find(struct spools *spools, bool offline,
	void (*failed)(void *ctx, const char *path, const struct err *err), void *ctx);

void spools_close(struct spools *spools);

/*
 * A folder that is laid out as the spool is, its trash, as a queue of its own: read by
 * the same driver, used by no MTA, with the spool's site facts. It must not outlive the
 * spool. Takes fd also when it fails: NULL with *err.
 */
struct spool *spool_view(const struct spool *spool, int fd, const char *path, struct err *err);
void spool_view_close(struct spool *view);

/*
 * As root, becomes the owner of the spools for good: user, group, no other
 * groups, no way back. Not root: nothing to do. Spools of different owners
 * cannot be read in one run, which is an error that says so; a tree that root
 * owns is read as root.
 */
int spools_drop_privileges(const struct spools *spools, struct err *err);

#endif
