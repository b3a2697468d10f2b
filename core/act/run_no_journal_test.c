/*
 * Removing for good without a journal, as on a disk that has no room for one, with every call
 * failing once: nothing else is touched, what is told is what lies there, and the same again
 * does the rest.
 */
#include "formats/postfix/test_run.h"

#include "core/act/failing_fsops.h"
#include "core/act/journal_files.h"

enum { PLANNED = 4, FILES = 8, CALLS_MAX = 100 };

static void fill(struct test_run *test)
{
	test_run_make(test);
	add_message(test, "deferred/A/ABCDE0001");
	add_log(test, "defer/A/ABCDE0001");
	add_message(test, "active/ABCDE0002");
	add_log(test, "bounce/ABCDE0002");
	add_message(test, "hold/ABCDE0003");
	add_message(test, "incoming/ABCDE0004");
	add_message(test, "deferred/A/INNOCENT1");
	add_log(test, "defer/A/INNOCENT1");
	test_run_open(test);
}

static void plan(struct test_run *test)
{
	plan_all(test, OP_PURGE, "INNOCENT");
	test->plan.head.no_undo = true;
}

/* Of each message and of its log: there, or gone, as the outcome says. */
static void outcomes_are_true(struct test_run *test, const struct shot *before)
{
	struct shot now = take_shot(test);

	for (size_t i = 0; i < now.count; i++)
		assert_non_null(shot_find(before, now.list[i].content));
	for (uint32_t i = 0; i < test->plan.count; i++) {
		enum outcome outcome = (enum outcome)test->run.outcomes[i];
		bool there = shot_message(&now, test->plan.items[i].id) != NULL;
		if (there == was_done(outcome))
			fail_msg("%s is %s, and told to be %s", test->plan.items[i].id.ptr,
				there ? "there" : "gone",
				outcome ? outcome_name(outcome) : "not tried");
	}
	assert_non_null(shot_message(&now, SLICE("INNOCENT1")));
	shot_free(&now);
}

static void nothing_of_it_is_left(struct test_run *test)
{
	struct shot now = take_shot(test);

	for (size_t i = 0; i < now.count; i++)
		if (now.list[i].message || strncmp(now.list[i].id, "ABCDE", 5) != 0)
			assert_string_equal(now.list[i].id, "INNOCENT1");
	assert_non_null(shot_message(&now, SLICE("INNOCENT1")));
	shot_free(&now);
}

/* False when the run has fewer calls. */
static bool fails_at(unsigned call, int error, bool stays)
{
	struct failing_fsops failing = failing_fsops_new();
	struct test_run test;

	fill(&test);
	plan(&test);
	assert_int_equal(test.plan.count, PLANNED);
	struct shot before = take_shot(&test);
	assert_int_equal(before.count, FILES);
	failing.at = call, failing.error = error, failing.stays = stays;
	carry_out(&test, &failing.ops, NULL, NULL);
	bool met = failing.calls[FSOP_ANY] >= call;
	outcomes_are_true(&test, &before);
	if (test.run.stopped)
		assert_true(test.run.why.text[0] != '\0');
	else if (!met)
		assert_int_equal(test.run.done, PLANNED);
	run_free(&test.run);

	plan(&test);
	carry_out(&test, &test.fast, NULL, NULL);
	assert_false(test.run.stopped);
	outcomes_are_true(&test, &before);
	nothing_of_it_is_left(&test);
	run_free(&test.run);
	shot_free(&before);
	/* Nobody made one. */
	assert_int_equal(unlinkat(test.state.fd, journal_name(1).text, 0), -1);
	test_run_free(&test);
	return met;
}

static void every_call_fails(void **state)
{
	static const int errors[] = {ENOSPC, EIO, EROFS, EACCES};
	unsigned call = 1;
	(void)state;

	for (bool met = true; met; call++) {
		assert_true(call < CALLS_MAX);
		for (unsigned i = 0; i < 8; i++)
			met = fails_at(call, errors[i % 4], i / 4);
	}
	print_message("%u calls\n", call - 2);
	assert_true(call > PLANNED + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_call_fails)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
