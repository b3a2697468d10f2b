/*
 * Two passes. The first counts messages and recipients of every value, which is
 * all that the order needs; the second gathers the rest for the groups that are
 * kept, so that distinct values are never counted for a million groups of which
 * ten are shown.
 */
#include "core/query/group.h"

#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/query/distinct.h"
#include "core/query/values.h"

enum { HOUR = 3600, DISTINCT = 3 };

#define CUT_OFF UINT32_MAX

/* What the first pass counts of one value. */
struct tally {
	uint64_t recipients;
	uint32_t messages;
	uint32_t row;  /* + 1: the last one that had this value, to count it once */
	uint32_t kept; /* index of its group, or CUT_OFF */
};

struct work {
	struct values values;
	struct tally *tallies; /* by place */
	uint32_t cap;
	unsigned figures;
	struct grouping result;
	struct distinct seen; /* by group and kind */
	uint32_t *last;       /* by group and kind: the value of the last row */
};

/* What is done with a value of a row; `first` when the row had it for the first time. */
typedef void see_fn(
	struct work *work, uint32_t row, struct tally *tally, bool first, uint64_t recipients);

static struct tally *tally_at(struct work *work, uint32_t place)
{
	if (place >= work->cap) {
		uint32_t cap = work->values.cap;
		work->tallies = xrealloc(work->tallies, cap, sizeof(*work->tallies));
		memset(work->tallies + work->cap, 0, (cap - work->cap) * sizeof(*work->tallies));
		work->cap = cap;
	}
	return &work->tallies[place];
}

/* The pending recipients that a slot stands for. */
static uint64_t recipients_of(struct work *work, uint32_t row, uint32_t slot, bool first)
{
	const struct snap *snap = work->values.env->snap;
	uint32_t count;

	if (work->values.by->field->flags & FIELD_RCPT)
		return snap->rcpt_state[snap_rcpts(snap, row, &count) + slot] == RCPT_PENDING;
	return first ? snap_col(snap, COL_NRCPT, row) : 0;
}

/* The values of a row, each "first" only once. */
static void visit_row(struct work *work, uint32_t row, see_fn *see)
{
	uint32_t count = field_count(work->values.by->field, work->values.env, row);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = values_next(&work->values, row, i);
		if (place == VALUES_NONE)
			continue;
		struct tally *tally = tally_at(work, place);
		bool first = tally->row != row + 1;
		tally->row = row + 1;
		see(work, row, tally, first, recipients_of(work, row, i, first));
	}
}

static void visit(struct work *work, const struct bitset *rows, see_fn *see)
{
	for (size_t at = bitset_next(rows, 0); at != SIZE_MAX; at = bitset_next(rows, at + 1))
		visit_row(work, (uint32_t)at, see);
}

static void count_value(
	struct work *work, uint32_t row, struct tally *tally, bool first, uint64_t recipients)
{
	(void)work, (void)row;
	tally->messages += first;
	tally->recipients += recipients;
}

static int order_of_keys(const struct work *work, uint64_t a, uint64_t b)
{
	const struct intern *strings = &work->values.env->snap->strings;
	if (field_is_text(work->values.by->field))
		return slice_cmp(
			intern_get(strings, (uint32_t)a), intern_get(strings, (uint32_t)b));
	return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
}

/* <0 when `a` stands above `b`. Never 0 for two values, so the order is the same in every run. */
static int order_of_tallies(const void *a, const void *b, void *arg)
{
	const struct work *work = arg;
	const struct tally *x = &work->tallies[*(const uint32_t *)a];
	const struct tally *y = &work->tallies[*(const uint32_t *)b];
	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	if (x->recipients != y->recipients)
		return x->recipients > y->recipients ? -1 : 1;
	return order_of_keys(work, work->values.keys[*(const uint32_t *)a],
		work->values.keys[*(const uint32_t *)b]);
}

/* A heap with the lowest of those kept on top: puts its top where it belongs. */
static void sift_down(struct work *work, uint32_t *heap, size_t count, size_t at)
{
	for (;;) {
		size_t low = at, child = at * 2 + 1;
		for (size_t i = child; i < child + 2 && i < count; i++)
			if (order_of_tallies(&heap[i], &heap[low], work) > 0)
				low = i;
		if (low == at)
			return;
		uint32_t swap = heap[at];
		heap[at] = heap[low];
		heap[low] = swap;
		at = low;
	}
}

/*
 * The places of the first `count` tallies in order. Nearly all of a million
 * values lose against the last one kept and are looked at once.
 */
static uint32_t *top_places(struct work *work, size_t count)
{
	uint32_t *top = xcalloc(count, sizeof(*top));

	for (uint32_t place = 0; place < work->values.count; place++) {
		if (place < count) {
			top[place] = place;
			if (place + 1 == count && count < work->values.count)
				for (size_t i = count / 2 + 1; i-- > 0;)
					sift_down(work, top, count, i);
		} else if (order_of_tallies(&place, &top[0], work) < 0) {
			top[0] = place;
			sift_down(work, top, count, 0);
		}
	}
	qsort_r(top, count, sizeof(*top), order_of_tallies, work);
	return top;
}

static void add_bytes(int64_t *sum, int64_t bytes)
{
	/* Sizes are what the files claim. */
	if (__builtin_add_overflow(*sum, bytes, sum))
		*sum = INT64_MAX;
}

