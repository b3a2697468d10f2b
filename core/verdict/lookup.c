#include "core/verdict/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/mail/freemail.h"

void memo_free(struct memo *memo)
{
	for (uint32_t i = 0; i < memo->npages; i++)
		free(memo->pages[i]);
	free(memo->pages);
	*memo = (struct memo){0};
}

uint32_t *memo_page(struct memo *memo, uint32_t page)
{
	if (page >= memo->npages) {
		uint32_t count = page + page / 2 + 16;
		memo->pages = xrealloc(memo->pages, count, sizeof(*memo->pages));
		memset(memo->pages + memo->npages, 0,
			(count - memo->npages) * sizeof(*memo->pages));
		memo->npages = count;
	}
	if (!memo->pages[page])
		memo->pages[page] = xcalloc(MEMO_PAGE, sizeof(**memo->pages));
	return memo->pages[page];
}

void seen_begin(struct seen *seen)
{
	seen->stamp++;
}

bool seen_add(struct seen *seen, uint32_t id)
{
	if (id == INTERN_UNKNOWN)
		return false;
	uint32_t *stamp = memo_at(&seen->stamps, id);
	bool new = *stamp != seen->stamp;
	*stamp = seen->stamp;
	return new;
}

void lookup_init(struct lookup *lookup, struct field_env *env)
{
	*lookup = (struct lookup){.env = env};
}

void lookup_free(struct lookup *lookup)
{
	memo_free(&lookup->domain);
	memo_free(&lookup->sender);
	memo_free(&lookup->client);
	memo_free(&lookup->odd);
	memo_free(&lookup->hash);
}

/* ---- domains ---- */

enum { DOMAIN_ASKED = 1, DOMAIN_LOCAL = 2, DOMAIN_FREEMAIL = 4 };

/* Hosts and parts of a site's domain are the site's too: lists.example.com of example.com. */
static bool is_local(const struct snap *snap, struct slice domain)
{
	char address[256] = "@";

	for (size_t i = 0; i < snap->nspools; i++)
		if (slice_eq_fold(domain, snap->spools[i]->site.hostname))
			return true;
	while (domain.len && domain.len < sizeof(address)) {
		memcpy(address + 1, domain.ptr, domain.len);
		for (size_t i = 0; i < snap->nspools; i++)
			if (site_is_local(
				    &snap->spools[i]->site, slice_of(address, domain.len + 1)))
				return true;
		size_t dot = slice_index(domain, '.');
		domain = slice_from(domain, dot == SIZE_MAX ? domain.len : dot + 1);
	}
	return false;
}

static uint32_t domain_facts(struct lookup *lookup, uint32_t domain)
{
	uint32_t *known = memo_at(&lookup->domain, domain);
	struct slice name = intern_get(&lookup->env->snap->strings, domain);

	if (!*known)
		*known = DOMAIN_ASKED | (is_local(lookup->env->snap, name) ? DOMAIN_LOCAL : 0) |
			(freemail_domain(name) ? DOMAIN_FREEMAIL : 0);
	return *known;
}

bool lookup_local(struct lookup *lookup, uint32_t domain)
{
	return domain > INTERN_EMPTY && domain_facts(lookup, domain) & DOMAIN_LOCAL;
}

bool lookup_freemail(struct lookup *lookup, uint32_t domain)
{
	return domain > INTERN_EMPTY && domain_facts(lookup, domain) & DOMAIN_FREEMAIL;
}

/* ---- senders ---- */

uint32_t lookup_sender_domain(struct lookup *lookup, uint32_t row)
{
	struct snap *snap = lookup->env->snap;
	uint32_t sender = snap_col(snap, COL_SENDER, row);
	return snap->need.parts & NEED_SENDERS ? field_domain_id(lookup->env, sender) : sender;
}

static bool is_tag(struct slice user, struct slice prefix)
{
	return slice_starts_fold(user, prefix);
}

/* "bounce-123-4@", "list-bounces+anna=example.net@", "news+caf_=x@": up to what changes. */
static struct slice cut_user(struct slice user, bool *verp)
{
	size_t at = slice_index(user, '+');
	size_t equals = slice_index(user, '=');

	if (equals != SIZE_MAX && equals > 0) {
		/* The recipient is in it: up to the separator before him. */
		size_t end = slice_index(user, '+');
		for (size_t i = 0; end == SIZE_MAX && i < equals; i++)
			if (user.ptr[i] == '-')
				end = i;
		*verp = true;
		return slice_upto(user, end == SIZE_MAX ? equals : end);
	}
	if (at != SIZE_MAX && at > 0) {
		*verp = slice_find(slice_upto(user, at), SLICE("bounce")) != SIZE_MAX;
		return slice_upto(user, at);
	}
	/* A number that stands alone behind "bounce": the message's. */
	size_t bounce = slice_find(user, SLICE("bounce"));
	if (bounce != SIZE_MAX) {
		size_t end = bounce + strlen("bounce");
		for (size_t i = end; i < user.len; i++)
			if (ascii_is_digit(user.ptr[i])) {
				*verp = true;
				return slice_upto(user, end);
			}
	}
	return user;
}

