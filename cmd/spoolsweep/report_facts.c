#include "cmd/spoolsweep/report_facts.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/query/group.h"

static int by_state(const void *a, const void *b)
{
	const struct queue_count *x = a, *y = b;
	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	return slice_cmp(x->name, y->name);
}

static struct queue_count *queue_of(struct totals *totals, struct slice name, enum msg_state state)
{
	for (size_t i = 0; i < totals->nqueues; i++)
		if (totals->queues[i].state == state && slice_eq(totals->queues[i].name, name))
			return &totals->queues[i];
	totals->queues = xrealloc(totals->queues, totals->nqueues + 1, sizeof(*totals->queues));
	totals->queues[totals->nqueues] = (struct queue_count){name, state, 0};
	return &totals->queues[totals->nqueues++];
}

void count_totals(const struct app *app, struct totals *totals)
{
	const struct snap *snap = &app->scan.snap;

	*totals = (struct totals){.oldest = WIDE_UNKNOWN, .newest = WIDE_UNKNOWN};
	for (size_t at = bitset_next(&app->rows, 0); at != SIZE_MAX;
		at = bitset_next(&app->rows, at + 1)) {
		uint32_t row = (uint32_t)at;
		int64_t arrival = snap_wide(snap, WIDE_ARRIVAL, row);
		int64_t size = snap_wide(snap, WIDE_SIZE, row);
		totals->messages++;
		totals->recipients += snap_col(snap, COL_NRCPT, row);
		totals->bytes += size == WIDE_UNKNOWN ? 0 : size;
		totals->damaged += snap_col(snap, COL_WARNINGS, row) != 0;
		totals->copies += snap_col(snap, COL_LOST_LOGIN, row) != INTERN_UNKNOWN;
		if (arrival != WIDE_UNKNOWN) {
			if (totals->oldest == WIDE_UNKNOWN || arrival < totals->oldest)
				totals->oldest = arrival;
			if (totals->newest == WIDE_UNKNOWN || arrival > totals->newest)
				totals->newest = arrival;
		}
		queue_of(totals, snap_text(snap, COL_QUEUE_NAME, row),
			(enum msg_state)snap->small[row].state)
			->messages++;
	}
	if (totals->nqueues)
		qsort(totals->queues, totals->nqueues, sizeof(*totals->queues), by_state);
}

void totals_free(struct totals *totals)
{
	free(totals->queues);
	totals->queues = NULL;
}

/* The known value with most of `rows`, if that is at least half of them. */
static bool find_leader(
	struct app *app, const struct bitset *rows, const char *name, struct arriving *arriving)
{
	struct field_ref by;
	struct need need = app->need;
	struct err err;
	bool found = false;

	if (field_find(slice_cstr(name), &need, &by, &err) != 0)
		return false;
	struct grouping grouping = group_rows(&by, &app->env, rows, 2, GROUP_MESSAGES);
	for (size_t i = 0; i < grouping.count && !found; i++) {
		const struct group *group = &grouping.groups[i];
		if (!group->known || group->messages * 2 < grouping.messages)
			continue;
		found = true;
		arriving->leader_field = name;
		arriving->leader_a_minute = group->messages * 60.0 / ARRIVING_SECONDS;
		if (field_is_text(by.field))
			arriving->leader_key = intern_get(&app->scan.snap.strings, group->id);
		else
			arriving->leader_key = slice_of(arriving->room,
				(size_t)snprintf(arriving->room, sizeof(arriving->room), "%lld",
					(long long)group->number));
	}
	grouping_free(&grouping);
	return found;
}

void find_arriving(struct app *app, struct arriving *arriving)
{
	static const struct {
		const char *field;
		const char *words;
	} leaders[] = {{"account", "from"}, {"client_net", "from network"}, {"uid", "from uid"}};
	const struct snap *snap = &app->scan.snap;
	struct bitset fresh = bitset_new(snap->rows);

	*arriving = (struct arriving){.newest = WIDE_UNKNOWN};
	for (size_t at = bitset_next(&app->rows, 0); at != SIZE_MAX;
		at = bitset_next(&app->rows, at + 1)) {
		int64_t arrival = snap_wide(snap, WIDE_ARRIVAL, (uint32_t)at);
		if (arrival == WIDE_UNKNOWN)
			continue;
		if (arriving->newest == WIDE_UNKNOWN || arrival > arriving->newest)
			arriving->newest = arrival;
		/* What is dated later than now says that a clock is wrong, or that this is a copy. */
		if (arrival <= app->now - ARRIVING_SECONDS || arrival > app->now)
			continue;
		bitset_set(&fresh, at);
		arriving->messages++;
	}
	arriving->a_minute = arriving->messages * 60.0 / ARRIVING_SECONDS;
	for (size_t i = 0; arriving->messages && !arriving->leader && i < 3; i++)
		if (find_leader(app, &fresh, leaders[i].field, arriving))
			arriving->leader = leaders[i].words;
	bitset_free(&fresh);
}

void count_ages(const struct app *app, struct age_bucket ages[AGE_BUCKETS])
{
	/* Postfix retries at 5 minutes and, by the default, gives up after 5 days. */
	static const struct age_bucket empty[AGE_BUCKETS] = {
		{"under 5 m", 0, 0},
		{"5 m - 1 h", 300, 0},
		{"1 - 6 h", 3600, 0},
		{"6 - 24 h", 21600, 0},
		{"1 - 2 d", 86400, 0},
		{"2 - 3 d", 172800, 0},
		{"3 - 5 d", 259200, 0},
		{"over 5 d", 432000, 0},
	};
	const struct snap *snap = &app->scan.snap;

	memcpy(ages, empty, sizeof(empty));
	for (size_t at = bitset_next(&app->rows, 0); at != SIZE_MAX;
		at = bitset_next(&app->rows, at + 1)) {
		int64_t arrival = snap_wide(snap, WIDE_ARRIVAL, (uint32_t)at);
		if (arrival == WIDE_UNKNOWN)
			continue;
		size_t i = AGE_BUCKETS - 1;
		while (i > 0 && app->now - arrival < ages[i].from)
			i--;
		ages[i].messages++;
	}
}
