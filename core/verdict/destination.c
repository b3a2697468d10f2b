/*
 * Trouble that is nobody's crime: a destination that does not answer, a server of ours that is
 * on a block list, our own line or filter down, mail that is sent on and refused as spam.
 * Mail of suspects does not count: its failures are its own.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

enum { SHOWN = 3, LEAST = 50, FEW_DOMAINS = 10 };

struct dest {
	uint32_t id;
	uint32_t messages;
	uint32_t tried, network, nowhere, refused, ours; /* recipients */
};

struct work {
	struct study *study;
	struct memo place; /* by domain, + 1 */
	struct dest *dests;
	uint32_t ndests, cap;
	uint32_t messages, tried, network, refused, ours, refused_senders;
};

static struct dest *dest_of(struct work *work, uint32_t domain)
{
	uint32_t *place = memo_at(&work->place, domain);
	if (!*place) {
		if (work->ndests == work->cap) {
			work->cap = work->cap ? work->cap * 2 : 256;
			work->dests = xrealloc(work->dests, work->cap, sizeof(*work->dests));
		}
		work->dests[work->ndests++] = (struct dest){.id = domain};
		*place = work->ndests;
	}
	return &work->dests[*place - 1];
}

static void count_row(struct work *work, uint32_t row)
{
	struct study *study = work->study;
	const struct snap *snap = study->snap;
	uint32_t sender = snap_col(snap, COL_SENDER, row);
	uint32_t count, first = snap_rcpts(snap, row, &count), last = 0;
	bool was_refused = false;

	work->messages++;
	for (uint32_t rcpt = first; rcpt < first + count; rcpt++) {
		enum reason_class class = (enum reason_class)snap->rcpt_class[rcpt];
		uint32_t domain = rcpt_domain(study, row, rcpt);
		if (!domain || snap->rcpt_state[rcpt] != RCPT_PENDING || class == REASON_UNKNOWN)
			continue;
		struct dest *dest = dest_of(work, domain);
		dest->messages += domain != last;
		last = domain;
		dest->tried++;
		dest->network += class == REASON_NETWORK;
		dest->nowhere += class == REASON_NO_DOMAIN;
		dest->refused += class == REASON_IP_REPUTATION;
		dest->ours += class == REASON_LOCAL_CONFIG;
		was_refused |= class == REASON_IP_REPUTATION;
		work->tried++;
		work->network += class == REASON_NETWORK || class == REASON_NO_DOMAIN;
		work->refused += class == REASON_IP_REPUTATION;
		work->ours += class == REASON_LOCAL_CONFIG;
	}
	if (was_refused)
		work->refused_senders += seen_add(&study->seen2, sender);
}

static uint32_t count_senders(struct study *study, uint32_t domain)
{
	const struct snap *snap = study->snap;
	uint32_t senders = 0;

	seen_begin(&study->seen);
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t count, first = snap_rcpts(snap, row, &count);
		for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
			if (rcpt_domain(study, row, rcpt) == domain &&
				!bitset_has(&study->accused, row))
				senders += seen_add(&study->seen, snap_col(snap, COL_SENDER, row));
	}
	return senders;
}

/* A finding that selects by filter; NULL when that selects nothing. */
static struct suspect *add(struct study *study, enum finding_class class, struct buf *filter)
{
	struct rows rows;

	if (!select_rows(study, buf_slice(filter), &rows) || !rows.count) {
		free(rows.at);
		return NULL;
	}
	struct suspect *suspect = suspect_add(study, class);
	suspect->structural = true;
	suspect->filter = arena_copy(study->arena, buf_slice(filter));
	suspect->crime = rows;
	suspect->owns_crime = true;
	measure(study, NULL, rows, &suspect->m);
	return suspect;
}

static int by_messages(const void *a, const void *b, void *arg)
{
	const struct dest *x = a, *y = b;
	const struct intern *strings = arg;
	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return slice_cmp(intern_get(strings, x->id), intern_get(strings, y->id));
}

