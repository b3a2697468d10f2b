/* run_print: a run, as its journal tells it. */
#ifndef CMD_SPOOLSWEEP_RUN_PRINT_H
#define CMD_SPOOLSWEEP_RUN_PRINT_H

#include "cmd/spoolsweep/command.h"
#include "core/act/journal.h"

/* "finished", "running", or how far it came. */
void run_add_state(struct buf *out, const struct journal_log *log);
/* "uid 0 for admin"; in a list one name: the person, where that is known. */
void run_add_who(const struct app *app, struct buf *out, const struct journal_head *head);
/* What the user typed: the way back of a run may be any operation. */
const char *run_what_word(const struct journal_head *head);
/* Its head and counts, as members of the object in hand. */
void run_sink(struct sink *sink, const struct journal_log *log);

/* All runs, the last first, text or JSON. EXIT_DONE or a code, told. */
int run_list(struct app *app, int state, bool *empty);
/* All of one run, text or JSON. EXIT_DONE or a code, told. */
int run_print(struct app *app, int state, unsigned number);

#endif
