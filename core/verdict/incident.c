/* What belongs together: groups that share addresses or subjects are one incident. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/verdict/study.h"

enum { LIKE = 5, TEN = 10 };

static bool is_of_party(const struct suspect *suspect)
{
	return suspect->party &&
		(suspect->class == CLASS_STOLEN_ACCOUNT || suspect->class == CLASS_INFECTED_HOST ||
			suspect->class == CLASS_HACKED_SCRIPT ||
			suspect->class == CLASS_OPEN_RELAY);
}

/* ---- who shares what ---- */

struct merge {
	struct study *study;
	uint32_t *leader;             /* by suspect: of its incident */
	uint32_t *clients, *subjects; /* by suspect: others it shares them with */
};

static uint32_t leader_of(struct merge *merge, uint32_t i)
{
	while (merge->leader[i] != i)
		i = merge->leader[i] = merge->leader[merge->leader[i]];
	return i;
}

static void join(struct merge *merge, uint32_t a, uint32_t b)
{
	a = leader_of(merge, a);
	b = leader_of(merge, b);
	/* The one that was found first has most messages. */
	if (a < b)
		merge->leader[b] = a;
	else
		merge->leader[a] = b;
}

/* What a filter gave back without its login is no other's mail. */
static bool is_lost(const struct suspect *a, const struct suspect *b)
{
	return a->class == CLASS_STOLEN_ACCOUNT && b->class == a->class &&
		!(a->party->id && b->party->id);
}

/* Which clients somebody uses whom nobody suspects: an office, a provider's gateway. */
static void find_common_clients(struct study *study, struct memo *common)
{
	struct bitset suspected = bitset_new(study->snap->rows);

	for (uint32_t i = 0; i < study->nsuspects; i++)
		for (uint32_t k = 0; k < study->suspects[i].crime.count; k++)
			bitset_set(&suspected, study->suspects[i].crime.at[k]);
	for (uint32_t row = 0; row < study->snap->rows; row++)
		if (!bitset_has(&suspected, row))
			*memo_at(common, field_client_id(study->env, row)) = 1;
	bitset_free(&suspected);
}

static void share_clients(struct merge *merge)
{
	struct study *study = merge->study;
	struct memo holders = {0}, common = {0};

	find_common_clients(study, &common);

	for (uint32_t i = 0; i < study->nsuspects; i++) {
		const struct suspect *suspect = &study->suspects[i];
		if (!is_of_party(suspect))
			continue;
		for (uint32_t k = 0; k < suspect->crime.count; k++) {
			uint32_t row = suspect->crime.at[k];
			uint32_t ip = snap_col(study->snap, COL_CLIENT_IP, row);
			uint32_t client = field_client_id(study->env, row);
			if (!client || lookup_trusted(&study->lookup, ip) ||
				*memo_at(&common, client))
				continue;
			uint32_t *holder = memo_at(&holders, client), other = *holder - 1;
			if (*holder && other != i &&
				suspect->class == study->suspects[other].class) {
				bool lost = is_lost(suspect, &study->suspects[other]);
				merge->clients[i] += !lost;
				merge->clients[other] += !lost;
				join(merge, i, other);
			}
			*holder = i + 1;
		}
	}
	memo_free(&holders);
	memo_free(&common);
}

/* The subjects of a suspect: of one in ten of its messages, and of hardly anybody else's. */
struct theme {
	uint32_t keys[TEN];
	uint32_t messages[TEN];
	unsigned count;
};

static void find_theme(struct study *study, const struct suspect *suspect, struct memo *everywhere,
	struct memo *accused, struct theme *theme)
{
	uint32_t least = suspect->crime.count / TEN > LIKE ? suspect->crime.count / TEN : LIKE;

	for (int second = 0; second < 2; second++)
		for (uint32_t k = 0; k < suspect->crime.count; k++) {
			uint32_t key = snap_col(study->snap, COL_SUBJECT_KEY, suspect->crime.at[k]);
			uint32_t *count = memo_at(&study->counts, key);
			if (!second) {
				++*count;
				continue;
			}
			bool own = *memo_at(accused, key) * 10 >= *memo_at(everywhere, key) * 8;
			if (key > INTERN_EMPTY && *count >= least && own && theme->count < TEN) {
				theme->keys[theme->count] = key;
				theme->messages[theme->count++] = *count;
			}
			*count = 0;
		}
}

