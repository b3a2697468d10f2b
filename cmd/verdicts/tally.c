#include "cmd/verdicts/tally.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cmd/verdicts/laws.h"
#include "core/base/xalloc.h"

/* A mean over scenarios of the means over their runs. */
struct mean {
	double sum;
	unsigned count;
};

static void mean_add(struct mean *mean, double value)
{
	mean->sum += value;
	mean->count++;
}

static double mean_of(const struct mean *mean)
{
	return mean->count ? mean->sum / mean->count : 0;
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

/* Shares of messages: of each size by itself, or the large runs alone would count. */
static void add_message_shares(const struct job *jobs, const struct score *scores, size_t count,
	const struct recipe *recipe, struct mean *wrong, struct mean *missed)
{
	static const unsigned scales[SIZES] = {100, 1000, 10000};
	for (unsigned size = 0; size < SIZES; size++) {
		struct score sum = {0};
		for (size_t i = 0; i < count; i++) {
			if (jobs[i].recipe != recipe || jobs[i].options.play.scale != scales[size])
				continue;
			sum.innocent += scores[i].innocent;
			sum.wrong += scores[i].wrong;
			sum.abusive += scores[i].abusive;
			sum.missed += scores[i].missed;
		}
		if (sum.innocent)
			mean_add(wrong, ratio(sum.wrong, sum.innocent));
		if (sum.abusive)
			mean_add(missed, ratio(sum.missed, sum.abusive));
	}
}

/* All runs of one scenario, added up. */
static struct score sum_of(const struct job *jobs, const struct score *scores, size_t count,
	const struct recipe *recipe, struct mean *wrong, struct mean *missed)
{
	struct score sum = {0};
	add_message_shares(jobs, scores, count, recipe, wrong, missed);
	for (size_t i = 0; i < count; i++) {
		const struct score *s = &scores[i];
		if (jobs[i].recipe != recipe || !s->done)
			continue;
		for (unsigned c = 0; c < FINDING_CLASSES; c++) {
			sum.incidents[c] += s->incidents[c];
			sum.found[c] += s->found[c];
			sum.abstained[c] += s->abstained[c];
			sum.findings[c] += s->findings[c];
			sum.right[c] += s->right[c];
		}
		sum.clear += s->clear;
		sum.clear_found += s->clear_found;
		sum.ambiguous += s->ambiguous;
		sum.inside += s->inside;
		sum.innocent_confirmed += s->innocent_confirmed;
		sum.innocent_probable += s->innocent_probable;
		sum.forbidden += s->forbidden;
		sum.filters_wrong += s->filters_wrong;
		sum.wrong_bounces += s->wrong_bounces;
	}
	return sum;
}

struct line {
	struct mean recall, precision, abstained, wrong, missed;
	unsigned scenarios, innocent;
};

static void print_share(struct buf *out, const struct mean *mean, unsigned digits)
{
	if (mean->count)
		buf_printf(out, "  %8.*f%%", (int)digits, 100 * mean_of(mean));
	else
		buf_printf(out, "  %9s", "-");
}

static void print_line(struct buf *out, struct slice name, const struct line *line)
{
	buf_printf(out, "%-20.*s %4u", SLICE_ARG(name), line->scenarios);
	print_share(out, &line->recall, 1);
	print_share(out, &line->precision, 1);
	print_share(out, &line->abstained, 1);
	print_share(out, &line->wrong, 3);
	print_share(out, &line->missed, 2);
	buf_printf(out, "  %4u\n", line->innocent);
}

static void add_to_line(struct line *line, const struct score *sum, const struct mean *wrong,
	const struct mean *missed)
{
	unsigned incidents = 0, found = 0, findings = 0, right = 0, abstained = 0;
	for (unsigned c = 0; c < FINDING_CLASSES; c++) {
		incidents += sum->incidents[c];
		found += sum->found[c];
		abstained += sum->abstained[c];
		findings += sum->findings[c];
		right += sum->right[c];
	}
	line->scenarios++;
	line->innocent += sum->innocent_confirmed + sum->innocent_probable;
	if (incidents) {
		mean_add(&line->recall, ratio(found, incidents));
		mean_add(&line->abstained, ratio(abstained, incidents));
	}
	if (findings)
		mean_add(&line->precision, ratio(right, findings));
	if (wrong->count)
		mean_add(&line->wrong, mean_of(wrong));
	if (missed->count)
		mean_add(&line->missed, mean_of(missed));
}

static const char heads[] = "                      of     recall  precision    silent  wrong     "
			    "  missed  innocents\n";

static void print_classes(
	const struct job *jobs, const struct score *scores, size_t count, struct buf *out)
{
	struct line lines[FINDING_CLASSES] = {0};
	for (size_t i = 0; i < count; i++) {
		if (i && jobs[i].recipe == jobs[i - 1].recipe)
			continue;
		struct mean wrong = {0}, missed = {0};
		struct score sum = sum_of(jobs, scores, count, jobs[i].recipe, &wrong, &missed);
		for (unsigned c = 0; c < FINDING_CLASSES; c++) {
			struct line *line = &lines[c];
			if (sum.incidents[c]) {
				line->scenarios++;
				mean_add(&line->recall, ratio(sum.found[c], sum.incidents[c]));
				mean_add(&line->abstained,
					ratio(sum.abstained[c], sum.incidents[c]));
				if (missed.count)
					mean_add(&line->missed, mean_of(&missed));
				if (wrong.count)
					mean_add(&line->wrong, mean_of(&wrong));
			}
			if (sum.findings[c])
				mean_add(&line->precision, ratio(sum.right[c], sum.findings[c]));
		}
	}
	buf_printf(out, "\nby class%s", heads + 8);
	for (unsigned c = 0; c < FINDING_CLASSES; c++)
		print_line(out, slice_cstr(finding_class_name((enum finding_class)c)), &lines[c]);
}

static void print_families(
	const struct job *jobs, const struct score *scores, size_t count, struct buf *out)
{
	struct line line = {0};
	buf_printf(out, "\nby family%s", heads + 9);
	for (size_t i = 0; i < count; i++) {
		if (i && jobs[i].recipe == jobs[i - 1].recipe)
			continue;
		struct mean wrong = {0}, missed = {0};
		struct score sum = sum_of(jobs, scores, count, jobs[i].recipe, &wrong, &missed);
		if (i && !slice_eq(jobs[i].recipe->family, jobs[i - 1].recipe->family)) {
			print_line(out, jobs[i - 1].recipe->family, &line);
			line = (struct line){0};
		}
		add_to_line(&line, &sum, &wrong, &missed);
	}
	if (count)
		print_line(out, jobs[count - 1].recipe->family, &line);
}

/* How bad a run is, to show the worst first. */
static double badness(const struct score *s)
{
	return s->error[0] ? 1000
			   : 50 * s->innocent_confirmed + 20 * s->innocent_probable +
			10 * s->filters_wrong + 10 * s->forbidden +
			10 * (s->clear - s->clear_found) + 5 * (s->ambiguous - s->inside) +
			100 * ratio(s->wrong, s->innocent) + 10 * ratio(s->missed, s->abusive);
}

struct ranked {
	size_t at;
	double bad;
};

static int worst_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->bad != y->bad)
		return x->bad > y->bad ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void print_faults(struct buf *out, const struct score *s)
{
	if (s->error[0])
		buf_printf(out, " %s", s->error);
	if (s->clear > s->clear_found)
		buf_printf(out, " %u not found", s->clear - s->clear_found);
	if (s->ambiguous > s->inside)
		buf_printf(out, " %u outside what is accepted", s->ambiguous - s->inside);
	if (s->innocent_confirmed)
		buf_printf(out, " %u innocent confirmed", s->innocent_confirmed);
	if (s->innocent_probable)
		buf_printf(out, " %u innocent probable", s->innocent_probable);
	if (s->forbidden)
		buf_printf(out, " %u forbidden", s->forbidden);
	if (s->filters_wrong)
		buf_printf(out, " %u filters select other rows", s->filters_wrong);
	if (s->wrong)
		buf_printf(out, " %" PRIu64 "/%" PRIu64 " wrong", s->wrong, s->innocent);
	if (s->missed)
		buf_printf(out, " %" PRIu64 "/%" PRIu64 " missed", s->missed, s->abusive);
	if (s->wrong_bounces)
		buf_printf(out, " %" PRIu64 " honest ones among its bounces", s->wrong_bounces);
}

