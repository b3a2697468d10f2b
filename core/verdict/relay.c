/*
 * Strangers' mail to strangers. Some of it may be for a domain that is ours after all, and that
 * nobody told us of: its mail comes from many networks, and these write to it alone.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/base/ip.h"
#include "core/base/xalloc.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

struct dest {
	uint32_t id;
	uint32_t rows, exclusive; /* messages; those of clients that write nowhere else */
	uint32_t nets;
	uint32_t senders; /* domains of senders */
	uint32_t writers; /* different senders of the site's own who write there */
	bool ours;
};

struct work {
	struct study *study;
	struct rows rows;
	struct memo clients; /* 1: writes to one domain; 2: to several */
	struct memo only;    /* that one */
	struct memo place;   /* by domain: place in dests, + 1 */
	struct dest *dests;
	uint32_t ndests;
};

static struct dest *dest_of(struct work *work, uint32_t domain)
{
	uint32_t *place = memo_at(&work->place, domain);
	if (!*place) {
		work->dests = xrealloc(work->dests, work->ndests + 1, sizeof(*work->dests));
		work->dests[work->ndests++] = (struct dest){.id = domain};
		*place = work->ndests;
	}
	return &work->dests[*place - 1];
}

/* Calls `each` for every foreign recipient's domain of a row. */
static void each_domain(
	struct work *work, uint32_t row, void (*each)(struct work *, uint32_t row, uint32_t domain))
{
	uint32_t count, first = snap_rcpts(work->study->snap, row, &count);
	for (uint32_t rcpt = first; rcpt < first + count; rcpt++) {
		uint32_t domain = rcpt_domain(work->study, row, rcpt);
		if (domain && !lookup_local(&work->study->lookup, domain))
			each(work, row, domain);
	}
}

static void note_client(struct work *work, uint32_t row, uint32_t domain)
{
	uint32_t client = field_client_id(work->study->env, row);
	uint32_t *only = memo_at(&work->only, client), *kind = memo_at(&work->clients, client);

	*kind = !*only || *only == domain ? 1 : 2;
	*only = *kind == 2 ? UINT32_MAX : domain;
}

static void note_dest(struct work *work, uint32_t row, uint32_t domain)
{
	struct dest *dest = dest_of(work, domain);
	dest->rows++;
	dest->exclusive += *memo_at(&work->clients, field_client_id(work->study->env, row)) == 1;
}

static void count_nets(struct work *work, struct dest *dest)
{
	seen_begin(&work->study->seen);
	seen_begin(&work->study->seen2);
	for (uint32_t i = 0; i < work->rows.count; i++) {
		uint32_t row = work->rows.at[i], count;
		uint32_t first = snap_rcpts(work->study->snap, row, &count);
		for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
			if (rcpt_domain(work->study, row, rcpt) == dest->id) {
				dest->nets += seen_add(
					&work->study->seen, field_net_id(work->study->env, row));
				dest->senders += seen_add(&work->study->seen2,
					lookup_sender_domain(&work->study->lookup, row));
			}
	}
}

static void count_writers(struct work *work, struct dest *dest)
{
	const struct snap *snap = work->study->snap;

	seen_begin(&work->study->seen);
	for (uint32_t row = 0; row < snap->rows; row++) {
		enum origin origin = (enum origin)snap->small[row].origin;
		uint32_t count, first = snap_rcpts(snap, row, &count);
		if (origin != ORIGIN_ACCOUNT && origin != ORIGIN_LAN && origin != ORIGIN_LOCAL)
			continue;
		for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
			if (rcpt_domain(work->study, row, rcpt) == dest->id)
				dest->writers += seen_add(
					&work->study->seen, snap_col(snap, COL_SENDER, row));
	}
}

static bool is_ours(const struct work *work, const struct dest *dest)
{
	/* Whom many of our own people write to is a provider, or a partner. */
	enum { LEAST_NETS = 5, FEW_DOMAINS = 5, MANY_WRITERS = 3 };
	if (dest->exclusive * 10 < dest->rows * 8 ||
		lookup_freemail(&work->study->lookup, dest->id) || dest->writers >= MANY_WRITERS ||
		dest->senders < LEAST_NETS)
		return false;
	return dest->nets >= LEAST_NETS &&
		(dest->rows * 5 >= work->rows.count || work->ndests <= FEW_DOMAINS);
}