static struct slice base_of(struct slice address, struct buf *out, bool *verp)
{
	size_t at = slice_rindex(address, '@');
	struct slice user = slice_upto(address, at), domain = slice_from(address, at), rest;

	if (at == SIZE_MAX || at == 0)
		return address;
	buf_reset(out);
	if (is_tag(user, SLICE("srs0")) || is_tag(user, SLICE("srs1"))) {
		buf_add(out, SLICE("srs"));
	} else if (is_tag(user, SLICE("prvs=")) || is_tag(user, SLICE("btv1="))) {
		/* BATV: prvs=TAG=user; Barracuda's btv1==TAG==user. */
		size_t last = slice_rindex(user, '=');
		buf_add(out, slice_from(user, last + 1));
	} else {
		rest = cut_user(user, verp);
		if (rest.len == user.len)
			return address;
		buf_add(out, rest);
	}
	buf_add(out, domain);
	return buf_slice(out);
}

uint32_t lookup_sender_base(struct lookup *lookup, uint32_t sender, bool *verp)
{
	struct intern *strings = &lookup->env->snap->strings;
	uint32_t *known = memo_at(&lookup->sender, sender);

	*verp = false;
	if (sender <= INTERN_EMPTY)
		return sender;
	if (!*known) {
		struct buf text = {0};
		struct slice base = base_of(intern_get(strings, sender), &text, verp);
		*known = intern_add(strings, base) << 1 | *verp;
		buf_free(&text);
	}
	*verp = *known & 1;
	return *known >> 1;
}

uint32_t lookup_hash(struct lookup *lookup, uint32_t address)
{
	uint32_t *known = memo_at(&lookup->hash, address);
	if (!*known)
		*known = frequent_hash(intern_get(&lookup->env->snap->strings, address));
	return *known;
}

/* ---- clients ---- */

enum { CLIENT_ASKED = 1, CLIENT_TRUSTED = 2, CLIENT_LOOPBACK = 4 };

static uint32_t client_facts(struct lookup *lookup, uint32_t client)
{
	const struct snap *snap = lookup->env->snap;
	uint32_t *known = memo_at(&lookup->client, client);
	struct ip ip;

	if (*known || client == INTERN_UNKNOWN)
		return *known;
	*known = CLIENT_ASKED;
	if (!ip_parse(intern_get(&snap->strings, client), &ip))
		return *known;
	if (ip_is_loopback(&ip))
		*known |= CLIENT_TRUSTED | CLIENT_LOOPBACK;
	for (size_t i = 0; i < snap->nspools; i++)
		if (ip_is_private(&ip) || site_is_trusted(&snap->spools[i]->site, &ip))
			*known |= CLIENT_TRUSTED;
	return *known;
}

bool lookup_trusted(struct lookup *lookup, uint32_t client_ip)
{
	return client_facts(lookup, client_ip) & CLIENT_TRUSTED;
}

bool lookup_loopback(struct lookup *lookup, uint32_t client_ip)
{
	return client_facts(lookup, client_ip) & CLIENT_LOOPBACK;
}

/* ---- HELO ---- */

/* "WIN-8K2LD93PQ1F": what Windows names a server that nobody named. */
static bool is_fresh_windows(struct slice helo)
{
	return slice_starts_fold(helo, SLICE("win-")) && helo.len >= 12 &&
		slice_index(helo, '.') == SIZE_MAX;
}

static bool is_odd_helo(struct slice helo)
{
	static const char names[] =
		"user ylmf-pc localhost localhost.localdomain pc win admin test "
		"administrator server friend computer mail smtp";
	struct slice word, list = slice_cstr(names);
	struct ip ip;

	while (slice_word(&list, " ", &word))
		if (slice_eq_fold(helo, word))
			return true;
	/* A bare address is against the rules; mail programs put it in brackets. */
	return ip_parse(helo, &ip) ? helo.ptr[0] != '[' : is_fresh_windows(helo);
}

bool lookup_odd_helo(struct lookup *lookup, uint32_t helo)
{
	uint32_t *known = memo_at(&lookup->odd, helo);
	struct slice text = intern_get(&lookup->env->snap->strings, helo);

	if (!*known)
		*known = text.len && is_odd_helo(text) ? 2 : 1;
	return *known == 2;
}
