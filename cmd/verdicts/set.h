/*
 * set: all recipes, and all runs of them: sizes, seeds, and the controls in which the incident is
 * missing or alone.
 */
#ifndef CMD_VERDICTS_SET_H
#define CMD_VERDICTS_SET_H

#include "cmd/verdicts/judge.h"

enum { SIZES = 3, SEEDS = 5, BLIND_SEED = 4 };

struct set {
	struct recipe *recipes;
	size_t count;
};

/* Reads DIR/FAMILY/NAME.recipe, but for sites and sweeps, in the order of families and names. */
int set_read(struct set *set, const char *dir, struct err *err);
void set_free(struct set *set);

/* What the command line asked for. */
struct wanted {
	const char *dir;
	const char *scenario; /* the beginning of a name, or NULL */
	const char *family;
	unsigned size; /* in thousandths, 0: all */
	uint64_t seed; /* 0: all */
	bool quick;    /* one seed and size, and the controls of that */
	bool files;    /* as files, too: the same findings */
	unsigned jobs;
};

struct job {
	const struct recipe *recipe;
	struct run_options options;
	bool compare; /* with the same run as files */
	bool laws;    /* not judged, but tried against the laws (laws.h) */
};

/* The runs to be done; free(3) them. */
struct job *set_jobs(const struct set *set, const struct wanted *wanted, size_t *count);

/* Runs them all, in so many processes. The scores are in shared memory: munmap(2) them. */
struct score *set_run(const struct job *jobs, size_t count, unsigned processes, struct err *err);

#endif
