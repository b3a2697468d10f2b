/*
 * laws: what must not change a verdict. The same queue again, in another order, under other names,
 * days later, among twice as much ordinary mail: the same findings about the same messages, and no
 * level moves by more than one.
 */
#ifndef CMD_VERDICTS_LAWS_H
#define CMD_VERDICTS_LAWS_H

#include "cmd/verdicts/judge.h"

const char *law_name(enum law law);

/* Sets broken[law] for those that do not hold, and says in `what` how the first of them fails. */
void laws_try(const struct run_options *options, bool broken[LAWS], char *what, size_t size);

#endif
