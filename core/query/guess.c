#include "core/query/guess.h"

#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/mail/address.h"
#include "core/mail/freemail.h"
#include "core/query/guess_host.h"
#include "core/query/keymap.h"

enum {
	/* A network outside that writes to as many domains which are not ours is no mail server's. */
	WIDE = 10,
	/*
	 * One of us who sends from more domains than this makes them up, and to more that are not
	 * ours few networks outside have a reason to write.
	 */
	NARROW = 3,
	/* So many of them are no few. */
	BROAD = 10,
	/* Networks outside that write to a domain of ours, and their share of all: one in ... */
	VOTES = 3,
	VOTES_SHARE = 20,
};

/* Who writes: a network outside, or one of us. */
struct writer {
	uint32_t domains[WIDE]; /* to which, or from which; of more than WIDE the first seen */
	uint32_t count;         /* up to WIDE */
	uint32_t rows;
	uint32_t as_us; /* rows with a sender of ours */
	bool to_freemail;
	uint8_t origin;
};

struct writers {
	struct keymap places;
	struct writer *list;
	uint32_t cap;
};

struct domain {
	uint32_t id;
	enum site_clue clue;
	uint32_t senders; /* of us who send from it and little else */
	uint32_t voters;  /* networks outside that write to it */
	bool sent;        /* somebody here sends from it */
	bool freemail;
};

struct guess {
	struct field_env *env;
	const struct snap *snap;
	struct site *site;
	unsigned spool;
	struct field_ref net;
	struct keymap places; /* by string id */
	struct domain *domains;
	uint32_t cap;
	struct writers ours, outside;
	uint32_t voters;
	uint32_t wide; /* foreign domains that a network which relays writes to, at least */
};

static void *grow(void *list, uint32_t *cap, uint32_t place, size_t width)
{
	if (place < *cap)
		return list;
	*cap = *cap ? *cap * 2 : 256;
	return xrealloc(list, *cap, width);
}

static struct slice name_of(const struct guess *guess, uint32_t domain)
{
	return intern_get(&guess->snap->strings, domain);
}

static struct domain *domain_at(struct guess *guess, uint32_t id)
{
	uint32_t before = guess->places.count, place = keymap_add(&guess->places, id);

	guess->domains = grow(guess->domains, &guess->cap, place, sizeof(*guess->domains));
	if (place == before)
		guess->domains[place] =
			(struct domain){.id = id, .freemail = freemail_domain(name_of(guess, id))};
	return &guess->domains[place];
}

static struct writer *writer_at(struct writers *writers, uint64_t key)
{
	uint32_t before = writers->places.count, place = keymap_add(&writers->places, key);

	writers->list = grow(writers->list, &writers->cap, place, sizeof(*writers->list));
	if (place == before)
		writers->list[place] = (struct writer){0};
	return &writers->list[place];
}

static void note(struct writer *writer, uint32_t domain)
{
	uint32_t i = 0;

	while (i < writer->count && writer->domains[i] != domain)
		i++;
	if (i == writer->count && i < WIDE)
		writer->domains[writer->count++] = domain;
}

static void set_clue(struct guess *guess, uint32_t id, enum site_clue clue)
{
	if (id <= INTERN_EMPTY)
		return;
	struct domain *domain = domain_at(guess, id);
	if (!domain->freemail && (!domain->clue || clue < domain->clue))
		domain->clue = clue;
}

static void set_host(void *ctx, uint32_t domain)
{
	set_clue(ctx, domain, CLUE_HOST);
}

static bool has_clue(const struct guess *guess, struct slice name)
{
	uint32_t id = intern_find(&guess->snap->strings, name);
	uint32_t place = id ? keymap_find(&guess->places, id) : KEYMAP_NONE;
	return place != KEYMAP_NONE && guess->domains[place].clue;
}

/* Also what is below a domain of ours, and the bare user's, which is none. */
static bool is_ours(const struct guess *guess, uint32_t id)
{
	struct slice name = name_of(guess, id);

	if (id <= INTERN_EMPTY || has_clue(guess, name) || site_has_domain(guess->site, name))
		return true;
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] == '.' && has_clue(guess, slice_from(name, i + 1)))
			return true;
	return false;
}

/* ---- what a row says ---- */

static uint32_t sender_domain(const struct guess *guess, uint32_t row)
{
	uint32_t sender = snap_col(guess->snap, COL_SENDER, row);
	bool whole = guess->snap->need.parts & NEED_SENDERS;
	return whole ? field_domain_id(guess->env, sender) : sender;
}

static uint32_t rcpt_domain(const struct guess *guess, uint32_t row, uint32_t rcpt)
{
	uint32_t address = snap_rcpt(guess->snap, RCPT_ADDRESS, rcpt);
	bool whole = snap_has_addresses(guess->snap, row);
	return whole ? field_domain_id(guess->env, address) : address;
}

