/*
 * Every call of every kind of operation fails once, fails for good, or is where the
 * process dies. The message is where it was or at its target, the answer says which,
 * and the same steps once more reach the end state.
 */
#include "core/act/test_stage.h"

#include <sys/wait.h>

#include "core/act/failing_fsops.h"

#define COMMIT .commit = true
#define OPTIONAL .optional = true

static const struct scenario scenarios[] = {
	{.name = "purge",
		.message = "deferred/A/AB1",
		.files = {"defer/A/AB1", "bounce/A/AB1", "deferred/A/AB2"},
		.steps = {{{TRASH("deferred/A/AB1"), COMMIT}, {TRASH("defer/A/AB1"), OPTIONAL},
				  {TRASH("bounce/A/AB1"), OPTIONAL},
				  {TRASH("trace/AB1"), OPTIONAL}},
			4}},
	{.name = "purge, a second log",
		.message = "active/AB1",
		.files = {"defer/AB1", STAGE_TRASH "/defer/AB1", STAGE_TRASH "/defer/AB1.2"},
		.steps = {{{TRASH("active/AB1"), COMMIT}, {TRASH("defer/AB1"), OPTIONAL}}, 2}},
	{.name = "purge without undo",
		.message = "deferred/A/AB1",
		.files = {"defer/A/AB1", "bounce/A/AB1"},
		.steps = {{{REMOVE("deferred/A/AB1"), COMMIT}, {REMOVE("defer/A/AB1"), OPTIONAL},
				  {REMOVE("bounce/A/AB1"), OPTIONAL},
				  {REMOVE("trace/AB1"), OPTIONAL}},
			4}},
	{.name = "hold",
		.message = "active/AB1",
		.files = {"defer/A/AB1"},
		.steps = {{{MOVE("active/AB1", "hold/A/AB1"), COMMIT}}, 1}},
	{.name = "retry",
		.message = "deferred/A/AB1",
		.files = {"defer/A/AB1"},
		.steps = {{{TIME(STAGE_TIME + 77)}, {MODE(0740)},
				  {MOVE("deferred/A/AB1", "incoming/AB1"), COMMIT}},
			3}},
	{.name = "release",
		.message = "hold/AB1",
		.files = {"defer/A/AB1"},
		.steps = {{{MOVE("hold/AB1", "deferred/A/AB1"), COMMIT}, {TIME(STAGE_TIME + 77)},
				  {MODE(0740)}},
			3}},
	{.name = "two files, the second commits",
		.message = "qfAB1",
		.files = {"dfAB1", "xfAB1", "tfAB1", "nfAB1"},
		.steps = {{{TRASH("dfAB1")}, {TIME(STAGE_TIME + 77)}, {TRASH("qfAB1"), COMMIT},
				  {TRASH("xfAB1"), OPTIONAL}, {TRASH("tfAB1")}, {REMOVE("nfAB1")}},
			6}},
	{.name = "restore",
		.message = STAGE_TRASH "/deferred/A/AB1",
		.files = {STAGE_TRASH "/defer/A/AB1"},
		.steps = {{{MODE(0700)}, {TIME(STAGE_TIME + 77)},
				  {RESTORE("deferred/A/AB1", "hold/AB1"), COMMIT},
				  {RESTORE("defer/A/AB1", "defer/A/AB1"), OPTIONAL}},
			4}},
	{.name = "expire, where the message stays",
		.message = "deferred/A/AB1",
		.files = {"defer/A/AB1"},
		.steps = {{{TIME(STAGE_TIME + 77)}, {MODE(0710), COMMIT}}, 2}},
};

/* A log that is not there is looked for and takes no call: each scenario lacks at most two. */
enum { ABSENT_LOGS = 2 };

enum { SCENARIOS = sizeof(scenarios) / sizeof(*scenarios), CALLS_MAX = 100 };

static bool removes(const struct scenario *scenario)
{
	return scenario->steps.list[0].kind == STEP_REMOVE;
}

/* What the tree looks like when nothing fails. */
static void list_end_state(const struct scenario *scenario, struct buf *list)
{
	struct stage stage;
	struct err err = {0};

	stage_make(&stage, scenario);
	assert_int_equal(execute(&stage.places, &stage.pin, &scenario->steps, &err), EXEC_DONE);
	assert_int_equal(stage_list(&stage, list), removes(scenario) ? 0 : 1);
	stage_remove(&stage);
}

/* The same steps again; of a message that is gone, those behind its end as a sweep. */
static void reaches_the_end(
	const struct stage *stage, const struct scenario *scenario, struct buf *wanted)
{
	struct steps rest = scenario->steps;
	struct err err = {0};
	struct buf list;
	enum executed answer = execute(&stage->places, &stage->pin, &scenario->steps, &err);

	if (answer == EXEC_MOVED_ON && removes(scenario)) {
		memmove(rest.list, rest.list + 1, --rest.count * sizeof(*rest.list));
		answer = execute_sweep(&stage->places, &rest, &err) == 0 ? EXEC_DONE : EXEC_UNTIDY;
	}
	if (answer != EXEC_DONE)
		fail_msg("%s: again: answer %d, %s", scenario->name, (int)answer, err.text);
	stage_list(stage, &list);
	assert_string_equal(buf_str(&list), buf_str(wanted));
	buf_free(&list);
}

