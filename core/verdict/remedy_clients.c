/* Which addresses to take off, and which networks, so that nobody else is cut off with them. */
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/xalloc.h"
#include "core/verdict/remedy_facts.h"
#include "core/verdict/remedy_values.h"

enum {
	SEVERAL = 3,       /* clients of one network that stand for all of it */
	MOST_CLIENTS = 100 /* in the lines of one finding */
};

/* A client: an address, or the /64 of an IPv6 one. */
struct client {
	struct ip ip;
	uint32_t messages;
	bool taken; /* as part of its network, or left out */
};

struct clients {
	struct client *list;
	size_t count, cap;
};

static unsigned client_bits(const struct ip *ip)
{
	return ip->family == 4 ? 32 : 64;
}

static unsigned network_bits(const struct ip *ip)
{
	return ip->family == 4 ? 24 : 48;
}

static int by_address(const void *a, const void *b)
{
	return memcmp(&((const struct client *)a)->ip, &((const struct client *)b)->ip,
		sizeof(struct ip));
}

static int busiest_first(const void *a, const void *b)
{
	const struct client *x = a, *y = b;
	if (x->messages != y->messages)
		return x->messages < y->messages ? 1 : -1;
	return by_address(a, b);
}

static void add_client(struct clients *clients, const struct ip *ip, uint32_t messages)
{
	if (clients->count == clients->cap) {
		clients->cap = clients->cap ? clients->cap * 2 : 64;
		clients->list = xrealloc(clients->list, clients->cap, sizeof(*clients->list));
	}
	clients->list[clients->count++] =
		(struct client){.ip = ip_mask(ip, client_bits(ip)), .messages = messages};
}

/* Sorted by address, each once. */
static void settle(struct clients *clients)
{
	size_t kept = 0;

	if (clients->count)
		qsort(clients->list, clients->count, sizeof(*clients->list), by_address);
	for (size_t i = 0; i < clients->count; i++) {
		if (kept && by_address(&clients->list[kept - 1], &clients->list[i]) == 0)
			clients->list[kept - 1].messages += clients->list[i].messages;
		else
			clients->list[kept++] = clients->list[i];
	}
	clients->count = kept;
}

