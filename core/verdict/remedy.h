/* remedy: what to do about a finding, in steps, with the lines to paste. */
#ifndef CORE_VERDICT_REMEDY_H
#define CORE_VERDICT_REMEDY_H

#include "core/verdict/verdict.h"

/*
 * Fills in finding->remedy from its class, who and rows: how this queue's MTA does it, and for
 * networks the packet filter. Strings live in the arena. Lines are complete and safe to paste: a
 * value that a stranger chose is quoted for a shell, or left out with a word where it cannot be.
 * Those that begin with "spoolsweep " name no queue: that is for who prints them.
 */
void remedy_make(struct finding *finding, const struct field_env *env, struct arena *arena);

#endif
