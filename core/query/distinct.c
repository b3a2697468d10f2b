#include "core/query/distinct.h"

#include <stdlib.h>

#include "core/base/hashset.h"
#include "core/base/xalloc.h"

enum { FIRST_SLOTS = 1024, IDS = 64 };

void distinct_free(struct distinct *distinct)
{
	free(distinct->slots);
	*distinct = (struct distinct){0};
}

/* Keys are ids, never bytes that a stranger could choose. */
static struct distinct_slot *find_slot(const struct distinct *distinct, uint64_t key)
{
	size_t at = (size_t)hash_spread(key) & distinct->mask;
	while (distinct->slots[at].key && distinct->slots[at].key != key)
		at = (at + 1) & distinct->mask;
	return &distinct->slots[at];
}

static void grow(struct distinct *distinct)
{
	struct distinct old = *distinct;
	size_t slots = old.slots ? (old.mask + 1) * 2 : FIRST_SLOTS;
	distinct->slots = xtable(slots, sizeof(*distinct->slots));
	distinct->mask = slots - 1;
	for (size_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].key)
			*find_slot(distinct, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

bool distinct_add(struct distinct *distinct, uint64_t set, uint32_t id)
{
	uint64_t key = (set << 26 | id / IDS) + 1, bit = UINT64_C(1) << id % IDS;

	if (!distinct->slots || distinct->count > distinct->mask / 8 * 5)
		grow(distinct);
	struct distinct_slot *slot = find_slot(distinct, key);
	if (slot->ids & bit)
		return false;
	distinct->count += !slot->key;
	slot->key = key;
	slot->ids |= bit;
	return true;
}
