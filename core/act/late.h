/*
 * late: logs that an MTA wrote about purged messages after their run had ended.
 *
 * A delivery agent that has a message open, or a queue manager that has it in memory, may
 * write down a failure long after the message went to the trash. Nobody looks at such a
 * log, and nobody removes it. It can be told to be the purged message's as long as that
 * lies in the trash: its inode is taken, and so a short id, which is made of it.
 */
#ifndef CORE_ACT_LATE_H
#define CORE_ACT_LATE_H

#include "core/act/fsops.h"
#include "core/act/journal.h"
#include "core/queue/format.h"

/* A queue, and the folder of the run in its trash, opened as a queue. */
struct late {
	const struct fsops *ops;
	const struct spool *spool;
	const struct spool *view;
};

/*
 * Removes the late logs of the messages of a purge that are still in the trash. `number` is
 * the number of the queue in the journal. Returns of how many messages.
 */
uint32_t late_sweep(const struct late *late, const struct journal_log *log, unsigned number);

#endif
