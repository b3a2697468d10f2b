/* Who hands a message of a stream in, and from where. */
#include "cmd/forge/stream.h"

static const char *text_of(const struct making *making, struct slice text)
{
	return arena_copy(making->draft->arena, text).ptr;
}

/* A few write much, most write little. */
static unsigned anybody(struct making *making)
{
	struct rng *rng = &making->draft->rng;
	unsigned logins = making->stage->place.spec.logins;
	unsigned a = (unsigned)rng_below(rng, logins), b = (unsigned)rng_below(rng, logins);
	return a < b ? a : b;
}

static void find_person(struct making *making, const struct choice *choice)
{
	struct rng *rng = &making->draft->rng;
	unsigned logins = making->stage->place.spec.logins;
	making->has_person = true;
	making->person = choice->word == WHO_ONE ? (unsigned)choice->a
		: choice->word == WHO_PEOPLE     ? (unsigned)choice->a +
			(unsigned)rng_below(rng, choice->b > 0 ? (uint64_t)choice->b : 1)
					     : anybody(making);
	making->person %= logins;
}

static void find_who(struct making *making)
{
	struct draft *draft = making->draft;
	struct arena *arena = draft->arena;
	const struct place *place = &making->stage->place;
	struct rng own = draft->rng;
	if (making->stream->group > 1) /* one who posts, for all copies of it */
		draft->rng = rng_start(rng_mix(making->salt, 4), making->group);
	const struct choice *choice = choices_draw(&making->stream->who, &draft->rng);
	switch (choice->word) {
	case WHO_ONE:
	case WHO_PEOPLE:
	case WHO_ANY:
		find_person(making, choice);
		break;
	case WHO_SERVICE:
		making->machine = choice->text;
		break;
	case WHO_MACHINE:
		making->machine = choice->text.len
			? choice->text
			: arena_printf(arena, "pc-%u", (unsigned)choice->a);
		draft->message.client = (struct fake_client){
			.address = arena_printf(
				arena, "%.*s.%u", SLICE_ARG(place->spec.lan), (unsigned)choice->a),
			.name = arena_printf(arena, "%.*s.%.*s", SLICE_ARG(making->machine),
				SLICE_ARG(place->domains[0]))};
		break;
	case WHO_USER:
		making->machine = choice->text;
		draft->message.uid = (unsigned)choice->a;
		draft->message.full_name = choice->text;
		break;
	default:
		break;
	}
	if (making->stream->group > 1)
		draft->rng = own;
}

/* Those who may use the server without a login are of the site; others are strangers. */
static void find_client(struct making *making)
{
	struct draft *draft = making->draft;
	struct arena *arena = draft->arena;
	struct rng *rng = &draft->rng;
	const struct place *place = &making->stage->place;
	const struct choice *choice = choices_draw(&making->stream->from, rng);
	struct fake_client *client = &draft->message.client;
	unsigned many = choice->a > 0 ? (unsigned)choice->a : 1;
	switch (choice->word) {
	case CLIENT_OFFICE:
		*client = place_office(place, arena, making->person);
		break;
	case CLIENT_FOREIGN:
		*client = place_bot(arena, making->pool, 1000 + (unsigned)choice->a, 0);
		break;
	case CLIENT_BOTS:
		*client = place_bot(
			arena, making->pool, (unsigned)rng_below(rng, many), (unsigned)choice->b);
		break;
	case CLIENT_BOTS6:
		*client = place_bot6(
			arena, making->pool, (unsigned)rng_below(rng, many), (unsigned)choice->b);
		break;
	case CLIENT_WEBMAIL:
		client->address = arena_printf(arena, "%.*s.20", SLICE_ARG(place->spec.lan));
		client->name = client->helo =
			arena_printf(arena, "webmail.%.*s", SLICE_ARG(place->domains[0]));
		break;
	case CLIENT_LOOPBACK:
		client->address = SLICE("127.0.0.1");
		client->name = client->helo = SLICE("localhost");
		break;
	case CLIENT_ADDRESS:
		client->address = choice->text;
		client->name = client->helo = SLICE("unknown");
		break;
	case CLIENT_SERVERS:
		break; /* known with the sender */
	default:
		if (making->has_person)
			*client = place_client(place, arena, making->person, rng_next(rng));
	}
	if (!slice_known(client->helo))
		client->helo = slice_known(client->name) ? client->name : SLICE("unknown");
	if (!client->port)
		client->port = 32768 + (unsigned)rng_below(rng, 28000);
	if (making->stream->entry != BY_LOGIN)
		client->server_port = 25;
	else if (!client->server_port)
		client->server_port = 587;
}

static void say_helo(struct making *making)
{
	struct draft *draft = making->draft;
	struct arena *arena = draft->arena;
	struct fake_client *client = &draft->message.client;
	const struct choice *choice = choices_draw(&making->stream->helo, &draft->rng);
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char name[16];
	uint64_t bits = rng_next(&draft->rng);
	for (unsigned i = 0; i < sizeof(name); i++)
		name[i] = letters[(bits >> i * 4) % 36];
	switch (choice->word) {
	case HELO_USER:
		client->helo = SLICE("User");
		break;
	case HELO_WIN: /* one machine, one name */
		bits = rng_mix(client->address.len
				? (unsigned char)client->address.ptr[client->address.len - 1]
				: 0,
			making->pool);
		for (unsigned i = 0; i < sizeof(name); i++)
			name[i] = letters[(bits >> i * 4) % 36];
		client->helo = arena_printf(arena, "WIN-%.11s", name);
		break;
	case HELO_RANDOM:
		client->helo = arena_printf(arena, "%.*s", 5 + (int)(bits % 7), name);
		break;
	case HELO_IP:
		client->helo = arena_printf(arena, "[%.*s]", SLICE_ARG(client->address));
		break;
	case HELO_NAME:
		client->helo = choice->text;
		break;
	default:
		break;
	}
}

static void log_in(struct making *making)
{
	struct draft *draft = making->draft;
	struct fake_message *m = &draft->message;
	const struct place *place = &making->stage->place;
	struct slice address = making->has_person
		? place_person(place, draft->arena, making->person).address
		: arena_printf(draft->arena, "%.*s@%.*s", SLICE_ARG(making->machine),
			  SLICE_ARG(place->domains[0]));
	m->account = making->stream->login.len
		? place_address(place, draft->arena, making->stream->login)
		: place_account(place, draft->arena, address);
	m->auth_method = rng_chance(&draft->rng, 7000) ? SLICE("PLAIN") : SLICE("LOGIN");
}

void stream_who(struct making *making)
{
	static const enum fake_entry entries[] = {[BY_LOCAL] = ENTRY_LOCAL,
		[BY_NOTICE] = ENTRY_NOTICE,
		[BY_FORWARD] = ENTRY_FORWARD,
		[BY_REQUEUE] = ENTRY_REQUEUED};
	struct fake_message *m = &making->draft->message;
	enum stream_entry entry = making->stream->entry;
	m->entry = (size_t)entry < sizeof(entries) / sizeof(*entries) ? entries[entry] : ENTRY_SMTP;
	making->machine = SLICE("");
	find_who(making);
	find_client(making);
	say_helo(making);
	if (entry == BY_LOGIN)
		log_in(making);
	m->full_name = slice_known(m->full_name) ? m->full_name : SLICE("");
	m->full_name.ptr = text_of(making, m->full_name);
}
