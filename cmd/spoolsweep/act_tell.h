/* act_tell: what became of a run, in words. Private to act_tell*.c. */
#ifndef CMD_SPOOLSWEEP_ACT_TELL_H
#define CMD_SPOOLSWEEP_ACT_TELL_H

#include "cmd/spoolsweep/act.h"

/* For the person who started it. */
void tell_text(const struct act *act, const struct run *run, double seconds);
/* A later look of a run that is followed: one line. */
void tell_look(const struct act *act, const struct run *run);

/* Messages that the run did not come to. */
uint32_t tell_count_untried(const struct run *run);
/*
 * On hold now, and the MTA was about to deliver them: it may have them in memory until
 * their turn comes, and then remove what was released meanwhile, undelivered.
 */
uint32_t tell_count_remembered(const struct act *act, const struct run *run);
/* Not done, or not all of it: the journal says why. */
bool tell_needs_a_look(enum outcome outcome);

#endif
