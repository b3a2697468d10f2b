/*
 * group: rows put together by the value of one field, with the figures that
 * tell a crime from a coincidence. Exact counts; pure reads of a finished snap.
 */
#ifndef CORE_QUERY_GROUP_H
#define CORE_QUERY_GROUP_H

#include "core/base/bitset.h"
#include "core/query/field.h"

struct group {
	uint32_t id;    /* text fields: string id of the value, INTERN_UNKNOWN for "not known" */
	int64_t number; /* the other fields */
	bool known;
	uint32_t messages;
	uint64_t recipients; /* pending */
	int64_t bytes;
	int64_t first, last; /* arrival times; WIDE_UNKNOWN when none is known */
	uint32_t last_hour;  /* messages that arrived in the hour before now */
	uint32_t copies;     /* accounts: messages without login that are likely its copies */
	uint32_t ips, accounts, senders; /* distinct known values */
};

struct grouping {
	struct group *groups; /* most messages first; ties by recipients, then by text */
	size_t count;         /* rows kept: at most the limit */
	size_t total;         /* distinct values there are */
	struct group others;  /* the sum of those cut off; its distinct figures are 0 */
	uint32_t messages;    /* rows looked at */
};

/*
 * Groups the rows of `rows`. A many-valued field counts a message once under
 * each of its distinct values. `limit` 0 keeps all.
 */
struct grouping group_rows(const struct field_ref *by, struct field_env *env,
	const struct bitset *rows, size_t limit);
void grouping_free(struct grouping *grouping);

#endif
