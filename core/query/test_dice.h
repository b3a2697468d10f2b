/* test_dice: chance that is the same in every run (xorshift64*). Only tests include this. */
#ifndef CORE_QUERY_TEST_DICE_H
#define CORE_QUERY_TEST_DICE_H

#include <stdint.h>

struct dice {
	uint64_t state; /* not 0 */
};

static inline uint32_t roll(struct dice *dice, uint32_t sides)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return (uint32_t)(dice->state * 0x2545f4914f6cdd1du >> 32) % sides;
}

#endif
