#include "cmd/forge/scene.h"

void draft_add(struct draft *draft, struct slice address, enum why why)
{
	struct fake_message *m = &draft->message;
	if (m->nrecipients == draft->room) {
		size_t room = draft->room ? draft->room * 2 : 4;
		struct fake_recipient *recipients =
			arena_alloc(draft->arena, room * sizeof(*recipients));
		enum why *whys = arena_alloc(draft->arena, room * sizeof(*whys));
		if (m->nrecipients) {
			memcpy(recipients, m->recipients, m->nrecipients * sizeof(*recipients));
			memcpy(whys, draft->why, m->nrecipients * sizeof(*whys));
		}
		m->recipients = recipients;
		draft->why = whys;
		draft->room = room;
	}
	draft->why[m->nrecipients] = why;
	m->recipients[m->nrecipients++] =
		(struct fake_recipient){.address = address, .original = address};
}

void draft_add_outside(struct draft *draft, const unsigned mix[WHYS], unsigned strangers)
{
	struct rng *rng = &draft->rng;
	enum why why = (enum why)rng_weighted(rng, mix, WHYS);
	struct person to;
	/* Most of what can't be connected to, and all that can't be found, is gone for good. */
	if (why == WHY_NO_DOMAIN || (why == WHY_NETWORK && rng_chance(rng, 8000)))
		to = people_unreachable(draft->arena, rng_next(rng), why == WHY_NETWORK);
	else if (rng_chance(rng, strangers))
		to = people_stranger(draft->arena, rng_next(rng));
	else
		to = people_contact(draft->arena, (unsigned)rng_below(rng, SITE_CONTACTS));
	draft_add(draft, to.address, why);
}

unsigned draft_recipient_count(struct draft *draft)
{
	struct rng *rng = &draft->rng;
	enum { MOST = 1000 };
	unsigned asked = draft->options->recipients;
	unsigned count = 1;
	if (asked) {
		count += rng_count(rng, asked > 100 ? asked - 100 : 0);
	} else {
		/* 92 % have one, 5 % two, 1 in 250 ten and more. */
		static const unsigned weights[] = {920, 46, 14, 8, 5, 3};
		count += (unsigned)rng_weighted(rng, weights, 6);
		if (count == 6)
			count = 10 + rng_count(rng, 600);
	}
	return count < MOST ? count : MOST;
}

void draft_from(struct draft *draft, struct person person)
{
	draft->message.sender = person.address;
	draft->letter.from = person.address;
	draft->letter.from_name = person.name;
}

struct slice draft_subject(struct draft *draft, const struct words *words)
{
	const char *text = words_pick(words, rng_next(&draft->rng) >> 8);
	const char *hash = strchr(text, '#');
	bool unique = draft->options->distinct && rng_chance(&draft->rng, SUBJECTS_DISTINCT);
	unsigned long number =
		unique ? 100000 + draft->message.number : 1000 + rng_below(&draft->rng, 400);
	if (hash)
		return arena_printf(
			draft->arena, "%.*s%lu%s", (int)(hash - text), text, number, hash + 1);
	return unique ? arena_printf(draft->arena, "%s (%lu)", text, number) : slice_cstr(text);
}

struct slice draft_message_id(struct draft *draft, struct slice host)
{
	return arena_printf(draft->arena, "<%lx.%08lx.%lu@%.*s>",
		(unsigned long)draft->message.arrival,
		(unsigned long)rng_below(&draft->rng, UINT64_C(1) << 32),
		(unsigned long)draft->message.number, SLICE_ARG(host));
}

void draft_ordinary_body(struct draft *draft)
{
	static const unsigned kinds[] = {
		[BODY_PLAIN] = 55, [BODY_HTML] = 28, [BODY_ATTACHMENT] = 12, [BODY_LONG_LINES] = 5};
	struct letter *letter = &draft->letter;
	letter->body = (enum letter_body)rng_weighted(&draft->rng, kinds, 4);
	letter->size = rng_size(&draft->rng, draft->options->body_size);
	if (letter->body == BODY_ATTACHMENT)
		letter->size *= 4;
	letter->zone = rng_chance(&draft->rng, 3000) ? 0 : 60;
	draft->message.eight_bit = rng_chance(&draft->rng, 3000);
}

int64_t draft_ordinary_time(struct draft *draft)
{
	/* In per cent of the busiest hour. */
	static const unsigned hours[24] = {8, 6, 5, 5, 6, 10, 22, 48, 80, 98, 100, 96, 74, 82, 95,
		92, 84, 66, 42, 32, 26, 22, 16, 11};
	enum { OLDEST = (4 * 24 + 2) * 3600 };
	struct rng *rng = &draft->rng;
	for (;;) {
		int64_t age = rng_between(rng, 2, OLDEST);
		int64_t then = draft->options->now - age;
		int64_t day = (then / 86400 + 4) % 7; /* the epoch was a Thursday; 0 is Sunday */
		uint64_t weight = hours[then / 3600 % 24];
		if (day == 0 || day == 6)
			weight = weight / 4 + 1;
		/* What gets delivered leaves: of mail 12 h old a third is left to wait. */
		uint64_t left = 6000 * (uint64_t)HOUR / (uint64_t)(6 * HOUR + age);
		if (rng_below(rng, 100000) < weight * left)
			return then;
	}
}
