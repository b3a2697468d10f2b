/* A run that goes on behind its end, and what is left when it dies over that. */
#include "core/act/test_journal.h"

enum { MORE = 3 };

/* Messages that follow those of the run; their numbers go on. */
static int announce(struct runs *runs, struct journal *journal, uint32_t from, uint32_t count)
{
	char room[32];

	if (journal_more(journal, count, &runs->err) != 0)
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		struct journal_item item = runs_item(from + i, room);
		if (journal_item(journal, &item, &runs->err) != 0)
			return -1;
	}
	return journal_go(journal, &runs->err);
}

/* A run with a pause in it: RUNS_ITEMS messages, then MORE, all done. Its journal is open. */
static struct journal *grown(struct runs *runs)
{
	runs_make(runs, RUNS_ITEMS);
	struct journal *journal = runs_begin(runs);
	assert_non_null(journal);
	for (uint32_t i = 0; i < RUNS_ITEMS; i++)
		runs_tell(runs, journal, i, OUTCOME_DONE);
	assert_int_equal(journal_pause(journal, &runs->err), 0);
	assert_int_equal(announce(runs, journal, RUNS_ITEMS, MORE), 0);
	for (uint32_t i = 0; i < MORE; i++)
		runs_tell(runs, journal, RUNS_ITEMS + i, OUTCOME_FAILED);
	return journal;
}

static void both_parts_are_one_run(void **state)
{
	struct runs runs;
	char room[32];
	struct journal *journal = grown(&runs);
	(void)state;
	assert_int_equal(journal_end(journal, &runs.err), 0);
	struct journal_log log = runs_read(&runs, 1);
	assert_true(log.went && log.ended && !log.running);
	assert_int_equal(log.nitems, RUNS_ITEMS + MORE);
	assert_int_equal(log.head.items, RUNS_ITEMS + MORE);
	assert_int_equal(log.counts[OUTCOME_DONE], RUNS_ITEMS);
	assert_int_equal(log.counts[OUTCOME_FAILED], MORE);
	for (uint32_t i = 0; i < log.nitems; i++) {
		struct journal_item item = runs_item(i, room);
		assert_slice(log.items[i].id, item.id);
		assert_int_equal(log.items[i].digest, item.digest);
	}
	journal_log_free(&log);
	assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
	assert_non_null(strstr(runs.err.text, "went to its end"));
	runs_remove(&runs);
}

static void a_pause_is_an_end_that_somebody_holds(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, RUNS_ITEMS);
	struct journal *journal = runs_begin(&runs);
	runs_tell(&runs, journal, 0, OUTCOME_DONE);
	assert_int_equal(journal_pause(journal, &runs.err), 0);
	assert_true(journal_looks_ended(runs.tree.fd, 1));
	struct journal_log log = runs_read(&runs, 1);
	assert_true(log.ended && log.running);
	journal_log_free(&log);
	/* Not a message, nor an outcome, before it was announced. */
	char room[32];
	struct journal_item item = runs_item(RUNS_ITEMS, room);
	assert_int_equal(journal_item(journal, &item, &runs.err), -1);
	assert_int_equal(
		journal_outcome(journal, RUNS_ITEMS, OUTCOME_DONE, 0, (struct slice){0}, &runs.err),
		-1);
	journal_close(journal);
	log = runs_read(&runs, 1);
	assert_true(log.ended && !log.running);
	journal_log_free(&log);
	runs_remove(&runs);
}

