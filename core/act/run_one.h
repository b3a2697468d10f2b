/*
 * run_one: what one message of a run comes to.
 *
 * The driver finds it wherever it is by now and holds it open, it is compared with the
 * plan, the driver's steps are executed; one that moves on meanwhile is followed. Any
 * thread, each with its own arena; nothing of the run is changed.
 */
#ifndef CORE_ACT_RUN_ONE_H
#define CORE_ACT_RUN_ONE_H

#include "core/act/run.h"

/* Where it was found, and how many of its recipients were done by then, and how many not. */
struct found_as {
	unsigned queue;
	enum msg_state state;
	uint32_t served, waiting;
};

/*
 * OUTCOME_NONE: an earlier process had done it, and there is nothing new to tell. `words`
 * say why it was refused, failed or is untidy.
 */
enum outcome run_one(const struct run *run, uint32_t item, struct arena *arena, struct found_as *as,
	struct err *words);

/*
 * Takes away logs that are in the queue without their message, as after a purge that was
 * interrupted. -1 with *err when some stayed. Any thread.
 */
int run_sweep(const struct run *run, uint32_t item, struct err *err);

/* Whether a message that was found is the one that was planned, and was not edited. */
bool run_is_planned(const struct journal_item *item, const struct record *record);

/* A queue of the spool that the item is from, as the journal has it. */
const char *run_queue_name(const struct run *run, uint32_t item, unsigned queue);

/* Whether an earlier process has done it: it is not tried, at most tidied up. */
bool run_is_known(const struct run *run, uint32_t item);

#endif
