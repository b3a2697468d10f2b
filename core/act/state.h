/*
 * state: the folder of the journals, one for each owner of queues.
 *
 * /var/lib/spoolsweep/<uid>/, or below $SPOOLSWEEP_STATE: 0700, the queue owner's, so
 * that a run goes on writing after it gave up root. Root makes it once.
 */
#ifndef CORE_ACT_STATE_H
#define CORE_ACT_STATE_H

#include <sys/types.h>

#include "core/act/fsops.h"
#include "core/base/err.h"

/* Makes it, with the rights at hand. -1 with *err; ERR_PERMISSION when only root can. */
int state_make(const struct fsops *ops, uid_t owner, gid_t group, struct err *err);

/* Opens it; ERR_GONE when there is none, refused when others could write there. */
int state_open(uid_t owner, int *fd, struct err *err);

/* Where it is, for people. */
const char *state_path(void);

#endif
