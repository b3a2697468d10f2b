/*
 * snap: the message index of one scan, a struct of arrays.
 *
 * A row is a message, numbered from 0; every value is a 32-bit number in the
 * column it belongs to, text as an id of `strings`. A filter or a grouping so
 * touches only the columns it names. Addresses, domains, accounts and host names
 * are kept in ASCII lower case, since that is how they compare; what a file says
 * to the letter is read again where it is printed (scan_read_again). A column
 * that nobody filled costs nothing and reads as 0.
 *
 * One thread appends; nothing else may read while it does. The spools must
 * outlive the snap.
 */
#ifndef CORE_QUEUE_SNAP_H
#define CORE_QUEUE_SNAP_H

#include "core/base/frequent.h"
#include "core/base/intern.h"
#include "core/queue/format.h"
#include "core/queue/origin.h"
#include "core/queue/reason.h"
#include "core/queue/record.h"

/* Columns of 32 bits. "string" ones hold ids of snap.strings. */
enum snap_col {
	COL_QUEUE_ID,     /* place in snap.ids: nearly every message has its own */
	COL_QUEUE_NAME,   /* string */
	COL_ACCOUNT,      /* string, folded */
	COL_LOST_LOGIN,   /* string: the account this copy most likely lost (snap_link_copies) */
	COL_CLIENT_IP,    /* string, canonical */
	COL_AUTH_METHOD,  /* string; with NEED_SESSION, as the next three */
	COL_CLIENT_NAME,  /* string, folded */
	COL_HELO,         /* string, folded; with NEED_MARKS too */
	COL_PROTOCOL,     /* string */
	COL_SENDER,       /* string, folded; only its domain where NEED_SENDERS was given up */
	COL_SCRIPT,       /* string */
	COL_SUBJECT,      /* string, decoded */
	COL_HEADER_FROM,  /* string, decoded */
	COL_MESSAGE_ID,   /* string */
	COL_LOG_ID,       /* string: queue id before a content filter */
	COL_SUBJECT_KEY,  /* string: the subject as it is counted; with NEED_MARKS, as the next */
	COL_FROM_DOMAIN,  /* string: domain of the From: header, folded */
	COL_REWRITTEN,    /* string: domain of an address that became one of its recipients; kept
			    where not all local domains are known, with NEED_RCPTS */
	COL_STAMPED_BY,   /* string: record.stamped_by, folded; kept as that is */
	COL_UID,          /* uid + 1; 0 unknown */
	COL_ATTEMPTS,     /* + 1; 0 unknown */
	COL_WARNINGS,     /* enum warning bits */
	COL_RCPT_FIRST,   /* first of its recipients in snap.rcpt_* */
	COL_NRCPT,        /* recipients still pending */
	COL_ANSWERS,      /* of need.inspector */
	COL_MARKS,        /* record.marks */
	COL_MESSAGE_HASH, /* of the Message-ID; 0 has none */
	COL_EXTRA,        /* string; this and the next LIMIT_EXTRA_HEADERS - 1: header:NAME */
	SNAP_COLS = COL_EXTRA + LIMIT_EXTRA_HEADERS,
};

/* Columns of 64 bits; times are epoch seconds, INT64_MIN is unknown. */
enum snap_wide {
	WIDE_ARRIVAL,
	WIDE_NEXT_RETRY, /* with NEED_STATUS */
	WIDE_SIZE,
	WIDE_INODE,
	WIDE_IDENTITY, /* record.identity, with NEED_IDENTITY; so is the next */
	WIDE_DIGEST,   /* record_digest */
	WIDE_CREATED,  /* with NEED_CREATED; arrival where the queue does not say */
	WIDE_LINEAGE,  /* record_lineage, with NEED_LINEAGE */
	WIDE_STAMP,    /* record.stamp, with NEED_STAMP */
	SNAP_WIDES
};
#define WIDE_UNKNOWN INT64_MIN

/* Columns of recipients. */
enum snap_rcpt_col {
	RCPT_ADDRESS,     /* folded; only its domain where snap_has_addresses says no */
	RCPT_REASON,      /* normalised; with NEED_WORDS */
	RCPT_REASON_TEXT, /* as logged; with NEED_WORDS and keep_reason_text */
	RCPT_HASH,        /* no string: frequent_hash; with NEED_MARKS and NEED_RCPTS */
	RCPT_COLS
};

struct snap {
	struct intern strings;
	struct texts ids;
	const struct spool *const *spools;
	size_t nspools;
	struct need need; /* what was read, and so which columns can be known */
	unsigned asked;   /* need.parts as the caller had them; what else is kept is let go first */
	size_t most;      /* bytes it may take before it gives up columns (spare.h); 0: no bound */
	unsigned given_up;    /* enum need_part bits: of no row, and no longer in need */
	uint32_t given_up_at; /* rows there were when it began */
	uint32_t next_look;   /* rows at which to look again how large it is */
	bool frozen;          /* ids have to stay (cache.h): nothing is given up, but ... */
	bool overfull;        /* ... it had to be */

