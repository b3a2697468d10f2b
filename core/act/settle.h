/*
 * settle: what became of mail that the MTA was working on when it was acted on.
 *
 * A delivery agent that has the file open finishes its work wherever the file is
 * now. So at the end of a run such messages are looked at once more: whoever is
 * still locked by an agent, or has more recipients done than before, is told as
 * OUTCOME_DELIVERING; and logs that were written after a purge are swept. Where locks
 * cannot be seen, as those of another container, that is what the journal says.
 */
#ifndef CORE_ACT_SETTLE_H
#define CORE_ACT_SETTLE_H

#include "core/act/run_one.h"

/*
 * While the run acts, with its lock held: remembers a message that may be under way;
 * `told` when the journal says already that it was being delivered.
 */
void settle_note(struct run *run, uint32_t item, const struct found_as *as, bool told);

/*
 * At the end of a run. Waits a few seconds for deliveries to come to their end, so that
 * what they write about a purged message can be swept; run->unsettled counts the rest,
 * run->untold those of whom nobody can say.
 */
void settle(struct run *run);

#endif
