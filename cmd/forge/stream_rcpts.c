/* To whom a message of a stream goes, and why it would have to wait. */
#include "cmd/forge/stream.h"

#include "cmd/forge/words.h"

static unsigned how_many(struct making *making)
{
	struct rng *rng = &making->draft->rng;
	const struct choice *choice = choices_draw(&making->stream->rcpts, rng);
	int64_t count = choice->a;
	if (choice->word == RCPTS_PEOPLE)
		return draft_recipient_count(making->draft);
	if (choice->word == RCPTS_BETWEEN)
		count = rng_between(rng, choice->a, choice->b > choice->a ? choice->b : choice->a);
	return count > 0 && count < 2000 ? (unsigned)count : 1;
}

static struct slice in_alphabet(struct making *making, uint64_t n)
{
	struct arena *arena = making->draft->arena;
	const char *name = words_first_names.list[n / 40 % words_first_names.count];
	struct slice domain = people_stranger(arena, rng_mix(making->pool, n / 400)).address;
	return arena_printf(arena, "%s%c%u%.*s", name, 'a' + (int)(n % 26), (unsigned)(n % 40),
		SLICE_ARG(slice_from(domain, slice_rindex(domain, '@'))));
}

/* Somebody whose domain is off: a few are written to often, most are somewhere in old lists. */
static struct slice dead(struct making *making, bool in_dns)
{
	struct arena *arena = making->draft->arena;
	struct rng *rng = &making->draft->rng;
	if (rng_chance(rng, 3000))
		return people_unreachable(arena, rng_next(rng), in_dns).address;
	struct slice address = people_contact(arena, (unsigned)(rng_next(rng) >> 32)).address;
	size_t at = slice_rindex(address, '@');
	return arena_printf(arena, "%.*s@%s-%.*s", (int)at, address.ptr, in_dns ? "old" : "ex",
		SLICE_ARG(slice_from(address, at + 1)));
}

/* Number n of a list of addresses: people all over, companies and providers. */
static struct slice listed(struct making *making, uint64_t n)
{
	struct arena *arena = making->draft->arena;
	uint64_t mixed = rng_mix(making->pool ^ UINT64_C(0x11), n);
	return mixed % 100 < 55 ? people_stranger(arena, mixed).address
				: people_contact(arena, (unsigned)(mixed >> 8)).address;
}

static struct slice ordinary(struct making *making)
{
	struct arena *arena = making->draft->arena;
	struct rng *rng = &making->draft->rng;
	const struct place *place = &making->stage->place;
	uint64_t what = rng_below(rng, 100);
	if (what < 55 && making->has_person)
		return place_known(
			place, arena, making->person, (unsigned)rng_below(rng, PLACE_KNOWN))
			.address;
	return what < 80 ? place_contact(place, arena, rng_next(rng)).address
			 : people_stranger(arena, rng_next(rng)).address;
}

static struct slice address_of(struct making *making, const struct choice *choice, uint64_t n)
{
	struct arena *arena = making->draft->arena;
	struct rng *rng = &making->draft->rng;
	const struct place *place = &making->stage->place;
	uint64_t of = choice->a > 0 ? (uint64_t)choice->a : 0;
	struct slice address, domain;
	switch (choice->word) {
	case TO_PROVIDERS:
		return people_stranger(arena, rng_next(rng)).address;
	case TO_DICTIONARY:
		return in_alphabet(making, n);
	case TO_CONTACTS:
		return place_contact(place, arena, rng_next(rng)).address;
	case TO_KNOWN:
		return place_known(
			place, arena, making->person, (unsigned)rng_below(rng, PLACE_KNOWN))
			.address;
	case TO_LIST:
		return listed(making, of ? n % of : n);
	case TO_LOCAL:
		return place_person(place, arena, (unsigned)rng_below(rng, place->spec.logins))
			.address;
	case TO_UNKNOWN:
		address = people_stranger(arena, rng_next(rng)).address;
		domain = place->domains[rng_below(rng, place->spec.domains)];
		return arena_printf(arena, "%.*s@%.*s", (int)slice_rindex(address, '@'),
			address.ptr, SLICE_ARG(domain));
	case TO_ADDRESS:
		return place_address(place, arena, choice->text);
	case TO_AT:
		address = people_stranger(arena, rng_next(rng)).address;
		return arena_printf(arena, "%.*s@%.*s", (int)slice_rindex(address, '@'),
			address.ptr, SLICE_ARG(choice->text));
	case TO_FORGED:
		return people_forged(
			arena, (unsigned)(making->pool % 50000 + rng_below(rng, of ? of : 50000)))
			.address;
	case TO_DEAD:
		return dead(making, true);
	case TO_ROUTED:
		address = people_stranger(arena, rng_next(rng)).address;
		return arena_printf(arena, "%.*s%%%.*s@%.*s", (int)slice_rindex(address, '@'),
			address.ptr, SLICE_ARG(slice_from(address, slice_rindex(address, '@') + 1)),
			SLICE_ARG(place->domains[0]));
	case TO_OWNER:
		return place_person(place, arena, making->person).address;
	default:
		return ordinary(making);
	}
}

static bool is_ours(int word)
{
	return word == TO_LOCAL || word == TO_UNKNOWN || word == TO_OWNER;
}

/* Most of what can't be connected to, and all that can't be found, is gone for good. */
static struct slice unreachable(struct making *making, int word, enum why why)
{
	struct rng *rng = &making->draft->rng;
	bool anywhere = word == TO_PROVIDERS || word == TO_CONTACTS || word == TO_ORDINARY ||
		word == TO_DICTIONARY;
	bool gone = why == WHY_NO_DOMAIN || (why == WHY_NETWORK && rng_chance(rng, 8000));
	return anywhere && gone ? dead(making, why == WHY_NETWORK) : (struct slice){0};
}

static void add_one(struct making *making, uint64_t n)
{
	struct draft *draft = making->draft;
	const struct choice *to = choices_draw(&making->stream->to, &draft->rng);
	const struct choice *reason = choices_draw(&making->stream->why, &draft->rng);
	struct slice address = {0};
	enum why why = (enum why)reason->word;
	if (reason->word >= WHYS) {
		const unsigned *mix =
			reason->word == WHY_MIX_USUAL ? reasons_usual : reasons_abusive;
		why = (enum why)rng_weighted(&draft->rng, mix, WHYS);
		if (is_ours(to->word))
			why = WHY_STORE;
		address = unreachable(making, to->word, why);
	}
	if (!slice_known(address))
		address = address_of(making, to, n);
	draft_add(draft, address, why);
}

/* Nobody gets the same message twice. */
static bool has_twice(const struct fake_message *m)
{
	for (size_t i = 0; i + 1 < m->nrecipients; i++)
		if (slice_eq(m->recipients[i].address, m->recipients[m->nrecipients - 1].address))
			return true;
	return false;
}

void stream_rcpts(struct making *making)
{
	struct fake_message *m = &making->draft->message;
	unsigned count = how_many(making);
	for (unsigned i = 0; i < count; i++) {
		add_one(making, making->number * count + i);
		if (has_twice(m))
			m->nrecipients--;
	}
}