static void print_run_name(struct buf *out, const struct job *job)
{
	static const char *const modes[] = {"", " without it", " alone"};
	const struct play_options *play = &job->options.play;
	buf_printf(out, "x%g seed %" PRIu64 "%s%s", play->scale / 1000.0, play->seed,
		modes[play->mode], job->options.blind ? " blind" : "");
}

/* The worst run of each scenario, the worst scenario first, and how many others are not right. */
static void print_worst(
	const struct job *jobs, const struct score *scores, size_t count, struct buf *out)
{
	struct ranked *ranked = xcalloc(count + 1, sizeof(*ranked));
	size_t bad = 0;
	for (size_t i = 0; i < count; i++) {
		ranked[i] = (struct ranked){i, badness(&scores[i])};
		bad += ranked[i].bad > 0;
	}
	qsort(ranked, count, sizeof(*ranked), worst_first);
	buf_printf(out, "\n%zu of %zu runs are not all right%s\n", bad, count,
		bad ? "; the worst of each scenario:" : "");
	for (size_t i = 0; i < bad; i++) {
		const struct job *job = &jobs[ranked[i].at];
		unsigned worse = 0, others = 0;
		for (size_t k = 0; k < bad; k++)
			if (jobs[ranked[k].at].recipe == job->recipe)
				*(k < i ? &worse : &others) += k != i;
		if (worse)
			continue;
		buf_printf(out, "%-26.*s ", SLICE_ARG(job->recipe->name));
		print_run_name(out, job);
		buf_addc(out, ':');
		print_faults(out, &scores[ranked[i].at]);
		if (others)
			buf_printf(out, "; and %u more", others);
		buf_addc(out, '\n');
	}
	free(ranked);
}