/* The network of a stranger's mail whose origin is open, or INTERN_UNKNOWN. */
static uint32_t stranger(const struct guess *guess, uint32_t row)
{
	bool open = guess->snap->small[row].origin == ORIGIN_UNKNOWN &&
		guess->snap->small[row].spool == guess->spool &&
		snap_col(guess->snap, COL_CLIENT_IP, row);
	return open ? field_group_id(&guess->net, guess->env, row, 0) : INTERN_UNKNOWN;
}

static bool is_forward(const struct guess *guess, uint32_t row)
{
	uint32_t rewritten = snap_col(guess->snap, COL_REWRITTEN, row);

	if (rewritten && is_ours(guess, rewritten))
		return true;
	return address_is_srs(snap_text(guess->snap, COL_SENDER, row)) &&
		is_ours(guess, sender_domain(guess, row));
}

/* ---- who is of us ---- */

/* Who of us sent it: a login, a host or a user; or NULL. */
static struct writer *one_of_us(struct guess *guess, uint32_t row)
{
	const struct snap *snap = guess->snap;
	enum origin origin = (enum origin)snap->small[row].origin;
	uint32_t who = origin == ORIGIN_ACCOUNT ? snap_col(snap, COL_ACCOUNT, row)
		: origin == ORIGIN_LAN          ? snap_col(snap, COL_CLIENT_IP, row)
		: origin == ORIGIN_LOCAL        ? snap_col(snap, COL_UID, row)
						: 0;
	if (!who || sender_domain(guess, row) <= INTERN_EMPTY)
		return NULL;
	struct writer *writer = writer_at(&guess->ours, (uint64_t)origin << 32 | who);
	writer->origin = (uint8_t)origin;
	return writer;
}

static void note_our_own(struct guess *guess, uint32_t row)
{
	const struct snap *snap = guess->snap;
	const struct snap_small *small = &snap->small[row];
	uint32_t account = snap_col(snap, COL_ACCOUNT, row), domain = sender_domain(guess, row);
	struct writer *writer = one_of_us(guess, row);

	if (account && small->account_source == SOURCE_QUEUE &&
		slice_index(intern_get(&snap->strings, account), '@') != SIZE_MAX)
		set_clue(guess, field_domain_id(guess->env, account), CLUE_LOGIN);
	set_clue(guess, snap_col(snap, COL_REWRITTEN, row), CLUE_REWRITTEN);
	if (small->origin == ORIGIN_DSN)
		set_clue(guess, domain, CLUE_HOST);
	if (!writer)
		return;
	note(writer, domain);
	domain_at(guess, domain)->sent = true;
}

static void look_at_our_own(struct guess *guess)
{
	for (uint32_t row = 0; row < guess->snap->rows; row++)
		if (guess->snap->small[row].spool == guess->spool)
			note_our_own(guess, row);
	for (uint32_t i = 0; i < guess->ours.places.count; i++) {
		const struct writer *writer = &guess->ours.list[i];
		for (uint32_t n = 0; writer->count <= NARROW && n < writer->count; n++)
			domain_at(guess, writer->domains[n])->senders++;
	}
	for (uint32_t i = 0; i < guess->places.count; i++)
		if (guess->domains[i].senders > 1)
			set_clue(guess, guess->domains[i].id, CLUE_SENDERS);
}

/* ---- who writes from outside ---- */

static void note_stranger(struct guess *guess, uint32_t row, uint32_t net)
{
	const struct snap *snap = guess->snap;
	struct writer *writer = writer_at(&guess->outside, net);
	uint32_t count, first = snap_rcpts(snap, row, &count), sender = sender_domain(guess, row);
	/* What a filter gave back may have lost whom it was for. */
	bool plain = !(snap->small[row].flags & SNAP_REINJECTED);

	writer->rows++;
	writer->as_us += sender > INTERN_EMPTY && is_ours(guess, sender);
	/* Where one of us sends mail on to is not the stranger's choice. */
	for (uint32_t i = 0; !is_forward(guess, row) && i < count; i++) {
		uint32_t domain = rcpt_domain(guess, row, first + i);
		if (is_ours(guess, domain))
			continue;
		note(writer, domain);
		writer->to_freemail |= plain && domain_at(guess, domain)->freemail;
	}
}

/* A network whose mail is for a few domains has a reason to think that they are ours. */
static void vote(struct guess *guess)
{
	for (uint32_t i = 0; i < guess->outside.places.count; i++) {
		const struct writer *writer = &guess->outside.list[i];
		if (writer->count > NARROW || writer->to_freemail)
			continue;
		guess->voters++;
		for (uint32_t n = 0; n < writer->count; n++)
			domain_at(guess, writer->domains[n])->voters++;
	}
	for (uint32_t i = 0; i < guess->places.count; i++) {
		const struct domain *domain = &guess->domains[i];
		if (domain->voters && (domain->senders || (domain->sent && domain->voters > 1)))
			set_clue(guess, domain->id, CLUE_MAILED);
		else if (domain->voters >= VOTES && domain->voters >= guess->voters / VOTES_SHARE)
			set_clue(guess, domain->id, CLUE_RECEIVES);
	}
}

