/* Logins, hosts and programs one by one: is somebody else behind their mail? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/verdict/script.h"
#include "core/verdict/study.h"

enum { BULK_LEAST = 50 }; /* messages: fewer are no bulk mail */

static double part(double k, double n)
{
	return n > 0 ? k / n : 0;
}

/* ---- scripts ---- */

static void weigh_script(struct study *study, struct suspect *suspect)
{
	const struct measures *m = &suspect->m;
	struct slice script = intern_get(&study->snap->strings, suspect->party->script);
	struct slice name = script_name(script);
	struct evidence *evidence;

	if (script.len && !script_is_common(name)) {
		const struct rule *rule = study_rule(study, RULE_SCRIPT_NAME);
		bool odd = script_is_odd(script);
		evidence = evidence_add(study, suspect, RULE_SCRIPT_NAME, odd ? 2 : 1,
			odd ? rule->strong : rule->threshold,
			odd ? rule->strong_points : rule->points);
		evidence_text(study, evidence, "the script %.*s %s", SLICE_ARG(script),
			odd ? "lies where no program belongs, or has a name made up by a machine"
			    : "is no mailer that is known");
	}
	const struct rule *from = study_rule(study, RULE_SCRIPT_FROM);
	double strange = part(m->from_foreign, m->messages);
	double median = baseline(study, suspect->party, BASIC_FROM, 0.5);
	/* A shop may have its mail elsewhere: that is one name, and always the same. */
	if (m->messages >= 5 && m->froms >= 3 && strange >= from->threshold &&
		!(median >= from->threshold)) {
		evidence = evidence_add(
			study, suspect, RULE_SCRIPT_FROM, strange, from->threshold, from->points);
		evidence->n = m->messages;
		evidence->median = median;
		evidence_text(study, evidence,
			"From: is of %" PRIu32 " domains, not the site's in %.3g %%", m->froms,
			100 * strange);
	}
	const struct rule *rate = study_rule(study, RULE_SCRIPT_RATE);
	if (script.len && m->peak_hour >= rate->threshold && m->rcpts_distinct >= 5) {
		evidence = evidence_add(study, suspect, RULE_SCRIPT_RATE, m->peak_hour,
			rate->threshold, rate->points);
		evidence_text(study, evidence,
			"one script, %" PRIu32 " recipients in its busiest hour", m->peak_hour);
	}
}

/* ---- one party ---- */

static enum finding_class class_of(enum origin origin)
{
	switch (origin) {
	case ORIGIN_ACCOUNT:
		return CLASS_STOLEN_ACCOUNT;
	case ORIGIN_LOCAL:
		return CLASS_HACKED_SCRIPT;
	case ORIGIN_LAN:
	case ORIGIN_LOOPBACK:
		return CLASS_INFECTED_HOST;
	default:
		return CLASS_UNDETERMINED;
	}
}

static uint32_t count_bounces(struct study *study, struct rows rows)
{
	uint32_t count = 0;

	seen_begin(&study->seen);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t sender = snap_col(study->snap, COL_SENDER, rows.at[i]);
		if (sender > INTERN_EMPTY && seen_add(&study->seen, sender))
			count += memo_get(&study->bounced, sender);
	}
	return count;
}

/* Mail from elsewhere than the owner's, where the owner's is known. */
static void weigh_place(struct study *study, struct suspect *suspect)
{
	const struct rule *rule = study_rule(study, RULE_NEW_PLACE);
	struct rows all = suspect->party->rows, crime = suspect->crime;
	uint32_t elsewhere = 0, usual = 0, at = 0;

	if (all.count - crime.count < 3)
		return;
	seen_begin(&study->seen);
	/* Both are in order of arrival: what is in all and not in the crime is usual. */
	for (uint32_t i = 0; i < all.count; i++) {
		if (at < crime.count && crime.at[at] == all.at[i]) {
			at++;
			continue;
		}
		uint32_t client = field_client_id(study->env, all.at[i]);
		usual += client != INTERN_UNKNOWN;
		seen_add(&study->seen, client);
	}
	for (uint32_t i = 0; i < crime.count; i++) {
		uint32_t client = field_client_id(study->env, crime.at[i]);
		elsewhere += client && !seen_has(&study->seen, client);
	}
	double value = part(elsewhere, crime.count);
	if (usual < 3 || value < rule->threshold)
		return;
	struct evidence *evidence =
		evidence_add(study, suspect, RULE_NEW_PLACE, value, rule->threshold, rule->points);
	evidence->n = crime.count;
	evidence_text(study, evidence,
		"%.3g %% come from addresses where its usual mail does not come from", 100 * value);
}

static struct suspect examine(struct study *study, const struct party *party, struct rows crime)
{
	struct suspect suspect = {.class = class_of(party->origin), .party = party, .crime = crime};

	if (crime.count == party->rows.count)
		suspect.m = *party->m;
	else
		measure(study, party, crime, &suspect.m);
	suspect.nusual = party->rows.count - crime.count;
	suspect.bounces = count_bounces(study, crime);
	weigh(study, &suspect);
	if (party->origin == ORIGIN_LOCAL)
		weigh_script(study, &suspect);
	else
		weigh_place(study, &suspect);
	conclude(study, &suspect);
	return suspect;
}

static void forget(struct suspect *suspect)
{
	free(suspect->evidence);
	free(suspect->notes);
	suspect->evidence = NULL;
	suspect->notes = NULL;
}