/* The first client that is not below the network's first address. */
static size_t lower_bound(const struct clients *clients, const struct client *first)
{
	size_t low = 0, high = clients->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_address(&clients->list[middle], first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool any_within(const struct clients *clients, const struct ip_net *net)
{
	struct client first = {.ip = net->base};
	size_t at = lower_bound(clients, &first);
	return at < clients->count && ip_in_net(&clients->list[at].ip, net);
}

static bool is_strange(const struct ip *ip, const struct spool *spool)
{
	return !ip_is_loopback(ip) && !ip_is_private(ip) && !site_is_trusted(&spool->site, ip);
}

/* Mine: of the finding's messages. Others: of logins with other messages than these. */
static void find_clients(struct clients *mine, struct clients *others,
	const struct finding *finding, const struct snap *snap, const struct spool *spool)
{
	uint32_t *counts = xcalloc(snap->strings.count, sizeof(*counts));
	struct bitset others_seen = bitset_new(snap->strings.count);
	struct ip ip;

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t client = snap_col(snap, COL_CLIENT_IP, row);
		if (snap->small[row].client_source == SOURCE_RECEIVED)
			continue;
		if (bitset_has(&finding->rows, row))
			counts[client]++;
		else if (snap_col(snap, COL_ACCOUNT, row) > INTERN_EMPTY ||
			snap_col(snap, COL_LOST_LOGIN, row) > INTERN_EMPTY)
			bitset_set(&others_seen, client);
	}
	for (uint32_t id = INTERN_EMPTY + 1; id < snap->strings.count; id++) {
		if ((!counts[id] && !bitset_has(&others_seen, id)) ||
			!ip_parse(intern_get(&snap->strings, id), &ip))
			continue;
		if (counts[id] && is_strange(&ip, spool))
			add_client(mine, &ip, counts[id]);
		if (bitset_has(&others_seen, id))
			add_client(others, &ip, 0);
	}
	free(counts);
	bitset_free(&others_seen);
	settle(mine);
	settle(others);
}

/* Leaves out those of others; how many. */
static size_t leave_out(struct clients *mine, const struct clients *others)
{
	size_t kept = 0, count = mine->count;

	for (size_t i = 0; i < count; i++) {
		struct ip_net net = {mine->list[i].ip, (uint8_t)client_bits(&mine->list[i].ip)};
		if (!any_within(others, &net))
			mine->list[kept++] = mine->list[i];
	}
	mine->count = kept;
	return count - kept;
}

/* Adds the network of the clients from `at` on if it is to go as a whole; how many those are. */
static size_t take_network(
	struct remedy_values *values, struct clients *mine, const struct clients *others, size_t at)
{
	struct ip *ip = &mine->list[at].ip;
	struct ip_net net = {ip_mask(ip, network_bits(ip)), (uint8_t)network_bits(ip)};
	size_t end = at;

	while (end < mine->count && ip_in_net(&mine->list[end].ip, &net))
		end++;
	if (end - at >= SEVERAL && !any_within(others, &net)) {
		remedy_values_add_client(values, &net);
		for (size_t i = at; i < end; i++)
			mine->list[i].taken = true;
	}
	return end - at;
}

static void put_note(struct remedy_values *values, size_t left_out, size_t too_many)
{
	struct buf note = {0};

	if (left_out)
		buf_printf(&note, "%zu left out: other logins use %s", left_out,
			left_out == 1 ? "it" : "them");
	if (too_many)
		buf_printf(&note, "%s%zu more, of few messages, are not listed",
			note.len ? "; " : "", too_many);
	for (unsigned kind = VALUE_CLIENT; note.len && kind <= VALUE_CLIENT_MASK; kind++)
		values->of[kind].note = arena_copy(values->arena, buf_slice(&note));
	buf_free(&note);
}

/* A machine of ours may stand for many: it is cut off only where it is one. */
static void add_own_machines(
	struct remedy_values *values, const struct finding *finding, const struct snap *snap)
{
	bool shared[LIMIT_WHO] = {false};
	struct ip_net net;

	remedy_find_shared(finding, snap, shared);
	for (size_t i = 0; i < finding->nwho; i++) {
		char room[IP_TEXT_MAX];
		if (finding->who[i].kind != WHO_IP || !ip_net_parse(finding->who[i].value, &net) ||
			ip_is_loopback(&net.base))
			continue;
		remedy_values_add(values, shared[i] ? VALUE_SHARED_HOST : VALUE_HOST,
			ip_text(&net.base, room));
		if (!shared[i])
			remedy_values_add_client(values, &net);
	}
}

static void add_strangers(struct remedy_values *values, const struct finding *finding,
	const struct field_env *env, const struct spool *spool)
{
	struct clients mine = {0}, others = {0};

	find_clients(&mine, &others, finding, env->snap, spool);
	size_t left_out = leave_out(&mine, &others);
	for (size_t at = 0; at < mine.count;)
		at += take_network(values, &mine, &others, at);
	if (mine.count)
		qsort(mine.list, mine.count, sizeof(*mine.list), busiest_first);
	size_t too_many = 0;
	for (size_t i = 0; i < mine.count; i++) {
		struct ip_net net = {mine.list[i].ip, (uint8_t)client_bits(&mine.list[i].ip)};
		if (mine.list[i].taken)
			continue;
		if (values->of[VALUE_CLIENT].count < MOST_CLIENTS)
			remedy_values_add_client(values, &net);
		else
			too_many++;
	}
	put_note(values, left_out, too_many);
	free(mine.list);
	free(others.list);
}

void remedy_values_clients(struct remedy_values *values, const struct finding *finding,
	const struct field_env *env, const struct spool *spool)
{
	switch (finding->class) {
	case CLASS_INFECTED_HOST:
		add_own_machines(values, finding, env->snap);
		break;
	case CLASS_STOLEN_ACCOUNT:
	case CLASS_OPEN_RELAY:
		add_strangers(values, finding, env, spool);
		break;
	default:
		break;
	}
}

/* ---- a network as the lines name it ---- */

/* The leading parts of it, as Sendmail's access map wants them: 203.0.113, IPv6:2001:db8:1. */
static void add_prefix(struct buf *out, const struct ip_net *net)
{
	const uint8_t *bytes = net->base.bytes;

	if (net->base.family == 4) {
		for (unsigned i = 0; i < net->bits / 8U; i++)
			buf_printf(out, "%s%u", i ? "." : "", bytes[i]);
		return;
	}
	buf_add(out, SLICE("IPv6"));
	for (size_t i = 0; i < net->bits / 16U; i++)
		buf_printf(out, ":%x", bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

static void add_form(struct remedy_values *values, enum remedy_value kind, struct buf *text)
{
	remedy_values_add(values, kind, buf_slice(text));
	buf_reset(text);
}

void remedy_values_add_client(struct remedy_values *values, const struct ip_net *net)
{
	struct buf text = {0};
	bool whole = net->bits == (net->base.family == 4 ? 32 : 128);

	ip_format(&text, &net->base);
	if (!whole)
		buf_printf(&text, "/%u", net->bits);
	remedy_values_add(
		values, net->base.family == 4 ? VALUE_CLIENT4 : VALUE_CLIENT6, buf_slice(&text));
	add_form(values, VALUE_CLIENT, &text);
	add_prefix(&text, net);
	add_form(values, VALUE_CLIENT_PREFIX, &text);
	if (net->base.family == 4) {
		ip_format(&text, &net->base);
		if (!whole)
			buf_add(&text, SLICE(" 255.255.255.0"));
		add_form(values, VALUE_CLIENT_MASK, &text);
	}
	buf_free(&text);
}
