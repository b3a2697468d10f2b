/*
 * spare: what an index lets go of when it gets too large.
 *
 * A queue of five million must not take the memory that the mail server needs. Past
 * snap.most bytes a column of strings is given up: the one that costs most among those
 * that nobody asked for, else the one that costs most. It is then of no row, so nobody can
 * take half a column for the whole; snap.given_up says so. Senders and recipients keep
 * their domain, reasons their class. What a message is known by is never given up, nor are
 * account, client and script.
 */
#ifndef CORE_QUEUE_SPARE_H
#define CORE_QUEUE_SPARE_H

#include "core/queue/snap.h"

/* Called by snap_add, before a row, when there are snap.next_look of them. */
void spare_look(struct snap *snap);

#endif
