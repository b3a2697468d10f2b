#include "cmd/forge/place.h"

#include "cmd/forge/words.h"

/* What a number is mixed with, so that the facts about it do not hang together. */
enum salt { SALT_DOMAIN = 101, SALT_PERSON, SALT_HOME, SALT_KNOWN, SALT_SERVER, SALT_BOT, SALT_PC };

void place_name(struct place *place, const struct place_spec *spec, uint64_t seed, uint64_t naming,
	struct arena *arena)
{
	*place = (struct place){.spec = *spec, .seed = seed, .naming = naming};
	for (unsigned i = 0; i < spec->domains; i++) {
		uint64_t n = rng_mix(naming * PLACE_DOMAINS + i, SALT_DOMAIN);
		/* The number keeps two domains of a site apart. */
		place->domains[i] =
			arena_printf(arena, "%s%s%s.example", words_pick(&words_company, n >> 8),
				i % 2 ? "" : "-", words_pick(&words_trade, n / 7 + i));
	}
	static const char *const hosts[] = {"mx1", "mail", "smtp", "mx-out2", "post"};
	place->host =
		arena_printf(arena, "%s.%.*s", hosts[naming % 5], SLICE_ARG(place->domains[0]));
}

struct person place_person(const struct place *place, struct arena *arena, unsigned n)
{
	uint64_t mixed = rng_mix(place->naming * 100003 + n, SALT_PERSON);
	const char *first = words_pick(&words_first_names, mixed >> 8);
	const char *last = words_pick(&words_last_names, mixed >> 24);
	/* Most have their address at the first domain. */
	uint64_t where = rng_mix(place->seed * 100003 + n, SALT_PERSON);
	unsigned at = where % 10 < 6 ? 0 : (unsigned)(where >> 40) % place->spec.domains;
	struct slice domain = place->domains[at];
	struct person person = {.name = arena_printf(arena, "%c%s %c%s", first[0] - 32, first + 1,
					last[0] - 32, last + 1)};
	unsigned twice = n / 60; /* some share their name */
	if (place->naming % 3 == 1)
		person.address = arena_printf(
			arena, "%c%s%u@%.*s", first[0], last, n + 1, SLICE_ARG(domain));
	else if (twice)
		person.address =
			arena_printf(arena, "%s.%s%u@%.*s", first, last, n, SLICE_ARG(domain));
	else
		person.address =
			arena_printf(arena, "%s.%s.%u@%.*s", first, last, n, SLICE_ARG(domain));
	return person;
}

struct slice place_account(const struct place *place, struct arena *arena, struct slice address)
{
	size_t at = slice_rindex(address, '@');
	switch (place->spec.form) {
	case LOGIN_BARE:
		return slice_upto(address, at);
	case LOGIN_DOWNLEVEL:
		return arena_printf(arena, "CORP\\%.*s", (int)at, address.ptr);
	default:
		return address;
	}
}

struct fake_client place_office(const struct place *place, struct arena *arena, unsigned n)
{
	uint64_t office = rng_mix(place->seed, SALT_HOME);
	return (struct fake_client){
		.address = arena_printf(arena, "192.0.2.%u", 130 + (unsigned)(office + n % 2) % 60),
		.name = arena_printf(arena, "office.%.*s", SLICE_ARG(place->domains[0])),
		.helo = arena_printf(arena, "[192.168.%u.%u]", n % 3, 20 + n % 200),
		.port = 32768 + (unsigned)(rng_mix(n, SALT_PC) % 28000),
		.server_port = 587,
		.tls = true};
}

struct fake_client place_client(
	const struct place *place, struct arena *arena, unsigned n, uint64_t choice)
{
	struct fake_client client = place_office(place, arena, n);
	uint64_t person = rng_mix(place->seed * 100003 + n, SALT_HOME);
	/* On a given day most send from one place, some from a second, few from a third. */
	unsigned places = person % 100 < 86 ? 1 : person % 100 < 97 ? 2 : 3;
	unsigned at = choice % 10 < 7 ? 0 : (unsigned)(choice >> 8) % places;
	client.port = 32768 + (unsigned)(rng_mix(choice, SALT_PC) % 28000);
	if ((person >> 8) % 100 < place->spec.office && at == 0)
		return client;
	uint64_t home = rng_mix(person + at, SALT_HOME);
	if (home % 8 == 0)
		client.address = arena_printf(arena, "2001:db8:%x:%x::%x",
			(unsigned)(home >> 8 & 0xff) + 256, (unsigned)(home >> 16 & 0xfff) + 1,
			(unsigned)(home >> 32 & 0xff) + 16);
	else
		client.address = arena_printf(arena, "198.%u.%u.%u", 18 + (unsigned)(home >> 7 & 1),
			(unsigned)(home >> 8 & 0xff), 2 + (unsigned)(home >> 16) % 120);
	client.name = home & 16
		? SLICE("unknown")
		: arena_printf(arena, "dsl-%04x.access.test", (unsigned)(home >> 16) & 0xffff);
	return client;
}