static void note_strangers(struct guess *guess)
{
	for (uint32_t i = 0; i < guess->outside.places.count; i++)
		guess->outside.list[i] = (struct writer){0};
	for (uint32_t row = 0; row < guess->snap->rows; row++) {
		uint32_t net = stranger(guess, row);
		if (net)
			note_stranger(guess, row, net);
	}
}

/* ---- what came of it ---- */

/* A single big provider may write to many domains of ours; most networks do not. */
static void look_at_networks(struct guess *guess)
{
	uint32_t broad = 0;

	for (uint32_t i = 0; i < guess->outside.places.count; i++)
		broad += guess->outside.list[i].count > NARROW;
	bool most = broad >= BROAD && broad > guess->outside.places.count - broad;
	guess->wide = most ? NARROW + 1 : WIDE;
}

/* Not a host of ours in a public network, which sends in our name. */
static bool relays(const struct guess *guess, const struct writer *writer)
{
	bool as_us = writer->as_us >= writer->rows - writer->as_us;
	return !as_us && (writer->to_freemail || writer->count >= guess->wide);
}

static enum origin origin_guess(const struct guess *guess, uint32_t row, uint32_t net)
{
	uint32_t count, first = snap_rcpts(guess->snap, row, &count), ours = 0;
	uint32_t place = keymap_find(&guess->outside.places, net);

	for (uint32_t i = 0; i < count; i++)
		ours += is_ours(guess, rcpt_domain(guess, row, first + i));
	if (!count)
		return ORIGIN_UNKNOWN;
	if (ours == count)
		return guess->snap->small[row].flags & SNAP_ROUTED ? ORIGIN_RELAY : ORIGIN_INBOUND;
	if (is_forward(guess, row))
		return ORIGIN_FORWARD;
	return relays(guess, &guess->outside.list[place]) ? ORIGIN_RELAY : ORIGIN_UNKNOWN;
}

static int by_domain(const void *a, const void *b)
{
	return strcmp(
		((const struct site_guess *)a)->domain, ((const struct site_guess *)b)->domain);
}

static void tell(struct guess *guess)
{
	if (!guess->places.count && !guess->outside.places.count)
		return; /* nothing to be asked, nothing to be said */
	struct site_guess *list = xcalloc(guess->places.count + 1, sizeof(*list));
	size_t count = 0;

	for (uint32_t i = 0; i < guess->places.count; i++) {
		struct slice name = name_of(guess, guess->domains[i].id);
		if (guess->domains[i].clue && slice_index(name, '\0') == SIZE_MAX)
			list[count++] = (struct site_guess){
				xasprintf("%.*s", SLICE_ARG(name)), guess->domains[i].clue};
	}
	qsort(list, count, sizeof(*list), by_domain);
	site_set_guess(guess->site, list, count);
}

/* How much of what those here send the guess explains. */
static void count_writers(struct guess *guess)
{
	for (uint32_t row = 0; row < guess->snap->rows; row++) {
		struct writer *writer = guess->snap->small[row].spool == guess->spool
			? one_of_us(guess, row)
			: NULL;
		if (!writer)
			continue;
		writer->rows++;
		writer->as_us += is_ours(guess, sender_domain(guess, row));
	}
	for (uint32_t i = 0; i < guess->ours.places.count; i++) {
		const struct writer *writer = &guess->ours.list[i];
		struct site_writers *writers = &guess->site->writers[writer->origin];
		writers->all++;
		writers->as_us += writer->as_us >= writer->rows - writer->as_us;
	}
}

static void free_guess(struct guess *guess)
{
	keymap_free(&guess->places);
	keymap_free(&guess->ours.places);
	keymap_free(&guess->outside.places);
	free(guess->ours.list);
	free(guess->outside.list);
	free(guess->domains);
}

static void guess_site(struct field_env *env, unsigned spool, struct site *site)
{
	struct guess guess = {.env = env, .snap = env->snap, .site = site, .spool = spool};
	struct need need = {0};
	struct err err;

	if (field_find(SLICE("client_net"), &need, &guess.net, &err) != 0)
		return;
	site_set_guess(site, NULL, 0);
	guess_host(env->snap, spool, set_host, &guess);
	look_at_our_own(&guess);
	note_strangers(&guess);
	vote(&guess);
	note_strangers(&guess); /* what the vote left of them */
	look_at_networks(&guess);
	for (uint32_t row = 0; row < guess.snap->rows; row++) {
		uint32_t net = stranger(&guess, row);
		if (net)
			env->snap->small[row].origin = (uint8_t)origin_guess(&guess, row, net);
	}
	tell(&guess);
	count_writers(&guess);
	free_guess(&guess);
}

void guess_sites(struct field_env *env, const struct spools *spools)
{
	for (size_t i = 0; i < spools->count && env->snap->need.parts & NEED_RCPTS; i++) {
		struct spool *spool = spools->list[i];
		if (!spool->site.local_complete && !spool->view_of)
			guess_site(env, (unsigned)i, &spool->site);
	}
}