/* Messages of `a` with a subject that `b` has too. */
static uint32_t shared_messages(const struct theme *a, const struct theme *b)
{
	uint32_t shared = 0;
	for (unsigned i = 0; i < a->count; i++)
		for (unsigned k = 0; k < b->count; k++)
			shared += a->keys[i] == b->keys[k] ? a->messages[i] : 0;
	return shared;
}

static void compare_themes(struct merge *merge, const struct theme *themes, uint32_t i, uint32_t k)
{
	const struct suspect *a = &merge->study->suspects[i], *b = &merge->study->suspects[k];
	uint32_t of_a = shared_messages(&themes[i], &themes[k]);
	uint32_t of_b = shared_messages(&themes[k], &themes[i]);

	/* A login and a script may both have bought the same text: it has to be most of both. */
	if (!of_a ||
		(a->class != b->class && (of_a * 2 < a->crime.count || of_b * 2 < b->crime.count)))
		return;
	bool lost = is_lost(a, b);
	merge->subjects[i] += !lost;
	merge->subjects[k] += !lost;
	join(merge, i, k);
}

static void share_subjects(struct merge *merge)
{
	enum { COMPARED = 500 };
	struct study *study = merge->study;
	const struct snap *snap = study->snap;
	struct memo everywhere = {0}, accused = {0};
	struct theme *themes = xcalloc(study->nsuspects + 1, sizeof(*themes));
	uint32_t most = study->nsuspects < COMPARED ? (uint32_t)study->nsuspects : COMPARED;

	for (uint32_t row = 0; row < snap->rows; row++)
		++*memo_at(&everywhere, snap_col(snap, COL_SUBJECT_KEY, row));
	for (uint32_t i = 0; i < study->nsuspects; i++)
		for (uint32_t k = 0;
			is_of_party(&study->suspects[i]) && k < study->suspects[i].crime.count; k++)
			++*memo_at(&accused,
				snap_col(snap, COL_SUBJECT_KEY, study->suspects[i].crime.at[k]));
	/* Stock subjects are alike everywhere: two that are only suspected prove nothing by that. */
	for (uint32_t i = 0; i < most; i++)
		if (is_of_party(&study->suspects[i]) && study->suspects[i].level >= LEVEL_PROBABLE)
			find_theme(study, &study->suspects[i], &everywhere, &accused, &themes[i]);
	for (uint32_t i = 0; i < most; i++)
		for (uint32_t k = i + 1; k < most; k++)
			compare_themes(merge, themes, i, k);
	free(themes);
	memo_free(&everywhere);
	memo_free(&accused);
}

static void add_shared(struct merge *merge)
{
	struct study *study = merge->study;

	for (uint32_t i = 0; i < study->nsuspects; i++) {
		struct suspect *suspect = &study->suspects[i];
		struct evidence *evidence;
		const struct rule *client = study_rule(study, RULE_SHARED_CLIENT);
		const struct rule *subject = study_rule(study, RULE_SHARED_SUBJECT);
		if (merge->clients[i] >= client->threshold &&
			suspect->class == CLASS_STOLEN_ACCOUNT) {
			evidence = evidence_add(study, suspect, RULE_SHARED_CLIENT,
				merge->clients[i], client->threshold, client->points);
			evidence_text(study, evidence,
				"client addresses in common with other logins under suspicion");
		}
		if (merge->subjects[i] >= subject->threshold) {
			evidence = evidence_add(study, suspect, RULE_SHARED_SUBJECT,
				merge->subjects[i], subject->threshold, subject->points);
			evidence_text(
				study, evidence, "the same subjects as others under suspicion");
		}
		if ((merge->clients[i] || merge->subjects[i]) && is_of_party(suspect))
			conclude(study, suspect);
	}
}

/* ---- one of several ---- */

static void take_rows(struct study *study, struct suspect *into, const struct suspect *from)
{
	uint32_t count = into->crime.count + from->crime.count;
	uint32_t *at = xcalloc(count + 1, sizeof(*at));

	memcpy(at, into->crime.at, into->crime.count * sizeof(*at));
	memcpy(at + into->crime.count, from->crime.at, from->crime.count * sizeof(*at));
	qsort_r(at, count, sizeof(*at), by_arrival, study->snap);
	if (into->owns_crime)
		free(into->crime.at);
	into->crime = (struct rows){at, count};
	into->owns_crime = true;
}

