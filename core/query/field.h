/*
 * field: the one table of what can be asked about a message.
 *
 * Filter, columns, groups, sort keys, JSON members, completion, help and the
 * manual all come from field_table, so a name means one thing everywhere. A
 * field is read from the index through one of two accessors: `id` for text (an
 * id of snap.strings) or `number`.
 *
 * A many-valued field has slots 0 .. field_count - 1: one for each recipient
 * (rcpt, rcpt_domain, reason, reason_class), for each warning bit or each finding.
 * A slot whose id is FIELD_NO_VALUE is empty and skipped: a cancelled recipient is
 * not asked for any more, a bit may not be set. Pending and done recipients count.
 *
 * Reading adds derived values (domains, networks) to snap.strings, so a snap
 * and its field_env belong to one thread at a time.
 */
#ifndef CORE_QUERY_FIELD_H
#define CORE_QUERY_FIELD_H

#include "core/base/bitset.h"
#include "core/base/buf.h"
#include "core/queue/snap.h"

enum field_type {
	FIELD_TEXT, /* compares to the letter */
	FIELD_NAME, /* addresses, domains, logins, hosts: ASCII case does not matter */
	FIELD_WORD, /* one of a fixed list of words (field.word) */
	FIELD_IP,   /* an address; `in CIDR` works */
	FIELD_NET,  /* a network in CIDR form; `in CIDR` works */
	FIELD_NUMBER,
	FIELD_SIZE,     /* bytes; values take k M G */
	FIELD_TIME,     /* epoch seconds; values take RFC 3339, or -2h: two hours ago */
	FIELD_DURATION, /* seconds; values take s m h d w */
};

enum field_flag {
	FIELD_GROUP = 1 << 0,   /* `top` takes it */
	FIELD_PARAM = 1 << 1,   /* takes a name behind a colon: header:NAME */
	FIELD_LOGIN = 1 << 2,   /* the account: a group of it also counts its lost copies */
	FIELD_REASON = 1 << 3,  /* its text as logged must be kept for filters */
	FIELD_RCPT = 1 << 4,    /* many-valued: its slots are those of snap_rcpts */
	FIELD_ANYBODY = 1 << 5, /* age, size, queue: says nothing of whose or which mail */
	FIELD_CONTENT = 1 << 7, /* asked where messages are read, not kept: for filters only */
	FIELD_USER = 1 << 6,    /* the number of a user of the machine that the queue is of */
};

#define FIELD_NO_VALUE UINT32_MAX

/* What a field needs besides the row. */
struct field_env {
	struct snap *snap; /* strings are added for derived values */
	int64_t now;
	/*
	 * For actions: a filter takes an account or a client that only a Received
	 * line names as neither matching nor not matching, since such a line can be
	 * forged. False after field_env_init: queries see everything.
	 */
	bool trusted_only;
	/* Derived strings by source string id, + 1; made on first use. */
	struct field_memo {
		uint32_t *ids;
		uint32_t cap;
	} domain, net, client;
	/* String ids of the words that are kept as numbers. */
	struct field_words {
		uint32_t state[MSG_STATES];
		uint32_t origin[ORIGINS];
		uint32_t source[SOURCES];
		uint32_t reason_class[REASON_CLASSES];
		uint32_t warning[32];
		uint32_t spool[LIMIT_SPOOLS];
		uint32_t format[LIMIT_SPOOLS];
	} words;
	/*
	 * Named sets of rows, for the field `finding`: made by who judges a finished index. The
	 * array is the env's, the rows are not and must outlive it. None: no row is part of any.
	 */
	struct field_set {
		uint32_t name; /* string id */
		const struct bitset *rows;
	} * sets;
	size_t nsets;
};

void field_env_init(struct field_env *env, struct snap *snap, int64_t now);
void field_env_free(struct field_env *env);

struct field;

/* A field as a command names it: header:NAME has its place among need.headers. */
struct field_ref {
	const struct field *field;
	unsigned param; /* FIELD_PARAM: index into snap.need.headers */
};

struct field {
	const char *name;
	const char *alias; /* or NULL */
	const char *title; /* column head: "account" */
	const char *help;  /* one line, for --help, completion and the manual */
	enum field_type type;
	unsigned flags;      /* enum field_flag */
	unsigned need;       /* enum need_part bits that must have been read */
	unsigned column;     /* enum snap_col or snap_wide, for the plain accessors */
	const char *unknown; /* how an unknown value prints; NULL is "-" */
	const char *empty;   /* how an empty text prints; NULL is "" in quotes */

	/* FIELD_WORD: its i-th value; NULL behind the last. */
	const char *(*word)(unsigned i);
	/* Many-valued fields: the slots of a row; NULL for the others. */
	uint32_t (*count)(const struct field_env *env, uint32_t row);

	/* Text fields: string id of slot `i` of a row, INTERN_UNKNOWN if the queue does not say. */
	uint32_t (*id)(
		const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i);
	/* A second form of the value that a filter matches as well (INTERN_UNKNOWN: none), or NULL. */
	uint32_t (*other_id)(
		const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i);
	/* The id that groups go by, where it is not `id` (an IPv6 client is its /64), or NULL. */
	uint32_t (*group_id)(
		const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i);
	/* The other fields: false if the queue does not say. */
	bool (*number)(const struct field_ref *ref, const struct field_env *env, uint32_t row,
		int64_t *value);
	/* Where the row's value comes from; NULL: always from the queue itself. */
	enum source (*source)(const struct snap *snap, uint32_t row);
};

extern const struct field field_table[]; /* ended by name == NULL */

static inline bool field_is_text(const struct field *field)
{
	return field->id != NULL;
}

static inline bool field_is_many(const struct field *field)
{
	return field->count != NULL;
}

/* How many slots a row has: 1, or as many as the field's count says. */
static inline uint32_t field_count(
	const struct field *field, const struct field_env *env, uint32_t row)
{
	return field->count ? field->count(env, row) : 1;
}

static inline uint32_t field_group_id(
	const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i)
{
	const struct field *field = ref->field;
	return (field->group_id ? field->group_id : field->id)(ref, env, row, i);
}

/* The client as it is counted: its address, or the /64 of an IPv6 one. */
uint32_t field_client_id(struct field_env *env, uint32_t row);

/* The client's network, /24 or /48. */
uint32_t field_net_id(struct field_env *env, uint32_t row);

/* The domain of an address in snap.strings: empty for "", unknown where there is none. */
uint32_t field_domain_id(struct field_env *env, uint32_t address);

/*
 * Finds a field by name or alias (any case) and adds what it needs to *need,
 * which points into `name` for header:NAME. Unknown names, the bare word "from"
 * and a ninth header:NAME give an error that says what to write instead.
 */
int field_find(struct slice name, struct need *need, struct field_ref *ref, struct err *err);

/*
 * The value for people: sizes as "1.4 MB", times and durations in words, the
 * null sender as "<>", unknown as "(no login)" for accounts and "-" elsewhere.
 * An empty slot prints nothing. Not escaped.
 */
void field_print(const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i,
	struct buf *out);
/* The same for a string id or a number alone, as a group key. */
void field_print_id(
	const struct field *field, const struct snap *snap, uint32_t id, struct buf *out);
void field_print_number(const struct field *field, int64_t value, struct buf *out);

#endif
