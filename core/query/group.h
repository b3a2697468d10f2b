/*
 * group: rows put together by the value of one field, with the figures that
 * tell a crime from a coincidence. Exact counts; reads a finished snap (field.h:
 * one thread, derived strings are added to it).
 */
#ifndef CORE_QUERY_GROUP_H
#define CORE_QUERY_GROUP_H

#include "core/base/bitset.h"
#include "core/query/field.h"

/* What is told of a group. */
enum group_figure {
	GROUP_MESSAGES = 1 << 0,
	GROUP_SHARE = 1 << 1,
	GROUP_RECIPIENTS = 1 << 2,
	GROUP_BYTES = 1 << 3,
	GROUP_IPS = 1 << 4,
	GROUP_ACCOUNTS = 1 << 5,
	GROUP_SENDERS = 1 << 6,
	GROUP_NEWEST = 1 << 7,
	GROUP_LAST_HOUR = 1 << 8,
	GROUP_ALL = (1 << 9) - 1,
};
/* Those that take a second look at every row. */
#define GROUP_DETAILS (GROUP_ALL & ~(GROUP_MESSAGES | GROUP_SHARE | GROUP_RECIPIENTS))

struct group {
	uint32_t id;    /* text fields: string id of the value, INTERN_UNKNOWN for "not known" */
	int64_t number; /* the other fields */
	bool known;
	uint32_t messages;
	/*
	 * Still pending. Of a field that is one value for each recipient, only those
	 * with this value, so that the groups of rcpt_domain add up to the whole.
	 */
	uint64_t recipients;
	int64_t bytes;
	int64_t first, last; /* arrival times; WIDE_UNKNOWN when none is known */
	uint32_t last_hour;  /* messages that arrived in the hour before now */
	uint32_t copies;     /* accounts: messages of `rows` that lost this login on their way */
	/* Distinct known values; an IPv6 client is its /64. Senders are 0 where they were given up. */
	uint32_t ips, accounts, senders;
};

struct grouping {
	struct group *groups; /* most messages first; ties by recipients, then by value */
	size_t count;         /* groups kept: at most the limit */
	size_t total;         /* distinct values there are, "not known" among them */
	struct group others;  /* the sum of those cut off; its distinct figures are 0 */
	uint32_t messages;    /* rows looked at */
};

/*
 * Groups the rows of `rows`. A many-valued field counts a message once under
 * each of its distinct values, and not at all when it has none. `limit` 0
 * keeps all. `figures`: enum group_figure bits; what is not asked for is 0 or unknown.
 */
struct grouping group_rows(const struct field_ref *by, struct field_env *env,
	const struct bitset *rows, size_t limit, unsigned figures);
void grouping_free(struct grouping *grouping);

#endif
