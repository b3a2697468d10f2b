/*
 * lock: one run at a time may act on a spool.
 *
 * An exclusive flock(2) on a folder of the queue that only its owner may open. Not on the trash:
 * on a full disk there is perhaps no room to make that.
 */
#ifndef CORE_ACT_LOCK_H
#define CORE_ACT_LOCK_H

#include "core/queue/format.h"

/*
 * The lock, as a descriptor: closed, or with the end of the process, it is given back. -1 with
 * *err; err->sys is EWOULDBLOCK when another run has it.
 */
int lock_spool(const struct spool *spool, struct err *err);

#endif
