#include "cmd/verdicts/sweep.h"

#include <glob.h>
#include <stdio.h>

enum { SWEEP_SEEDS = 3, NOTHING = -1 };

/* The surest that is said of incident 1, as what it is or may be taken for; NOTHING. */
static int level_of(struct run *run)
{
	int best = NOTHING;
	for (size_t i = 0; i < run->verdict.count; i++) {
		const struct finding *f = &run->verdict.findings[i];
		if (judge_finding(run, f, NULL) == 1 && (int)f->level > best)
			best = (int)f->level;
	}
	return best;
}

static int try_value(const char *path, int64_t value, uint64_t seed, int *level, struct err *err)
{
	struct recipe recipe;
	struct run run;
	if (recipe_read_with(&recipe, path, value, err))
		return -1;
	const struct run_options options = {
		.play = {.recipe = &recipe, .seed = seed, .scale = 1000}};
	int failed = run_make(&run, &options, err);
	if (!failed)
		*level = level_of(&run);
	run_free(&run);
	recipe_free(&recipe);
	return failed;
}

static bool turns_back(const int *levels, unsigned count, int direction)
{
	bool up = false, down = false;
	for (unsigned i = 1; i < count; i++) {
		up |= levels[i] > levels[i - 1];
		down |= levels[i] < levels[i - 1];
	}
	return direction > 0 ? down : direction < 0 ? up : up && down;
}

static void print_levels(struct buf *out, const struct sweep *sweep,
	int levels[SWEEP_SEEDS][SWEEP_VALUES], const bool *turned)
{
	for (unsigned i = 0; i < sweep->count; i++) {
		buf_printf(out, "  %8ld", (long)sweep->values[i]);
		for (unsigned seed = 0; seed < SWEEP_SEEDS; seed++)
			buf_printf(out, "  %-10s",
				levels[seed][i] == NOTHING
					? "-"
					: level_name((enum level)levels[seed][i]));
		buf_addc(out, '\n');
	}
	for (unsigned seed = 0; seed < SWEEP_SEEDS; seed++)
		if (turned[seed])
			buf_printf(out, "  TURNS BACK with seed %u\n", seed + 1);
}

/* How many of the series turn back; -1 with *err. */
static int sweep_one(const char *path, struct buf *out, struct err *err)
{
	struct recipe recipe;
	int levels[SWEEP_SEEDS][SWEEP_VALUES];
	bool turned[SWEEP_SEEDS] = {false};
	int failed = recipe_read(&recipe, path, err), turning = 0;
	if (failed)
		return -1;
	const struct sweep sweep = recipe.sweep;
	for (unsigned seed = 0; seed < SWEEP_SEEDS && !failed; seed++) {
		for (unsigned i = 0; i < sweep.count && !failed; i++)
			failed = try_value(path, sweep.values[i], seed + 1, &levels[seed][i], err);
		turned[seed] = !failed && turns_back(levels[seed], sweep.count, sweep.direction);
		turning += turned[seed];
	}
	if (!failed) {
		buf_printf(out, "\n%.*s: %.*s\n", SLICE_ARG(recipe.name), SLICE_ARG(recipe.about));
		print_levels(out, &sweep, levels, turned);
	}
	recipe_free(&recipe);
	return failed ? -1 : turning;
}

int sweep_all(const char *dir, struct buf *out, struct err *err)
{
	char pattern[512];
	glob_t found;
	int turning = 0;
	snprintf(pattern, sizeof(pattern), "%s/sweeps/*.recipe", dir);
	if (glob(pattern, 0, NULL, &found))
		return err_set(err, ERR_GONE, 0, "%s: there is no recipe", pattern);
	buf_add(out, SLICE("\nsweeps: one number varied, the level with three seeds\n"));
	for (size_t i = 0; i < found.gl_pathc && turning >= 0; i++) {
		int some = sweep_one(found.gl_pathv[i], out, err);
		turning = some < 0 ? -1 : turning + some;
	}
	globfree(&found);
	if (turning >= 0)
		buf_printf(out, "\n%-6s  series that turn back on their way: %d  (at most 0)\n",
			turning ? "MISSED" : "met", turning);
	return turning;
}
