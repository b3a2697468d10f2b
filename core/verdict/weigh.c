/* From figures to evidence: each rule looks at the measures and says what it found, in words. */
#include <inttypes.h>
#include <math.h>

#include "core/base/units.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

static double part(double k, double n)
{
	return n > 0 ? k / n : 0;
}

/* Adds evidence when the value reaches the rule; the points of the step it reached. */
static struct evidence *judge(
	struct study *study, struct suspect *suspect, enum rule_id id, double value)
{
	const struct rule *rule = study_rule(study, id);
	bool strong = rule->strong != 0 && value >= rule->strong;

	if (value < rule->threshold)
		return NULL;
	return evidence_add(study, suspect, id, value, strong ? rule->strong : rule->threshold,
		strong ? rule->strong_points : rule->points);
}

/* A share of n, by the lower end of its interval. */
static struct evidence *judge_share(
	struct study *study, struct suspect *suspect, enum rule_id id, double k, double n)
{
	struct interval interval = stats_wilson(k, n);
	struct evidence *evidence = judge(study, suspect, id, interval.low);

	if (evidence) {
		evidence->value = part(k, n);
		evidence->n = (uint64_t)n;
		evidence->low = interval.low;
		evidence->high = interval.high;
	}
	return evidence;
}

static void compare(struct study *study, const struct suspect *suspect, struct evidence *evidence,
	enum basic basic)
{
	if (!suspect->party)
		return;
	evidence->median = baseline(study, suspect->party, basic, 0.5);
	evidence->p99 = baseline(study, suspect->party, basic, 0.99);
}

static const char *others_of(const struct suspect *suspect)
{
	switch (suspect->party ? suspect->party->origin : ORIGIN_UNKNOWN) {
	case ORIGIN_ACCOUNT:
		return "other logins";
	case ORIGIN_LAN:
		return "other hosts";
	case ORIGIN_LOCAL:
		return "other programs";
	default:
		return "others";
	}
}

/* "other logins: 0.4 %, at most 3 %" */
static void here_share(
	struct study *study, const struct suspect *suspect, struct evidence *evidence)
{
	if (evidence->median == EVIDENCE_NONE)
		return;
	evidence_here(study, evidence, "%s: %.3g %%, at most %.3g %%", others_of(suspect),
		100 * evidence->median, 100 * evidence->p99);
}

static void here_number(
	struct study *study, const struct suspect *suspect, struct evidence *evidence)
{
	if (evidence->median == EVIDENCE_NONE)
		return;
	evidence_here(study, evidence, "%s: %.0f, at most %.0f", others_of(suspect),
		evidence->median, evidence->p99);
}

/* Whether that much is nothing special here. */
bool is_usual(struct study *study, const struct suspect *suspect, enum basic basic, double value)
{
	double median =
		suspect->party ? baseline(study, suspect->party, basic, 0.5) : EVIDENCE_NONE;
	return median != EVIDENCE_NONE && median >= value / 2;
}

/* "6 h", for the time that all of it took. */
static struct slice span(struct study *study, const struct measures *m)
{
	struct buf text = {0};
	units_age(&text, m->last - m->first > 0 ? m->last - m->first : 1);
	struct slice kept = arena_copy(study->arena, buf_slice(&text));
	buf_free(&text);
	return kept;
}

