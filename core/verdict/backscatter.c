/*
 * Bounces nobody asked for: ours to strangers in whose name somebody wrote to us, and strangers'
 * to one of us in whose name somebody wrote to them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/base/units.h"
#include "core/mail/marks.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

enum { LISTED = 60, LEAST = 50 };

/*
 * A busy server has hundreds of honest bounces: what counts is how many there are beside the
 * mail that nobody complains of.
 */
static bool reaches(const struct study *study, uint32_t messages)
{
	double share = study_rule(study, RULE_BACKSCATTER_SHARE)->threshold;
	double rest = study->all.messages - (double)bitset_count(&study->accused);

	return messages >= LEAST &&
		(messages >= rest * share ||
			(messages >= study_rule(study, RULE_BACKSCATTER)->threshold &&
				messages >= rest * share / 3));
}

static void tell_share(struct study *study, struct suspect *suspect, const char *what)
{
	const struct measures *m = &suspect->m;
	bool many = m->messages >= study_rule(study, RULE_BACKSCATTER)->threshold;
	enum rule_id id = many ? RULE_BACKSCATTER : RULE_BACKSCATTER_SHARE;
	double share = (double)m->messages / study->all.messages;
	struct evidence *evidence = evidence_add(study, suspect, id, many ? m->messages : share,
		study_rule(study, id)->threshold, 0);

	evidence->n = study->all.messages;
	evidence_text(study, evidence, "%.3g %% of the queue are %s: %" PRIu32 " messages",
		100 * share, what, m->messages);
}

/* The senders by which mail servers of the site bounce, where they do not use the null one. */
static void add_postmasters(struct study *study, struct buf *out)
{
	static const char names[] = "mailer-daemon postmaster double-bounce";
	const struct intern *strings = &study->snap->strings;
	unsigned told = 0;

	for (uint32_t id = INTERN_EMPTY + 1; id < study->sender_ids && told < LISTED; id++) {
		struct slice address = intern_get(strings, id), list = slice_cstr(names), word;
		size_t at = slice_rindex(address, '@');
		if (at == SIZE_MAX || !bitset_has(&study->senders, id))
			continue;
		bool named = false;
		while (slice_word(&list, " ", &word))
			named |= slice_eq(slice_upto(address, at), word);
		if (!named || !lookup_local(&study->lookup, field_domain_id(study->env, id)))
			continue;
		buf_add(out, told++ ? SLICE(", ") : SLICE(" or envelope_sender in ("));
		filter_add_value(out, address);
	}
	buf_add(out, told ? SLICE(")") : SLICE(""));
}

/* Leaves what goes to our own people. */
static void add_not_local(struct study *study, struct rows rows, struct buf *out)
{
	const struct snap *snap = study->snap;
	unsigned told = 0;

	seen_begin(&study->seen);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t count, first = snap_rcpts(snap, rows.at[i], &count);
		for (uint32_t rcpt = first; rcpt < first + count && told < LISTED; rcpt++) {
			uint32_t domain = rcpt_domain(study, rows.at[i], rcpt);
			if (!lookup_local(&study->lookup, domain) ||
				!seen_add(&study->seen, domain))
				continue;
			buf_add(out, told++ ? SLICE(", ") : SLICE(" and not rcpt_domain in ("));
			filter_add_value(out, intern_get(&snap->strings, domain));
		}
	}
	buf_add(out, told ? SLICE(")") : SLICE(""));
}

static void add_start(struct study *study, struct rows rows, struct buf *out)
{
	int64_t start = rows.count ? run_start(study->snap, rows) : WIDE_UNKNOWN;
	if (start == WIDE_UNKNOWN || start == snap_wide(study->snap, WIDE_ARRIVAL, rows.at[0]))
		return;
	buf_add(out, SLICE(" and arrival_time>="));
	units_rfc3339(out, start);
}

