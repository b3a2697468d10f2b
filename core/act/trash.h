/*
 * trash: where purged mail lies until it is expunged.
 *
 * <spool>/spoolsweep-trash/<run>/ on the spool's own file system, so that a purge is
 * a rename. A run's folder is laid out as the spool is, deferred/A/ID, defer/A/ID:
 * the driver reads it as an offline queue, and the way back needs no table. The
 * MTA never looks there. The trash belongs to the owner of the queue, mode 0700;
 * the folder above it is often root's, so root makes it once.
 */
#ifndef CORE_ACT_TRASH_H
#define CORE_ACT_TRASH_H

#include "core/act/fsops.h"
#include "core/queue/format.h"

#define TRASH_FOLDER "spoolsweep-trash"

/*
 * Makes the trash of a spool where it is missing, with the rights at hand: root gives it to
 * the owner of the queue. -1 with *err; ERR_PERMISSION when only root can.
 */
int trash_make(const struct fsops *ops, const struct spool *spool, struct err *err);

/*
 * Opens it. Refused with words: a symbolic link, another owner, a mode that lets others
 * in, another file system than the queue's folders. ERR_GONE when there is none.
 */
int trash_open(const struct spool *spool, int *fd, struct err *err);

/* The folder of a run, made when `ops` is not NULL. */
int trash_open_run(const struct fsops *ops, int trash, unsigned run, int *fd, struct err *err);

/*
 * The folder of a run as a queue of its own (spool_view); spool_view_close. NULL with *err;
 * ERR_GONE when nothing is left of it.
 */
struct spool *trash_view(const struct spool *spool, int trash, unsigned run, struct err *err);

/* The runs that have a folder in the trash, ascending; *runs is malloc'd. */
int trash_runs(int trash, unsigned **runs, size_t *count, struct err *err);

#endif