static void weigh_spread(struct study *study, struct suspect *suspect)
{
	const struct measures *m = &suspect->m;
	struct slice took = span(study, m);
	struct evidence *evidence;

	evidence = is_usual(study, suspect, BASIC_CLIENTS, m->clients_day)
		? NULL
		: judge(study, suspect, RULE_CLIENT_IPS, m->clients_day);
	if (evidence) {
		/* All in a few networks: a provider that hands out addresses, a farm of servers. */
		if (m->nets_day <= 3)
			evidence->points = 1;
		evidence_text(study, evidence,
			"%" PRIu32 " addresses in %" PRIu32 " networks in %.*s", m->clients_day,
			m->nets, SLICE_ARG(took));
		compare(study, suspect, evidence, BASIC_CLIENTS);
		if (evidence->median != EVIDENCE_NONE)
			evidence_here(study, evidence, "here usual: %.0f, at most %.0f a day",
				evidence->median, evidence->p99);
	}
	evidence = is_usual(study, suspect, BASIC_NETS, m->nets_day)
		? NULL
		: judge(study, suspect, RULE_CLIENT_NETS, m->nets_day);
	if (evidence) {
		evidence_text(study, evidence, "%" PRIu32 " networks within a day", m->nets_day);
		compare(study, suspect, evidence, BASIC_NETS);
		here_number(study, suspect, evidence);
	}
	evidence = m->switches >= 3
		? judge(study, suspect, RULE_INTERLEAVED, part(m->switches, m->messages - 1))
		: NULL;
	if (evidence) {
		/* Between office, home and telephone many people change all day. */
		if (m->nets_day < 5)
			evidence->points = 1;
		evidence->n = m->messages;
		evidence_text(study, evidence,
			"used from several networks at the same time: %" PRIu32
			" changes from one to another",
			m->switches);
	}
}

/* What is "not the site's" rests on a guess that does not even explain the honest mail. */
static bool is_guess_weak(const struct study *study, const struct suspect *suspect)
{
	enum origin origin = suspect->party ? suspect->party->origin : ORIGIN_UNKNOWN;

	for (size_t i = 0; study->guessed && i < study->snap->nspools; i++)
		if (site_guess_is_weak(&study->snap->spools[i]->site, origin))
			return true;
	return false;
}

static void weigh_identity(struct study *study, struct suspect *suspect)
{
	const struct measures *m = &suspect->m;
	double n = m->messages, strange = part(m->foreign, n);
	bool login = suspect->party && suspect->party->origin == ORIGIN_ACCOUNT;
	struct evidence *evidence = NULL;

	/*
	 * A name of one's own, and always the same, is what customers of a provider have, and
	 * machines of a company with several names. A login has a name to differ from.
	 */
	bool constant = m->foreign_domains <= 2;
	double some = suspect->party ? baseline(study, suspect->party, BASIC_FOREIGN, 0.95)
				     : EVIDENCE_NONE;
	if (!is_usual(study, suspect, BASIC_FOREIGN, strange) && !(constant && some >= 0.5))
		evidence = judge(study, suspect, RULE_FOREIGN_SENDER, strange);
	if (evidence && constant && evidence->points > 1)
		evidence->points = login ? 3 : 1;
	if (evidence && is_guess_weak(study, suspect) && evidence->points > 1)
		evidence->points = 1;
	if (evidence) {
		evidence->n = m->messages;
		evidence_text(study, evidence, "sender is %s in %.3g %%",
			login ? "neither of the login's domain nor of the site's"
			      : "not of the site's domains",
			100 * strange);
		compare(study, suspect, evidence, BASIC_FOREIGN);
		here_share(study, suspect, evidence);
	}
	/* Of many messages many senders are enough, however often each is used. */
	evidence = NULL;
	if (m->foreign_senders >= 10 && !is_usual(study, suspect, BASIC_SENDERS, m->senders))
		evidence = m->foreign_senders >= 50
			? evidence_add(study, suspect, RULE_SENDER_ROTATION,
				  part(m->foreign_senders, n),
				  study_rule(study, RULE_SENDER_ROTATION)->threshold,
				  study_rule(study, RULE_SENDER_ROTATION)->points)
			: judge(study, suspect, RULE_SENDER_ROTATION, part(m->foreign_senders, n));
	if (evidence) {
		evidence->n = m->messages;
		evidence_text(study, evidence, "%" PRIu32 " different senders in others' names",
			m->foreign_senders);
		compare(study, suspect, evidence, BASIC_SENDERS);
		here_number(study, suspect, evidence);
	}
	evidence = judge(study, suspect, RULE_NULL_SENDER, m->null);
	if (evidence) {
		/* A customer's mail server answers for its people, among other mail. */
		if (m->null * 2 < m->messages && evidence->points > 1)
			evidence->points = 1;
		evidence->n = m->messages;
		evidence_text(study, evidence,
			"%" PRIu32 " messages with the null sender that are no bounces", m->null);
	}
	double odd = part(m->odd_helo, n);
	evidence = is_usual(study, suspect, BASIC_ODD_HELO, odd)
		? NULL
		: judge(study, suspect, RULE_ODD_HELO, odd);
	if (evidence) {
		evidence->n = m->messages;
		evidence_text(study, evidence,
			"the client's HELO is one that mail programs do not give in %.3g %%",
			100 * odd);
		compare(study, suspect, evidence, BASIC_ODD_HELO);
		here_share(study, suspect, evidence);
	}
	double from = part(m->from_foreign, n);
	if (suspect->party && suspect->party->origin == ORIGIN_LOCAL)
		return; /* script_from counts it */
	evidence = is_usual(study, suspect, BASIC_FROM, from) || m->froms <= 2
		? NULL
		: judge(study, suspect, RULE_FROM_DIFFERS, from);
	if (evidence) {
		evidence->n = m->messages;
		evidence_text(study, evidence,
			"From: names a domain that is not the site's in %.3g %%", 100 * from);
		compare(study, suspect, evidence, BASIC_FROM);
		here_share(study, suspect, evidence);
	}
}

