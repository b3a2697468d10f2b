/* Logs that came after a purge: the purged message's own are removed, no other ever is. */
#include "formats/postfix/test_run.h"

#include "core/act/failing_fsops.h"
#include "core/act/late.h"

/* Two that were active, one that was deferred; a stranger that stays. */
static void purge(struct test_run *test)
{
	static const char *const messages[] = {"active/ABCDE0001", "active/ABCDE0002",
		"deferred/A/ABCDE0003", "deferred/A/INNOCENT1"};

	test_run_make(test);
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		add_message(test, messages[i]);
	add_log(test, "defer/A/INNOCENT1");
	test_run_open(test);
	plan_all(test, OP_PURGE, "INNO");
	good_run(test);
	assert_int_equal(outcomes_done(test->run.counts), 3);
	run_free(&test->run);
}

static uint32_t sweep_by(struct test_run *test, const struct fsops *ops)
{
	struct journal_log log;
	struct err err;

	assert_true(read_last(test, &log));
	struct spool *view = trash_view(test->queue.spool, test->trash, log.head.number, &err);
	if (!view)
		fail_msg("%s", err.text);
	struct late late = {ops, test->queue.spool, view};
	uint32_t swept = late_sweep(&late, &log, 0);
	spool_view_close(view);
	journal_log_free(&log);
	return swept;
}

static uint32_t sweep(struct test_run *test)
{
	return sweep_by(test, &fsops_real);
}

static bool there(const struct test_run *test, const char *path)
{
	return faccessat(test->queue.tree.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void removes_what_was_written_later(void **state)
{
	struct test_run test;
	(void)state;
	purge(&test);
	assert_int_equal(sweep(&test), 0);
	add_log(&test, "defer/A/ABCDE0001");
	add_log(&test, "bounce/ABCDE0001");
	add_log(&test, "trace/ABCDE0002");
	assert_int_equal(sweep(&test), 2);
	assert_false(there(&test, "defer/A/ABCDE0001"));
	assert_false(there(&test, "bounce/ABCDE0001"));
	assert_false(there(&test, "trace/ABCDE0002"));
	assert_true(there(&test, "defer/A/INNOCENT1"));
	assert_true(there(&test, "deferred/A/INNOCENT1"));
	assert_true(there(&test, TRASH_FOLDER "/1/active/ABCDE0001"));
	assert_int_equal(sweep(&test), 0);
	test_run_free(&test);
}

/* What was deferred nobody had in hand: a log of that id is somebody else's affair. */
static void leaves_what_nobody_had_in_hand(void **state)
{
	struct test_run test;
	(void)state;
	purge(&test);
	add_log(&test, "defer/A/ABCDE0003");
	assert_int_equal(sweep(&test), 0);
	assert_true(there(&test, "defer/A/ABCDE0003"));
	test_run_free(&test);
}

/* A message has the id: it was given out again, or somebody put a copy back. */
static void leaves_the_log_of_a_new_message(void **state)
{
	static const char *const places[] = {
		"active/ABCDE0001", "deferred/A/ABCDE0001", "hold/ABCDE0001", "incoming/ABCDE0001"};
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct test_run test;
		purge(&test);
		add_message(&test, places[i]);
		add_log(&test, "defer/A/ABCDE0001");
		assert_int_equal(sweep(&test), 0);
		assert_true(there(&test, "defer/A/ABCDE0001"));
		test_run_free(&test);
	}
}

/* Not in the trash any more: it was brought back, and left; its id may be anybody's. */
static void leaves_the_log_of_what_was_brought_back(void **state)
{
	struct test_run test;
	(void)state;
	purge(&test);
	assert_int_equal(unlinkat(test.queue.tree.fd, TRASH_FOLDER "/1/active/ABCDE0001", 0), 0);
	add_log(&test, "defer/A/ABCDE0001");
	/* Nor is another file of that name in its place. */
	add_log(&test, "defer/A/ABCDE0002");
	assert_int_equal(unlinkat(test.queue.tree.fd, TRASH_FOLDER "/1/active/ABCDE0002", 0), 0);
	add_message(&test, TRASH_FOLDER "/1/active/ABCDE0002");
	assert_int_equal(sweep(&test), 0);
	assert_true(there(&test, "defer/A/ABCDE0001"));
	assert_true(there(&test, "defer/A/ABCDE0002"));
	test_run_free(&test);
}

static void what_cannot_be_removed_is_not_counted(void **state)
{
	struct test_run test;
	(void)state;
	purge(&test);
	add_log(&test, "defer/A/ABCDE0001");
	struct failing_fsops failing = failing_fsops_new();
	failing.at = 1, failing.error = EROFS;
	assert_int_equal(sweep_by(&test, &failing.ops), 0);
	assert_true(there(&test, "defer/A/ABCDE0001"));
	assert_int_equal(sweep_by(&test, &failing.ops), 1);
	assert_false(there(&test, "defer/A/ABCDE0001"));
	test_run_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removes_what_was_written_later),
		cmocka_unit_test(leaves_what_nobody_had_in_hand),
		cmocka_unit_test(leaves_the_log_of_a_new_message),
		cmocka_unit_test(leaves_the_log_of_what_was_brought_back),
		cmocka_unit_test(what_cannot_be_removed_is_not_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
