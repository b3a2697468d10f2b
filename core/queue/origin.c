#include "core/queue/origin.h"

#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/mail/address.h"

void site_add_local(struct site *site, struct arena *arena, struct slice domain)
{
	if (site->nlocal == site->local_cap) {
		site->local_cap = site->local_cap ? site->local_cap * 2 : 16;
		site->local_domains = xrealloc(
			site->local_domains, site->local_cap, sizeof(*site->local_domains));
	}
	char *lower = arena_alloc(arena, domain.len + 1);
	for (size_t i = 0; i < domain.len; i++)
		lower[i] = ascii_lower(domain.ptr[i]);
	site->local_domains[site->nlocal++] = slice_of(lower, domain.len);
}

void site_add_trusted(struct site *site, const struct ip_net *net)
{
	site->trusted = xrealloc(site->trusted, site->ntrusted + 1, sizeof(*site->trusted));
	site->trusted[site->ntrusted++] = *net;
	site->trusted_known = true;
}

static int by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

void site_seal(struct site *site)
{
	if (site->nlocal)
		qsort(site->local_domains, site->nlocal, sizeof(*site->local_domains), by_bytes);
}

void site_free(struct site *site)
{
	free(site->local_domains);
	free(site->trusted);
	site_set_guess(site, NULL, 0);
	*site = (struct site){0};
}

void site_set_guess(struct site *site, struct site_guess *guesses, size_t count)
{
	for (size_t i = 0; i < site->nguesses; i++)
		free(site->guesses[i].domain);
	free(site->guesses);
	site->guesses = guesses;
	site->nguesses = count;
	site->guessed = guesses != NULL;
	memset(site->writers, 0, sizeof(site->writers));
}

bool site_guess_is_weak(const struct site *site, enum origin origin)
{
	const struct site_writers *writers = &site->writers[origin];
	bool here = origin == ORIGIN_ACCOUNT || origin == ORIGIN_LAN || origin == ORIGIN_LOCAL;

	if (!site->guessed)
		return false;
	return here ? !writers->as_us || writers->as_us < writers->all - writers->as_us
		    : !site->trusted_known || !(site->nguesses + site->nlocal);
}

static bool has_domain(const struct site *site, struct slice domain)
{
	return site->nlocal &&
		bsearch(&domain, site->local_domains, site->nlocal, sizeof(*site->local_domains),
			by_bytes);
}

static int by_guess(const void *key, const void *item)
{
	return slice_cmp(
		*(const struct slice *)key, slice_cstr(((const struct site_guess *)item)->domain));
}

static bool is_guessed(const struct site *site, struct slice domain)
{
	return site->nguesses &&
		bsearch(&domain, site->guesses, site->nguesses, sizeof(*site->guesses), by_guess);
}

bool site_has_domain(const struct site *site, struct slice domain)
{
	char lower[255]; /* RFC 1035: no longer name can be delivered to */

	if (domain.len > sizeof(lower))
		return false;
	for (size_t i = 0; i < domain.len; i++)
		lower[i] = ascii_lower(domain.ptr[i]);
	domain.ptr = lower;
	if (has_domain(site, domain) || is_guessed(site, domain))
		return true;
	for (size_t i = 0; i < domain.len; i++)
		if (lower[i] == '.' &&
			(has_domain(site, slice_from(domain, i)) ||
				is_guessed(site, slice_from(domain, i + 1))))
			return true;
	return false;
}

bool site_is_local(const struct site *site, struct slice address)
{
	struct slice domain = address_domain(address);
	return domain.len ? site_has_domain(site, domain) : address.len > 0;
}

/* "zoe%example.net@us" is an address of ours by its end only: it stays on its way. */
static bool ends_here(const struct site *site, struct slice address)
{
	struct slice host, local = address_local(address);
	bool ours = site_is_local(site, address);

	while (ours && address_next_host(&local, &host))
		ours = site_has_domain(site, host);
	return ours;
}

