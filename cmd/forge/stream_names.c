/* In whose name a message of a stream goes out: envelope, From: and Reply-To:. */
#include "cmd/forge/stream.h"

#include "cmd/forge/words.h"

static struct slice domain_of(struct slice address)
{
	return slice_from(address, slice_rindex(address, '@') + 1);
}

static struct person own_name(struct making *making)
{
	struct arena *arena = making->draft->arena;
	const struct place *place = &making->stage->place;
	if (making->has_person)
		return place_person(place, arena, making->person);
	return (struct person){making->machine,
		arena_printf(arena, "%.*s@%.*s", SLICE_ARG(making->machine),
			SLICE_ARG(place->domains[0]))};
}

static struct person forged(struct making *making, const struct choice *choice)
{
	/* Of those that the incident uses, every one is used. */
	uint64_t of = choice->a > 0 ? (uint64_t)choice->a : 50000;
	uint64_t n = making->count >= of ? making->number : rng_next(&making->draft->rng);
	return people_forged(
		making->draft->arena, (unsigned)(making->pool % 50000 + rng_mix(n % of, 9) % of));
}

/* "news-bounces+anna=example.net@lists.example.com" */
static struct slice verp(
	struct arena *arena, struct slice list, struct slice address, struct slice domain)
{
	return arena_printf(arena, "%.*s-bounces+%.*s=%.*s@lists.%.*s", SLICE_ARG(list),
		(int)slice_rindex(address, '@'), address.ptr, SLICE_ARG(domain_of(address)),
		SLICE_ARG(domain));
}

static struct person made_up(struct making *making)
{
	struct arena *arena = making->draft->arena;
	struct person person = people_stranger(arena, rng_next(&making->draft->rng));
	const struct place *place = &making->stage->place;
	uint64_t at = rng_below(&making->draft->rng, place->spec.domains);
	person.address = arena_printf(arena, "%.*s@%.*s", (int)slice_rindex(person.address, '@'),
		person.address.ptr, SLICE_ARG(place->domains[at]));
	return person;
}

static struct person person_named(struct making *making, const struct choice *choice)
{
	struct arena *arena = making->draft->arena;
	struct rng *rng = &making->draft->rng;
	const struct place *place = &making->stage->place;
	const struct fake_message *m = &making->draft->message;
	struct person person = {SLICE(""), SLICE("")};
	switch (choice->word) {
	case NAME_NONE:
		return person;
	case NAME_FORGED:
		return forged(making, choice);
	case NAME_ADDRESS:
		person.address = place_address(place, arena, choice->text);
		person.name = slice_upto(person.address, slice_rindex(person.address, '@'));
		return person;
	case NAME_CONTACT:
		return place_contact(place, arena, rng_next(rng));
	case NAME_STRANGER:
		return people_stranger(arena, rng_next(rng));
	case NAME_LOCAL:
		return place_person(place, arena, (unsigned)rng_below(rng, place->spec.logins));
	case NAME_MADEUP:
		return made_up(making);
	case NAME_VERP:
		person.address =
			verp(arena, choice->text, m->recipients[0].address, place->domains[0]);
		return person;
	case NAME_SRS:
		person = people_stranger(arena, rng_next(rng));
		person.address = arena_printf(arena, "SRS0=%04x=%02x=%.*s=%.*s@%.*s",
			(unsigned)rng_below(rng, 65536), (unsigned)(making->pool % 200),
			SLICE_ARG(domain_of(person.address)),
			(int)slice_rindex(person.address, '@'), person.address.ptr,
			SLICE_ARG(place->domains[0]));
		return person;
	case NAME_HOSTUSER:
		person.name = making->machine;
		person.address = arena_printf(
			arena, "%.*s@%.*s", SLICE_ARG(making->machine), SLICE_ARG(place->host));
		return person;
	case NAME_DAEMON:
		person.name = SLICE("Mail Delivery System");
		person.address = arena_printf(arena, "MAILER-DAEMON@%.*s",
			SLICE_ARG(slice_known(m->client.name) ? m->client.name : place->host));
		return person;
	case NAME_FREEMAIL:
		return people_stranger(arena, rng_mix(making->pool, 300 + (uint64_t)choice->a));
	case NAME_VICTIM:
		person = people_stranger(arena, rng_next(rng));
		person.address = arena_printf(arena, "%s.%s@%.*s",
			words_pick(&words_first_names, rng_next(rng) >> 8),
			words_pick(&words_last_names, rng_next(rng) >> 8),
			SLICE_ARG(domain_of(m->recipients[0].address)));
		return person;
	default:
		return own_name(making);
	}
}

/* Copies of one post come from one hand. */
static struct person drawn(struct making *making, const struct choices *choices, uint64_t salt)
{
	struct draft *draft = making->draft;
	struct rng own = draft->rng;
	if (making->stream->group > 1)
		draft->rng = rng_start(rng_mix(making->salt, salt), making->group);
	struct person person = person_named(making, choices_draw(choices, &draft->rng));
	if (making->stream->group > 1)
		draft->rng = own;
	return person;
}

/* The server that a stranger's mail comes from is that of the sender; of a bounce, of who bounced. */
static void come_from_server(struct making *making, struct person sender)
{
	struct draft *draft = making->draft;
	struct slice address = sender.address;
	if (!address.len)
		address = place_contact(&making->stage->place, draft->arena, rng_next(&draft->rng))
				  .address;
	draft->message.client = place_server(draft->arena, address, rng_next(&draft->rng));
}

/* An alias sends it on: what it was before went to one of us. */
static void sent_on(struct making *making)
{
	struct draft *draft = making->draft;
	struct fake_message *m = &draft->message;
	const struct place *place = &making->stage->place;
	for (size_t i = 0; i < m->nrecipients; i++) {
		uint64_t alias = rng_mix(m->recipients[i].address.len, making->number % 40);
		m->recipients[i].original =
			place_person(place, draft->arena, (unsigned)(alias % place->spec.logins))
				.address;
	}
	m->previous_id = arena_printf(
		draft->arena, "4j%06lXz", (unsigned long)rng_below(&draft->rng, UINT64_C(1) << 24));
}

void stream_names(struct making *making)
{
	struct draft *draft = making->draft;
	const struct stream *stream = making->stream;
	struct person sender = drawn(making, &stream->sender, 5);
	draft->message.sender = sender.address;
	if (stream->from.list[0].word == CLIENT_SERVERS)
		come_from_server(making, sender);
	struct person from = sender;
	if (stream->header.list[0].word != NAME_SAME)
		from = drawn(making, &stream->header, 6);
	else if (!sender.address.len)
		from = own_name(making);
	draft->letter.from = from.address;
	draft->letter.from_name = from.name;
	if (stream->entry == BY_FORWARD)
		sent_on(making);
}