/* The same mail again and again to the same few: nobody's crime, and it has to stop. */
static bool is_runaway(const struct study *study, const struct measures *m)
{
	enum { FEW = 10 };
	const struct rule *flood = study_rule(study, RULE_FLOOD);

	double least =
		m->messages * 3 >= study->all.messages ? flood->threshold / 2 : flood->threshold;

	return m->messages >= least &&
		(m->rcpts_distinct <= FEW || m->most_rcpt * 10 >= m->messages * 9) &&
		m->senders <= 3 && m->list * 2 < m->messages &&
		(m->same_subject * 2 >= m->messages || m->same_size * 2 >= m->messages) &&
		(m->messages * 10 >= study->all.messages || m->peak_hour >= 60);
}

static bool is_bulk(struct study *study, const struct suspect *suspect)
{
	const struct measures *m = &suspect->m;
	double subject = part(m->same_subject, m->messages), size = part(m->same_size, m->messages);

	return m->messages >= BULK_LEAST && m->messages * 10 >= study->all.messages &&
		(uint64_t)m->rcpts_distinct * 2 >= m->rcpts &&
		((subject >= 0.5 && !is_usual(study, suspect, BASIC_SUBJECT, subject)) ||
			(size >= 0.4 && !is_usual(study, suspect, BASIC_SIZE, size)));
}

static void tell_volume(struct study *study, struct suspect *suspect, enum rule_id id)
{
	const struct measures *m = &suspect->m;
	struct evidence *evidence =
		evidence_add(study, suspect, id, m->messages, study_rule(study, id)->threshold, 0);

	evidence->n = study->all.messages;
	evidence_text(study, evidence,
		"%" PRIu32 " messages of one sender to %" PRIu32 " recipients, nearly all alike",
		m->messages, m->rcpts_distinct);
}

/* What is left of a party when nobody else seems to be behind it. */
static bool settle(struct study *study, struct suspect *suspect)
{
	const struct measures *m = &suspect->m;
	bool lists = m->list * 10 >= m->messages * 8;
	bool service = m->automatic * 10 >= m->messages * 8 && m->senders == 1 && !m->foreign;

	bool one = m->rcpts_distinct <= 3 || m->most_rcpt * 10 >= m->messages * 9;
	if ((suspect->level <= LEVEL_SUSPECT || one) && suspect->level < LEVEL_CONFIRMED &&
		is_runaway(study, m)) {
		suspect->class = CLASS_RUNAWAY_SENDER;
		suspect->level = LEVEL_PROBABLE;
		tell_volume(study, suspect, RULE_FLOOD);
		suspect->structural = true;
		conclude(study, suspect);
		return true;
	}
	if (suspect->party->origin == ORIGIN_UNKNOWN && suspect->level > LEVEL_SUSPECT)
		suspect->level = LEVEL_SUSPECT;
	bool owner = suspect->stranger ? !suspect->harm && (lists || service)
				       : suspect->level <= LEVEL_SUSPECT || lists || service;
	if (owner && suspect->party->origin != ORIGIN_UNKNOWN && is_bulk(study, suspect)) {
		suspect->class = CLASS_BULK_MAIL;
		suspect->level = suspect->level > LEVEL_SUSPECT ? LEVEL_SUSPECT : LEVEL_NOTE;
		return true;
	}
	return suspect->level >= LEVEL_SUSPECT && (suspect->stranger || suspect->harm);
}

/* Whether a part of it may be somebody else's. */
static bool is_worth_a_split(struct study *study, const struct party *party)
{
	const struct measures *m = party->m;
	struct slice script = intern_get(&study->snap->strings, party->script);

	/* Nothing that such a program sends is anybody's. */
	if (script.len && script_is_odd(script))
		return false;
	return m->foreign + m->null >= 5 || m->clients > 1 || m->same_subject >= 20 ||
		m->same_size >= 20;
}

static void judge_party(struct study *study, const struct party *party)
{
	struct buf filter = {0}, whole = {0};
	struct rows crime = party->rows;

	if (!party->m || is_claimed(study, party->rows))
		return;
	party_filter(study, party, &whole);
	struct suspect best = examine(study, party, party->rows);
	bool parted = false;
	if (is_worth_a_split(study, party)) {
		split(study, party, &crime, &filter);
		parted = crime.count && crime.count < party->rows.count;
	}
	if (parted) {
		struct suspect some = examine(study, party, crime);
		/* The whole is only taken where the part would be the lesser charge. */
		parted = some.level >= best.level;
		forget(parted ? &best : &some);
		if (parted)
			best = some;
	}
	if (!parted && crime.at != party->rows.at) {
		free(crime.at);
		crime.at = NULL;
	}
	if (settle(study, &best)) {
		best.filter = arena_copy(study->arena, buf_slice(parted ? &filter : &whole));
		best.owns_crime = parted;
		*suspect_add(study, best.class) = best;
	} else {
		forget(&best);
		if (parted)
			free(crime.at);
	}
	buf_free(&filter);
	buf_free(&whole);
}

/* How many bounces in the queue go to each address. */
static void count_bounced(struct study *study)
{
	const struct snap *snap = study->snap;

	for (uint32_t row = 0; row < snap->rows; row++) {
		/* Those of other servers may be about mail that was never sent from here. */
		if (snap->small[row].origin != ORIGIN_DSN || !snap_has_addresses(snap, row))
			continue;
		uint32_t count, first = snap_rcpts(snap, row, &count);
		for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
			++*memo_at(&study->bounced, snap_rcpt(snap, RCPT_ADDRESS, rcpt));
	}
}

void parties_judge(struct study *study)
{
	count_bounced(study);
	for (size_t i = 0; i < study->nparties; i++) {
		const struct party *party = &study->parties[i];
		bool judged = party->origin == ORIGIN_ACCOUNT || party->origin == ORIGIN_LAN ||
			party->origin == ORIGIN_LOCAL || party->origin == ORIGIN_LOOPBACK ||
			party->origin == ORIGIN_UNKNOWN;
		if (judged)
			judge_party(study, party);
	}
}