static void judge_destination(struct work *work, const struct dest *dest)
{
	struct study *study = work->study;
	const struct rule *network = study_rule(study, RULE_DESTINATION_NETWORK);
	const struct rule *senders = study_rule(study, RULE_DESTINATION);
	struct slice name = intern_get(&study->snap->strings, dest->id);
	double share = (double)dest->network / dest->tried;
	bool large = dest->messages * (dest->messages >= 100 ? 20 : 4) >= work->messages;

	if (dest->messages < LEAST || !large || share < network->threshold)
		return;
	uint32_t origins = count_senders(study, dest->id);
	if (origins < senders->threshold)
		return;
	struct buf filter = {0};
	buf_add(&filter, SLICE("rcpt_domain="));
	filter_add_value(&filter, name);
	buf_add(&filter, SLICE(" and reason_class=network"));
	struct suspect *suspect = add(study, CLASS_DESTINATION_DOWN, &filter);
	buf_free(&filter);
	if (!suspect)
		return;
	suspect->level = dest->messages * 4 >= work->messages || dest->messages >= 1000
		? LEVEL_CONFIRMED
		: LEVEL_PROBABLE;
	struct evidence *evidence = evidence_add(
		study, suspect, RULE_DESTINATION_NETWORK, share, network->threshold, 0);
	evidence->n = dest->tried;
	evidence_text(study, evidence,
		"nothing answers there: %.3g %% of %" PRIu32 " recipients tried", 100 * share,
		dest->tried);
	evidence = evidence_add(study, suspect, RULE_DESTINATION, origins, senders->threshold, 0);
	evidence_text(study, evidence,
		"mail of %" PRIu32 " different senders, none of them unusual", origins);
	name_add(&suspect->who, WHO_DOMAIN, arena_copy(study->arena, name), suspect->crime.count);
	suspect->title = suspect->who.list[0].value;
	conclude(study, suspect);
}

static void judge_blocklist(struct work *work)
{
	struct study *study = work->study;
	const struct rule *rule = study_rule(study, RULE_BLOCKLISTED);
	uint32_t domains = 0;

	for (uint32_t i = 0; i < work->ndests; i++)
		domains += work->dests[i].refused > 0;
	double share = work->tried ? (double)work->refused / work->tried : 0;
	if (work->tried < LEAST || share < rule->threshold || domains < FEW_DOMAINS / 2 ||
		work->refused_senders < FEW_DOMAINS)
		return;
	struct buf filter = {0};
	buf_add(&filter, SLICE("reason_class=ip-reputation"));
	struct suspect *suspect = add(study, CLASS_SERVER_BLOCKLISTED, &filter);
	buf_free(&filter);
	if (!suspect)
		return;
	suspect->level = share >= 0.5 ? LEVEL_CONFIRMED : LEVEL_PROBABLE;
	struct evidence *evidence =
		evidence_add(study, suspect, RULE_BLOCKLISTED, share, rule->threshold, 0);
	struct interval interval = stats_wilson(work->refused, work->tried);
	evidence->n = work->tried;
	evidence->low = interval.low;
	evidence->high = interval.high;
	evidence_text(study, evidence,
		"%.3g %% of %" PRIu32 " recipients tried are refused for this server's address, "
		"whoever wrote: %" PRIu32 " senders, %" PRIu32 " destinations",
		100 * share, work->tried, work->refused_senders, domains);
	name_add(&suspect->who, WHO_SPOOL, slice_cstr(study->snap->spools[0]->name),
		suspect->crime.count);
	suspect->title = SLICE("this server");
	conclude(study, suspect);
}

