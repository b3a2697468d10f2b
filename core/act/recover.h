/*
 * recover: what a run that died had done already.
 *
 * The line of an outcome follows the act, and lines are written in groups: a process
 * that dies takes the news of its last thousand messages with it. Such a message is
 * where it should be, or where it was; which of the two is looked up before the run is
 * resumed or undone. Nothing is changed.
 */
#ifndef CORE_ACT_RECOVER_H
#define CORE_ACT_RECOVER_H

#include "core/act/run.h"

/*
 * Looks for each message whose `known` outcome (by item) is OUTCOME_NONE where the run
 * puts it. One that is there becomes OUTCOME_UNTIDY: done, but what follows may not be.
 * Of messages that were to be removed for good none can be found. Returns how many
 * were.
 */
uint32_t recover(const struct plan *plan, const struct run_place *places, uint8_t *known);

#endif