/* Of one that is to none but our own domains the address itself names another host. */
static bool is_relayed(struct work *work, uint32_t row)
{
	uint32_t count, first = snap_rcpts(work->study->snap, row, &count);
	bool ours = false;

	for (uint32_t rcpt = first; rcpt < first + count; rcpt++) {
		uint32_t domain = rcpt_domain(work->study, row, rcpt);
		if (!domain || lookup_local(&work->study->lookup, domain))
			continue;
		if (!dest_of(work, domain)->ours)
			return true;
		ours = true;
	}
	return !ours;
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct intern *strings = arg;
	return slice_cmp(intern_get(strings, ((const struct dest *)a)->id),
		intern_get(strings, ((const struct dest *)b)->id));
}

static void add_domains(struct work *work, struct buf *out)
{
	struct intern *strings = &work->study->snap->strings;
	uint32_t told = 0;

	for (uint32_t i = 0; i < work->ndests; i++) {
		if (!work->dests[i].ours)
			continue;
		buf_add(out, told++ ? SLICE(", ") : SLICE("("));
		filter_add_value(out, intern_get(strings, work->dests[i].id));
	}
	buf_addc(out, ')');
}

/* The rows for which is_relayed says `relayed`. */
static struct rows take(struct work *work, bool relayed)
{
	struct rows rows = {.at = xcalloc(work->rows.count + 1, sizeof(*rows.at))};
	for (uint32_t i = 0; i < work->rows.count; i++)
		if (is_relayed(work, work->rows.at[i]) == relayed)
			rows.at[rows.count++] = work->rows.at[i];
	return rows;
}

static void accuse(struct work *work, const struct party *party, struct rows crime, bool some)
{
	struct study *study = work->study;
	const struct rule *rule = study_rule(study, RULE_RELAYED);
	struct suspect suspect = {.class = CLASS_OPEN_RELAY,
		.party = party,
		.crime = crime,
		.owns_crime = true,
		.nusual = party->rows.count - crime.count};
	struct buf filter = {0};

	measure(study, party, crime, &suspect.m);
	bool sure = suspect.m.messages >= rule->strong && suspect.m.domains >= 3;
	double points = sure ? rule->strong_points : rule->points;
	struct evidence *evidence = evidence_add(study, &suspect, RULE_RELAYED, crime.count,
		sure ? rule->strong : rule->threshold, study->guessed ? points / 2 : points);
	evidence->n = study->all.messages;
	evidence_text(study, evidence,
		"%" PRIu32 " messages of strangers from %" PRIu32
		" address%s, without a login, to %" PRIu32 " domain%s not the site's",
		crime.count, suspect.m.clients, suspect.m.clients == 1 ? "" : "es",
		suspect.m.domains, suspect.m.domains == 1 ? "" : "s");
	weigh(study, &suspect);
	conclude(study, &suspect);
	party_filter(study, party, &filter);
	if (some) {
		buf_add(&filter, SLICE(" and not all rcpt_domain in "));
		add_domains(work, &filter);
	}
	suspect.filter = arena_copy(study->arena, buf_slice(&filter));
	buf_free(&filter);
	if (suspect.level >= LEVEL_SUSPECT)
		*suspect_add(study, suspect.class) = suspect;
	else
		free(crime.at), free(suspect.evidence);
}