static void weigh_outcome(struct study *study, struct suspect *suspect)
{
	enum { LEAST_TRIED = 20 };
	const struct measures *m = &suspect->m;
	struct evidence *evidence = NULL;
	double unknown = (double)m->by_class[REASON_UNKNOWN_USER], tried = (double)m->tried;

	if (m->tried >= LEAST_TRIED)
		evidence = judge_share(study, suspect, RULE_UNKNOWN_USERS, unknown, tried);
	if (evidence) {
		evidence_text(study, evidence,
			"%.3g %% [%.0f-%.0f] of %" PRIu64 " recipients tried do not exist",
			100 * evidence->value, 100 * evidence->low, 100 * evidence->high, m->tried);
		compare(study, suspect, evidence, BASIC_UNKNOWN);
		here_share(study, suspect, evidence);
	}
	/* Once the server is listed everybody is refused: what counts is more than the others. */
	struct measures own = *m;
	if (suspect->party && suspect->party->outlier)
		own = (struct measures){0};
	double others = part((double)(refused(&study->all) - refused(&own)),
		(double)(study->all.tried - own.tried));
	double bad = part((double)refused(m), tried);
	evidence = m->tried >= LEAST_TRIED && bad >= 2 * others
		? judge_share(study, suspect, RULE_REFUSED, (double)refused(m), tried)
		: NULL;
	if (evidence) {
		evidence_text(study, evidence,
			"%.3g %% [%.0f-%.0f] of %" PRIu64 " recipients tried are refused as spam",
			100 * evidence->value, 100 * evidence->low, 100 * evidence->high, m->tried);
		evidence_here(study, evidence, "the rest of the queue: %.3g %%", 100 * others);
		compare(study, suspect, evidence, BASIC_REFUSED);
	}
	evidence = judge(study, suspect, RULE_BOUNCES_BACK, suspect->bounces);
	if (evidence)
		evidence_text(study, evidence,
			"%" PRIu32 " bounces are in the queue to those it wrote as",
			suspect->bounces);
}

