/*
 * guess_host: the domain of a mail server, by what it calls itself in the messages it took: the
 * Received field with a message's queue id is its own, and no stranger can write it.
 */
#ifndef CORE_QUERY_GUESS_HOST_H
#define CORE_QUERY_GUESS_HOST_H

#include "core/queue/snap.h"

/*
 * Calls `found` with the domain of each name that is no rarity among the messages of a spool, as
 * a string id: example.org of mx1.example.org, but all of example.co.uk. Adds it to the strings.
 */
void guess_host(
	struct snap *snap, unsigned spool, void (*found)(void *ctx, uint32_t domain), void *ctx);

#endif
