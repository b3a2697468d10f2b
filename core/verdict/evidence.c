/* Facts into evidence: numbers, sentences, sums. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/verdict/study.h"

struct slice study_text(struct study *study, const char *format, ...)
{
	struct buf text = {0};
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	struct slice kept = arena_copy(study->arena, buf_slice(&text));
	buf_free(&text);
	return kept;
}

struct suspect *suspect_add(struct study *study, enum finding_class class)
{
	study->suspects = xrealloc(study->suspects, study->nsuspects + 1, sizeof(*study->suspects));
	struct suspect *suspect = &study->suspects[study->nsuspects++];
	*suspect = (struct suspect){.class = class};
	return suspect;
}

void suspect_note(struct study *study, struct suspect *suspect, const char *format, ...)
{
	struct buf text = {0};
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	suspect->notes = xrealloc(suspect->notes, suspect->nnotes + 1, sizeof(*suspect->notes));
	suspect->notes[suspect->nnotes++] = arena_copy(study->arena, buf_slice(&text));
	buf_free(&text);
}

void name_add(struct names *names, enum who_kind kind, struct slice value, uint32_t messages)
{
	names->all++;
	if (names->count < LIMIT_WHO)
		names->list[names->count++] = (struct who){kind, value, messages};
}

struct evidence *evidence_add(struct study *study, struct suspect *suspect, enum rule_id rule,
	double value, double threshold, double points)
{
	suspect->evidence =
		xrealloc(suspect->evidence, suspect->nevidence + 1, sizeof(*suspect->evidence));
	struct evidence *evidence = &suspect->evidence[suspect->nevidence++];
	*evidence = (struct evidence){.rule = study_rule(study, rule),
		.value = value,
		.low = EVIDENCE_NONE,
		.high = EVIDENCE_NONE,
		.threshold = threshold,
		.median = EVIDENCE_NONE,
		.p99 = EVIDENCE_NONE,
		.points = points};
	return evidence;
}

static struct slice keep(struct study *study, const char *format, va_list args)
{
	struct buf text = {0};
	buf_vprintf(&text, format, args);
	struct slice kept = arena_copy(study->arena, buf_slice(&text));
	buf_free(&text);
	return kept;
}

void evidence_text(struct study *study, struct evidence *evidence, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	evidence->text = keep(study, format, args);
	va_end(args);
}

void evidence_here(struct study *study, struct evidence *evidence, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	evidence->here = keep(study, format, args);
	va_end(args);
}

/* Most points first; what speaks for the owner behind all else, strongest first. */
static int by_points(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;
	bool against = x->rule->family == FAMILY_COUNTER;
	bool other = y->rule->family == FAMILY_COUNTER;

	if (against != other)
		return against ? 1 : -1;
	if (fabs(x->points) != fabs(y->points))
		return fabs(x->points) > fabs(y->points) ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

/* What is above a family's cap is taken off its weakest facts. */
static void cap_families(struct suspect *suspect)
{
	memset(suspect->family, 0, sizeof(suspect->family));
	for (size_t i = 0; i < suspect->nevidence; i++) {
		struct evidence *evidence = &suspect->evidence[i];
		double *sum = &suspect->family[evidence->rule->family];
		double cap = family_caps[evidence->rule->family];
		if (cap != 0 && fabs(*sum + evidence->points) > fabs(cap))
			evidence->points = cap - *sum;
		*sum += evidence->points;
	}
}

static double at_most(double x, double most)
{
	return x < most ? x : most;
}

/* 1: something says so; 2: it says so without much doubt. */
struct gates {
	int who;  /* somebody else is behind it */
	int what; /* it does harm */
};

static double points_of(const struct suspect *suspect, enum rule_id rule)
{
	for (size_t i = 0; i < suspect->nevidence; i++)
		if (!strcmp(suspect->evidence[i].rule->name, rule_table[rule].name) &&
			suspect->evidence[i].rule->points > 0)
			return suspect->evidence[i].low > 0 ? suspect->evidence[i].low : 1;
	return 0;
}

/*
 * Unknown users alone are weak: what waits in a queue is what could not be delivered, and an
 * honest mailing to an old list looks like that. Being refused as spam is what honest mail is
 * not.
 */
static struct gates find_gates(const struct suspect *suspect, double bulk)
{
	const double *family = suspect->family;
	struct gates gates = {0};
	double unknown = points_of(suspect, RULE_UNKNOWN_USERS);
	double spam = points_of(suspect, RULE_REFUSED);

	if (family[FAMILY_SPREAD] >= 4 || family[FAMILY_IDENTITY] >= 4 ||
		family[FAMILY_SCRIPT] >= 3 || family[FAMILY_STRUCTURE] >= 4)
		gates.who = 2;
	else if (family[FAMILY_SPREAD] >= 2 || family[FAMILY_IDENTITY] >= 2 ||
		family[FAMILY_SCRIPT] >= 2 || family[FAMILY_STRUCTURE] >= 2)
		gates.who = 1;
	if (spam >= 0.10 || unknown >= 0.20 || family[FAMILY_IDENTITY] >= 4 ||
		family[FAMILY_STRUCTURE] >= 4 || family[FAMILY_SCRIPT] >= 3 ||
		(family[FAMILY_SPREAD] >= family_caps[FAMILY_SPREAD] && bulk >= 3))
		gates.what = 2;
	else if (family[FAMILY_OUTCOME] >= 2 ||
		(family[FAMILY_SPREAD] >= 4 &&
			family[FAMILY_CONTENT] + family[FAMILY_RECIPIENTS] >= 3))
		gates.what = 1;
	return gates;
}

/*
 * The sum, and what it may mean. Somebody else must be behind it (WHO), and it must do harm
 * (WHAT), to be called confirmed: volume and likeness alone are what newsletters are made of.
 */
void conclude(struct study *study, struct suspect *suspect)
{
	enum { BULK_CAP = 6 };
	const double *family = suspect->family;

	if (suspect->nevidence) {
		qsort(suspect->evidence, suspect->nevidence, sizeof(*suspect->evidence), by_points);
		cap_families(suspect);
		qsort(suspect->evidence, suspect->nevidence, sizeof(*suspect->evidence), by_points);
	} else {
		cap_families(suspect);
	}
	if (suspect->structural)
		return;
	double bulk =
		at_most(family[FAMILY_RECIPIENTS] + family[FAMILY_VOLUME] + family[FAMILY_CONTENT],
			BULK_CAP);
	double sum = family[FAMILY_SPREAD] + family[FAMILY_IDENTITY] + family[FAMILY_OUTCOME] +
		family[FAMILY_STRUCTURE] + family[FAMILY_SCRIPT] + family[FAMILY_COUNTER] + bulk;
	/* Most groups are honest, and those that stand out are a little less surely so. */
	bool heavy = suspect->m.rcpts >= 100 || suspect->m.rcpts * 20 >= study->all.rcpts;
	suspect->score = sum - (heavy ? 3 : 6);

	const struct gates gates = find_gates(suspect, bulk);
	double least = study_rule(study, RULE_LEAST_MESSAGES)->threshold;

	suspect->stranger = gates.who;
	suspect->harm = gates.what;
	suspect->level = suspect->score >= 4 ? LEVEL_CONFIRMED
		: suspect->score >= 1        ? LEVEL_PROBABLE
		: suspect->score >= -1       ? LEVEL_SUSPECT
					     : LEVEL_NOTE;
	/* How sure it may be at most: both signs, one of them strong; harm alone, but strong; any. */
	enum level most = gates.who && gates.what && gates.who + gates.what >= 3 ? LEVEL_CONFIRMED
		: gates.what == 2                                                ? LEVEL_PROBABLE
										 : LEVEL_SUSPECT;
	if (suspect->level > most)
		suspect->level = most;
	if ((double)suspect->m.rcpts < least && suspect->level > LEVEL_PROBABLE)
		suspect->level = LEVEL_PROBABLE;
}
