#include "core/base/hashset.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

enum { FIRST_SLOTS = 1024 };

void hashset_free(struct hashset *set)
{
	free(set->slots);
	*set = (struct hashset){0};
}

static size_t find_slot(const struct hashset *set, uint64_t key)
{
	size_t at = (size_t)hash_spread(key) & set->mask;
	while (set->slots[at] && set->slots[at] != key)
		at = (at + 1) & set->mask;
	return at;
}

static void grow(struct hashset *set)
{
	struct hashset old = *set;
	size_t slots = old.slots ? (old.mask + 1) * 2 : FIRST_SLOTS;
	set->slots = xtable(slots, sizeof(*set->slots));
	set->mask = slots - 1;
	for (size_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i])
			set->slots[find_slot(set, old.slots[i])] = old.slots[i];
	free(old.slots);
}

bool hashset_add(struct hashset *set, uint64_t key)
{
	if (key == 0) {
		bool fresh = !set->has_zero;
		set->has_zero = true;
		set->count += fresh;
		return fresh;
	}
	if (!set->slots || set->count > set->mask / 8 * 5)
		grow(set);
	size_t at = find_slot(set, key);
	if (set->slots[at])
		return false;
	set->slots[at] = key;
	set->count++;
	return true;
}

bool hashset_has(const struct hashset *set, uint64_t key)
{
	if (key == 0)
		return set->has_zero;
	return set->slots && set->slots[find_slot(set, key)] != 0;
}

void hashset_merge(struct hashset *set, struct hashset *from)
{
	if (!set->count) {
		struct hashset empty = *set;
		*set = *from;
		*from = empty;
	}
	if (from->has_zero)
		hashset_add(set, 0);
	for (size_t i = 0; from->slots && i <= from->mask; i++)
		if (from->slots[i])
			hashset_add(set, from->slots[i]);
	hashset_free(from);
}