	uint32_t rows;
	uint32_t cap;
	uint32_t *cols[SNAP_COLS];
	int64_t *wide[SNAP_WIDES];
	struct snap_small { /* by row */
		uint8_t spool;
		uint8_t queue;  /* the driver's number */
		uint8_t state;  /* enum msg_state */
		uint8_t origin; /* enum origin */
		uint8_t account_source;
		uint8_t client_source;
		uint8_t flags; /* enum snap_flag */
	} * small;

	/* Recipients of all rows, one after the other; filled with NEED_RCPTS or NEED_REASONS. */
	uint32_t nrcpts;
	uint32_t rcpt_cap;
	uint32_t *rcpts[RCPT_COLS];
	uint8_t *rcpt_state; /* enum rcpt_state */
	uint8_t *rcpt_class; /* enum reason_class; with NEED_REASONS */
	bool keep_reason_text;
	struct frequent frequent; /* addresses that many messages go to; with NEED_MARKS */

	uint8_t *reason_class; /* by string id of a normalised reason, +1; 0 not yet asked */
	uint32_t reason_class_cap;
	uint32_t *decoded; /* by string id of a raw header value: id of the decoded; 0 not yet */
	uint32_t decoded_cap;
};

enum snap_flag {
	SNAP_REINJECTED = 1 << 0, /* came back from a content filter */
	SNAP_FORCED_EXPIRE = 1 << 1,
	SNAP_ROUTED = 1 << 2, /* a recipient names a further host: "zoe%example.net@us"; told
				 where COL_REWRITTEN is kept */
};

void snap_init(struct snap *snap, const struct spool *const *spools, size_t nspools,
	const struct need *need);
void snap_free(struct snap *snap);

/* Appends one message. Returns its row. */
uint32_t snap_add(struct snap *snap, unsigned spool, const struct record *record);

/* Appends a row of another index that has the same need, spools and strings. Returns its row. */
uint32_t snap_add_row(struct snap *snap, const struct snap *from, uint32_t row);

/* The answers about the content of a row, when it was read after the scan. */
void snap_set_answers(struct snap *snap, uint32_t row, uint32_t answers);

/*
 * The domain of an address, folded: INTERN_EMPTY for the null address, INTERN_UNKNOWN
 * for one that has none.
 */
uint32_t snap_domain(struct snap *snap, struct slice address);

/* The class of a normalised reason, decided once for each distinct one. */
enum reason_class snap_reason_class(struct snap *snap, struct slice reason_key);

/*
 * After the last row: names the account that a content filter's second copy lost,
 * when the queue shows it beyond doubt (same log id, or same client and sender as
 * authenticated mail, of one account only). Counts the copies.
 */
uint32_t snap_link_copies(struct snap *snap);
/* Whether a row is such a copy: it came back from a filter and has no login. */
bool snap_is_copy(const struct snap *snap, uint32_t row);
/* Names the lost login of one row by hand, when it was found in another snap. */
void snap_set_lost_login(struct snap *snap, uint32_t row, struct slice account);

/* Whether a column of rows, or of recipients, holds ids of snap.strings. */
static inline bool snap_is_string(unsigned col)
{
	return col != COL_QUEUE_ID && (col < COL_UID || col >= COL_EXTRA);
}

static inline bool snap_rcpt_is_string(unsigned col)
{
	return col != RCPT_HASH;
}

/* HELO is a part of the session; a verdict wants it alone, with the subject keys. */
static inline bool snap_keeps_helo(const struct snap *snap)
{
	return snap->need.parts & NEED_SESSION ||
		(snap->need.parts & NEED_SUBJECT_KEYS && !(snap->given_up & NEED_SESSION));
}

static inline uint32_t snap_col(const struct snap *snap, enum snap_col col, uint32_t row)
{
	return snap->cols[col] ? snap->cols[col][row] : 0;
}

static inline int64_t snap_wide(const struct snap *snap, enum snap_wide col, uint32_t row)
{
	return snap->wide[col] ? snap->wide[col][row] : 0;
}

static inline struct slice snap_text(const struct snap *snap, enum snap_col col, uint32_t row)
{
	uint32_t value = snap_col(snap, col, row);
	return col == COL_QUEUE_ID ? texts_get(&snap->ids, value)
				   : intern_get(&snap->strings, value);
}

/* The first recipient of a row; *count is 0 when they were not read. */
static inline uint32_t snap_rcpts(const struct snap *snap, uint32_t row, uint32_t *count)
{
	uint32_t first = snap_col(snap, COL_RCPT_FIRST, row);
	uint32_t end =
		row + 1 < snap->rows ? snap_col(snap, COL_RCPT_FIRST, row + 1) : snap->nrcpts;
	*count = end - first;
	return first;
}

static inline uint32_t snap_rcpt(const struct snap *snap, enum snap_rcpt_col col, uint32_t rcpt)
{
	return snap->rcpts[col] ? snap->rcpts[col][rcpt] : 0;
}

/* Whether the addresses of its recipients are there, and not only their domains. */
static inline bool snap_has_addresses(const struct snap *snap, uint32_t row)
{
	return snap->need.parts & NEED_ADDRESSES ||
		(snap->need.parts & NEED_BOUNCED &&
			snap_col(snap, COL_SENDER, row) == INTERN_EMPTY);
}

#endif
