/*
 * judge: the verdict of a command: made between the scan and the filter, over all messages,
 * where the command or its filter asks for findings (NEED_FINDINGS).
 */
#ifndef CMD_SPOOLSWEEP_JUDGE_H
#define CMD_SPOOLSWEEP_JUDGE_H

#include "cmd/spoolsweep/command.h"
#include "core/verdict/verdict.h"

/*
 * A finding that the filter names, as it was in the first scan. A later look of the same
 * command (--follow) takes what its filter selects by then: what a purge leaves is too little
 * to be found anew.
 */
struct named_finding {
	char id[sizeof(((struct finding *)0)->id)];
	enum finding_class class;
	enum level level;
	bool messages, bounces; /* which of the two the filter names */
	uint32_t nbounces;
	char *title, *filter_text;
	struct filter *filter;
	struct bitset rows; /* in a later look */
};

/* What a finding is called: its title, or the first of whom it names. */
struct slice finding_title(const struct finding *finding);

/* Before the scan: what has to be read. EXIT_DONE or a code, told. */
int judge_prepare(struct app *app);
/*
 * Behind it: makes the verdict, marks the rows, and looks up what the filter names. An id that
 * this scan does not produce is told with those that it does: EXIT_REFUSED for what acts, else
 * EXIT_NOTHING.
 */
int judge(struct app *app);
/* The first half of that. EXIT_DONE or a code, told. */
int judge_rows(struct app *app);
/* The finding with that id, or NULL: told with the ids that there are. */
const struct finding *judge_find(const struct app *app, struct slice id);
/* With the rows of the plan: whether `op` may be done to what the filter names. */
int judge_action(const struct app *app, enum op op);
/* "finding SA-3c91 (stolen-account, confirmed)": why, for the journal; nothing for no finding. */
void judge_reason(const struct app *app, struct buf *out);
/* Frees all of it. */
void judge_end(struct app *app);

/* Whether a finding has a message in common with the rows that the filter selects. */
bool finding_touches(const struct app *app, const struct finding *finding);

#endif
