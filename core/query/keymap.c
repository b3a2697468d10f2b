#include "core/query/keymap.h"

#include <stdlib.h>

#include "core/base/hashset.h"
#include "core/base/xalloc.h"

enum { FIRST_SLOTS = 256 };

void keymap_free(struct keymap *map)
{
	free(map->slots);
	*map = (struct keymap){0};
}

/* Keys are string ids and counts, never bytes that a stranger could choose. */
static struct keymap_slot *find_slot(const struct keymap *map, uint64_t key)
{
	size_t at = (size_t)hash_spread(key) & map->mask;
	while (map->slots[at].place && map->slots[at].key != key)
		at = (at + 1) & map->mask;
	return &map->slots[at];
}

static void grow(struct keymap *map)
{
	struct keymap old = *map;
	size_t slots = old.slots ? (old.mask + 1) * 2 : FIRST_SLOTS;
	map->slots = xtable(slots, sizeof(*map->slots));
	map->mask = slots - 1;
	for (size_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].place)
			*find_slot(map, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

uint32_t keymap_add(struct keymap *map, uint64_t key)
{
	if (!map->slots || map->count > map->mask / 8 * 5)
		grow(map);
	struct keymap_slot *slot = find_slot(map, key);
	if (!slot->place)
		*slot = (struct keymap_slot){key, ++map->count};
	return slot->place - 1;
}

uint32_t keymap_find(const struct keymap *map, uint64_t key)
{
	uint32_t place = map->slots ? find_slot(map, key)->place : 0;
	return place ? place - 1 : KEYMAP_NONE;
}