/* "Is that domain yours?" */
static void ask(struct work *work, const struct party *party, struct rows rows)
{
	struct study *study = work->study;
	struct suspect *suspect = suspect_add(study, CLASS_UNDETERMINED);
	struct buf filter = {0}, names = {0};

	suspect->party = party;
	suspect->crime = rows;
	suspect->owns_crime = true;
	suspect->structural = true;
	suspect->level = LEVEL_SUSPECT;
	measure(study, party, rows, &suspect->m);
	add_domains(work, &names);
	party_filter(study, party, &filter);
	buf_add(&filter, SLICE(" and all rcpt_domain in "));
	buf_add(&filter, buf_slice(&names));
	struct evidence *evidence =
		evidence_add(study, suspect, RULE_RELAYED, rows.count, EVIDENCE_NONE, 0);
	evidence_text(study, evidence,
		"many networks send mail without a login, each to %.*s alone: the site may be a "
		"mail exchanger for it",
		SLICE_ARG(buf_slice(&names)));
	suspect_note(study, suspect,
		"if %.*s is yours, say so: relay_domains of the mail server, or --local-domains",
		SLICE_ARG(buf_slice(&names)));
	suspect->filter = arena_copy(study->arena, buf_slice(&filter));
	buf_free(&names);
	buf_free(&filter);
	conclude(study, suspect);
}

static void judge_relay(struct study *study, const struct party *party)
{
	struct work work = {.study = study, .rows = party->rows};
	bool some = false;

	for (uint32_t i = 0; i < party->rows.count; i++)
		each_domain(&work, party->rows.at[i], note_client);
	for (uint32_t i = 0; i < party->rows.count; i++)
		each_domain(&work, party->rows.at[i], note_dest);
	for (uint32_t i = 0; i < work.ndests; i++) {
		struct dest *dest = &work.dests[i];
		if (dest->rows * 10 >= party->rows.count)
			count_nets(&work, dest);
		if (dest->nets)
			count_writers(&work, dest);
		dest->ours = is_ours(&work, dest);
		some |= dest->ours;
	}
	if (work.ndests)
		qsort_r(work.dests, work.ndests, sizeof(*work.dests), by_name,
			&study->snap->strings);
	for (uint32_t i = 0; i < work.ndests; i++)
		*memo_at(&work.place, work.dests[i].id) = i + 1;
	struct rows relayed = take(&work, true);
	if (relayed.count >= (uint32_t)study_rule(study, RULE_RELAYED)->threshold)
		accuse(&work, party, relayed, some);
	else
		free(relayed.at);
	if (some)
		ask(&work, party, take(&work, false));
	memo_free(&work.clients);
	memo_free(&work.only);
	memo_free(&work.place);
	free(work.dests);
}

/* ---- trusted too widely ---- */

static void accuse_wide(struct study *study, struct rows rows, struct slice filter)
{
	const struct rule *rule = study_rule(study, RULE_RELAYED);
	struct suspect *suspect = suspect_add(study, CLASS_OPEN_RELAY);

	suspect->crime = rows;
	suspect->owns_crime = true;
	suspect->filter = arena_copy(study->arena, filter);
	measure(study, NULL, rows, &suspect->m);
	struct evidence *evidence = evidence_add(
		study, suspect, RULE_RELAYED, rows.count, rule->strong, rule->strong_points);
	evidence->n = study->all.messages;
	evidence_text(study, evidence,
		"%" PRIu32 " messages from strangers to strangers, from %" PRIu32
		" addresses in %" PRIu32 " networks that the site trusts",
		rows.count, suspect->m.clients, suspect->m.nets);
	weigh(study, suspect);
	conclude(study, suspect);
	suspect_note(study, suspect,
		"the trusted networks of the configuration are too wide, or a proxy in them hides "
		"who "
		"connects");
	claim(study, rows);
}

/* The site's domains that senders, or recipients, of the queue are of. */
static void add_own_domains(struct study *study, bool senders, const char *begin, struct buf *out)
{
	enum { LISTED = 60 };
	const struct snap *snap = study->snap;
	unsigned told = 0;

	seen_begin(&study->seen);
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t count, first = snap_rcpts(snap, row, &count);
		if (snap->small[row].origin != ORIGIN_LAN)
			continue;
		for (uint32_t i = 0; i < (senders ? 1 : count) && told < LISTED; i++) {
			uint32_t domain = senders ? lookup_sender_domain(&study->lookup, row)
						  : rcpt_domain(study, row, first + i);
			if (!lookup_local(&study->lookup, domain) ||
				!seen_add(&study->seen, domain))
				continue;
			buf_add(out, told++ ? SLICE(", ") : slice_cstr(begin));
			filter_add_value(out, intern_get(&snap->strings, domain));
		}
	}
	buf_add(out, told ? SLICE(")") : SLICE(""));
}

