/* Each system call of a run fails once, alone or for good. */
#include "core/act/test_journal.h"

/* A whole run; false when it had to stop. *synced: outcomes that it was told are on disk. */
static bool whole_run(struct runs *runs, uint32_t *synced)
{
	struct journal *journal = runs_begin(runs);
	struct slice none = {0};

	*synced = 0;
	for (uint32_t i = 0; journal && i < RUNS_ITEMS; i++) {
		if (journal_outcome(journal, i, OUTCOME_DONE, "deferred", none, &runs->err) != 0 ||
			journal_sync(journal, &runs->err) != 0) {
			journal_close(journal);
			return false;
		}
		*synced = i + 1;
	}
	return journal && journal_end(journal, &runs->err) == 0;
}

static void check_stopped(struct runs *runs, uint32_t synced)
{
	struct journal_log log;
	struct err err = {0};

	assert_int_equal(runs->err.code, ERR_IO);
	assert_int_equal(runs->err.sys, ENOSPC);
	assert_non_null(strstr(runs->err.text, "000001.journal"));
	if (journal_read(runs->tree.fd, 1, runs_formats, &log, &err) != 0) {
		/* Never begun: no file, or none that could mean anything was touched. */
		assert_int_equal(synced, 0);
		assert_true(err.code == ERR_GONE || strstr(err.text, "before it touched anything"));
		assert_non_null(strstr(runs->err.text, "nothing was touched"));
		return;
	}
	assert_true(log.counts[OUTCOME_DONE] >= synced);
	assert_true(synced == 0 || log.went);
	bool went = log.went, ended = log.ended;
	journal_log_free(&log);
	if (!went || ended)
		return;
	struct failing_fsops healthy = failing_fsops_new();
	struct journal *journal = journal_resume(&healthy.ops, runs->tree.fd, 1, &err);
	assert_non_null(journal);
	for (uint32_t i = synced; i < RUNS_ITEMS; i++)
		assert_int_equal(journal_outcome(journal, i, OUTCOME_DONE, "deferred",
					 (struct slice){0}, &err),
			0);
	assert_int_equal(journal_end(journal, &err), 0);
	log = runs_read(runs, 1);
	assert_true(log.ended);
	assert_int_equal(log.counts[OUTCOME_DONE], RUNS_ITEMS);
	journal_log_free(&log);
}

static void any_call_may_fail(void **state)
{
	struct runs runs;
	uint32_t synced;
	unsigned calls = 0, stopped = 0;
	(void)state;
	for (unsigned at = 0; at == 0 || at <= calls; at++) {
		for (unsigned how = 0; how < 4; how++) {
			runs_make(&runs, RUNS_ITEMS);
			runs.fs.at = at;
			runs.fs.error = ENOSPC;
			runs.fs.stays = how & 1;
			runs.fs.whole = how & 2;
			if (!whole_run(&runs, &synced)) {
				stopped++;
				check_stopped(&runs, synced);
			} else {
				struct journal_log log = runs_read(&runs, 1);
				assert_true(log.ended);
				journal_log_free(&log);
			}
			if (!at)
				calls = runs.fs.calls[FSOP_ANY];
			runs_remove(&runs);
		}
	}
	/* All but the cut of the end, which is not worth a failure unless all is dead. */
	assert_int_equal(stopped, calls * 4 - 2);
}

static void a_full_disk_is_told_at_once(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, RUNS_ITEMS);
	runs.fs.kind = FSOP_RESERVE;
	runs.fs.at = 1;
	runs.fs.error = ENOSPC;
	assert_null(journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err));
	assert_int_equal(runs.fs.calls[FSOP_WRITE], 0);
	assert_non_null(strstr(runs.err.text, "nothing was touched"));
	assert_non_null(strstr(runs.err.text, "No space left"));
	assert_non_null(strstr(runs.err.text, "cannot reserve 1."));
	assert_int_equal(runs.head.number, 0);
	assert_int_equal(faccessat(runs.tree.fd, "000001.journal", F_OK, 0), -1);
	assert_null(journal_create(&runs.fs.ops, -1, &runs.head, &runs.err));
	runs_remove(&runs);
}

static void a_write_that_failed_may_be_tried_again(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, RUNS_ITEMS);
	struct journal *journal = runs_begin(&runs);
	runs.fs.kind = FSOP_WRITE;
	runs.fs.at = runs.fs.calls[FSOP_WRITE] + 1;
	runs.fs.error = EIO;
	runs_tell(&runs, journal, 0, OUTCOME_DONE);
	assert_int_equal(journal_sync(journal, &runs.err), -1);
	assert_non_null(strstr(runs.err.text, "apply --resume 1"));
	assert_int_equal(journal_sync(journal, &runs.err), 0);
	runs_finish(&runs, journal, 1);
	runs_remove(&runs);
}

static void resuming_may_fail_too(void **state)
{
	struct runs runs;
	(void)state;
	for (unsigned at = 1; at <= 3; at++) { /* the wipe, its sync, the room */
		runs_make(&runs, RUNS_ITEMS);
		journal_close(runs_begin(&runs));
		struct buf bytes = runs_bytes(&runs, 1);
		bytes.len = runs_behind(&bytes, "\ngo\n");
		buf_add(&bytes, SLICE("done\t0\tdeferred\t-\ndone\t1"));
		runs_put(&runs, buf_slice(&bytes), 100);
		buf_free(&bytes);
		runs.fs = failing_fsops_new();
		runs.fs.at = at;
		runs.fs.error = EIO;
		assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
		assert_non_null(strstr(runs.err.text, "000001.journal"));
		assert_non_null(strstr(runs.err.text, "cannot go on"));
		struct journal *journal = journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
		assert_non_null(journal);
		runs_finish(&runs, journal, 1);
		runs_remove(&runs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_call_may_fail),
		cmocka_unit_test(a_full_disk_is_told_at_once),
		cmocka_unit_test(a_write_that_failed_may_be_tried_again),
		cmocka_unit_test(resuming_may_fail_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
