/*
 * follow: what the looks after a run share.
 *
 * Each look is a scan with the same filter. What it finds belongs to the run that was
 * confirmed and goes on in its journal, so that one line takes all of it back. The trash is
 * locked during a look that acts, not between two: others may work on the queue meanwhile,
 * and what they had in hand is left to them.
 */
#ifndef CMD_SPOOLSWEEP_FOLLOW_H
#define CMD_SPOOLSWEEP_FOLLOW_H

#include "cmd/spoolsweep/act.h"
#include "core/query/keymap.h"

struct follow {
	int64_t planned_at; /* clock_now_ms: when the scan of the plan began */
	int64_t begin, until;
	int64_t last;          /* when something was found last; 0 never */
	struct hashset seen;   /* digests of what was in the queue, or in a plan */
	struct keymap refused; /* of these, what may be tried again ... */
	uint8_t *tries;        /* ... and how often it was, by its place there */
	uint32_t planned;      /* different messages */
	uint32_t first;        /* of these, in the plan that was confirmed */
	unsigned newest;       /* journals up to this number were read ... */
	int64_t looked_at;     /* ... as they were at this time, milliseconds of the epoch */
	uint32_t counts[OUTCOMES];
	bool partly; /* something was not done that is not tried again */
	bool told_unread, told_busy;
};

/* ---- follow_known.c: what arrived, and what did not ---- */

/* Of the rows those that arrived since, or may be tried again. How many of them are new. */
uint32_t follow_keep_arrivals(struct act *act);
/*
 * Mail that another run had in hand meanwhile is where somebody wants it: what an undo
 * brought back must not be purged again. With the lock held, so that none is at work.
 */
int follow_leave_to_others(struct act *act);
/* Of what was refused: how many messages still are. */
uint32_t follow_count_refused(const struct follow *follow);

/* ---- follow_tell.c ---- */

void follow_tell_begin(int64_t seconds);
/* On a terminal, while nothing happens. */
void follow_show_rest(const struct act *act);
/* `fresh` more would be more than --max: the code to end with. */
int follow_tell_too_many(const struct act *act, uint32_t fresh);
void follow_tell_end(struct act *act);
/* Something arrived a moment ago, and the time is up. */
void follow_tell_open_source(const struct act *act, int64_t seconds);
/* After a run without --follow. */
void follow_tell_more(const struct act *act, uint32_t fresh);

#endif
