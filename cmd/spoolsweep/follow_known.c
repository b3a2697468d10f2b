/* Which messages arrived after a plan was made, and what became of those that did. */
#include <stdlib.h>

#include "cmd/spoolsweep/follow.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	TRIES = 3,   /* of a message that was refused for the moment */
	LAG_MS = 20, /* the time of a file lags behind the clock */
};

void follow_begin(struct act *act)
{
	const struct scan *scan = &act->app->scan;
	struct follow *follow = xcalloc(1, sizeof(*follow));

	/* What is there by now has not arrived later. */
	for (uint32_t row = 0; row < scan->snap.rows; row++)
		hashset_add(&follow->seen, (uint64_t)snap_wide(&scan->snap, WIDE_DIGEST, row));
	int64_t took = (int64_t)(scan->seconds * 1000);
	follow->planned_at = clock_now_ms() - took;
	follow->looked_at = clock_ms(CLOCK_REALTIME) - took - LAG_MS;
	act->follow = follow;
}

void follow_free(struct act *act)
{
	struct follow *follow = act->follow;

	if (!follow)
		return;
	hashset_free(&follow->seen);
	keymap_free(&follow->refused);
	free(follow->tries);
	free(follow);
	act->follow = NULL;
}

uint32_t follow_done(const struct act *act)
{
	return outcomes_done(act->follow->counts);
}

/* The queue manager had it in hand, say: perhaps it can be done with the next look. */
static void note_refused(struct follow *follow, uint64_t digest, bool again)
{
	uint32_t count = follow->refused.count;

	if (!again && keymap_find(&follow->refused, digest) == KEYMAP_NONE)
		return;
	uint32_t place = keymap_add(&follow->refused, digest);
	if (place == count) {
		if ((count & (count - 1)) == 0) /* full at every power of two */
			follow->tries = xrealloc(follow->tries, count ? count * 2 : 1, 1);
		follow->tries[place] = 0;
	}
	follow->tries[place] = again ? (uint8_t)(follow->tries[place] + 1) : UINT8_MAX;
}

static bool may_be_tried(const struct follow *follow, uint64_t digest)
{
	uint32_t place = keymap_find(&follow->refused, digest);
	return place != KEYMAP_NONE && follow->tries[place] < TRIES;
}

void follow_note(struct act *act, const struct run *run)
{
	struct follow *follow = act->follow;

	for (uint32_t i = 0; i < act->plan.count; i++) {
		uint64_t digest = act->plan.items[i].digest;
		enum outcome outcome = (enum outcome)run->outcomes[i];
		bool again = outcome == OUTCOME_REFUSED || outcome == OUTCOME_FAILED;
		follow->planned += !may_be_tried(follow, digest);
		hashset_add(&follow->seen, digest);
		note_refused(follow, digest, again);
		if (!again)
			follow->counts[outcome]++;
		follow->partly |= outcome == OUTCOME_CHANGED || outcome == OUTCOME_UNTIDY;
	}
}

uint32_t follow_keep_arrivals(struct act *act)
{
	struct app *app = act->app;
	const struct follow *follow = act->follow;
	struct bitset kept = bitset_new(app->scan.snap.rows);
	uint32_t fresh = 0;

	for (size_t row = bitset_next(&app->rows, 0); row != SIZE_MAX;
		row = bitset_next(&app->rows, row + 1)) {
		uint64_t digest = (uint64_t)snap_wide(&app->scan.snap, WIDE_DIGEST, (uint32_t)row);
		bool is_new = !hashset_has(&follow->seen, digest);
		if (is_new || may_be_tried(follow, digest))
			bitset_set(&kept, row);
		fresh += is_new;
	}
	bitset_free(&app->rows);
	app->rows = kept;
	return fresh;
}

uint32_t follow_count_refused(const struct follow *follow)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < follow->refused.count; i++)
		count += follow->tries[i] != UINT8_MAX;
	return count;
}

/* An older run may have gone on: followed as well, or resumed. */
static bool was_written(const struct act *act, unsigned number)
{
	const struct follow *follow = act->follow;
	return number != act->plan.head.number &&
		(number > follow->newest || journal_time(act->state, number) >= follow->looked_at);
}

int follow_leave_to_others(struct act *act)
{
	struct follow *follow = act->follow;
	int64_t now = clock_ms(CLOCK_REALTIME);
	unsigned *numbers;
	size_t count;
	struct err err;

	if (journal_numbers(act->state, &numbers, &count, &err) != 0)
		return complain(&err);
	for (size_t i = 0; i < count; i++) {
		struct journal_log log;
		if (!was_written(act, numbers[i]) ||
			journal_read(
				act->state, numbers[i], act->app->spools.formats, &log, &err) != 0)
			continue;
		for (uint32_t k = 0; k < log.nitems; k++) {
			hashset_add(&follow->seen, log.items[k].digest);
			note_refused(follow, log.items[k].digest, false);
		}
		journal_log_free(&log);
	}
	if (count)
		follow->newest = numbers[count - 1];
	follow->looked_at = now - LAG_MS;
	free(numbers);
	return EXIT_DONE;
}
