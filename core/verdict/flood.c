/* One recipient whom too many write to, and mail that goes round between two. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/mail/marks.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

enum { FLOODS = 20, LOOPS = 60, LEAST_LOOP = 10, FEW_HOPS = 3 };

/* ---- one recipient ---- */

struct target {
	uint32_t hash, messages;
};

static int by_messages(const void *a, const void *b)
{
	const struct target *x = a, *y = b;
	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* The recipients of most messages that go to hardly anybody else. */
static size_t find_targets(struct study *study, struct target targets[FLOODS])
{
	enum { FEW = 3 };
	const struct snap *snap = study->snap;
	struct target *all = xcalloc(study->ranks + 1, sizeof(*all));
	size_t kept = 0;

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t count, first = snap_rcpts(snap, row, &count);
		for (uint32_t rcpt = first; rcpt < first + count && count <= FEW; rcpt++)
			all[study->rank[rcpt]].messages++;
	}
	for (uint32_t i = 0; i < study->ranks; i++)
		if (all[i].messages >= study_rule(study, RULE_FLOOD)->threshold)
			all[kept++] = (struct target){study->rank_hash[i], all[i].messages};
	if (kept)
		qsort(all, kept, sizeof(*all), by_messages);
	kept = kept < FLOODS ? kept : FLOODS;
	if (kept)
		memcpy(targets, all, kept * sizeof(*all));
	free(all);
	return kept;
}

/* Most of them from strangers, of many names: not the site's own archive. */
static bool is_flood(struct study *study, const struct measures *m, struct rows rows)
{
	double share = study_rule(study, RULE_FLOOD_SHARE)->threshold;
	uint32_t inside = 0;

	for (uint32_t i = 0; i < rows.count; i++) {
		enum origin origin = (enum origin)study->snap->small[rows.at[i]].origin;
		inside +=
			origin == ORIGIN_ACCOUNT || origin == ORIGIN_LAN || origin == ORIGIN_LOCAL;
	}
	return m->senders >= 20 && (m->senders * 20 >= m->messages || m->senders >= 200) &&
		inside * 2 < rows.count &&
		(m->messages >= study->all.messages * share || m->messages >= 1000);
}

static void judge_target(struct study *study, const struct target *target)
{
	struct slice address = frequent_find(&study->snap->frequent, target->hash);
	struct suspect suspect = {.class = CLASS_RECIPIENT_FLOOD, .structural = true};
	struct measures *m = &suspect.m;
	struct buf filter = {0};

	if (!address.len)
		return;
	buf_add(&filter, SLICE("rcpt="));
	filter_add_value(&filter, address);
	/* Bounces to one of us are another story. */
	buf_add(&filter, SLICE(" and not envelope_sender=\"\""));
	suspect.filter = arena_copy(study->arena, buf_slice(&filter));
	buf_free(&filter);
	suspect.crime = rows_to(study, target->hash);
	suspect.owns_crime = true;
	measure(study, NULL, suspect.crime, m);
	if (m->messages < study_rule(study, RULE_FLOOD)->threshold ||
		is_claimed(study, suspect.crime) || !is_flood(study, m, suspect.crime)) {
		free(suspect.crime.at);
		return;
	}
	struct evidence *evidence = evidence_add(study, &suspect, RULE_FLOOD, m->messages,
		study_rule(study, RULE_FLOOD)->threshold, 0);
	evidence->n = study->all.messages;
	evidence_text(study, evidence, "%" PRIu32 " messages of %" PRIu32 " senders, all to %.*s",
		m->messages, m->senders, SLICE_ARG(address));
	name_add(&suspect.who, WHO_RCPT, arena_copy(study->arena, address), m->messages);
	suspect.title = suspect.who.list[0].value;
	suspect.level = m->senders >= 100 || m->senders * 4 >= m->messages ? LEVEL_CONFIRMED
									   : LEVEL_PROBABLE;
	conclude(study, &suspect);
	claim(study, suspect.crime);
	*suspect_add(study, suspect.class) = suspect;
}

/* Its rows, by the hash: addresses are not kept. */
struct rows rows_to(struct study *study, uint32_t hash)
{
	const struct snap *snap = study->snap;
	struct rows rows = {.at = xcalloc(snap->rows + 1, sizeof(*rows.at))};

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t count, first = snap_rcpts(snap, row, &count);
		bool has = false;
		for (uint32_t rcpt = first; rcpt < first + count && !has; rcpt++)
			has = rank_hash_of(study, rcpt) == hash &&
				snap->rcpt_state[rcpt] != RCPT_CANCELLED;
		if (has && snap_col(snap, COL_SENDER, row) != INTERN_EMPTY)
			rows.at[rows.count++] = row;
	}
	qsort_r(rows.at, rows.count, sizeof(*rows.at), by_arrival, study->snap);
	return rows;
}

void floods_find(struct study *study)
{
	struct target targets[FLOODS];
	size_t count = find_targets(study, targets);

	for (size_t i = 0; i < count; i++)
		judge_target(study, &targets[i]);
}
