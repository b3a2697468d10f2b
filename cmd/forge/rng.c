#include "cmd/forge/rng.h"

#include <assert.h>

/* One step of splitmix64: a counter in, a well-mixed number out. */
static uint64_t scramble(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

uint64_t rng_mix(uint64_t value, uint64_t salt)
{
	return scramble(scramble(value + GOLDEN) ^ (salt * GOLDEN));
}

struct rng rng_start(uint64_t seed, uint64_t stream)
{
	struct rng rng;
	uint64_t counter = rng_mix(stream, seed + 1);
	for (unsigned i = 0; i < 4; i++)
		rng.state[i] = scramble(counter += GOLDEN);
	return rng;
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	assert(bound > 0);
	/* What is below 2^64 mod bound would make small results too frequent. */
	uint64_t unfair = (0 - bound) % bound;
	uint64_t n;
	do
		n = rng_next(rng);
	while (n < unfair);
	return n % bound;
}

int64_t rng_between(struct rng *rng, int64_t low, int64_t high)
{
	return low + (int64_t)rng_below(rng, (uint64_t)(high - low) + 1);
}

bool rng_chance(struct rng *rng, unsigned share)
{
	return rng_below(rng, 10000) < share;
}

size_t rng_weighted(struct rng *rng, const unsigned *weights, size_t count)
{
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += weights[i];
	uint64_t n = rng_below(rng, total);
	size_t i = 0;
	while (n >= weights[i])
		n -= weights[i++];
	return i;
}

uint64_t rng_size(struct rng *rng, uint64_t median)
{
	/* exp(z) in 1/1024 at 33 equidistant quantiles of the normal distribution. */
	static const unsigned quantiles[] = {60, 159, 221, 274, 324, 373, 422, 471, 522, 574, 628,
		685, 745, 808, 875, 947, 1024, 1108, 1198, 1298, 1408, 1531, 1669, 1827, 2010, 2226,
		2486, 2811, 3235, 3826, 4749, 6596, 30720};
	enum { STEPS = sizeof(quantiles) / sizeof(*quantiles) - 1 };
	size_t step = (size_t)rng_below(rng, STEPS);
	uint64_t part = rng_below(rng, 1024);
	/* The last step holds the long tail: the fifth power keeps the giants rare. */
	if (step == STEPS - 1) {
		uint64_t square = part * part / 1024;
		part = square * square / 1024 * part / 1024;
	}
	uint64_t low = quantiles[step], high = quantiles[step + 1];
	return median * (low * 1024 + (high - low) * part) / 1024 / 1024;
}

unsigned rng_count(struct rng *rng, unsigned mean_hundredths)
{
	enum { MOST = 100 * 1000 };
	unsigned n = 0;
	while (n < MOST && rng_below(rng, mean_hundredths + 100) < mean_hundredths)
		n++;
	return n;
}
