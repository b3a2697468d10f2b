#include "cmd/verdicts/laws.h"

#include <stdio.h>

const char *law_name(enum law law)
{
	static const char *const names[LAWS] = {[LAW_AGAIN] = "the same queue again",
		[LAW_ORDER] = "in another order",
		[LAW_NAMES] = "under other names",
		[LAW_TIME] = "five days and seven hours later",
		[LAW_BACKGROUND] = "among twice as much ordinary mail"};
	return names[law];
}

static struct run_options changed(const struct run_options *options, enum law law)
{
	struct run_options other = *options;
	if (law == LAW_ORDER)
		other.play.order = 4711;
	else if (law == LAW_NAMES)
		other.play.naming = 90001;
	else if (law == LAW_TIME)
		other.play.shift = 5 * 86400 + 7 * 3600;
	else if (law == LAW_BACKGROUND)
		other.play.background = 2;
	return other;
}

/* A finding about an incident, or a sure one about honest mail. */
static bool counts(const struct finding *finding)
{
	return finding->level >= LEVEL_PROBABLE;
}

/* The finding of the other run that is of the same class, about the same messages of incidents. */
static const struct finding *same_finding(
	const struct run *run, const struct finding *finding, const struct run *other)
{
	uint64_t digest = run_digest(run, &finding->rows, true);
	for (size_t i = 0; i < other->verdict.count; i++) {
		const struct finding *f = &other->verdict.findings[i];
		if (f->class == finding->class && run_digest(other, &f->rows, true) == digest)
			return f;
	}
	return NULL;
}

/* Whether all that one run is sure of is there in the other. */
static bool stay(const struct run *run, const struct run *other, char *what, size_t size)
{
	for (size_t i = 0; i < run->verdict.count; i++) {
		const struct finding *f = &run->verdict.findings[i];
		if (!counts(f))
			continue;
		const struct finding *same = same_finding(run, f, other);
		int moved = same ? (int)same->level - (int)f->level : 0;
		if (same && moved >= -1 && moved <= 1)
			continue;
		snprintf(what, size, "%s %s of %u messages %s%s", finding_class_name(f->class),
			level_name(f->level), f->messages, same ? "is " : "has no like",
			same ? level_name(same->level) : "");
		return false;
	}
	return true;
}

static bool dumps_are_same(const struct run *run, const struct run *other, char *what, size_t size)
{
	struct buf a = {0}, b = {0};
	run_dump(run, &a);
	run_dump(other, &b);
	size_t at = 0;
	while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at])
		at++;
	bool same = slice_eq(buf_slice(&a), buf_slice(&b));
	struct slice line = slice_from(buf_slice(&a), at > 40 ? at - 40 : 0);
	if (!same)
		snprintf(what, size, "differs near \"%.*s\"", (int)(line.len < 80 ? line.len : 80),
			line.ptr);
	buf_free(&a);
	buf_free(&b);
	return same;
}

void laws_try(const struct run_options *options, bool broken[LAWS], char *what, size_t size)
{
	struct run run, other;
	struct err err;
	char first[160] = "", why[128];
	if (run_make(&run, options, &err)) {
		snprintf(what, size, "%.100s", err.text);
		broken[LAW_AGAIN] = true;
		run_free(&run);
		return;
	}
	for (enum law law = 0; law < LAWS; law++) {
		struct run_options options_now = changed(options, law);
		broken[law] = run_make(&other, &options_now, &err) != 0;
		why[0] = '\0';
		if (!broken[law] && law <= LAW_ORDER)
			broken[law] = !dumps_are_same(&run, &other, why, sizeof(why));
		else if (!broken[law])
			broken[law] = !stay(&run, &other, why, sizeof(why)) ||
				!stay(&other, &run, why, sizeof(why));
		if (broken[law] && !first[0])
			snprintf(first, sizeof(first), "%.30s: %.120s", law_name(law), why);
		run_free(&other);
	}
	snprintf(what, size, "%s", first);
	run_free(&run);
}
