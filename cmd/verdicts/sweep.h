/*
 * sweep: one number of a recipe is varied, and the level has to follow it one way: at which values
 * it changes is what the documentation says of the thresholds.
 */
#ifndef CMD_VERDICTS_SWEEP_H
#define CMD_VERDICTS_SWEEP_H

#include "cmd/verdicts/judge.h"

/*
 * Runs DIR/sweeps/NAME.recipe, three seeds of each, and appends a table for each. How many series
 * turn back on their way; -1 with *err.
 */
int sweep_all(const char *dir, struct buf *out, struct err *err);

#endif
