/* What comes back past its life time: the MTA tries it once more, and gives it up. */
#include "cmd/spoolsweep/act.h"
#include "core/base/units.h"

static bool is_late(const struct app *app, const struct spool *spool, uint32_t row)
{
	const struct snap *snap = &app->scan.snap;
	bool bounce = snap_col(snap, COL_SENDER, row) == INTERN_EMPTY;
	int64_t life = spool_lifetime(spool, bounce);
	int64_t created = snap_wide(snap, WIDE_CREATED, row), age;

	if (snap->small[row].flags & SNAP_FORCED_EXPIRE)
		return true;
	return life >= 0 && created != WIDE_UNKNOWN &&
		!__builtin_sub_overflow(app->now, created, &age) && age >= life;
}

void act_find_late(struct act *act)
{
	const struct app *app = act->app;
	const struct snap *snap = &app->scan.snap;
	enum op op = act->plan.head.op;

	act->comes_back = op == OP_RELEASE || op == OP_RESTORE;
	if (!act->comes_back)
		return;
	for (size_t at = bitset_next(&app->rows, 0); at != SIZE_MAX;
		at = bitset_next(&app->rows, at + 1)) {
		uint32_t row = (uint32_t)at;
		const struct spool *spool = snap->spools[snap->small[row].spool];
		if (!is_late(app, spool, row))
			continue;
		hashset_add(&act->late, (uint64_t)snap_wide(snap, WIDE_DIGEST, row));
		act->late_assumed |= spool->lifetime_assumed;
	}
}

uint32_t act_count_late(const struct act *act, const struct run *run)
{
	uint32_t count = 0;

	for (uint32_t i = 0; act->late.count && i < act->plan.count; i++)
		count += outcome_is_done((enum outcome)run->outcomes[i]) &&
			hashset_has(&act->late, act->plan.items[i].digest);
	return count;
}

void act_add_late(const struct act *act, struct buf *text, uint32_t count, const char *between)
{
	enum { DAY = 24 * 60 * 60 };
	const struct spool *spool = act->app->spools.list[0];

	units_count(text, count);
	buf_printf(text, " %s past %s life time: at the next attempt %s returns %s",
		count == 1 ? "is" : "are", count == 1 ? "its" : "their", spool->format->title,
		count == 1 ? "it" : "them");
	if (act->late_assumed)
		buf_printf(text,
			"%s(by its default of %lld days: no configuration names the queue)",
			between, (long long)spool->lifetime / DAY);
}

void sink_late(struct sink *sink, const struct act *act, uint32_t count)
{
	if (act->comes_back)
		sink_int(sink, "past_lifetime", count);
	else
		sink_null(sink, "past_lifetime");
}
