/* The folder of journals: numbers, locks, and what is no journal. */
#include "core/act/test_journal.h"

#include <pthread.h>
#include <sys/file.h>

enum { ITEMS = 5 };

static void numbers_go_on_behind_the_last(void **state)
{
	static const char *const strange[] = {"17.journal", "0000018.journal", "000000.journal",
		"000019.journal.gz", "4294967296.journal", "-00001.journal", "00001a.journal"};
	struct runs runs;
	unsigned *numbers;
	size_t count;
	(void)state;
	runs_make(&runs, 0);
	assert_int_equal(journal_numbers(runs.tree.fd, &numbers, &count, &runs.err), 0);
	assert_int_equal(count, 0);
	free(numbers);
	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++)
		tree_file(&runs.tree, strange[i], SLICE(""), 0600);
	tree_file(&runs.tree, "1000000.journal", SLICE(""), 0600);
	tree_file(&runs.tree, "000016.journal", SLICE(""), 0600);
	journal_close(runs_begin(&runs));
	assert_int_equal(runs.head.number, 1000001);
	assert_int_equal(journal_numbers(runs.tree.fd, &numbers, &count, &runs.err), 0);
	assert_int_equal(count, 3);
	assert_int_equal(numbers[0], 16);
	assert_int_equal(numbers[1], 1000000);
	assert_int_equal(numbers[2], 1000001);
	free(numbers);

	tree_file(&runs.tree, "4294967295.journal", SLICE(""), 0600);
	assert_null(journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err));
	assert_int_equal(runs.err.code, ERR_LIMIT);
	assert_int_equal(journal_numbers(-1, &numbers, &count, &runs.err), -1);
	assert_null(numbers);
	runs_remove(&runs);
}

static void two_runs_have_a_file_each(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, ITEMS);
	struct journal *a = runs_begin(&runs), *b = runs_begin(&runs);
	assert_int_equal(runs.head.number, 2);
	runs_tell(&runs, a, 0, OUTCOME_DONE);
	runs_tell(&runs, b, 0, OUTCOME_GONE);
	assert_int_equal(journal_end(a, &runs.err), 0);
	struct journal_log log = runs_read(&runs, 1);
	assert_true(log.ended && !log.running);
	assert_int_equal(log.outcomes[0].outcome, OUTCOME_DONE);
	journal_log_free(&log);
	log = runs_read(&runs, 2);
	assert_true(log.running);
	journal_log_free(&log);
	assert_int_equal(journal_end(b, &runs.err), 0);
	runs_remove(&runs);
}

static void what_is_no_journal_is_not_opened(void **state)
{
	struct runs runs;
	struct journal_log log;
	(void)state;
	runs_make(&runs, 0);
	journal_end(runs_begin(&runs), &runs.err);
	assert_int_equal(symlinkat("000001.journal", runs.tree.fd, "000002.journal"), 0);
	tree_folder(&runs.tree, "000003.journal");
	assert_int_equal(mkfifoat(runs.tree.fd, "000004.journal", 0600), 0);
	for (unsigned i = 2; i <= 4; i++) {
		runs_refuses(&runs, i, "");
		assert_int_equal(runs.err.code, ERR_DAMAGED);
	}
	runs_refuses(&runs, 5, "there is no run of that number");
	assert_int_equal(runs.err.code, ERR_GONE);
	assert_int_equal(journal_read_plan(-1, runs_formats, &log, &runs.err), -1);
	assert_int_equal(runs.err.code, ERR_IO);
	assert_int_equal(
		renameat(runs.tree.fd, "000001.journal", runs.tree.fd, "000009.journal"), 0);
	runs_refuses(&runs, 9, "not that of the file");
	runs_remove(&runs);
}

enum { RACERS = 4, RUNS_EACH = 25 };

static void *make_runs(void *arg)
{
	struct runs mine = *(const struct runs *)arg;
	for (int i = 0; i < RUNS_EACH; i++)
		journal_close(journal_create(&mine.fs.ops, mine.tree.fd, &mine.head, &mine.err));
	return NULL;
}

static void no_number_is_taken_twice(void **state)
{
	struct runs runs;
	pthread_t racers[RACERS];
	unsigned *numbers;
	size_t count;
	(void)state;
	runs_make(&runs, 0);
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(pthread_create(&racers[i], NULL, make_runs, &runs), 0);
	for (int i = 0; i < RACERS; i++)
		pthread_join(racers[i], NULL);
	assert_int_equal(journal_numbers(runs.tree.fd, &numbers, &count, &runs.err), 0);
	assert_int_equal(count, RACERS * RUNS_EACH);
	assert_int_equal(numbers[count - 1], count);
	free(numbers);
	runs_remove(&runs);
}

static void a_reader_is_in_nobodys_way(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, ITEMS);
	struct journal *journal = runs_begin(&runs);
	int fd = journal_open_file(runs.tree.fd, 1, O_RDONLY, &runs.err);
	assert_true(journal_is_running(fd));
	journal_close(journal);
	assert_false(journal_is_running(fd));
	journal = journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
	assert_non_null(journal);
	assert_true(journal_is_running(fd));
	assert_int_equal(journal_end(journal, &runs.err), 0);
	/* Its end is no end as long as somebody has it: it may go on. */
	assert_int_equal(flock(fd, LOCK_EX), 0);
	struct journal_log log = runs_read(&runs, 1);
	assert_true(log.ended && log.running);
	journal_log_free(&log);
	close(fd);
	runs_remove(&runs);
}

static void a_run_that_is_only_starting(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, ITEMS);
	tree_file(&runs.tree, "000001.journal", SLICE("spoolsweep-journal\t1\nrun\t"), 0600);
	runs_refuses(&runs, 1, "may be removed");
	int fd = journal_open_file(runs.tree.fd, 1, O_RDWR, &runs.err);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	runs_refuses(&runs, 1, "only starting");
	close(fd);
	runs_remove(&runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_go_on_behind_the_last),
		cmocka_unit_test(two_runs_have_a_file_each),
		cmocka_unit_test(what_is_no_journal_is_not_opened),
		cmocka_unit_test(no_number_is_taken_twice),
		cmocka_unit_test(a_reader_is_in_nobodys_way),
		cmocka_unit_test(a_run_that_is_only_starting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
