/*
 * locks: /proc/locks, the list of all file locks that this process may know of.
 *
 * Pure; the file itself is read in locks.c. A line is
 *   12: FLOCK  ADVISORY  READ  2999 fe:00:11094353 0 EOF
 * with a "->" behind the number for one who waits; the device is in hex.
 */
#ifndef FORMATS_POSTFIX_LOCKS_H
#define FORMATS_POSTFIX_LOCKS_H

#include "core/base/hashset.h"
#include "core/base/slice.h"

struct lock {
	bool shared; /* READ */
	int64_t pid;
	uint32_t major, minor;
	uint64_t inode;
};

/*
 * Takes lines off *text up to and with the next that is a lock of flock(2) which
 * somebody has. False at the end; what is no such line is passed over.
 */
bool lock_next(struct slice *text, struct lock *lock);

/* The inodes with a shared lock on the device of `like`, but for those of process `self`. */
void locks_shared(struct slice text, const struct lock *like, int64_t self, struct hashset *inodes);

/* The lock on this inode by this process, or by any for pid 0. False when it is not listed. */
bool locks_find(struct slice text, uint64_t inode, int64_t pid, struct lock *lock);

#endif
