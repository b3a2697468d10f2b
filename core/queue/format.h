/*
 * format: what one MTA's driver provides.
 *
 * A driver is one const struct in formats/<name>/, listed in formats/registry.c.
 * It knows where files lie and what their bytes mean; it knows nothing of the
 * index, of filters or of output, and holds no global state. All functions but
 * probe and open are called from many threads at once, each with its own arena.
 *
 * A spool is one queue on this machine or in a copy: probe says which driver it
 * is for, open fills it in while we still have the privileges we were started
 * with, everything after that runs as the queue's owner.
 */
#ifndef CORE_QUEUE_FORMAT_H
#define CORE_QUEUE_FORMAT_H

#include <sys/types.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/hashset.h"
#include "core/queue/inspect.h"
#include "core/queue/origin.h"
#include "core/queue/record.h"
#include "core/queue/step.h"

/* What a queue of this format can tell and do; printed by `spools`. */
enum capability {
	CAP_ACCOUNT = 1 << 0,     /* the queue file names the login */
	CAP_CLIENT = 1 << 1,      /* ... and the client's address */
	CAP_RCPT_STATE = 1 << 2,  /* pending, done, cancelled by recipient */
	CAP_RCPT_REASON = 1 << 3, /* a reason for each recipient */
	CAP_NEXT_RETRY = 1 << 4,
	CAP_ATTEMPTS = 1 << 5,
	CAP_BODY = 1 << 6,
	CAP_ACT = 1 << 7, /* purge, hold, release, retry and the way back */
};

enum mta_state {
	MTA_UNKNOWN, /* we may not look, or there is nothing to look at */
	MTA_RUNNING,
	MTA_STOPPED,
};

/* The parts of a message that a command needs read. */
enum need_part {
	NEED_RCPTS = 1 << 0,     /* who they are, not only how many; the index keeps the domain */
	NEED_ADDRESSES = 1 << 1, /* with NEED_RCPTS: the index keeps the whole address */
	NEED_REASONS = 1 << 2,   /* defer and bounce logs */
	NEED_HEADERS = 1 << 3,   /* need.headers, and what the index keeps of the last three */
	NEED_SUBMITTER = 1 << 4, /* uid and script, headers of local submissions only */
	NEED_SESSION = 1 << 5,   /* client name, HELO, protocol, authentication method */
	NEED_STATUS = 1 << 6,    /* of the file itself: next_retry, forced_expire, its marks */
	NEED_ATTRIBUTES = 1 << 7,
	NEED_IDENTITY = 1 << 8, /* record.identity, for what is to be acted on */
	NEED_BOUNCED = 1 << 9,  /* with NEED_RCPTS: ... of mail with the null sender at least */
	NEED_SUBJECT = 1 << 10, /* with NEED_HEADERS: the index keeps it; so do the next two */
	NEED_FROM = 1 << 11,
	NEED_MESSAGE_ID = 1 << 12, /* nearly as much memory as all the rest of a row */
	NEED_CREATED = 1 << 13,    /* the index keeps record.created */
	NEED_LINEAGE = 1 << 14,    /* record.first_id: finds a message again that was requeued */
	NEED_EXTRA = 1 << 15,      /* with NEED_HEADERS: the index keeps those of need.headers */
	NEED_SENDERS = 1 << 16,    /* the index keeps whole senders, as it always does if it can */
	NEED_WORDS = 1 << 17,      /* with NEED_REASONS: ... the reasons' words; as above */
	NEED_ATTEMPT = 1 << 18,    /* record.last_attempt: one more look for each message */
	NEED_ALL = (1 << 19) - 1,
	NEED_STAMP =
		1 << 19, /* the index keeps record.stamp: for the next scan, of nobody else's use */
	/*
	 * What a verdict wants of the headers, the session (HELO) and the recipients: record.marks, subject and
	 * message_id; the index keeps marks, subject key and hashes, far less than the texts.
	 */
	NEED_MARKS = 1 << 20,
	NEED_SUBJECT_KEYS =
		1 << 21, /* with NEED_MARKS: kept, as NEED_WORDS are; From: domains too */
	/* Findings are asked about: what a verdict needs as well. No driver looks at it. */
	NEED_FINDINGS = 1 << 22,
};

struct need {
	unsigned parts;                            /* enum need_part bits */
	struct slice headers[LIMIT_EXTRA_HEADERS]; /* names for record.extra */
	unsigned nheaders;
	/* Asked about the content of each message; NULL: content is not read. */
	const struct inspector *inspector;
};

