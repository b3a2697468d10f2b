/*
 * background: the mail that a decent site has in its queue on any day. Each
 * function makes all but the queue and the reasons.
 */
#ifndef CMD_FORGE_BACKGROUND_H
#define CMD_FORGE_BACKGROUND_H

#include "cmd/forge/scene.h"

/* Kinds of it, with how many of 100 messages are of that kind. */
struct background {
	unsigned weight;
	void (*make)(struct draft *draft);
};
extern const struct background background_kinds[];
extern const unsigned background_count;

/* One with a login; one that a program on the mail server handed in. */
void background_account(struct draft *draft);
void background_local(struct draft *draft);
/* One of SITE_VICTIM's ordinary ones, from before the incident. */
void background_victim(struct draft *draft);

#endif
