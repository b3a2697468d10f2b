#include "cmd/verdicts/set.h"

#include <glob.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/verdicts/laws.h"
#include "core/base/xalloc.h"

int set_read(struct set *set, const char *dir, struct err *err)
{
	char pattern[512];
	glob_t found;
	*set = (struct set){0};
	snprintf(pattern, sizeof(pattern), "%s/*/*.recipe", dir);
	if (glob(pattern, 0, NULL, &found))
		return err_set(err, ERR_GONE, 0, "%s: there is no recipe", pattern);
	set->recipes = xcalloc(found.gl_pathc, sizeof(*set->recipes));
	int failed = 0;
	for (size_t i = 0; i < found.gl_pathc && !failed; i++) {
		if (strstr(found.gl_pathv[i], "/sites/") || strstr(found.gl_pathv[i], "/sweeps/"))
			continue;
		failed = recipe_read(&set->recipes[set->count], found.gl_pathv[i], err);
		set->count += !failed;
	}
	globfree(&found);
	if (failed)
		set_free(set);
	return failed;
}

void set_free(struct set *set)
{
	for (size_t i = 0; i < set->count; i++)
		recipe_free(&set->recipes[i]);
	free(set->recipes);
	*set = (struct set){0};
}

static bool is_wanted(const struct recipe *recipe, const struct wanted *wanted)
{
	return (!wanted->scenario || slice_starts(recipe->name, slice_cstr(wanted->scenario))) &&
		(!wanted->family || slice_eq(recipe->family, slice_cstr(wanted->family)));
}

struct listing {
	struct job *jobs;
	size_t count, cap;
};

static void add_job(struct listing *list, struct job job)
{
	if (list->count == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 256;
		list->jobs = xrealloc(list->jobs, list->cap, sizeof(*list->jobs));
	}
	list->jobs[list->count++] = job;
}

/* The seed with one more or less: what a site says of itself is missing in one of five. */
static struct job job_for(
	const struct recipe *recipe, unsigned scale, uint64_t seed, enum play_mode mode)
{
	return (struct job){.recipe = recipe,
		.options = {.play = {.recipe = recipe, .seed = seed, .scale = scale, .mode = mode},
			.blind = seed % SEEDS == BLIND_SEED}};
}

static void add_jobs_of(
	struct listing *list, const struct recipe *recipe, const struct wanted *wanted)
{
	static const unsigned scales[SIZES] = {100, 1000, 10000};
	for (unsigned size = 0; size < SIZES; size++) {
		if (!(recipe->sizes >> size & 1) ||
			(wanted->size && wanted->size != scales[size]) ||
			(wanted->quick && !wanted->size && size != 1))
			continue;
		uint64_t seeds = wanted->quick || size == 2 ? 1 : SEEDS;
		for (uint64_t seed = 1; seed <= seeds; seed++)
			if (!wanted->seed)
				add_job(list, job_for(recipe, scales[size], seed, PLAY_ALL));
		if (wanted->seed)
			add_job(list, job_for(recipe, scales[size], wanted->seed, PLAY_ALL));
	}
	if (wanted->size || wanted->seed)
		return;
	struct job laws = job_for(recipe, 1000, 1, PLAY_ALL);
	laws.laws = true;
	if (!wanted->quick)
		add_job(list, laws);
	uint64_t controls = wanted->quick ? 1 : 2;
	for (uint64_t seed = 1; seed <= controls && recipe->incidents; seed++) {
		add_job(list, job_for(recipe, 1000, seed, PLAY_WITHOUT));
		add_job(list, job_for(recipe, 1000, seed, PLAY_ONLY));
	}
}

struct job *set_jobs(const struct set *set, const struct wanted *wanted, size_t *count)
{
	struct listing list = {0};
	for (size_t i = 0; i < set->count; i++) {
		size_t first = list.count;
		if (is_wanted(&set->recipes[i], wanted))
			add_jobs_of(&list, &set->recipes[i], wanted);
		/* The first run of each, and the first that does not know its site, as files too. */
		bool handful = !wanted->quick || i % 8 == 0;
		for (size_t k = first; wanted->files && handful && k < list.count; k++) {
			const struct run_options *options = &list.jobs[k].options;
			bool smallest = options->play.scale == list.jobs[first].options.play.scale;
			list.jobs[k].compare = k == first || (options->blind && smallest);
		}
	}
	*count = list.count;
	return list.jobs;
}

static void compare_with_files(struct run *run, const struct job *job, struct score *score)
{
	struct run_options options = job->options;
	struct run files;
	struct buf a = {0}, b = {0};
	struct err err;
	options.files = true;
	if (run_make(&files, &options, &err)) {
		snprintf(score->error, sizeof(score->error), "as files: %.150s", err.text);
	} else {
		run_dump(run, &a);
		run_dump(&files, &b);
		if (!slice_eq(buf_slice(&a), buf_slice(&b)))
			snprintf(score->error, sizeof(score->error), "as files: other findings");
	}
	buf_free(&a);
	buf_free(&b);
	run_free(&files);
}

static void do_job(const struct job *job, struct score *score)
{
	struct run run;
	struct err err;
	if (job->laws) {
		laws_try(&job->options, score->laws, score->broken, sizeof(score->broken));
		score->done = true;
		return;
	}
	if (run_make(&run, &job->options, &err)) {
		snprintf(score->error, sizeof(score->error), "%.180s", err.text);
	} else {
		judge_run(&run, score);
		if (job->compare)
			compare_with_files(&run, job, score);
	}
	run_free(&run);
}

struct score *set_run(const struct job *jobs, size_t count, unsigned processes, struct err *err)
{
	size_t bytes = count * sizeof(struct score) + sizeof(atomic_size_t);
	char *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		err_sys(err, "no memory for the scores");
		return NULL;
	}
	struct score *scores = (struct score *)(void *)shared;
	atomic_size_t *next = (atomic_size_t *)(void *)(shared + count * sizeof(struct score));
	fflush(stdout);
	for (unsigned i = 0; i < processes; i++) {
		if (fork())
			continue;
		for (size_t at; (at = atomic_fetch_add(next, 1)) < count;)
			do_job(&jobs[at], &scores[at]);
		_exit(0);
	}
	int status;
	while (wait(&status) > 0)
		;
	for (size_t i = 0; i < count; i++)
		if (!scores[i].done && !scores[i].error[0])
			snprintf(scores[i].error, sizeof(scores[i].error), "the process died");
	return scores;
}