/* Makes the groups of the kept values and sums up the rest. */
static void choose(struct work *work, size_t limit)
{
	static const struct group none = {.first = WIDE_UNKNOWN, .last = WIDE_UNKNOWN};
	struct grouping *result = &work->result;

	result->total = work->values.count;
	result->count = limit && limit < result->total ? limit : result->total;
	result->groups = xcalloc(result->count, sizeof(*result->groups));
	result->others = none;
	work->last = xcalloc(result->count, DISTINCT * sizeof(*work->last));
	for (uint32_t place = 0; place < work->values.count; place++) {
		work->tallies[place].row = 0;
		work->tallies[place].kept = CUT_OFF;
		result->others.messages += work->tallies[place].messages;
		result->others.recipients += work->tallies[place].recipients;
	}
	uint32_t *top = result->count ? top_places(work, result->count) : NULL;
	for (uint32_t i = 0; i < result->count; i++) {
		struct tally *tally = &work->tallies[top[i]];
		uint64_t key = work->values.keys[top[i]];
		struct group *group = &result->groups[i];
		bool text = field_is_text(work->values.by->field);

		tally->kept = i;
		*group = none;
		group->id = text ? (uint32_t)key : INTERN_UNKNOWN;
		group->number = text ? 0 : (int64_t)key;
		group->known = key != (text ? INTERN_UNKNOWN : VALUES_UNKNOWN_NUMBER);
		group->messages = tally->messages;
		group->recipients = tally->recipients;
		result->others.messages -= tally->messages;
		result->others.recipients -= tally->recipients;
	}
	free(top);
}

static struct group *group_of(struct work *work, const struct tally *tally)
{
	return tally->kept == CUT_OFF ? &work->result.others : &work->result.groups[tally->kept];
}

static void add_arrival(struct group *group, int64_t arrival, int64_t now)
{
	if (arrival == WIDE_UNKNOWN)
		return;
	if (group->first == WIDE_UNKNOWN || arrival < group->first)
		group->first = arrival;
	if (group->last == WIDE_UNKNOWN || arrival > group->last)
		group->last = arrival;
	group->last_hour += arrival <= now && arrival > now - HOUR;
}

/* Counts a value when it is new to the group. */
static void count_distinct(
	struct work *work, uint32_t kept, unsigned kind, uint32_t id, uint32_t *count)
{
	uint64_t set = (uint64_t)kept * DISTINCT + kind;
	uint32_t *last = &work->last[set];

	/* Mail of one account lies side by side: no need to look in the set. */
	if (id == INTERN_UNKNOWN || id == *last)
		return;
	/* Of a million groups nearly all have one value: that needs no place in the set. */
	if (*count == 1)
		distinct_add(&work->seen, set, *last);
	*count += *count ? distinct_add(&work->seen, set, id) : 1;
	*last = id;
}

static void add_details(
	struct work *work, uint32_t row, struct tally *tally, bool first, uint64_t recipients)
{
	const struct snap *snap = work->values.env->snap;
	struct group *group = group_of(work, tally);
	int64_t size = snap_wide(snap, WIDE_SIZE, row);

	(void)recipients;
	if (!first)
		return;
	add_arrival(group, snap_wide(snap, WIDE_ARRIVAL, row), work->values.env->now);
	if (size != WIDE_UNKNOWN)
		add_bytes(&group->bytes, size);
	if (tally->kept == CUT_OFF)
		return;
	if (work->figures & GROUP_IPS)
		count_distinct(
			work, tally->kept, 0, field_client_id(work->values.env, row), &group->ips);
	if (work->figures & GROUP_ACCOUNTS)
		count_distinct(
			work, tally->kept, 1, snap_col(snap, COL_ACCOUNT, row), &group->accounts);
	if (work->figures & GROUP_SENDERS && snap->need.parts & NEED_SENDERS)
		count_distinct(
			work, tally->kept, 2, snap_col(snap, COL_SENDER, row), &group->senders);
}

static void count_copies(struct work *work, const struct bitset *rows)
{
	for (size_t row = bitset_next(rows, 0); row != SIZE_MAX; row = bitset_next(rows, row + 1)) {
		uint32_t login = snap_col(work->values.env->snap, COL_LOST_LOGIN, (uint32_t)row);
		uint32_t place = login ? values_find(&work->values, login) : VALUES_NONE;
		if (place != VALUES_NONE)
			group_of(work, &work->tallies[place])->copies++;
	}
}

struct grouping group_rows(const struct field_ref *by, struct field_env *env,
	const struct bitset *rows, size_t limit, unsigned figures)
{
	struct work work = {.values = {.by = by, .env = env}, .figures = figures};

	visit(&work, rows, count_value);
	choose(&work, limit);
	if (figures & GROUP_DETAILS) {
		values_again(&work.values);
		visit(&work, rows, add_details);
	}
	if (by->field->flags & FIELD_LOGIN)
		count_copies(&work, rows);
	work.result.messages = (uint32_t)bitset_count(rows);
	distinct_free(&work.seen);
	values_free(&work.values);
	free(work.last);
	free(work.tallies);
	return work.result;
}

void grouping_free(struct grouping *grouping)
{
	free(grouping->groups);
	*grouping = (struct grouping){0};
}
