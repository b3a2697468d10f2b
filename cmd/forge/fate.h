/*
 * fate: what became of a message since it came in: attempts that failed, when
 * the next one is due, who has got it, why the others have not.
 */
#ifndef CMD_FORGE_FATE_H
#define CMD_FORGE_FATE_H

#include "cmd/forge/scene.h"

/* Puts the message into that queue, with the history it would have there. */
void fate_place(struct draft *draft, enum fake_queue queue);

#endif
