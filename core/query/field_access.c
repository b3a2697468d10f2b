#include "core/query/field_access.h"

#include <stdlib.h>

#include "core/base/ip.h"
#include "core/base/xalloc.h"

enum { NET_BITS_4 = 24, NET_BITS_6 = 48, CLIENT_BITS_6 = 64 };

static void init_words(struct field_words *words, struct snap *snap)
{
	struct intern *strings = &snap->strings;

	/* The first of each enum is "unknown", which is no word; an origin is always told. */
	for (unsigned i = 1; i < MSG_STATES; i++)
		words->state[i] =
			intern_add(strings, slice_cstr(msg_state_name((enum msg_state)i)));
	for (unsigned i = 0; i < ORIGINS; i++)
		words->origin[i] = intern_add(strings, slice_cstr(origin_name((enum origin)i)));
	for (unsigned i = 1; i < SOURCES; i++)
		words->source[i] = intern_add(strings, slice_cstr(source_name((enum source)i)));
	for (unsigned i = 1; i < REASON_CLASSES; i++)
		words->reason_class[i] =
			intern_add(strings, slice_cstr(reason_class_name((enum reason_class)i)));
	for (unsigned i = 0; i < 32; i++)
		words->warning[i] =
			intern_add(strings, slice_cstr(warning_name((enum warning)(1u << i))));
	for (size_t i = 0; i < snap->nspools && i < LIMIT_SPOOLS; i++) {
		const struct spool *spool = snap->spools[i];
		words->spool[i] = intern_add(strings, slice_cstr(spool->name));
		words->format[i] = intern_add(strings, slice_cstr(spool->format->name));
	}
}

void field_env_init(struct field_env *env, struct snap *snap, int64_t now)
{
	*env = (struct field_env){.snap = snap, .now = now};
	init_words(&env->words, snap);
}

void field_env_free(struct field_env *env)
{
	free(env->domain.ids);
	free(env->net.ids);
	free(env->client.ids);
	free(env->sets);
	*env = (struct field_env){0};
}

/* The derived id of a source id, by `make` when it is asked for the first time. */
static uint32_t derive(struct snap *snap, struct field_memo *memo, uint32_t id,
	uint32_t (*make)(struct snap *snap, uint32_t id))
{
	if (id == INTERN_UNKNOWN)
		return INTERN_UNKNOWN;
	if (id >= memo->cap) {
		uint32_t cap = snap->strings.count;
		memo->ids = xrealloc(memo->ids, cap, sizeof(*memo->ids));
		memset(memo->ids + memo->cap, 0, (cap - memo->cap) * sizeof(*memo->ids));
		memo->cap = cap;
	}
	if (memo->ids[id] == 0)
		memo->ids[id] = make(snap, id) + 1;
	return memo->ids[id] - 1;
}

static uint32_t make_domain(struct snap *snap, uint32_t id)
{
	return snap_domain(snap, intern_get(&snap->strings, id));
}

static uint32_t add_net(struct intern *strings, const struct ip *ip, unsigned bits)
{
	struct ip base = ip_mask(ip, bits);
	struct buf text = {0};
	ip_format(&text, &base);
	buf_printf(&text, "/%u", bits);
	uint32_t id = intern_add(strings, buf_slice(&text));
	buf_free(&text);
	return id;
}

static uint32_t make_net(struct snap *snap, uint32_t id)
{
	struct ip ip;
	if (!ip_parse(intern_get(&snap->strings, id), &ip))
		return INTERN_UNKNOWN;
	return add_net(&snap->strings, &ip, ip.family == 4 ? NET_BITS_4 : NET_BITS_6);
}

static uint32_t make_client(struct snap *snap, uint32_t id)
{
	struct ip ip;
	if (!ip_parse(intern_get(&snap->strings, id), &ip) || ip.family == 4 || ip_is_loopback(&ip))
		return id;
	return add_net(&snap->strings, &ip, CLIENT_BITS_6);
}

uint32_t field_domain_id(struct field_env *env, uint32_t address)
{
	return derive(env->snap, &env->domain, address, make_domain);
}

uint32_t field_client_id(struct field_env *env, uint32_t row)
{
	uint32_t ip = snap_col(env->snap, COL_CLIENT_IP, row);
	return derive(env->snap, &env->client, ip, make_client);
}

uint32_t field_net_id(struct field_env *env, uint32_t row)
{
	uint32_t ip = snap_col(env->snap, COL_CLIENT_IP, row);
	return derive(env->snap, &env->net, ip, make_net);
}

FIELD_ID(access_text)
{
	(void)i;
	return snap_col(env->snap, ref->field->column + ref->param, row);
}

FIELD_ID(access_queue_id)
{
	(void)ref, (void)i;
	return intern_add(&env->snap->strings, snap_text(env->snap, COL_QUEUE_ID, row));
}

FIELD_ID(access_domain)
{
	(void)i;
	uint32_t address = snap_col(env->snap, ref->field->column, row);
	/* The one column of whole addresses that may have been let go. */
	return env->snap->need.parts & NEED_SENDERS ? field_domain_id(env, address) : address;
}

FIELD_ID(access_state)
{
	(void)ref, (void)i;
	return env->words.state[env->snap->small[row].state];
}

