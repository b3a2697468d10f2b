/*
 * queue_id: what the name of a Postfix queue file says by itself.
 *
 * Sources: Postfix global/mail_queue.h (the two forms), global/mail_queue.c
 * (hashing), global/safe_ultostr.c (the base-52 alphabet). Pure functions.
 *
 *   short  5 upper-case hex digits of microseconds, then the inode in hex
 *   long   seconds (base 52, 6 or more), microseconds (base 52, 4), 'z', inode
 *          (base 51); split at the last 'z'
 */
#ifndef FORMATS_POSTFIX_QUEUE_ID_H
#define FORMATS_POSTFIX_QUEUE_ID_H

#include "core/base/slice.h"

enum { QUEUE_ID_MAX = 255 };

struct queue_id {
	bool is_long;
	int64_t seconds; /* of its making; -1 in a short id, which has none */
	uint32_t usec;
	uint64_t inode;
};

/* Whether the daemons would take the name for a queue id: 1..255 of A-Z a-z 0-9 _. */
bool queue_id_valid(struct slice id);

/* What the id encodes; false when it is valid but of neither form. */
bool queue_id_decode(struct slice id, struct queue_id *out);

/*
 * A short id is the microsecond and the inode: only while both belong to its file can no
 * other message get the id. Whether it names another inode.
 */
bool queue_id_is_foreign(struct slice id, uint64_t inode);

/*
 * Writes the path of an id below its queue, "A/B/ID" for depth 2, with a NUL.
 * False when it does not fit or the id is not valid.
 */
bool queue_id_path(struct slice id, unsigned depth, char *path, size_t size);

#endif
