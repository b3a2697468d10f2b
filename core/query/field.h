/*
 * field: the one table of what can be asked about a message.
 *
 * Filter, columns, groups, sort keys, JSON members, completion, help and the
 * manual all come from field_table, so a name means one thing everywhere. A
 * field is read from the index through one of two accessors: `id` for text (an
 * id of snap.strings) or `number`. Many-valued fields (rcpt, reason) have one
 * value for each recipient.
 *
 * Pure reads of a finished snap; any thread.
 */
#ifndef CORE_QUERY_FIELD_H
#define CORE_QUERY_FIELD_H

#include "core/queue/snap.h"

enum field_type {
	FIELD_TEXT,     /* compares to the letter */
	FIELD_NAME,     /* addresses, domains, logins, hosts: ASCII case does not matter */
	FIELD_WORD,     /* one of a fixed list of words (field.words) */
	FIELD_IP,       /* an address; `in CIDR` works */
	FIELD_NET,      /* a network in CIDR form; `in CIDR` works */
	FIELD_NUMBER,
	FIELD_SIZE,     /* bytes; values take k M G */
	FIELD_TIME,     /* epoch seconds; values take RFC 3339 */
	FIELD_DURATION, /* seconds; values take s m h d w */
};

enum field_flag {
	FIELD_MANY = 1 << 0,  /* one value for each recipient */
	FIELD_GROUP = 1 << 1, /* `top` takes it */
	FIELD_PARAM = 1 << 2, /* takes a name behind a colon: header:NAME */
};

/* What a field needs besides the row. */
struct field_env {
	struct snap *snap; /* strings may be added for derived values */
	int64_t now;
	/*
	 * Derived strings (domain of an address, network of an IP) by source
	 * string id, + 1; made on first use. One table for each derivation.
	 */
	struct field_memo {
		uint32_t *ids;
		uint32_t cap;
	} domain, net;
};

void field_env_init(struct field_env *env, struct snap *snap, int64_t now);
void field_env_free(struct field_env *env);

struct field_ref;

struct field {
	const char *name;
	const char *alias; /* or NULL */
	const char *title; /* column head: "account" */
	const char *help;  /* one line, for --help, completion and the manual */
	enum field_type type;
	unsigned flags; /* enum field_flag */
	unsigned need;  /* enum need_part bits that must have been read */
	const char *const *words; /* FIELD_WORD: its values, ended by NULL */

	/* Text fields: string id of value `i` of a row, INTERN_UNKNOWN if the queue does not say. */
	uint32_t (*id)(const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i);
	/* The other fields: false if the queue does not say. */
	bool (*number)(const struct field_env *env, uint32_t row, int64_t *value);
};

/* A field as a command names it: header:NAME has its place among need.headers. */
struct field_ref {
	const struct field *field;
	unsigned param; /* FIELD_PARAM: index into snap.need.headers */
};

extern const struct field field_table[]; /* ended by name == NULL */

static inline bool field_is_text(const struct field *field)
{
	return field->id != NULL;
}

/* How many values a row has: 1, or the number of its recipients. */
uint32_t field_count(const struct field *field, const struct snap *snap, uint32_t row);

/*
 * Finds a field by name or alias (any case) and adds what it needs to *need.
 * Unknown names, the bare word "from" and a ninth header:NAME give an error
 * that says what to write instead.
 */
int field_find(struct slice name, struct need *need, struct field_ref *ref, struct err *err);

/*
 * The value for people: sizes as "1.4 MB", times and durations in words, the
 * null sender as "<>", unknown as "(no login)" for accounts and "-" elsewhere.
 * Not escaped.
 */
void field_print(const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i,
	struct buf *out);
/* The same for a text field's string id alone, as a group key. */
void field_print_id(const struct field *field, const struct snap *snap, uint32_t id, struct buf *out);

#endif