static void accuse(struct study *study, struct buf *filter, bool outgoing)
{
	struct suspect suspect = {.class = CLASS_BACKSCATTER, .structural = true};
	struct measures *m = &suspect.m;

	suspect.filter = arena_copy(study->arena, buf_slice(filter));
	if (!select_rows(study, suspect.filter, &suspect.crime))
		return;
	suspect.owns_crime = true;
	if (!reaches(study, suspect.crime.count)) {
		free(suspect.crime.at);
		return;
	}
	measure(study, NULL, suspect.crime, m);
	tell_share(study, &suspect, outgoing ? "bounces to strangers" : "bounces from strangers");
	struct evidence *evidence = evidence_add(
		study, &suspect, RULE_BACKSCATTER, m->rcpts_distinct, EVIDENCE_NONE, 0);
	double dead = (double)(m->by_class[REASON_NO_DOMAIN] + m->by_class[REASON_NETWORK] +
		m->by_class[REASON_UNKNOWN_USER]);
	bool spread = (uint64_t)m->rcpts_distinct * 2 >= m->rcpts || m->domains >= 100;
	if (outgoing) {
		evidence_text(study, evidence,
			"they go to %" PRIu32 " addresses at %" PRIu32
			" domains; of those tried %.3g %% are dead ends",
			m->rcpts_distinct, m->domains,
			m->tried ? 100 * dead / (double)m->tried : 0.0);
		suspect_note(study, &suspect,
			"nobody here wrote what they bounce: the server takes mail for recipients "
			"that it cannot deliver to, and answers to a forged sender");
	} else {
		evidence_text(study, evidence,
			"from %" PRIu32 " servers to %" PRIu32
			" of our addresses: somebody writes in "
			"their name elsewhere",
			m->clients, m->rcpts_distinct);
		suspect_note(study, &suspect, "nobody here is abusing the server");
	}
	suspect.level = outgoing   ? (spread ? LEVEL_CONFIRMED : LEVEL_PROBABLE)
		: m->clients >= 20 ? LEVEL_CONFIRMED
				   : LEVEL_PROBABLE;
	conclude(study, &suspect);
	*suspect_add(study, suspect.class) = suspect;
}

static void find_outgoing(struct study *study)
{
	struct buf filter = {0};
	struct rows rows;

	buf_add(&filter,
		SLICE("(origin=dsn or (envelope_sender=\"\" and origin in (local, loopback, lan, "
		      "unknown))"));
	add_postmasters(study, &filter);
	buf_addc(&filter, ')');
	if (!select_rows(study, buf_slice(&filter), &rows))
		rows = (struct rows){0};
	add_not_local(study, rows, &filter);
	free(rows.at);
	if (select_rows(study, buf_slice(&filter), &rows)) {
		add_start(study, rows, &filter);
		if (reaches(study, rows.count - left_bounces(study, rows)))
			accuse(study, &filter, true);
	}
	free(rows.at);
	buf_free(&filter);
}

/* The part before the '@' of one of our addresses, whichever of our domains it is at. */
static uint32_t own_name(struct study *study, uint32_t address)
{
	struct intern *strings = &study->snap->strings;
	bool verp;
	uint32_t base = lookup_sender_base(&study->lookup, address, &verp);
	struct slice text = intern_get(strings, base);

	if (!lookup_local(&study->lookup, field_domain_id(study->env, base)))
		return INTERN_UNKNOWN;
	return intern_add(strings, slice_upto(text, slice_rindex(text, '@')));
}

/* Bounces to a sender who has mail of his own in the queue, and not little: he caused them. */
static uint32_t own_bounces(struct study *study, struct rows rows)
{
	enum { PART = 5 };
	const struct snap *snap = study->snap;
	struct memo sent = {0}, back = {0};
	uint32_t own = 0;

	for (uint32_t row = 0; row < snap->rows; row++) {
		enum origin origin = (enum origin)snap->small[row].origin;
		if (origin == ORIGIN_ACCOUNT || origin == ORIGIN_LAN || origin == ORIGIN_LOCAL)
			++*memo_at(&sent, own_name(study, snap_col(snap, COL_SENDER, row)));
	}
	for (int second = 0; second < 2; second++)
		for (uint32_t i = 0; i < rows.count; i++) {
			uint32_t count, first = snap_rcpts(snap, rows.at[i], &count);
			if (!count || !snap_has_addresses(snap, rows.at[i]))
				continue;
			uint32_t base = own_name(study, snap_rcpt(snap, RCPT_ADDRESS, first));
			if (second)
				own += *memo_at(&sent, base) * PART >= *memo_at(&back, base);
			else
				++*memo_at(&back, base);
		}
	memo_free(&sent);
	memo_free(&back);
	return own;
}

static void find_incoming(struct study *study)
{
	struct buf filter = {0};
	struct rows rows;

	buf_add(&filter, SLICE("envelope_sender=\"\" and origin in (inbound, forward)"));
	if (select_rows(study, buf_slice(&filter), &rows) &&
		reaches(study, rows.count - own_bounces(study, rows)))
		accuse(study, &filter, false);
	free(rows.at);
	buf_free(&filter);
}

/* What could be a bounce at all: nearly always too few to look any closer. */
static uint32_t count_bouncing(const struct study *study)
{
	const struct snap *snap = study->snap;
	uint32_t count = 0;

	for (uint32_t row = 0; row < snap->rows; row++)
		count += snap->small[row].origin == ORIGIN_DSN ||
			snap_col(snap, COL_SENDER, row) == INTERN_EMPTY ||
			snap_col(snap, COL_MARKS, row) & MARK_REPORT;
	return count;
}

void backscatter_find(struct study *study)
{
	if (!reaches(study, count_bouncing(study)))
		return;
	find_outgoing(study);
	find_incoming(study);
}
