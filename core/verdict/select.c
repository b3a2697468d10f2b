/* Rows by a filter, and who they are of. */
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

int by_arrival(const void *a, const void *b, void *arg)
{
	const struct snap *snap = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int64_t at = snap_wide(snap, WIDE_ARRIVAL, x), other = snap_wide(snap, WIDE_ARRIVAL, y);

	if (at != other)
		return at < other ? -1 : 1;
	return slice_cmp(snap_text(snap, COL_QUEUE_ID, x), snap_text(snap, COL_QUEUE_ID, y));
}

int select_bits(struct study *study, struct slice text, struct bitset *bits, struct err *err)
{
	struct need need = study->snap->need;
	struct filter *filter = filter_parse(text, &need, err);
	int failed = -1;

	*bits = bitset_new(study->snap->rows);
	if (filter)
		failed = filter_run(filter, study->env, bits, err);
	filter_free(filter);
	return failed;
}

bool select_rows(struct study *study, struct slice text, struct rows *rows)
{
	struct bitset bits;
	struct err err;

	*rows = (struct rows){0};
	/* A filter of ours has no regex, and so nothing to fail by but its length. */
	bool done = select_bits(study, text, &bits, &err) == 0;
	if (done) {
		rows->at = xcalloc(bitset_count(&bits) + 1, sizeof(*rows->at));
		for (size_t at = bitset_next(&bits, 0); at != SIZE_MAX;
			at = bitset_next(&bits, at + 1))
			rows->at[rows->count++] = (uint32_t)at;
		qsort_r(rows->at, rows->count, sizeof(*rows->at), by_arrival, study->snap);
	}
	bitset_free(&bits);
	return done;
}

void claim(struct study *study, struct rows rows)
{
	for (uint32_t i = 0; i < rows.count; i++)
		bitset_set(&study->claimed, rows.at[i]);
}

bool is_claimed(const struct study *study, struct rows rows)
{
	uint32_t claimed = 0;
	for (uint32_t i = 0; i < rows.count; i++)
		claimed += bitset_has(&study->claimed, rows.at[i]);
	return claimed * 2 > rows.count;
}
