/* trash_facts: how much mail lies in the trash of the queues of this run. */
#ifndef CMD_SPOOLSWEEP_TRASH_FACTS_H
#define CMD_SPOOLSWEEP_TRASH_FACTS_H

#include "cmd/spoolsweep/command.h"

struct trash_facts {
	bool known;    /* every trash could be looked into; else the figures say nothing */
	uint32_t runs; /* with a message in the trash */
	unsigned run;  /* the only one of them */
	uint32_t messages;
	int64_t bytes; /* of their files */
};

/* Lists the folders of messages and opens none of them. */
void count_trash(const struct app *app, struct trash_facts *facts);

/*
 * The runs that have a folder in the trash of one of the queues, ascending, each once; free
 * them. NULL when one could not be looked into.
 */
unsigned *find_trash_runs(const struct app *app, size_t *count);
bool is_among_runs(const unsigned *runs, size_t count, unsigned run);

/* "trash empty", "trash 60,112 in run 17", "trash 70,000 in 2 runs"; nothing when not known. */
void print_trash(const struct trash_facts *facts, struct buf *out);

/* The member "trash" of an object: messages and bytes, or null. */
void sink_trash(struct sink *sink, const struct trash_facts *facts);

#endif