bool site_is_trusted(const struct site *site, const struct ip *ip)
{
	if (!site->trusted_known)
		return ip_is_private(ip);
	for (size_t i = 0; i < site->ntrusted; i++)
		if (ip_in_net(ip, &site->trusted[i]))
			return true;
	return false;
}

static enum origin origin_of_stranger(const struct record *record, const struct site *site)
{
	/* What a stranger's own headers say of resending proves nothing. */
	bool rewritten = address_is_srs(record->sender) && site_is_local(site, record->sender);
	bool forwarded = false, foreign = false;

	if (!site->local_complete || !record->nrcpts)
		return ORIGIN_UNKNOWN;
	for (uint32_t i = 0; i < record->nrcpts; i++) {
		const struct rcpt *rcpt = &record->rcpts[i];
		if (ends_here(site, rcpt->address))
			continue;
		if (rewritten || (slice_known(rcpt->original) && ends_here(site, rcpt->original)))
			forwarded = true;
		else
			foreign = true;
	}
	/* A filter loses the login of one of us: without a word of it nobody is a stranger. */
	if (foreign && record_is_reinjected(record) && !record->entry_told)
		return ORIGIN_UNKNOWN;
	return foreign ? ORIGIN_RELAY : forwarded ? ORIGIN_FORWARD : ORIGIN_INBOUND;
}

enum origin origin_of(const struct record *record, const struct site *site)
{
	struct ip ip;

	if (slice_known(record->account) || record->logged_in)
		return ORIGIN_ACCOUNT;
	if (!slice_known(record->client_ip)) {
		if (record->made_here)
			return ORIGIN_DSN;
		return record->uid >= 0 || record->state == STATE_SUBMITTED ? ORIGIN_LOCAL
									    : ORIGIN_UNKNOWN;
	}
	if (!ip_parse(record->client_ip, &ip))
		return ORIGIN_UNKNOWN;
	if (ip_is_loopback(&ip))
		return ORIGIN_LOOPBACK;
	if (site_is_trusted(site, &ip))
		return ORIGIN_LAN;
	return origin_of_stranger(record, site);
}

const char *origin_name(enum origin origin)
{
	static const char *const names[ORIGINS] = {
		[ORIGIN_UNKNOWN] = "unknown",
		[ORIGIN_ACCOUNT] = "account",
		[ORIGIN_LOCAL] = "local",
		[ORIGIN_LAN] = "lan",
		[ORIGIN_RELAY] = "relay",
		[ORIGIN_INBOUND] = "inbound",
		[ORIGIN_LOOPBACK] = "loopback",
		[ORIGIN_DSN] = "dsn",
		[ORIGIN_FORWARD] = "forward",
	};
	return names[origin];
}

const char *site_clue_text(enum site_clue clue)
{
	static const char *const texts[SITE_CLUES] = {
		[CLUE_LOGIN] = "logins",
		[CLUE_HOST] = "this server's own name",
		[CLUE_REWRITTEN] = "aliases",
		[CLUE_SENDERS] = "senders here",
		[CLUE_MAILED] = "a sender here, and mail from outside",
		[CLUE_RECEIVES] = "mail from many networks outside",
	};
	return texts[clue];
}

void site_print_guess(const struct site *site, struct buf *out)
{
	enum { NAMED = 5 };
	size_t named = 0;

	if (!site->guessed)
		return;
	buf_add(out, SLICE("local domains are a guess: "));
	for (enum site_clue clue = CLUE_LOGIN; clue < SITE_CLUES; clue++)
		for (size_t i = 0; i < site->nguesses && named < NAMED; i++)
			if (site->guesses[i].clue == clue)
				buf_printf(out, "%s%s (%s)", named++ ? ", " : "",
					site->guesses[i].domain, site_clue_text(clue));
	if (named < site->nguesses)
		buf_printf(out, " and %zu more", site->nguesses - named);
	if (!named)
		buf_add(out, SLICE("nothing in the queue shows one"));
	buf_add(out, SLICE("; name them with --local-domains"));
}