/* Public addresses whose mail is from strangers to strangers, and that the site trusts. */
static bool is_trusted_stranger(struct study *study, uint32_t row)
{
	const struct snap *snap = study->snap;
	uint32_t domain = lookup_sender_domain(&study->lookup, row);
	uint32_t count, first = snap_rcpts(snap, row, &count);
	struct ip ip;

	if (snap->small[row].origin != ORIGIN_LAN || bitset_has(&study->claimed, row) ||
		snap_col(snap, COL_LOST_LOGIN, row) || !domain ||
		lookup_local(&study->lookup, domain) ||
		!ip_parse(snap_text(snap, COL_CLIENT_IP, row), &ip) || ip_is_private(&ip))
		return false;
	for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
		if (lookup_local(&study->lookup, rcpt_domain(study, row, rcpt)))
			return false;
	return true;
}

/* "origin=lan and not client_ip in 10.0.0.0/8 ... and not sender_domain in (ours)" */
static void add_wide_filter(struct study *study, struct buf *out)
{
	static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
		"100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10",
		"::1/128"};
	buf_add(out, SLICE("origin=lan"));
	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		buf_printf(out, " and not client_ip in %s", nets[i]);
	add_own_domains(study, true, " and not sender_domain in (", out);
	add_own_domains(study, false, " and not rcpt_domain in (", out);
	if (study->copies)
		buf_add(out, SLICE(" and lost_login is unknown"));
}

/* How many of the messages come from clients that write in three names and more. */
static uint32_t count_rotating(struct study *study, struct rows rows)
{
	enum { NAMES = 3 };
	struct keymap pairs = {0};
	struct memo names = {0};
	uint32_t rotating = 0;

	for (int second = 0; second < 2; second++)
		for (uint32_t i = 0; i < rows.count; i++) {
			uint32_t client = field_client_id(study->env, rows.at[i]);
			uint64_t domain = lookup_sender_domain(&study->lookup, rows.at[i]);
			uint32_t before = pairs.count;
			if (second)
				rotating += *memo_at(&names, client) >= NAMES;
			else if (keymap_add(&pairs, (uint64_t)client << 32 | domain) == before)
				++*memo_at(&names, client);
		}
	keymap_free(&pairs);
	memo_free(&names);
	return rotating;
}

/*
 * Customers of a provider are trusted by their addresses too, but each keeps to his own name
 * and is not refused as spam.
 */
void wide_trust_find(struct study *study)
{
	enum { NETS = 5, DOMAINS = 20 };
	struct rows some = {.at = xcalloc(study->snap->rows + 1, sizeof(uint32_t))}, rows;
	struct buf filter = {0};
	struct measures m = {0};

	for (uint32_t row = 0; row < study->snap->rows; row++)
		if (is_trusted_stranger(study, row))
			some.at[some.count++] = row;
	qsort_r(some.at, some.count, sizeof(*some.at), by_arrival, study->snap);
	if (some.count)
		measure(study, NULL, some, &m);
	bool spam = some.count &&
		stats_wilson((double)refused(&m), (double)m.tried).low >=
			study_rule(study, RULE_REFUSED)->strong;
	bool wide = some.count && m.nets >= NETS && m.foreign_domains >= DOMAINS &&
		(spam || count_rotating(study, some) * 2 >= some.count);
	free(some.at);
	if (!wide)
		return;
	add_wide_filter(study, &filter);
	if (select_rows(study, buf_slice(&filter), &rows) && rows.count)
		accuse_wide(study, rows, buf_slice(&filter));
	else
		free(rows.at);
	buf_free(&filter);
}

void relays_find(struct study *study)
{
	for (size_t i = 0; i < study->nparties; i++)
		if (study->parties[i].origin == ORIGIN_RELAY)
			judge_relay(study, &study->parties[i]);
}
