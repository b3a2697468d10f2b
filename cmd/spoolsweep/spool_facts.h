/* spool_facts: what `spools` and `report` both say of a queue. */
#ifndef CMD_SPOOLSWEEP_SPOOL_FACTS_H
#define CMD_SPOOLSWEEP_SPOOL_FACTS_H

#include "core/out/sink.h"
#include "core/queue/format.h"

/* "running", "stopped", "state unknown" */
const char *mta_word(enum mta_state mta);
/* Words for the i-th capability bit; NULL behind the last. */
const char *capability_word(unsigned i);
/* One spool as an object; `name` as for sink_object. */
void sink_spool(struct sink *sink, const char *name, const struct spool *spool);

#endif