struct person place_contact(const struct place *place, struct arena *arena, uint64_t n)
{
	uint64_t number = n % place->spec.contacts + place->seed % 1000 * 4001;
	return people_contact(arena, (unsigned)number);
}

struct person place_known(const struct place *place, struct arena *arena, unsigned n, unsigned k)
{
	uint64_t mixed = rng_mix((uint64_t)n * PLACE_KNOWN + k % PLACE_KNOWN, SALT_KNOWN);
	/* Of those whom somebody writes to, one in four has a private address. */
	if (mixed % 4 == 0)
		return people_stranger(arena, rng_mix(place->seed, mixed));
	return place_contact(place, arena, mixed >> 8);
}

struct fake_client place_server(struct arena *arena, struct slice address, uint64_t choice)
{
	struct mail_host host = people_mail_host(arena, address);
	uint64_t hash = host.name.len;
	for (size_t i = 0; i < host.name.len; i++)
		hash = rng_mix(hash ^ (unsigned char)host.name.ptr[i], SALT_SERVER);
	struct fake_client client = {.name = host.name,
		.helo = host.name,
		.port = 1025 + (unsigned)(choice % 64000),
		.server_port = 25,
		.tls = choice >> 32 & 7};
	/* A provider sends from several machines side by side. */
	unsigned machine = host.provider ? (unsigned)(choice >> 16) % 24 : 0;
	client.address = arena_printf(arena, "198.19.%u.%u", (unsigned)(hash >> 8 & 0xff),
		128 + (unsigned)(hash >> 16) % 90 + machine);
	return client;
}

static struct fake_client stranger(struct arena *arena, uint64_t mixed)
{
	struct fake_client client = {.port = 1025 + (unsigned)(mixed >> 12) % 64000,
		.server_port = mixed & 1 ? 587 : 465,
		.tls = true};
	client.name = mixed & 2
		? SLICE("unknown")
		: arena_printf(arena, "host-%x.pool%u.isp.test", (unsigned)(mixed >> 16) & 0xffff,
			  (unsigned)(mixed >> 40) % 90);
	return client;
}

struct fake_client place_bot(struct arena *arena, uint64_t pool, unsigned i, unsigned networks)
{
	unsigned network = networks ? i % networks : i;
	uint64_t net = rng_mix(pool * 10007 + network, SALT_BOT);
	struct fake_client client = stranger(arena, rng_mix(pool * 100003 + i, SALT_BOT));
	/* Next to each other in their network, one of each in turn. */
	unsigned within = networks ? i / networks : 0;
	client.address =
		arena_printf(arena, "198.%u.%u.%u", 18 + (network & 1), (unsigned)(net >> 8 & 0xff),
			124 + ((unsigned)(net >> 16) % 130 + within * 7) % 130);
	client.helo = arena_printf(arena, "[%.*s]", SLICE_ARG(client.address));
	return client;
}

struct fake_client place_bot6(struct arena *arena, uint64_t pool, unsigned i, unsigned networks)
{
	unsigned network = networks ? i % networks : i;
	uint64_t net = rng_mix(pool * 10007 + network, SALT_BOT);
	uint64_t mixed = rng_mix(pool * 100003 + i, SALT_BOT);
	struct fake_client client = stranger(arena, mixed);
	client.address =
		arena_printf(arena, "2001:db8:%x:%x:%x:%x::%x", (unsigned)(net >> 8 & 0xfff) + 4096,
			(unsigned)(mixed & 0xffff) + 1, (unsigned)(mixed >> 20 & 0xfff) + 16,
			(unsigned)(mixed >> 32 & 0xfff) + 16, (unsigned)(mixed >> 44 & 0xff) + 1);
	client.helo = arena_printf(arena, "[IPv6:%.*s]", SLICE_ARG(client.address));
	return client;
}

struct slice place_address(const struct place *place, struct arena *arena, struct slice text)
{
	size_t at = slice_rindex(text, '@');
	int64_t n = 0;
	struct slice behind = at == SIZE_MAX ? text : slice_from(text, at + 1);
	if (at == 0 && slice_to_i64(behind, &n))
		return place_person(place, arena, (unsigned)n).address;
	if (at == SIZE_MAX || (behind.len && !slice_to_i64(behind, &n)))
		return text;
	unsigned which = n > 0 && n <= place->spec.domains ? (unsigned)n - 1 : 0;
	return arena_printf(
		arena, "%.*s@%.*s", (int)at, text.ptr, SLICE_ARG(place->domains[which]));
}
