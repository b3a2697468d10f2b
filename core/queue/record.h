/*
 * record: one message as a format driver read it.
 *
 * Every slice points into the arena that the driver was given, and lives as
 * long as that arena. What the queue does not say is unknown (slice_known), 0
 * with a flag, or -1, as each member states; a driver never guesses. The record
 * is read in one go and belongs to one thread at a time.
 */
#ifndef CORE_QUEUE_RECORD_H
#define CORE_QUEUE_RECORD_H

#include <string.h>

#include "core/base/arena.h"
#include "core/base/limits.h"
#include "core/base/slice.h"
#include "core/queue/inspect.h"

/* Where in its life a message is, in words all MTAs share. */
enum msg_state {
	STATE_UNKNOWN,
	STATE_SUBMITTED, /* handed in locally, not yet taken over */
	STATE_INCOMING,
	STATE_ACTIVE,
	STATE_DEFERRED,
	STATE_HELD,
	STATE_BAD,
	STATE_CORRUPT,
	MSG_STATES,
};

enum rcpt_state { RCPT_PENDING, RCPT_DONE, RCPT_CANCELLED, RCPT_STATES };

/* Where a fact comes from. Actions trust SOURCE_QUEUE and SOURCE_LOG only. */
enum source { SOURCE_NONE, SOURCE_QUEUE, SOURCE_RECEIVED, SOURCE_LOG, SOURCES };

/*
 * What was odd about a message. One bit each, so that a row keeps all of them;
 * the words are in record.c.
 */
enum warning {
	WARN_TRUNCATED = 1 << 0,       /* the file ends before its end record */
	WARN_BAD_RECORD = 1 << 1,      /* a record type or length that cannot be */
	WARN_BAD_POINTER = 1 << 2,     /* a pointer outside of the file, or in circles */
	WARN_NO_SENDER = 1 << 3,       /* complete, but without an envelope sender */
	WARN_NO_TIME = 1 << 4,         /* no arrival time; the file's time is shown */
	WARN_NOT_READY = 1 << 5,       /* still being written, or left over from a crash */
	WARN_SIZE = 1 << 6,            /* the size record does not fit the file */
	WARN_TOO_MANY = 1 << 7,        /* more recipients or records than we keep */
	WARN_LONG_VALUE = 1 << 8,      /* a value was cut */
	WARN_NOT_REGULAR = 1 << 9,     /* a link, folder, fifo or device in a file's place */
	WARN_UNREADABLE = 1 << 10,     /* the file could not be read at all */
	WARN_BAD_NAME = 1 << 11,       /* a file name that is no queue id */
	WARN_MISPLACED = 1 << 12,      /* in a folder where the MTA does not look */
	WARN_BAD_LOG = 1 << 13,        /* the log of reasons is damaged or too long */
	WARN_MARKED_CORRUPT = 1 << 14, /* the MTA itself marked the file corrupt */
	WARN_INODE = 1 << 15,          /* the inode in the queue id is not the file's */
};

/* How a drivers' read or parse ended. Ordered: higher is worse. */
enum severity {
	SEV_OK,
	SEV_WARN, /* readable, with warnings in the record */
	SEV_GONE, /* the message left while we looked: no row */
	SEV_SKIP, /* nothing a mail admin would call a message: no row, not counted */
	SEV_FAIL, /* not readable: a counted failure, with the reason in err */
};

struct rcpt {
	struct slice address;    /* raw, as the MTA will use it */
	struct slice original;   /* as received, where it differs; else unknown */
	struct slice orcpt;      /* DSN original recipient, "rfc822;a@b"; else unknown */
	struct slice reason;     /* text of the last failure; else unknown */
	struct slice reason_key; /* the same, normalised: filled in by the scan, not by drivers */
	struct slice status;     /* enhanced status "4.4.1"; else unknown */
	struct slice reply;      /* remote reply (diagnostic text); else unknown */
	struct slice host;       /* remote host that said so; else unknown */
	uint64_t offset;         /* of its record in the file, the key of its reason */
	uint32_t order;          /* place in the log of reasons, from 1; 0 not in it */
	uint8_t state;           /* enum rcpt_state */
	uint8_t notify;          /* DSN NOTIFY bits 1 never 2 success 4 failure 8 delay; 0 unset */
	bool bounced;            /* the reason comes from the bounce log */
	bool logged_only;        /* no record names it: where a redirect sends the mail */
};

struct record {
	struct slice queue_id;
	struct slice queue_name; /* the MTA's own name of the queue: "deferred" */
	uint8_t queue;           /* the driver's own number of it */
	enum msg_state state;
	uint64_t inode;
	uint64_t identity; /* of the file, beyond its inode, which is soon used again; 0 unknown */
	uint64_t stamp;    /* of its files before they were read; by the scan; 0 not to be kept */
	uint32_t warnings; /* enum warning bits */