static void weigh_recipients(struct study *study, struct suspect *suspect)
{
	const struct measures *m = &suspect->m;
	double rcpts = (double)m->rcpts, n = m->messages;
	struct evidence *evidence;

	double unique = part(m->rcpts_distinct, rcpts);
	evidence = m->rcpts >= 200 ? judge(study, suspect, RULE_RCPT_UNIQUE, unique) : NULL;
	if (evidence) {
		evidence->n = m->rcpts;
		evidence_text(study, evidence,
			"hardly anybody gets two: %" PRIu32 " different of %" PRIu64 " recipients",
			m->rcpts_distinct, m->rcpts);
	}
	evidence = judge(study, suspect, RULE_FREEMAIL, part((double)m->freemail, rcpts));
	if (evidence) {
		evidence->n = m->rcpts;
		evidence_text(study, evidence, "%.3g %% of the recipients are at mailbox providers",
			100 * evidence->value);
	}
	double local =
		suspect->party ? baseline(study, suspect->party, BASIC_LOCAL, 0.5) : EVIDENCE_NONE;
	evidence = local >= 0.2
		? judge(study, suspect, RULE_FEW_LOCAL, 1 - part((double)m->local, rcpts))
		: NULL;
	if (evidence) {
		evidence->n = m->rcpts;
		evidence->median = 1 - local;
		evidence_text(study, evidence, "%.3g %% of the recipients are outside",
			100 * evidence->value);
		evidence_here(
			study, evidence, "%s: %.3g %%", others_of(suspect), 100 * (1 - local));
	}
	evidence = m->usual_count >= 10 && m->messages >= 10
		? judge(study, suspect, RULE_RCPT_COUNT, part(m->usual_count_messages, n))
		: NULL;
	if (evidence) {
		evidence->n = m->messages;
		evidence_text(study, evidence,
			"%.3g %% of the messages have exactly %" PRIu32 " recipients",
			100 * evidence->value, m->usual_count);
	}
}

static void weigh_volume(struct study *study, struct suspect *suspect)
{
	const struct measures *m = &suspect->m;
	struct evidence *evidence;

	evidence = judge(study, suspect, RULE_RATE, m->peak_hour);
	if (evidence) {
		evidence_text(study, evidence, "%" PRIu32 " recipients in its busiest hour",
			m->peak_hour);
		compare(study, suspect, evidence, BASIC_PEAK);
		here_number(study, suspect, evidence);
	}
	double z =
		suspect->party ? outlier(study, suspect->party, BASIC_RCPTS, (double)m->rcpts) : 0;
	evidence = judge(study, suspect, RULE_OUTLIER, z);
	if (evidence) {
		evidence_text(study, evidence, "%" PRIu64 " recipients are far more than usual",
			m->rcpts);
		compare(study, suspect, evidence, BASIC_RCPTS);
		here_number(study, suspect, evidence);
	}
	const struct rule *steady = study_rule(study, RULE_STEADY);
	if (m->unsteady >= 0 && m->unsteady < steady->threshold) {
		evidence = evidence_add(study, suspect, RULE_STEADY, m->unsteady, steady->threshold,
			steady->points);
		evidence_text(study, evidence,
			"a steady stream, as a program sends: about %.0f an hour",
			m->messages * 3600.0 / (double)(m->last - m->first + 1));
	}
	evidence = m->messages >= 20 && study->all.messages - m->messages >= 200
		? judge(study, suspect, RULE_OFF_HOURS, part(m->quiet_hours, m->messages))
		: NULL;
	if (evidence) {
		evidence->n = m->messages;
		evidence_text(study, evidence,
			"%.3g %% came at hours when others here send nothing",
			100 * evidence->value);
	}
}

