#include "core/act/check.h"

#include "core/base/slice.h"

static bool path_ok(const char path[STEP_PATH_MAX])
{
	struct slice rest = slice_of(path, strnlen(path, STEP_PATH_MAX)), part;
	bool more = true;

	if (rest.len == STEP_PATH_MAX)
		return false;
	while (more) {
		more = slice_cut(rest, '/', &part, &rest);
		if (part.len == 0 || slice_eq(part, SLICE(".")) || slice_eq(part, SLICE("..")))
			return false;
	}
	return true;
}

static bool root_open(const struct places *places, enum root root)
{
	return (root == ROOT_TRASH ? places->trash : places->spool) >= 0;
}

static const char *wrong_with(const struct places *places, const struct step *step, bool message)
{
	if (step->kind == STEP_MODE || step->kind == STEP_TIME)
		return message ? NULL : "a file's mode or time, and no file";
	if (step->kind != STEP_MOVE && step->kind != STEP_REMOVE)
		return "a kind that does not exist";
	if (!path_ok(step->from) || (step->kind == STEP_MOVE && !path_ok(step->to)))
		return "a path that is not below the queue";
	if (!root_open(places, step->from_root) ||
		(step->kind == STEP_MOVE && !root_open(places, step->to_root)))
		return "a place in the trash, and none is open";
	return NULL;
}

int check_steps(
	const struct places *places, const struct steps *steps, bool message, struct err *err)
{
	if (steps->count > STEPS_MAX)
		return err_set(err, ERR_DAMAGED, 0, "%u steps are too many (a bug of spoolsweep)",
			steps->count);
	for (unsigned i = 0; i < steps->count; i++) {
		const struct step *step = &steps->list[i];
		const char *wrong = wrong_with(places, step, message);
		if (wrong)
			return err_set(err, ERR_DAMAGED, 0,
				"step %u of %u has %s: %.140s (a bug of spoolsweep)", i + 1,
				steps->count, wrong, step->from);
	}
	return 0;
}

int check_commit(const struct steps *steps, unsigned *commit, struct err *err)
{
	unsigned commits = 0, removals = 0;

	for (unsigned i = 0; i < steps->count; i++) {
		if (steps->list[i].commit) {
			*commit = i;
			commits++;
		} else if (!commits && steps->list[i].kind == STEP_REMOVE) {
			removals++;
		}
	}
	if (commits != 1)
		return err_set(
			err, ERR_DAMAGED, 0, "%u commit steps (a bug of spoolsweep)", commits);
	if (removals)
		return err_set(err, ERR_DAMAGED, 0,
			"a file is removed before the commit step (a bug of spoolsweep)");
	return 0;
}