	int64_t arrival;      /* epoch seconds; -1 unknown */
	int32_t usec;         /* of arrival; -1 unknown */
	int64_t created;      /* of this queue file (expiry counts from here); -1 unknown */
	int64_t next_retry;   /* epoch seconds; -1 none is planned */
	int64_t attempts;     /* -1 the queue does not count them */
	int64_t last_attempt; /* when its last failure was written down, if asked for; -1 unknown */
	int64_t size;         /* bytes, as the MTA reports it; -1 unknown */
	bool forced_expire;

	struct slice sender; /* envelope sender, raw; empty = null sender */
	struct rcpt *rcpts;
	uint32_t nrcpts;

	struct slice account; /* authenticated login */
	enum source account_source;
	struct slice auth_method;
	struct slice client_ip; /* canonical text; the original client, not a filter's hop */
	struct slice client_name;
	struct slice helo;
	struct slice protocol;
	enum source client_source;
	struct slice peer_ip; /* who really connected: differs behind a content filter */
	int64_t uid;          /* of a local submission; -1 none or unknown */
	enum source uid_source;
	struct slice script; /* the script that handed it in, as its headers claim */
	bool made_here;      /* the MTA wrote it itself: bounces, notices, probes */
	bool probe;          /* asks whether its recipients would take mail: nothing is delivered */
	struct slice redirect; /* who gets it in place of its recipients; unknown: they do */
	struct slice filter;   /* where it goes first, as the MTA names that; unknown: nowhere */
	/*
	 * Of mail that a content filter gave back: whether the Received field of its way in was
	 * found, and says that somebody had logged in. Who, it need not say.
	 */
	bool entry_told, logged_in;
	struct slice log_id;   /* the id it had before a content filter; unknown when its own */
	struct slice first_id; /* its own, or that from before it was requeued; for its lineage */
	/* The MTA's own name, as it stamped the message; where not all local domains are known. */
	struct slice stamped_by;

	/* Of the header block, when it was asked for. Raw, unfolded. */
	struct slice subject;
	struct slice header_from;
	struct slice message_id;
	struct slice extra[LIMIT_EXTRA_HEADERS]; /* the values of need.headers, by place */

	/* With NEED_MARKS. */
	uint32_t marks;           /* of the header block (core/mail/marks.h); 0: not read */
	struct slice from_domain; /* of From:, as written */
	struct slice subject_key; /* subject_shape: filled in by the scan, not by drivers */

	/*
	 * With need.inspector: the newest allocation in the arena, since the scan gives it back
	 * as soon as the answers are there.
	 */
	struct content content;
	uint32_t answers; /* inspect.h; filled in by the scan, not by drivers */

	/* Attributes as the queue holds them, when asked for (show). */
	struct attribute {
		struct slice name;
		struct slice value;
	} * attributes;
	uint32_t nattributes;
};

/* Makes it a record of which nothing is known yet. */
static inline void record_clear(struct record *record)
{
	memset(record, 0, sizeof(*record));
	record->arrival = record->created = record->next_retry = record->last_attempt = -1;
	record->usec = -1;
	record->attempts = record->size = record->uid = -1;
}

static inline struct record record_unknown(void)
{
	struct record record;
	record_clear(&record);
	return record;
}

/*
 * Whether a content filter gave it back. Only what came in over SMTP: mail that one of us has
 * sent on keeps its login, and has no peer.
 */
static inline bool record_is_reinjected(const struct record *record)
{
	return slice_known(record->peer_ip) &&
		(slice_known(record->log_id) ||
			(slice_known(record->client_ip) &&
				!slice_eq(record->peer_ip, record->client_ip)));
}

/* How many of its recipients are in that state. */
static inline uint32_t record_count(const struct record *record, enum rcpt_state state)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < record->nrcpts; i++)
		count += record->rcpts[i].state == state;
	return count;
}

/*
 * A digest of what never changes about a queued message: id, times, envelope sender,
 * login, client, size. The same in every process. Attempts, done recipients and a
 * move to another queue do not change it. Never 0. Not a defence against one who can
 * write queue files; the identity is there for that.
 */
uint64_t record_digest(const struct record *record);

/*
 * A digest of what a message keeps when it is requeued, and gets a new id, size and file:
 * its first id, the microsecond of its arrival, its login and its client. The same in
 * every process; 0 when it cannot be told. Messages that have it in common are one
 * message and copies of it.
 */
uint64_t record_lineage(const struct record *record);

/*
 * The recipients in the order in which postqueue(1) lists them: those with a reason
 * as their logs have them, then the others as the file has them.
 */
const struct rcpt **record_listed_rcpts(const struct record *record, struct arena *arena);

/* Words for one warning bit; NULL for a bit that is none. */
const char *warning_text(enum warning bit);
/* Short name for scripts and columns: "truncated". */
const char *warning_name(enum warning bit);
const char *msg_state_name(enum msg_state state);
const char *rcpt_state_name(enum rcpt_state state);
/* "queue", "received", "log"; NULL for SOURCE_NONE. */
const char *source_name(enum source source);

#endif