static void absorb(struct study *study, struct suspect *into, struct suspect *from)
{
	into->members = xrealloc(into->members, into->nmembers + 1, sizeof(*into->members));
	into->members[into->nmembers++] = (struct member){from->party, from->crime.count};
	into->filter = study_text(study, "%.*s%.*s%.*s or (%.*s)", into->nmembers == 1 ? 1 : 0, "(",
		SLICE_ARG(into->filter), into->nmembers == 1 ? 1 : 0, ")", SLICE_ARG(from->filter));
	into->level = from->level > into->level ? from->level : into->level;
	into->score = from->score > into->score ? from->score : into->score;
	into->nusual += from->nusual;
	take_rows(study, into, from);
	if (from->owns_crime)
		free(from->crime.at);
	free(from->evidence);
	free(from->notes);
	*from = (struct suspect){.gone = true};
}

static void merge_joined(struct merge *merge)
{
	struct study *study = merge->study;

	for (uint32_t i = 0; i < study->nsuspects; i++) {
		uint32_t leader = leader_of(merge, i);
		if (leader == i || study->suspects[i].gone)
			continue;
		absorb(study, &study->suspects[leader], &study->suspects[i]);
	}
	for (uint32_t i = 0; i < study->nsuspects; i++)
		/* How wide a relay stands open is told of all of it. */
		if (study->suspects[i].nmembers && study->suspects[i].class == CLASS_OPEN_RELAY)
			measure(study, study->suspects[i].party, study->suspects[i].crime,
				&study->suspects[i].m);
}

/* Rows of abuse, and in whose names it was written. */
static void mark_accused(struct study *study)
{
	const struct snap *snap = study->snap;

	study->wrote = bitset_new(study->sender_ids);
	for (uint32_t i = 0; i < study->nsuspects; i++) {
		const struct suspect *suspect = &study->suspects[i];
		if (!finding_class_is_abuse(suspect->class) || suspect->level < LEVEL_PROBABLE)
			continue;
		for (uint32_t k = 0; k < suspect->crime.count; k++) {
			uint32_t sender = snap_col(snap, COL_SENDER, suspect->crime.at[k]);
			bitset_set(&study->accused, suspect->crime.at[k]);
			if (sender > INTERN_EMPTY && sender < study->sender_ids)
				bitset_set(&study->wrote, sender);
		}
	}
}

void incidents_merge(struct study *study)
{
	struct merge merge = {.study = study,
		.leader = xcalloc(study->nsuspects + 1, sizeof(uint32_t)),
		.clients = xcalloc(study->nsuspects + 1, sizeof(uint32_t)),
		.subjects = xcalloc(study->nsuspects + 1, sizeof(uint32_t))};

	for (uint32_t i = 0; i < study->nsuspects; i++)
		merge.leader[i] = i;
	share_clients(&merge);
	share_subjects(&merge);
	add_shared(&merge);
	merge_joined(&merge);
	mark_accused(study);
	free(merge.leader);
	free(merge.clients);
	free(merge.subjects);
}

bool is_bounce_to(const struct study *study, uint32_t row, const struct bitset *senders)
{
	const struct snap *snap = study->snap;

	if (snap_col(snap, COL_SENDER, row) != INTERN_EMPTY || !snap_has_addresses(snap, row) ||
		snap->small[row].origin == ORIGIN_ACCOUNT ||
		snap->small[row].origin == ORIGIN_RELAY)
		return false;
	uint32_t count, first = snap_rcpts(snap, row, &count);
	for (uint32_t rcpt = first; rcpt < first + count; rcpt++) {
		uint32_t address = snap_rcpt(snap, RCPT_ADDRESS, rcpt);
		if (address < senders->bits && bitset_has(senders, address))
			return true;
	}
	return false;
}

uint32_t left_bounces(struct study *study, struct rows rows)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < rows.count; i++)
		count += is_bounce_to(study, rows.at[i], &study->wrote);
	return count;
}