/* Up to "go" it is the run that ended; behind it, one that stopped. Never anything between. */
static void torn_at_every_byte(void **state)
{
	static const size_t nuls[] = {0, 1, 8192};
	struct runs runs;
	struct journal *journal = grown(&runs);
	(void)state;
	assert_int_equal(journal_end(journal, &runs.err), 0);
	struct buf bytes = runs_bytes(&runs, 1);
	size_t end = runs_behind(&bytes, "\nend\n");
	size_t more = runs_behind(&bytes, "\nmore\t");
	struct slice rest = slice_from(buf_slice(&bytes), more);
	size_t go = more + slice_find(rest, SLICE("\ngo\n")) + 4;
	for (size_t len = end; len <= bytes.len; len++) {
		for (size_t i = 0; i < 3; i++) {
			runs_put(&runs, slice_upto(buf_slice(&bytes), len), nuls[i]);
			struct journal_log log = runs_read(&runs, 1);
			bool goes_on = len >= go;
			assert_true(log.went);
			assert_int_equal(log.ended, !goes_on || len == bytes.len);
			assert_int_equal(log.nitems, RUNS_ITEMS + (goes_on ? MORE : 0));
			assert_int_equal(log.head.items, log.nitems);
			assert_int_equal(log.counts[OUTCOME_DONE], RUNS_ITEMS);
			journal_log_free(&log);
			journal = journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
			assert_int_equal(journal != NULL, goes_on && len < bytes.len);
			if (!journal)
				continue;
			for (uint32_t k = 0; k < MORE; k++)
				runs_tell(&runs, journal, RUNS_ITEMS + k, OUTCOME_GONE);
			assert_int_equal(journal_end(journal, &runs.err), 0);
			log = runs_read(&runs, 1);
			assert_int_equal(log.counts[OUTCOME_GONE], MORE);
			journal_log_free(&log);
		}
	}
	buf_free(&bytes);
	runs_remove(&runs);
}

static void a_hole_before_the_second_go(void **state)
{
	struct runs runs;
	struct journal *journal = grown(&runs);
	(void)state;
	assert_int_equal(journal_end(journal, &runs.err), 0);
	struct buf bytes = runs_bytes(&runs, 1);
	bytes.ptr[runs_behind(&bytes, "\nmore\t") + 7] = '\0';
	runs_put(&runs, buf_slice(&bytes), 0);
	runs_refuses(&runs, 1, "hole before the line \"go\"");
	buf_free(&bytes);
	runs_remove(&runs);
}

static void a_full_disk_leaves_the_run_as_it_ended(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, RUNS_ITEMS);
	struct journal *journal = runs_begin(&runs);
	assert_int_equal(journal_pause(journal, &runs.err), 0);
	runs.fs.kind = FSOP_RESERVE;
	runs.fs.at = runs.fs.calls[FSOP_RESERVE] + 1;
	runs.fs.error = ENOSPC;
	assert_int_equal(announce(&runs, journal, RUNS_ITEMS, MORE), -1);
	assert_non_null(strstr(runs.err.text, "nothing more was touched"));
	journal_close(journal);
	struct journal_log log = runs_read(&runs, 1);
	assert_true(log.ended);
	assert_int_equal(log.nitems, RUNS_ITEMS);
	journal_log_free(&log);
	runs_remove(&runs);
}

static void more_that_makes_no_sense(void **state)
{
	static const char *const lines[] = {"more\t-1\n", "more\t-\n", "more\tx\n",
		"more\t4294967295\n", "more\t1\t1\n", "more\n", "go\n", "done\t0\t3\t-\n", "end\n"};
	struct runs runs;
	struct buf bytes = runs_finished(&runs);
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct buf wrong = {0};
		buf_add(&wrong, buf_slice(&bytes));
		buf_add(&wrong, slice_cstr(lines[i]));
		runs_put(&runs, buf_slice(&wrong), 0);
		struct journal_log log;
		journal_read(runs.tree.fd, 1, runs_formats, &log, &runs.err);
		assert_int_equal(runs.err.code, ERR_DAMAGED);
		runs.err.code = ERR_NONE;
		buf_free(&wrong);
	}
	buf_free(&bytes);
	runs_remove(&runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_parts_are_one_run),
		cmocka_unit_test(a_pause_is_an_end_that_somebody_holds),
		cmocka_unit_test(torn_at_every_byte),
		cmocka_unit_test(a_hole_before_the_second_go),
		cmocka_unit_test(a_full_disk_leaves_the_run_as_it_ended),
		cmocka_unit_test(more_that_makes_no_sense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