/* The site's own domains do not count: their mail goes to a store of ours. */
static void judge_network(struct work *work)
{
	struct study *study = work->study;
	const struct rule *rule = study_rule(study, RULE_OWN_NETWORK);
	uint32_t tried = 0, failing = 0, ours = 0;

	for (uint32_t i = 0; i < work->ndests; i++) {
		const struct dest *dest = &work->dests[i];
		tried++;
		failing += (dest->network + dest->nowhere + dest->ours) * 10 >= dest->tried * 9;
		ours += dest->ours * 10 >= dest->tried * 9;
	}
	double share = tried ? (double)failing / tried : 0;
	double rcpts = work->tried ? (double)(work->network + work->ours) / work->tried : 0;
	if (work->tried < LEAST || tried < FEW_DOMAINS || share < rule->threshold ||
		rcpts < rule->threshold)
		return;
	bool filter_down = ours * 2 >= failing;
	struct buf filter = {0};
	buf_add(&filter,
		filter_down ? SLICE("reason_class=local-config")
			    : SLICE("reason_class in (network, no-domain)"));
	struct suspect *suspect = add(study, CLASS_OWN_NETWORK_DOWN, &filter);
	buf_free(&filter);
	if (!suspect)
		return;
	suspect->level = share >= 0.8 && rcpts >= 0.8 ? LEVEL_CONFIRMED : LEVEL_PROBABLE;
	struct evidence *evidence =
		evidence_add(study, suspect, RULE_OWN_NETWORK, share, rule->threshold, 0);
	evidence->n = tried;
	evidence_text(study, evidence,
		filter_down
			? "%" PRIu32 " of %" PRIu32
			  " destinations fail on this machine: a service of ours does not answer"
			: "%" PRIu32 " of %" PRIu32
			  " destinations that have nothing to do with each other do not answer",
		failing, tried);
	name_add(&suspect->who, WHO_SPOOL, slice_cstr(study->snap->spools[0]->name),
		suspect->crime.count);
	suspect->title = filter_down ? SLICE("a service on this machine")
				     : SLICE("this server's line or DNS");
	conclude(study, suspect);
}

static void judge_forwards(struct work *work)
{
	struct study *study = work->study;
	const struct rule *rule = study_rule(study, RULE_REFUSED);
	struct buf filter = {0};
	struct rows rows;
	struct measures m;

	if (!select_rows(study, SLICE("origin=forward"), &rows) || rows.count < LEAST ||
		rows.count * 10 < work->messages) {
		free(rows.at);
		return;
	}
	measure(study, NULL, rows, &m);
	free(rows.at);
	struct interval bad = stats_wilson((double)refused(&m), (double)m.tried);
	double others = study->all.tried > m.tried ? (double)(refused(&study->all) - refused(&m)) /
			(double)(study->all.tried - m.tried)
						   : 0;
	if (m.tried < LEAST || bad.low < rule->strong || bad.low < 2 * others)
		return;
	buf_add(&filter, SLICE("origin=forward and reason_class in (spam-content, ip-reputation)"));
	struct suspect *suspect = add(study, CLASS_FORWARDED_SPAM, &filter);
	buf_free(&filter);
	if (!suspect)
		return;
	double share = (double)refused(&m) / (double)m.tried;
	suspect->level = LEVEL_PROBABLE;
	struct evidence *evidence =
		evidence_add(study, suspect, RULE_REFUSED, share, rule->strong, 0);
	evidence->n = m.tried;
	evidence->low = bad.low;
	evidence->high = bad.high;
	evidence_text(study, evidence,
		"%.3g %% [%.0f-%.0f] of %" PRIu64 " recipients of mail that is sent on are refused "
		"as spam",
		100 * share, 100 * bad.low, 100 * bad.high, m.tried);
	evidence_here(study, evidence, "the rest of the queue: %.3g %%", 100 * others);
	suspect->title = SLICE("mail that users have sent on to elsewhere");
	conclude(study, suspect);
}

void destinations_find(struct study *study)
{
	struct work work = {.study = study};
	const struct snap *snap = study->snap;

	if (!snap->rcpt_class)
		return;
	seen_begin(&study->seen2);
	for (uint32_t row = 0; row < snap->rows; row++)
		/* Bounces go where nobody is, on the best of days. */
		if (!bitset_has(&study->accused, row) &&
			snap_col(snap, COL_SENDER, row) != INTERN_EMPTY)
			count_row(&work, row);
	judge_network(&work);
	judge_blocklist(&work);
	if (work.ndests)
		qsort_r(work.dests, work.ndests, sizeof(*work.dests), by_messages,
			&study->snap->strings);
	for (uint32_t i = 0; i < work.ndests && i < SHOWN; i++)
		judge_destination(&work, &work.dests[i]);
	judge_forwards(&work);
	memo_free(&work.place);
	free(work.dests);
}