/* How often each law is broken, and where; the sum. */
static unsigned print_laws(
	const struct job *jobs, const struct score *scores, size_t count, struct buf *out)
{
	unsigned broken[LAWS] = {0}, tried = 0, sum = 0;
	for (size_t i = 0; i < count; i++) {
		tried += jobs[i].laws;
		for (unsigned law = 0; jobs[i].laws && law < LAWS; law++)
			broken[law] += scores[i].laws[law];
	}
	if (!tried)
		return 0;
	buf_printf(out, "\nwhat must not change a verdict, in %u scenarios\n", tried);
	for (unsigned law = 0; law < LAWS; law++) {
		buf_printf(out, "  %-36s %u broken\n", law_name((enum law)law), broken[law]);
		sum += broken[law];
	}
	for (size_t i = 0; i < count; i++)
		if (jobs[i].laws && scores[i].broken[0])
			buf_printf(out, "  %-26.*s %s\n", SLICE_ARG(jobs[i].recipe->name),
				scores[i].broken);
	return sum;
}

struct goals {
	struct mean recall, inside, wrong, missed;
	unsigned runs, with_confirmed, with_probable, forbidden, filters, errors;
};

static struct goals count_goals(const struct job *jobs, const struct score *scores, size_t count)
{
	struct goals goals = {0};
	for (size_t i = 0; i < count; i++) {
		goals.runs += !jobs[i].laws;
		goals.with_confirmed += scores[i].innocent_confirmed > 0;
		goals.with_probable += scores[i].innocent_probable > 0;
		goals.forbidden += scores[i].forbidden;
		goals.filters += scores[i].filters_wrong;
		goals.errors += scores[i].error[0] != '\0';
		if (i && jobs[i].recipe == jobs[i - 1].recipe)
			continue;
		struct mean wrong = {0}, missed = {0};
		struct score sum = sum_of(jobs, scores, count, jobs[i].recipe, &wrong, &missed);
		if (sum.clear)
			mean_add(&goals.recall, ratio(sum.clear_found, sum.clear));
		if (sum.ambiguous)
			mean_add(&goals.inside, ratio(sum.inside, sum.ambiguous));
		if (wrong.count)
			mean_add(&goals.wrong, mean_of(&wrong));
		if (missed.count)
			mean_add(&goals.missed, mean_of(&missed));
	}
	return goals;
}

static bool goal(struct buf *out, const char *what, double value, double bound, bool most)
{
	/* What is printed decides. */
	bool met = most ? value <= bound + 1e-9 : value >= bound - 1e-9;
	buf_printf(out, "%-6s  %-58s %8.3f  (%s %g)\n", met ? "met" : "MISSED", what, value,
		most ? "at most" : "at least", bound);
	return met;
}

int tally_print(const struct job *jobs, const struct score *scores, size_t count, struct buf *out)
{
	struct goals goals = count_goals(jobs, scores, count);
	print_classes(jobs, scores, count, out);
	print_families(jobs, scores, count, out);
	print_worst(jobs, scores, count, out);
	unsigned laws = print_laws(jobs, scores, count, out);
	buf_addc(out, '\n');
	bool met = true;
	if (goals.recall.count)
		met &= goal(out, "recall of the clear cases", mean_of(&goals.recall), 0.98, false);
	if (goals.inside.count)
		met &= goal(out, "ambiguous cases inside what is accepted", mean_of(&goals.inside),
			1, false);
	met &= goal(out, "runs with innocent mail confirmed", goals.with_confirmed, 0, true);
	met &= goal(out, "runs with innocent mail probable, per cent",
		100.0 * goals.with_probable / (goals.runs ? goals.runs : 1), 1, true);
	met &= goal(out, "innocent messages selected, per cent", 100 * mean_of(&goals.wrong), 0.1,
		true);
	met &= goal(
		out, "abusive messages missed, per cent", 100 * mean_of(&goals.missed), 1, true);
	met &= goal(out, "findings that a scenario forbids", goals.forbidden, 0, true);
	met &= goal(
		out, "filters that select other rows than their finding", goals.filters, 0, true);
	met &= goal(out, "laws broken", laws, 0, true);
	met &= goal(out, "runs that failed, or differ as files", goals.errors, 0, true);
	return goals.errors ? 3 : met ? 0 : 1;
}