struct format;
struct remedy_book;
struct stamp;

struct probe {
	int bid;          /* 0 not mine ... 100 certain */
	char reason[200]; /* why, in words */
};

struct spool {
	const struct format *format;
	struct probe probe; /* why it was taken for this format */
	char *path;         /* as the user or the configuration named it */
	char *name;         /* instance name for people: "postfix", "postfix-out" */
	int fd;             /* of the queue folder */
	dev_t dev;
	uid_t owner; /* who owns the queue folders */
	gid_t group;
	unsigned number; /* place among the spools of this run */
	enum mta_state mta;
	char *mta_reason;      /* how we know */
	char *config_path;     /* configuration that belongs to it, or NULL: an offline copy */
	char *hold_user;       /* who takes mail from hold and sends it on: then holding is
				  no holding; NULL: nobody, it waits there to be released */
	char *hold_reason;     /* how we know */
	char *version;         /* of the MTA, or NULL */
	uint32_t active_limit; /* messages the MTA works on at a time; 0 unknown */
	/* Seconds from its making until the MTA gives a message up, and a bounce; -1 unknown. */
	int64_t lifetime, bounce_lifetime;
	bool lifetime_assumed; /* the MTA's own default: no configuration says it */
	int64_t min_free;  /* bytes the disk must have free for the MTA to take mail; 0 unknown */
	const char *inner; /* a folder in it that only its owner may open: runs lock it */
	struct site site;
	const struct spool
		*view_of;   /* the spool whose trash this is; site belongs to that; or NULL */
	struct arena arena; /* of site and of the driver's own data */
	void *data;         /* the driver's own, from its open */
};

/* How long a message is kept, in seconds; one with the null sender is a bounce. -1 unknown. */
static inline int64_t spool_lifetime(const struct spool *spool, bool bounce)
{
	return bounce ? spool->bounce_lifetime : spool->lifetime;
}

/* One file that is a message or that stands where one should. */
struct unit {
	struct slice name;
	uint64_t inode; /* as the folder lists it; 0 unknown */
	uint8_t type;   /* d_type, DT_UNKNOWN when the file system does not say */
};

/*
 * A folder with units, as the walk found it. The walk keeps one reference while
 * it reads the folder, every batch of units holds one more; the last one out
 * closes it (folder_release).
 */
struct folder {
	int fd;
	const struct spool *spool;
	unsigned queue; /* number of the queue within its format, a driver's own */
	char *path;     /* relative to the spool: "deferred/A" */
	int beside;     /* a folder with more about its units, as the driver has it; -1 none */
	unsigned refs;  /* atomic */
};

struct folder *folder_new(const struct spool *spool, int fd, unsigned queue, const char *path);
struct folder *folder_ref(struct folder *folder);
void folder_release(struct folder *folder);

/* Takes what the walk finds, on the thread that walks. */
struct walk_sink {
	/*
	 * The units of one folder, possibly in several calls; the sink copies what it keeps.
	 * False ends the walk (the user interrupted).
	 */
	bool (*units)(struct walk_sink *sink, struct folder *folder, const struct unit *units,
		size_t count);
	/* A folder or file that could not be listed, path relative to the spool. */
	void (*failed)(struct walk_sink *sink, const struct spool *spool, struct slice path,
		const struct err *err);
};

struct spool_options {
	struct slice path; /* -s argument, or a configured queue */
	bool offline;      /* the user says that no MTA uses it */
};

/*
 * A message held open to be acted on. As long as it is, its inode and so its queue
 * id cannot be used again for another message. One thread.
 */
struct pin {
	const struct spool *spool;
	int fd;
	unsigned queue;           /* a driver's own number of the queue it lies in now */
	char path[STEP_PATH_MAX]; /* where that is, relative to the spool */
	struct record record; /* read through fd, with NEED_IDENTITY; in the arena of the call */
};

struct format {
	const char *name;  /* "postfix" */
	const char *title; /* "Postfix" */
	unsigned caps;     /* enum capability bits */

	/*
	 * The MTA's own name of a queue that holds messages, by the driver's number; NULL for a
	 * number that is none. They count up from 0, and may change: files keep the names.
	 */
	const char *(*queue_name)(unsigned queue);

	/* How likely the folder is a queue of this format. Opens nothing but folders. */
	void (*probe)(int fd, struct probe *probe);

