/*
 * forge: made-up queues, byte for byte as a mail server would have left them.
 *
 * A mix (mix.h) makes messages that know no file format; a writer turns each
 * into the files of one MTA. Nothing here looks at the code that reads queues:
 * the two sides of a test must not share their mistakes.
 *
 * All strings of a message live in the arena it was made from, until the next
 * message. Everything is one thread.
 */
#ifndef CMD_FORGE_FORGE_H
#define CMD_FORGE_FORGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/slice.h"

/* Where the message lies now. */
enum fake_queue {
	FAKE_SUBMITTED, /* handed in locally, not yet taken over by the MTA */
	FAKE_INCOMING,
	FAKE_ACTIVE,
	FAKE_DEFERRED,
	FAKE_HELD,
	FAKE_CORRUPT,
	FAKE_QUEUES,
};

/* How it came in. */
enum fake_entry {
	ENTRY_SMTP,
	ENTRY_LOCAL,    /* sendmail(1) called by a user of this machine */
	ENTRY_NOTICE,   /* the MTA made it: a bounce */
	ENTRY_FORWARD,  /* an alias or .forward sent it on; the client is the first one */
	ENTRY_REQUEUED, /* `postsuper -r`, or copied in: handed in by the owner of the queue */
};

/* Why a recipient is still waiting, or was given up. */
struct fake_reason {
	struct slice text;   /* the whole sentence; empty: not tried yet */
	struct slice status; /* "4.4.1" */
	struct slice reply;  /* the remote server's own words; empty: there were none */
	struct slice mta;    /* who said them */
};

enum fake_fate { FATE_PENDING, FATE_DELIVERED, FATE_BOUNCED };

/* RFC 3461 NOTIFY, as bits. */
enum { NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };

struct fake_recipient {
	struct slice address;  /* raw: a b@example.net is not quoted here */
	struct slice original; /* before aliases; the same where there was none */
	unsigned notify;
	enum fake_fate fate;
	struct fake_reason reason;
};

struct fake_client {
	struct slice address; /* "192.0.2.1" or "2001:db8::1" */
	struct slice name;    /* "unknown" without a reverse name */
	struct slice helo;
	unsigned port;
	unsigned server_port; /* ours: 25, 465, 587, 10025 behind a filter */
	bool tls;
};

struct fake_message {
	uint64_t number; /* 0, 1, 2 ... within the tree */
	enum fake_queue queue;
	enum fake_entry entry;

	int64_t arrival; /* seconds, and below: microseconds of the same moment */
	unsigned arrival_usec;
	int64_t last_attempt; /* FAKE_DEFERRED and FAKE_HELD only */
	int64_t next_retry;   /* FAKE_DEFERRED only: after now */

	struct slice account; /* unknown without a login */
	struct slice auth_method;
	struct fake_client client; /* who sent it: ENTRY_SMTP and ENTRY_FORWARD */
	struct slice previous_id; /* id it had before the content filter gave it back; or unknown */
	bool to_filter;           /* the next hop is the content filter */
	unsigned uid;             /* ENTRY_LOCAL: who called, */
	struct slice full_name;   /* his name in the user database, */
	bool from_headers;        /* and whether To: and Cc: said to whom (sendmail -t) */

	struct slice sender; /* empty: the null sender */
	struct fake_recipient *recipients;
	size_t nrecipients;
	bool eight_bit;          /* declared as 8BITMIME */
	struct slice message_id; /* with its angle brackets */
	struct slice content; /* headers, empty line, body; lines end in LF; without our Received */

	enum { SOUND, CUT_SHORT, OVERWRITTEN } damage; /* FAKE_CORRUPT only */
};

enum id_style { IDS_SHORT, IDS_LONG, IDS_MIXED };

/* What a writer needs to know about the tree as a whole. */
struct tree_options {
	const char *dir; /* exists and is empty, or does not exist */
	int64_t now;
	struct slice host;    /* "mx1.corp.example" */
	struct slice address; /* of that host */
	enum id_style ids;
	bool fixed_ids; /* ids from made-up inode numbers: the same in every run */
	unsigned hash_depth;
	bool chown; /* give the files to uid and gid */
	uid_t uid;
	gid_t gid;
};

/* One file format. */
struct tree;
struct writer {
	const char *name;
	const char *about;
	const char *owner; /* the user whom a real tree of this kind belongs to */

	/* Makes the empty tree. NULL with *err filled when it can't. */
	struct tree *(*open)(const struct tree_options *options, struct err *err);
	/* Writes one message; *id becomes its name in the queue. */
	int (*add)(struct tree *tree, const struct fake_message *message, struct buf *id,
		struct err *err);
	/* *id becomes the name of a message like this one that has left the queue already. */
	void (*gone_id)(struct tree *tree, const struct fake_message *message, struct buf *id);
	/* Appends the Received: header that this MTA puts on top. */
	void (*received)(struct buf *out, const struct tree_options *options,
		const struct fake_message *message, struct slice id);
	/* The last touches; frees the tree, also when it fails. */
	int (*close)(struct tree *tree, struct err *err);
};

extern const struct writer postfix_writer;

/* All writers (writers.c): by name, NULL when there is none; and by place, NULL behind the last. */
const struct writer *writer_find(const char *name);
const struct writer *writer_at(size_t n);

#endif
