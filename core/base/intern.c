#include "core/base/intern.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/base/xalloc.h"

enum { FIRST_SLOTS = 4096, FOLD_STACK = 512 };

static uint64_t process_seed(void)
{
	static uint64_t seed;
	/* Threads may race to draw it: the first one that stores wins. */
	uint64_t now = __atomic_load_n(&seed, __ATOMIC_RELAXED);
	if (now)
		return now;
	uint64_t drawn = 0;
	if (getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != sizeof(drawn))
		drawn = (uint64_t)(uintptr_t)&drawn; /* before the pool is up: ASLR */
	drawn |= 1;
	if (__atomic_compare_exchange_n(
		    &seed, &now, drawn, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return drawn;
	return now;
}

uint64_t seeded_hash(const void *data, size_t len)
{
	return XXH3_64bits_withSeed(data, len, process_seed());
}

void intern_init(struct intern *in)
{
	*in = (struct intern){.cap = FIRST_SLOTS, .mask = FIRST_SLOTS - 1};
	in->places = xcalloc(in->cap, sizeof(*in->places));
	in->slots = xtable(FIRST_SLOTS, sizeof(*in->slots));
	in->count = 1;
	intern_add(in, SLICE(""));
}

void intern_free(struct intern *in)
{
	texts_free(&in->texts);
	free(in->places);
	free(in->slots);
	*in = (struct intern){0};
}

/* The slot that holds s, or the free one where it belongs. */
static uint32_t find_slot(const struct intern *in, struct slice s, uint32_t hash)
{
	uint32_t at = hash & in->mask;
	while (in->slots[at]) {
		if ((uint32_t)(in->slots[at] >> 32) == hash &&
			slice_eq(intern_get(in, (uint32_t)in->slots[at]), s))
			break;
		at = (at + 1) & in->mask;
	}
	return at;
}

static void grow_slots(struct intern *in)
{
	uint32_t old_count = in->mask + 1;
	uint64_t *old = in->slots;
	in->mask = old_count * 2 - 1;
	in->slots = xtable((size_t)in->mask + 1, sizeof(*in->slots));
	for (uint32_t i = 0; i < old_count; i++) {
		if (!old[i])
			continue;
		uint32_t at = (uint32_t)(old[i] >> 32) & in->mask;
		while (in->slots[at])
			at = (at + 1) & in->mask;
		in->slots[at] = old[i];
	}
	free(old);
}

uint32_t intern_add(struct intern *in, struct slice s)
{
	if (!s.ptr)
		return INTERN_UNKNOWN;
	uint32_t hash = (uint32_t)seeded_hash(s.ptr, s.len);
	uint32_t at = find_slot(in, s, hash);
	if (in->slots[at])
		return (uint32_t)in->slots[at];
	if (in->count == in->cap) {
		in->cap *= 2;
		in->places = xrealloc(in->places, in->cap, sizeof(*in->places));
	}
	uint32_t id = in->count++;
	in->places[id] = texts_add(&in->texts, s);
	in->slots[at] = (uint64_t)hash << 32 | id;
	if (in->count > (in->mask + 1) / 8 * 5)
		grow_slots(in);
	return id;
}

uint32_t intern_add_fold(struct intern *in, struct slice s)
{
	char stack[FOLD_STACK];
	if (!s.ptr)
		return INTERN_UNKNOWN;
	char *lower = s.len <= sizeof(stack) ? stack : xcalloc(s.len, 1);
	for (size_t i = 0; i < s.len; i++)
		lower[i] = ascii_lower(s.ptr[i]);
	uint32_t id = intern_add(in, slice_of(lower, s.len));
	if (lower != stack)
		free(lower);
	return id;
}

uint32_t intern_find(const struct intern *in, struct slice s)
{
	if (!s.ptr)
		return INTERN_UNKNOWN;
	uint32_t at = find_slot(in, s, (uint32_t)seeded_hash(s.ptr, s.len));
	return in->slots[at] ? (uint32_t)in->slots[at] : INTERN_UNKNOWN;
}