static void weigh_content(struct study *study, struct suspect *suspect)
{
	const struct measures *m = &suspect->m;
	double n = m->messages;
	struct evidence *evidence;

	if (m->messages < 20)
		return;
	double size = part(m->same_size, n), subject = part(m->same_subject, n);
	evidence = is_usual(study, suspect, BASIC_SIZE, size)
		? NULL
		: judge(study, suspect, RULE_SAME_SIZE, size);
	if (evidence) {
		evidence->n = m->messages;
		evidence_text(study, evidence,
			"%.3g %% have the same size, %" PRIu32 " to %" PRIu32 " bytes",
			100 * evidence->value, m->size_low, m->size_high);
		compare(study, suspect, evidence, BASIC_SIZE);
		here_share(study, suspect, evidence);
	}
	evidence = is_usual(study, suspect, BASIC_SUBJECT, subject)
		? NULL
		: judge(study, suspect, RULE_SAME_SUBJECT, subject);
	if (evidence) {
		evidence->n = m->messages;
		evidence_text(study, evidence, "%.3g %% have one of a few subjects",
			100 * evidence->value);
		compare(study, suspect, evidence, BASIC_SUBJECT);
		here_share(study, suspect, evidence);
	}
	double nameless = part(m->no_message_id, m->read);
	evidence = is_usual(study, suspect, BASIC_NO_ID, nameless)
		? NULL
		: judge(study, suspect, RULE_NO_MESSAGE_ID, nameless);
	if (evidence) {
		evidence->n = m->read;
		evidence_text(study, evidence, "%.3g %% came without a Message-ID", 100 * nameless);
		compare(study, suspect, evidence, BASIC_NO_ID);
		here_share(study, suspect, evidence);
	}
}

/* What speaks for the owner. */
static void weigh_counter(struct study *study, struct suspect *suspect)
{
	enum { LEAST_TRIED = 50 };
	const struct measures *m = &suspect->m;
	double n = m->messages, own = n - m->foreign - m->null;
	struct evidence *evidence;

	evidence = own >= 0.8 * n ? judge(study, suspect, RULE_LIST_MARKS, part(m->list, m->read))
				  : NULL;
	if (evidence)
		evidence_text(study, evidence,
			"marked as a mailing list, in the site's own name: %.3g %%",
			100 * evidence->value);
	evidence = own >= 0.8 * n ? judge(study, suspect, RULE_VERP, part(m->verp, n)) : NULL;
	if (evidence)
		evidence_text(study, evidence, "bounce addresses as mailing lists use them");
	evidence = m->own ? judge(study, suspect, RULE_OWN_SENDER, part(m->own, n)) : NULL;
	if (evidence)
		evidence_text(study, evidence, "the sender is the login itself in %.3g %%",
			100 * evidence->value);
	evidence = m->senders == 1 && own >= n
		? judge(study, suspect, RULE_TRANSACTIONAL, part(m->automatic, m->read))
		: NULL;
	if (evidence)
		evidence_text(study, evidence, "marked as automatic, with one sender of the site");
	struct interval unknown =
		stats_wilson((double)m->by_class[REASON_UNKNOWN_USER], (double)m->tried);
	const struct rule *few = study_rule(study, RULE_FEW_UNKNOWN);
	if (m->tried >= LEAST_TRIED && unknown.high <= few->threshold) {
		double value = part((double)m->by_class[REASON_UNKNOWN_USER], (double)m->tried);
		evidence = evidence_add(
			study, suspect, RULE_FEW_UNKNOWN, value, few->threshold, few->points);
		evidence->n = m->tried;
		evidence->low = unknown.low;
		evidence->high = unknown.high;
		evidence_text(study, evidence,
			"only %.2g %% [%.1f-%.1f] of %" PRIu64 " recipients tried do not exist",
			100 * value, 100 * unknown.low, 100 * unknown.high, m->tried);
	}
	evidence = m->rcpts >= 20
		? judge(study, suspect, RULE_KNOWN_RCPTS, part((double)m->known, (double)m->rcpts))
		: NULL;
	if (evidence)
		evidence_text(study, evidence, "others here write to %.3g %% of its recipients too",
			100 * evidence->value);
}

void weigh(struct study *study, struct suspect *suspect)
{
	weigh_spread(study, suspect);
	weigh_identity(study, suspect);
	weigh_outcome(study, suspect);
	weigh_recipients(study, suspect);
	weigh_volume(study, suspect);
	weigh_content(study, suspect);
	weigh_counter(study, suspect);
}
