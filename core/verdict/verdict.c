#include "core/verdict/verdict.h"

#include <stdlib.h>

#include "core/base/units.h"
#include "core/verdict/study.h"

static void begin(struct study *study, struct verdict *verdict, struct field_env *env,
	const struct rules *rules)
{
	struct snap *snap = env->snap;

	*verdict = (struct verdict){0};
	*study = (struct study){.verdict = verdict,
		.env = env,
		.snap = snap,
		.arena = &verdict->arena,
		.accused = bitset_new(snap->rows),
		.claimed = bitset_new(snap->rows),
		.sender_ids = snap->strings.count,
		.senders = bitset_new(snap->strings.count)};
	/* Evidence points to its rule. */
	struct rules *kept = arena_alloc(study->arena, sizeof(*kept));
	if (rules)
		*kept = *rules;
	else
		rules_default(kept);
	study->rules = kept;
	lookup_init(&study->lookup, env);
	for (uint32_t row = 0; row < snap->rows; row++)
		bitset_set(&study->senders, snap_col(snap, COL_SENDER, row));
}

/* What the verdict rests on, and may be wrong. */
static void note_guesses(struct study *study)
{
	const struct snap *snap = study->snap;
	struct verdict *verdict = study->verdict;
	struct buf text = {0};

	verdict->notes = arena_alloc(study->arena, (snap->nspools + 2) * sizeof(*verdict->notes));
	for (size_t i = 0; i < snap->nspools; i++) {
		const struct site *site = &snap->spools[i]->site;
		study->guessed |= site->guessed;
		buf_reset(&text);
		site_print_guess(site, &text);
		if (text.len)
			verdict->notes[verdict->nnotes++] =
				arena_copy(study->arena, buf_slice(&text));
	}
	buf_free(&text);
}

/* A queue that is long, and no finding that says why. */
static void note_unexplained(struct study *study)
{
	const struct snap *snap = study->snap;
	struct verdict *verdict = study->verdict;
	uint64_t explained = 0;
	struct buf text = {0};

	for (size_t i = 0; i < verdict->count; i++)
		if (verdict->findings[i].class != CLASS_UNDETERMINED)
			explained += verdict->findings[i].messages;
	if (snap->rows < study_rule(study, RULE_HEALTHY)->threshold || explained * 2 >= snap->rows)
		return;
	units_count(&text, snap->rows);
	verdict->notes[verdict->nnotes++] = study_text(study,
		"%.*s messages wait, where a healthy queue has dozens to a few hundred, and most "
		"of "
		"them are of no finding: spoolsweep top reason_class, top rcpt_domain",
		SLICE_ARG(buf_slice(&text)));
	buf_free(&text);
}

static void end(struct study *study)
{
	for (size_t i = 0; i < study->nsuspects; i++) {
		struct suspect *suspect = &study->suspects[i];
		if (suspect->owns_crime)
			free(suspect->crime.at);
		free(suspect->evidence);
		free(suspect->notes);
		free(suspect->members);
	}
	for (unsigned origin = 0; origin < ORIGINS; origin++)
		for (unsigned basic = 0; basic < BASICS; basic++)
			free(study->sorted[origin][basic]);
	free(study->suspects);
	free(study->parties);
	free(study->rows);
	rank_end(study);
	free(study->rank_parties);
	memo_free(&study->bounced);
	memo_free(&study->counts);
	for (size_t i = 0; i < sizeof(study->spare) / sizeof(*study->spare); i++)
		memo_free(&study->spare[i]);
	memo_free(&study->home);
	memo_free(&study->seen.stamps);
	memo_free(&study->seen2.stamps);
	bitset_free(&study->accused);
	bitset_free(&study->claimed);
	bitset_free(&study->senders);
	bitset_free(&study->wrote);
	lookup_free(&study->lookup);
}

int verdict_make(struct verdict *verdict, struct field_env *env,
	const struct verdict_options *options, struct err *err)
{
	struct study study;

	(void)err;
	begin(&study, verdict, env, options ? options->rules : NULL);
	note_guesses(&study);
	verdict->too_little = env->snap->rows < study_rule(&study, RULE_LEAST_MESSAGES)->threshold;
	if (!verdict->too_little) {
		rank_rcpts(&study);
		parties_make(&study);
		baseline_make(&study);
		loops_find(&study);
		memo_free(&study.lookup.hash); /* of nobody else's use, and of every sender */
		floods_find(&study);
		wide_trust_find(&study);
		parties_judge(&study);
		relays_find(&study);
		incidents_merge(&study);
		backscatter_find(&study);
		destinations_find(&study);
		findings_make(&study);
		note_unexplained(&study);
	}
	end(&study);
	return 0;
}

void verdict_free(struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->count; i++) {
		bitset_free(&verdict->findings[i].rows);
		bitset_free(&verdict->findings[i].bounces);
	}
	arena_free(&verdict->arena);
	*verdict = (struct verdict){0};
}

const struct finding *verdict_find(const struct verdict *verdict, struct slice id)
{
	static const struct slice behind = {"-bounces", 8};

	if (id.len > behind.len && slice_ends_fold(id, behind))
		id = slice_upto(id, id.len - behind.len);
	for (size_t i = 0; i < verdict->count; i++)
		if (slice_eq_fold(id, slice_cstr(verdict->findings[i].id)))
			return &verdict->findings[i];
	return NULL;
}
