/*
 * disk: what is free where the queue and the journals are, and what that means.
 */
#ifndef CMD_SPOOLSWEEP_DISK_H
#define CMD_SPOOLSWEEP_DISK_H

#include "cmd/spoolsweep/act.h"

struct disk {
	uint64_t free_bytes; /* for the owner of the queue: what is kept for root is not counted */
	uint64_t free_inodes;
	bool inodes_known; /* some file systems have no fixed number of them */
	int64_t needed;    /* bytes below which the MTA takes no mail; 0 unknown */
	const char *title; /* of the MTA */
};

/* The fullest of the disks that the queues are on: one where no mail is taken, or the first. */
void disk_look(const struct app *app, struct disk *disk);

/* Whether the MTA can take no mail for want of room. */
bool disk_is_full(const struct disk *disk);
/* "2.0 MB, 100,412 inodes" */
void disk_put_free(const struct disk *disk, struct buf *out);
/* Its members of an object. */
void disk_sink(const struct disk *disk, struct sink *sink);
/* "DISK FULL: Postfix takes no mail below 15 MB; free: 2.0 MB, 100,412 inodes" */
void disk_put_full(const struct disk *disk, struct buf *out);

/* Room for the journal of a run. */
struct journal_room {
	int64_t needed;
	uint64_t free; /* for whoever is to write it: root may take what is kept for root */
	bool no_inode; /* is free for its file */
	bool fits;
};
void disk_look_for_journal(const struct app *app, uint32_t messages, struct journal_room *room);

/* Whether the last of the room for journals is kept for root, and may come to be needed. */
bool disk_keeps_room_for_root(void);

/*
 * Behind an error for want of room, for the trash or else for the journal: the line to type
 * that does without. What is to be done is `op`.
 */
void disk_tell_way_out(const struct app *app, enum op op, const struct err *err, bool trash);

/* Appends the line of this run with `more` behind it, to paste; not escaped yet. */
void disk_add_line(const struct app *app, struct buf *out, const char *more);

#endif
