/* tally: the scores of all runs put together: each scenario counts the same, however many runs. */
#ifndef CMD_VERDICTS_TALLY_H
#define CMD_VERDICTS_TALLY_H

#include "cmd/verdicts/set.h"

/*
 * Prints tables by class and by family, the worst runs, and the goals. 0: all are met, 1: one is
 * missed, 3: a run failed.
 */
int tally_print(const struct job *jobs, const struct score *scores, size_t count, struct buf *out);

#endif
