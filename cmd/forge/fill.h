/*
 * fill: bodies that give a message a certain size, as Postfix counts it: the bytes that its
 * lines take in the queue file. Without making the body its size is known.
 */
#ifndef CMD_FORGE_FILL_H
#define CMD_FORGE_FILL_H

#include "cmd/forge/rng.h"
#include "core/base/buf.h"

/* What these lines take. */
uint64_t fill_cost(struct slice lines);
/* What the body must take, below headers that take so much, for the size that is wanted. */
uint64_t fill_left(uint64_t size, uint64_t head);
/* Appends lines of words that take exactly so much; at least 2. */
void fill_body(struct buf *out, struct rng *rng, uint64_t cost);

#endif
