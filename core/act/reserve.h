/*
 * reserve: room on a disk that is kept for root.
 *
 * Most disks keep their last blocks for root. A journal belongs to the owner of the queue, and how
 * long it will be is known only after root was given up. So a child stays root and waits for one
 * order: to reserve so many bytes in the file that it is handed. It reads nothing but that
 * number, and ends when it has done it, or when nobody is left to ask.
 */
#ifndef CORE_ACT_RESERVE_H
#define CORE_ACT_RESERVE_H

#include "core/act/fsops.h"

struct reserve {
	struct fsops ops; /* `base`, but what has no room for others is asked of the child */
	const struct fsops *base;
	int socket;
	pid_t child; /* 0 when there is none */
};

/*
 * As root, while there is one thread. The child serves one plain file of `owner`, up to `most`
 * bytes. Without a child `ops` is `base`.
 */
void reserve_start(struct reserve *reserve, const struct fsops *base, uid_t owner, off_t most);
/* Ends the child. Of a zeroed one: nothing. */
void reserve_end(struct reserve *reserve);

#endif