	/* Appends the queue paths that this machine's configuration names, as xstrdup'd strings. */
	void (*find)(void (*found)(void *ctx, const char *path), void *ctx);

	/* Settings, site facts, and whether the MTA is alive. spool->fd and path are set. */
	int (*open)(struct spool *spool, const struct spool_options *options, struct err *err);
	void (*close)(struct spool *spool);

	/*
	 * Lists every unit of the spool, opens no file; a unit may come twice. With
	 * `since` (epoch seconds, 0 for all) folders that have not changed since are
	 * passed over. -1 with *err when nothing can be listed.
	 */
	int (*walk)(
		const struct spool *spool, int64_t since, struct walk_sink *sink, struct err *err);

	/*
	 * Reads one unit. A message that moved to another queue since it was
	 * listed is found there. The record is complete for SEV_OK and SEV_WARN.
	 */
	enum severity (*read)(const struct folder *folder, const struct unit *unit,
		const struct need *need, struct arena *arena, struct record *record,
		struct err *err);

	/*
	 * What reading this unit would depend on, by the look of its files and without opening
	 * any (stamp.h). Asked before it is read. False, or NULL in a driver that cannot tell:
	 * it has to be read in any case.
	 */
	bool (*stamp)(const struct folder *folder, const struct unit *unit, const struct need *need,
		struct stamp *stamp);

	/*
	 * Finds a message by its id, the unit's name, as for read; where the unit has
	 * an inode, that very file: a copy put back by hand may have the same id.
	 * SEV_GONE when no queue holds it.
	 */
	enum severity (*find_id)(const struct spool *spool, const struct unit *unit,
		const struct need *need, struct arena *arena, struct record *record,
		struct err *err);

	/*
	 * Appends the message as RFC 5322 lines (LF), at most `limit` bytes;
	 * headers_only stops behind the empty line. Found as by find_id.
	 */
	enum severity (*content)(const struct spool *spool, const struct unit *unit,
		bool headers_only, size_t limit, struct buf *out, struct err *err);

	/* Whether a name could be a queue id of this format. */
	bool (*id_ok)(struct slice id);

	/*
	 * ---- acting: NULL in a driver without CAP_ACT ----
	 *
	 * Finds the message wherever it is now, as find_id does, opens it, takes the lock
	 * that keeps the MTA's hands off and lets deliveries go on, and reads it. Whether
	 * it still is the message that was chosen the caller decides by the record.
	 * SEV_OK or SEV_WARN: unpin it. SEV_GONE, SEV_SKIP (not to be touched yet: *err
	 * says why) or SEV_FAIL: there is nothing to unpin.
	 */
	enum severity (*pin)(const struct spool *spool, const struct unit *unit,
		struct arena *arena, struct pin *pin, struct err *err);
	void (*unpin)(struct pin *pin);

	/* How it is done, for this message. -1 when it cannot be: *err says why, in words. */
	int (*steps)(const struct pin *pin, const struct request *request, struct steps *steps,
		struct err *err);

	/*
	 * Looks whether the path of the pin still is that of its file, and the MTA at rest
	 * with it. False when the message moved on meanwhile: unpin it and pin it again.
	 */
	bool (*in_place)(const struct pin *pin);

	/*
	 * Steps for what an MTA may write about a message after it was purged: logs of a
	 * delivery that was under way. All of them are optional.
	 */
	void (*sweep)(
		const struct spool *spool, struct slice id, bool no_undo, struct steps *steps);

	/*
	 * Adds the inodes of the messages that are being delivered this moment. -1 with
	 * *err when that cannot be told here.
	 */
	int (*in_delivery)(const struct spool *spool, struct hashset *inodes, struct err *err);

	/* Once after a batch: has the MTA look at what was put back. Nothing to do is 0. */
	int (*wake)(const struct spool *spool, enum op op, struct err *err);

	/*
	 * Since when the MTA that runs may remember mail it was working on, in milliseconds of
	 * the epoch: INT64_MAX when it does not run, -1 when that cannot be told. Mail that was taken
	 * from a queue with in_memory since then must not come back under its id.
	 */
	int64_t (*remembers_since)(const struct spool *spool);
	bool (*in_memory)(unsigned queue);

	/* What the MTA's own tool logs for it: "removed"; for syslog. */
	const char *(*logged_as)(enum op op);

	/* ---- what an admin does against an incident (verdict/remedy_book.h), or NULL ---- */
	const struct remedy_book *remedies;
};

#endif
