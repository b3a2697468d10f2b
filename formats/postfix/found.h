/*
 * found: the file of a message, wherever in the queue it lies, and its defer and
 * bounce logs. Nothing is parsed here. Reading leaves no trace: no waiting at a
 * fifo, no new access time, no link followed.
 */
#ifndef FORMATS_POSTFIX_FOUND_H
#define FORMATS_POSTFIX_FOUND_H

#include <sys/stat.h>

#include "formats/postfix/postfix.h"

/* An open queue file and where it was found. */
struct found {
	int fd;
	int logs; /* the folder of its defer log, or -1: by its path */
	enum postfix_queue queue;
	bool looked; /* st is filled in: found_look */
	struct stat st;
	char path[POSTFIX_PATH_MAX]; /* relative to the spool; by found_locate */
};

/*
 * Looks for an id in every queue; unless it is 0 the file must have that inode.
 * Returns found->fd, or -1 with errno: ENOENT when it is nowhere. A message that is
 * on the move may be missed once, so there is a second look before it is called gone.
 */
int found_locate(const struct spool *spool, struct slice id, uint64_t inode, struct found *found);

/*
 * found_locate for the message of a unit. SEV_OK with found->fd open, SEV_GONE, or
 * SEV_FAIL with *err.
 */
enum severity found_open(
	const struct spool *spool, const struct unit *unit, struct found *found, struct err *err);

/* fstat(2), unless it was done before. -1 with *err when it is no plain file. */
int found_look(struct found *found, struct err *err);

/* As openat(2), for reading. */
int open_quietly(int at, const char *path);

/* Has the file parsed: read.c. The record has its queue_id, the caller has found_look'ed. */
enum severity found_read(const struct spool *spool, struct found *found, const struct need *need,
	struct arena *arena, struct record *record, struct err *err);

/* Reads the logs, and puts the reasons into the recipients of the record. */
void postfix_read_reasons(const struct spool *spool, const struct found *found, struct arena *arena,
	struct record *record);
/* Fills in record->last_attempt: the time of its defer log. */
void postfix_read_attempt(const struct spool *spool, struct record *record);

#endif
