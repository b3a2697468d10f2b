/* show: one run with all its findings and the truth, for people who want to know why. */
#ifndef CMD_VERDICTS_SHOW_H
#define CMD_VERDICTS_SHOW_H

#include "cmd/verdicts/judge.h"

void show_run(struct run *run, struct buf *out);

#endif
