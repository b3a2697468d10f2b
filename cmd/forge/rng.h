/*
 * rng: numbers that look random and are the same on every machine.
 *
 * A stream is a pure function of (seed, stream number), so message 4711 is the
 * same message whatever was made before it. Integers only: no result hangs on
 * how a compiler or a libm rounds. Not for secrets. One owner, one thread.
 */
#ifndef CMD_FORGE_RNG_H
#define CMD_FORGE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state[4]; /* xoshiro256** */
};

/* Starts stream number `stream` of a seed; any two are unrelated. */
struct rng rng_start(uint64_t seed, uint64_t stream);

uint64_t rng_next(struct rng *rng);

/* 0 .. bound - 1, each equally often; bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
/* low .. high, both included. */
int64_t rng_between(struct rng *rng, int64_t low, int64_t high);
/* True in `share` of 10,000 cases. */
bool rng_chance(struct rng *rng, unsigned share);

/* An index below count, chosen by weight; not all weights may be 0. */
size_t rng_weighted(struct rng *rng, const unsigned *weights, size_t count);

/*
 * A size from a log-normal distribution (sigma 1): half are below the median, 1
 * in 6 above 2.7 times, 1 in 100 above 10 times, none above 30 times.
 */
uint64_t rng_size(struct rng *rng, uint64_t median);

/* 0, 1, 2 ... with the given mean in hundredths, each step equally unlikely (geometric). */
unsigned rng_count(struct rng *rng, unsigned mean_hundredths);

/* A number that depends on `value` and `salt` only, for facts that must not change. */
uint64_t rng_mix(uint64_t value, uint64_t salt);

#endif