/* What the answer says is what the tree says. */
static void answer_is_true(const struct stage *stage, const struct scenario *scenario,
	enum executed answer, const struct err *err, const struct failing_fsops *failing,
	struct buf *begin, struct buf *end)
{
	struct buf list;
	unsigned messages = stage_list(stage, &list);
	bool as_before = strcmp(buf_str(&list), buf_str(begin)) == 0;
	bool at_end = strcmp(buf_str(&list), buf_str(end)) == 0;
	bool done = answer == EXEC_DONE || answer == EXEC_UNTIDY;
	bool stays = scenario->steps.list[scenario->steps.count - 1].commit &&
		scenario->steps.list[scenario->steps.count - 1].kind == STEP_MODE;

	assert_int_not_equal(answer, EXEC_MOVED_ON);
	assert_int_equal(messages, done && removes(scenario) ? 0 : 1);
	assert_int_equal(stage_has(stage, scenario->message), !done || stays);
	/* What cannot be asked for may be left, as far as anybody knows. */
	assert_int_equal(answer == EXEC_DONE, at_end && !strstr(err->text, "trace/AB1"));
	if (answer == EXEC_FAILED && !as_before) { /* nothing could be put back */
		assert_true(failing->stays);
		assert_text_has(err->text, "could not all be put back");
	}
	if (answer != EXEC_DONE) {
		assert_int_equal(err->sys, failing->error);
		assert_text_has(err->text, "cannot ");
	}
	buf_free(&list);
}

/* Returns false when the run came to its end without that call. */
static bool fails_at(const struct scenario *scenario, unsigned call, int error, bool stays,
	struct buf *begin, struct buf *end)
{
	struct failing_fsops failing = failing_fsops_new();
	struct stage stage;
	struct err err = {0};

	failing.at = call, failing.error = error, failing.stays = stays;
	stage_make(&stage, scenario);
	struct places places = stage.places;
	places.ops = &failing.ops;
	enum executed answer = execute(&places, &stage.pin, &scenario->steps, &err);
	bool met = failing.calls[FSOP_ANY] >= call;

	assert_int_equal(answer == EXEC_DONE, !met);
	answer_is_true(&stage, scenario, answer, &err, &failing, begin, end);
	reaches_the_end(&stage, scenario, end);
	stage_remove(&stage);
	return met;
}

static void every_call_fails(void **state)
{
	static const int errors[] = {ENOSPC, EDQUOT, EROFS, EIO, EXDEV, EACCES, EPERM, EMFILE};
	unsigned runs = 0;
	(void)state;

	for (size_t s = 0; s < SCENARIOS; s++) {
		struct stage stage;
		struct buf begin, end;

		stage_make(&stage, &scenarios[s]);
		assert_int_equal(stage_list(&stage, &begin), 1);
		stage_remove(&stage);
		list_end_state(&scenarios[s], &end);
		for (size_t e = 0; e < 2 * sizeof(errors) / sizeof(*errors); e++) {
			unsigned call = 1;
			while (fails_at(&scenarios[s], call, errors[e / 2], e % 2, &begin, &end))
				assert_true(++call < CALLS_MAX);
			assert_true(call + ABSENT_LOGS > scenarios[s].steps.count);
			runs += call;
		}
		buf_free(&begin);
		buf_free(&end);
	}
	print_message("%u runs\n", runs);
}

/* As fails_at, for a process that ends there. */
static bool dies_at(const struct scenario *scenario, unsigned call, struct buf *end)
{
	struct failing_fsops failing = failing_fsops_new();
	struct stage stage;
	struct buf list;
	int status;

	failing.at = call;
	stage_make(&stage, scenario);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct places places = stage.places;
		struct err err;
		places.ops = &failing.ops;
		_exit((int)execute(&places, &stage.pin, &scenario->steps, &err));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	bool met = WEXITSTATUS(status) == FAILING_EXIT;
	if (!met)
		assert_int_equal(WEXITSTATUS(status), EXEC_DONE);

	unsigned messages = stage_list(&stage, &list);
	if (removes(scenario))
		assert_int_equal(messages, call == 1);
	else
		assert_int_equal(messages, 1);
	buf_free(&list);
	reaches_the_end(&stage, scenario, end);
	stage_remove(&stage);
	return met;
}

static void dies_at_every_call(void **state)
{
	(void)state;
	for (size_t s = 0; s < SCENARIOS; s++) {
		struct buf end;
		unsigned call = 1;

		list_end_state(&scenarios[s], &end);
		while (dies_at(&scenarios[s], call, &end))
			assert_true(++call < CALLS_MAX);
		assert_true(call + ABSENT_LOGS > scenarios[s].steps.count);
		buf_free(&end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails),
		cmocka_unit_test(dies_at_every_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
