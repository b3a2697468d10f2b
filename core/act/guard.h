/*
 * guard: what a run may not do without being told so twice.
 *
 * On a terminal a person types the number of messages. A script says --yes, and
 * where a mistake would be large, --max as well. Pure: figures in, words out.
 */
#ifndef CORE_ACT_GUARD_H
#define CORE_ACT_GUARD_H

#include "core/base/err.h"
#include "core/queue/format.h"

struct guard {
	uint32_t count;    /* messages the plan is about */
	uint32_t total;    /* in the queues that were read */
	uint32_t accounts; /* distinct logins among them, "none" counts as one */
	bool way_back;     /* of a run: its size was confirmed when it was made */
	bool specific;     /* the filter says more than age, size or queue; or ids were given */
	int64_t max;       /* --max; -1 not given */
	bool yes;          /* --yes: nobody is asked */
};

/* 0, or -1 with *err (ERR_USAGE): the rule, and what to add when it is meant. */
int guard_check(const struct guard *guard, struct err *err);

/*
 * Whether a queue may be acted on at all: not root's own, and where a name, an inode and an open
 * file do not belong together for sure only when the user says that no MTA uses it (offline).
 */
int guard_spool(const struct spool *spool, bool offline, struct err *err);

/*
 * The same for a file system, by its f_type and by what it can do: the name of what is wrong with
 * it, or NULL.
 */
const char *guard_file_system(uint32_t type, bool no_handles);

/* Before anything is made there: an error on a read-only file system. */
int guard_writable(const struct spool *spool, struct err *err);

#endif
