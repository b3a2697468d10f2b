/*
 * postfix: what the files of this driver share.
 *
 * The data flow: layout.c knows the folders, config.c asks postconf(1), hold.c finds out
 * whether hold is ours to use, walk.c lists, found.c finds and opens the file of a message, read.c and reasons.c have
 * its bytes and those of its logs parsed. pin.c, act.c, locks.c and wake.c are what
 * changes a queue. README.md says which states a message goes through.
 */
#ifndef FORMATS_POSTFIX_POSTFIX_H
#define FORMATS_POSTFIX_POSTFIX_H

#include "core/base/hashset.h"
#include "core/queue/format.h"

extern const struct format format_postfix;
extern const struct remedy_book postfix_remedies; /* remedies.c */

/* Folders of the queue, in the order a message meets them. */
enum postfix_queue {
	PQ_MAILDROP,
	PQ_INCOMING,
	PQ_ACTIVE,
	PQ_DEFERRED,
	PQ_HOLD,
	PQ_CORRUPT,
	PQ_MESSAGES, /* the ones above hold messages, those below text about them */
	PQ_DEFER = PQ_MESSAGES,
	PQ_BOUNCE,
	PQ_TRACE,
	PQ_FOLDERS,
};

struct postfix_layout {
	const char *name;
	enum msg_state state;
};
extern const struct postfix_layout postfix_queues[PQ_FOLDERS];

/* A driver's own part of a spool; set by open, and but for the bounces read-only afterwards. */
struct postfix {
	unsigned depth[PQ_FOLDERS]; /* hash_queue_depth where hash_queue_names has it, else 0 */
	bool depth_configured;      /* by postconf; else as the folders show it */
	int64_t master_pid;         /* as pid/master.pid said when it was opened; 0 unknown */
	struct hashset bounces;     /* seeded_hash of the ids in bounce/; listed by each walk */
	bool bounces_known;         /* false before the first */
};

static inline const struct postfix *postfix_of(const struct spool *spool)
{
	return spool->data;
}

enum { POSTFIX_PATH_MAX = 320 }; /* queue name, hash folders, an id of 255 */

/* layout.c */
const char *postfix_queue_name(unsigned queue);
void postfix_probe(int fd, struct probe *probe);
void postfix_look_at_folders(struct spool *spool, struct postfix *postfix);
/* Path of an id in one of the folders, relative to the spool. False if id is none. */
bool postfix_path(const struct postfix *postfix, enum postfix_queue queue, struct slice id,
	char path[POSTFIX_PATH_MAX]);

/* config.c */
void postfix_find(void (*found)(void *ctx, const char *path), void *ctx);
void postfix_configure(struct spool *spool, struct postfix *postfix);
/* What Postfix does where nothing says otherwise. */
void postfix_assume_lifetime(struct spool *spool);

/* hold.c */
/* Settings with which all mail may be put on hold as it comes in; ended by NULL. */
extern const char *const postfix_hold_settings[];
/* Notes in the spool that one of them does, if its value says so. */
void postfix_look_at_hold_setting(struct spool *spool, const char *setting, struct slice value);
/* Notes whose input hold is by its own configuration. */
void postfix_look_for_hold_user(struct spool *spool);

/* walk.c */
int postfix_walk(const struct spool *spool, int64_t since, struct walk_sink *sink, struct err *err);

/* pin.c */
enum severity postfix_pin(const struct spool *spool, const struct unit *unit, struct arena *arena,
	struct pin *pin, struct err *err);
void postfix_unpin(struct pin *pin);
bool postfix_in_place(const struct pin *pin);
/* The queue manager is, or may be, about to write to an active message: it may not move now. */
bool postfix_attempt_ends(const struct pin *pin);

/* act.c */
int postfix_steps(
	const struct pin *pin, const struct request *request, struct steps *steps, struct err *err);
void postfix_sweep(const struct spool *spool, struct slice id, bool no_undo, struct steps *steps);
const char *postfix_logged_as(enum op op);

/* locks.c */
int postfix_in_delivery(const struct spool *spool, struct hashset *inodes, struct err *err);

/* wake.c */
int postfix_wake(const struct spool *spool, enum op op, struct err *err);

/* stamp.c */
bool postfix_stamp(const struct folder *folder, const struct unit *unit, const struct need *need,
	struct stamp *stamp);

/* read.c */
/* Whether the id belongs into this folder: Postfix looks for it nowhere else. */
bool postfix_in_its_place(const struct folder *folder, struct slice id);
enum severity postfix_read(const struct folder *folder, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err);
enum severity postfix_find_id(const struct spool *spool, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err);
enum severity postfix_content(const struct spool *spool, const struct unit *unit, bool headers_only,
	size_t limit, struct buf *out, struct err *err);

/* memory.c */
int64_t postfix_remembers_since(const struct spool *spool);
bool postfix_in_memory(unsigned queue);

#endif
