#include "core/base/frequent.h"

#include <stdlib.h>

#include "core/base/intern.h"
#include "core/base/xalloc.h"

enum { PLACE_SHIFT = 32 - 11 };
_Static_assert(FREQUENT_PLACES == 1 << (32 - PLACE_SHIFT), "as many places as bits are left");

void frequent_free(struct frequent *frequent)
{
	for (size_t i = 0; frequent->slots && i < FREQUENT_PLACES; i++)
		free(frequent->slots[i].text);
	free(frequent->slots);
	*frequent = (struct frequent){0};
}

uint32_t frequent_hash(struct slice text)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (uint8_t)ascii_lower(text.ptr[i])) * 16777619u;
	return hash ? hash : 1;
}

/* Where it is or would be. Seeded: a stranger could choose hashes that lie side by side. */
static struct frequent_slot *place_of(const struct frequent *frequent, uint32_t hash)
{
	struct frequent_slot *slots = frequent->slots;
	size_t at = (hash * frequent->seed) >> PLACE_SHIFT;

	while (slots[at].count && slots[at].hash != hash)
		at = (at + 1) % FREQUENT_PLACES;
	return &slots[at];
}

/* One off each. What is left is placed anew, since a search ends at a free place. */
static void count_down(struct frequent *frequent)
{
	struct frequent_slot *old = frequent->slots;

	frequent->slots = xcalloc(FREQUENT_PLACES, sizeof(*frequent->slots));
	frequent->used = 0;
	for (size_t i = 0; i < FREQUENT_PLACES; i++) {
		if (old[i].count < 2) {
			free(old[i].text);
			continue;
		}
		old[i].count--;
		*place_of(frequent, old[i].hash) = old[i];
		frequent->used++;
	}
	free(old);
}

static void keep_text(struct frequent_slot *slot, struct slice text)
{
	slot->text = xcalloc(text.len + 1, 1);
	slot->len = (uint32_t)text.len;
	for (size_t i = 0; i < text.len; i++)
		slot->text[i] = ascii_lower(text.ptr[i]);
}

void frequent_add(struct frequent *frequent, struct slice text, uint32_t hash)
{
	if (!frequent->slots) {
		frequent->slots = xcalloc(FREQUENT_PLACES, sizeof(*frequent->slots));
		frequent->seed = (uint32_t)seeded_hash("", 0) | 1;
	}
	struct frequent_slot *slot = place_of(frequent, hash);
	if (!slot->count && frequent->used == FREQUENT_SLOTS) {
		count_down(frequent);
		return;
	}
	frequent->used += !slot->count;
	slot->hash = hash;
	slot->count += slot->count < UINT32_MAX;
	/* Most come once, and are not worth a copy. */
	if (slot->count > 1 && !slot->text && slice_known(text))
		keep_text(slot, text);
}

struct slice frequent_find(const struct frequent *frequent, uint32_t hash)
{
	if (!frequent->slots)
		return (struct slice){0};
	const struct frequent_slot *slot = place_of(frequent, hash);
	return slice_of(slot->text, slot->text ? slot->len : 0);
}