FIELD_ID(access_format)
{
	(void)ref, (void)i;
	return env->words.format[env->snap->small[row].spool];
}

FIELD_ID(access_spool)
{
	(void)ref, (void)i;
	return env->words.spool[env->snap->small[row].spool];
}

FIELD_ID(access_account_source)
{
	(void)ref, (void)i;
	return env->words.source[env->snap->small[row].account_source];
}

FIELD_ID(access_origin)
{
	(void)ref, (void)i;
	return env->words.origin[env->snap->small[row].origin];
}

FIELD_ID(access_client_net)
{
	(void)ref, (void)i;
	return field_net_id(env, row);
}

FIELD_ID(access_client_group)
{
	(void)ref, (void)i;
	return field_client_id(env, row);
}

/* Finds the recipient in a slot; false when it is cancelled or there is none. */
static bool recipient(const struct snap *snap, uint32_t row, uint32_t i, uint32_t *rcpt)
{
	uint32_t count;
	*rcpt = snap_rcpts(snap, row, &count) + i;
	return i < count && snap->rcpt_state[*rcpt] != RCPT_CANCELLED;
}

FIELD_ID(access_rcpt)
{
	(void)ref;
	uint32_t rcpt;
	if (!recipient(env->snap, row, i, &rcpt))
		return FIELD_NO_VALUE;
	return snap_rcpt(env->snap, RCPT_ADDRESS, rcpt);
}

FIELD_ID(access_rcpt_domain)
{
	(void)ref;
	uint32_t rcpt;
	if (!recipient(env->snap, row, i, &rcpt))
		return FIELD_NO_VALUE;
	uint32_t name = snap_rcpt(env->snap, RCPT_ADDRESS, rcpt);
	return snap_has_addresses(env->snap, row) ? field_domain_id(env, name) : name;
}

FIELD_ID(access_reason)
{
	(void)ref;
	uint32_t rcpt;
	if (!recipient(env->snap, row, i, &rcpt))
		return FIELD_NO_VALUE;
	return snap_rcpt(env->snap, RCPT_REASON, rcpt);
}

FIELD_ID(access_reason_text)
{
	(void)ref;
	uint32_t rcpt;
	if (!recipient(env->snap, row, i, &rcpt))
		return INTERN_UNKNOWN;
	return snap_rcpt(env->snap, RCPT_REASON_TEXT, rcpt);
}

FIELD_ID(access_reason_class)
{
	(void)ref;
	uint32_t rcpt;
	if (!recipient(env->snap, row, i, &rcpt))
		return FIELD_NO_VALUE;
	return env->words.reason_class[env->snap->rcpt_class[rcpt]];
}

FIELD_ID(access_warning)
{
	(void)ref;
	bool set = snap_col(env->snap, COL_WARNINGS, row) >> i & 1;
	return set ? env->words.warning[i] : FIELD_NO_VALUE;
}

FIELD_ID(access_finding)
{
	(void)ref;
	return bitset_has(env->sets[i].rows, row) ? env->sets[i].name : FIELD_NO_VALUE;
}

FIELD_NUMBER_OF(access_wide)
{
	*value = snap_wide(env->snap, ref->field->column, row);
	return *value != WIDE_UNKNOWN;
}

FIELD_NUMBER_OF(access_number_plus_1)
{
	uint32_t plus_1 = snap_col(env->snap, ref->field->column, row);
	*value = (int64_t)plus_1 - 1;
	return plus_1 != 0;
}

FIELD_NUMBER_OF(access_number)
{
	*value = snap_col(env->snap, ref->field->column, row);
	return true;
}

FIELD_NUMBER_OF(access_age)
{
	(void)ref;
	int64_t arrival = snap_wide(env->snap, WIDE_ARRIVAL, row);
	return arrival != WIDE_UNKNOWN && !__builtin_sub_overflow(env->now, arrival, value);
}

uint32_t count_recipients(const struct field_env *env, uint32_t row)
{
	uint32_t count;
	snap_rcpts(env->snap, row, &count);
	return count;
}

FIELD_ID(access_content)
{
	(void)ref, (void)env, (void)row, (void)i;
	return INTERN_UNKNOWN;
}

uint32_t count_content(const struct field_env *env, uint32_t row)
{
	(void)env, (void)row;
	return 1;
}

uint32_t count_warnings(const struct field_env *env, uint32_t row)
{
	uint32_t bits = snap_col(env->snap, COL_WARNINGS, row);
	return bits ? 32 - (uint32_t)__builtin_clz(bits) : 0;
}

uint32_t count_findings(const struct field_env *env, uint32_t row)
{
	(void)row;
	return (uint32_t)env->nsets;
}

enum source source_of_account(const struct snap *snap, uint32_t row)
{
	return (enum source)snap->small[row].account_source;
}

enum source source_of_client(const struct snap *snap, uint32_t row)
{
	return (enum source)snap->small[row].client_source;
}

enum source source_of_origin(const struct snap *snap, uint32_t row)
{
	return snap_col(snap, COL_ACCOUNT, row) ? source_of_account(snap, row)
						: source_of_client(snap, row);
}
