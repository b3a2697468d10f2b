/* What a run leaves that does not come to its end, and how it goes on. */
#include "core/act/test_journal.h"

/* Whole lines in the first `len` bytes that begin with one of these words. */
static unsigned lines_of(const struct buf *bytes, size_t len, const char *const *words)
{
	struct slice line, rest = slice_upto(buf_slice(bytes), len);
	unsigned n = 0;
	while (slice_cut(rest, '\n', &line, &rest))
		for (size_t i = 0; words[i]; i++)
			n += slice_starts(line, slice_cstr(words[i]));
	return n;
}

static void check_prefix(struct runs *runs, const struct buf *bytes, size_t len)
{
	static const char *const items[] = {"item\t", NULL};
	static const char *const told[] = {"done", "failed", "untidy", NULL};
	size_t head = runs_behind(bytes, "\nitems\t"), go = runs_behind(bytes, "\ngo\n");

	if (len < head) {
		runs_refuses(runs, 1, "before it touched anything");
		return;
	}
	struct journal_log log = runs_read(runs, 1);
	unsigned outcomes = lines_of(bytes, len, told);
	assert_int_equal(log.nitems, lines_of(bytes, len, items));
	assert_int_equal(log.went, len >= go);
	assert_int_equal(log.ended, len == bytes->len);
	assert_int_equal(log.counts[OUTCOME_NONE], log.nitems - outcomes);
	for (uint32_t i = 0; i < log.nitems; i++)
		assert_int_equal(log.outcomes[i].outcome != OUTCOME_NONE, i < outcomes);
	journal_log_free(&log);
}

static void torn_at_every_byte(void **state)
{
	static const size_t nuls[] = {0, 1, 8192};
	struct runs runs;
	struct buf bytes = runs_finished(&runs);
	(void)state;
	for (size_t len = 0; len <= bytes.len; len++) {
		for (size_t i = 0; i < 3; i++) {
			runs_put(&runs, slice_upto(buf_slice(&bytes), len), nuls[i]);
			check_prefix(&runs, &bytes, len);
		}
	}
	buf_free(&bytes);
	runs_remove(&runs);
}

static void resumed_from_every_byte(void **state)
{
	static const char *const told[] = {"done", "failed", "untidy", NULL};
	struct runs runs;
	struct buf bytes = runs_finished(&runs);
	size_t go = runs_behind(&bytes, "\ngo\n");
	(void)state;
	for (size_t len = 0; len < bytes.len; len++) {
		for (size_t nuls = 0; nuls <= 8192; nuls += 4096) {
			runs_put(&runs, slice_upto(buf_slice(&bytes), len), nuls);
			struct journal *journal =
				journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
			assert_int_equal(journal != NULL, len >= go);
			if (!journal) {
				assert_non_null(strstr(runs.err.text, "touched anything"));
				continue;
			}
			struct journal_log log = runs_read(&runs, 1);
			assert_true(log.running);
			journal_log_free(&log);
			runs_finish(&runs, journal, lines_of(&bytes, len, told));
		}
	}
	buf_free(&bytes);
	runs_remove(&runs);
}

/* After a power cut a block that was not synced may be missing before one that is there. */
static void a_hole_is_the_end(void **state)
{
	struct runs runs;
	struct buf bytes = runs_finished(&runs);
	size_t head = runs_behind(&bytes, "\nitems\t"), go = runs_behind(&bytes, "\ngo\n");
	(void)state;
	for (size_t at = 0; at < bytes.len - 1; at++) {
		struct buf torn = {0};
		buf_add(&torn, buf_slice(&bytes));
		torn.ptr[at] = '\0';
		runs_put(&runs, buf_slice(&torn), 100);
		if (at < go - 4) {
			runs_refuses(&runs, 1, "hole before the line \"go\"");
		} else if (at < go) {
			struct journal_log log = runs_read(&runs, 1);
			assert_true(!log.went && log.nitems <= RUNS_ITEMS);
			journal_log_free(&log);
		} else {
			struct journal_log log = runs_read(&runs, 1);
			assert_true(log.went && !log.ended);
			uint32_t left = log.counts[OUTCOME_NONE];
			journal_log_free(&log);
			struct journal *journal =
				journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
			assert_non_null(journal);
			runs_finish(&runs, journal, RUNS_ITEMS - left);
		}
		buf_free(&torn);
	}
	/* Without "go" nothing was touched, whatever is behind the hole. */
	memset(bytes.ptr + head + 10, 0, 20);
	runs_put(&runs, slice_upto(buf_slice(&bytes), go - 3), 0);
	struct journal_log log = runs_read(&runs, 1);
	assert_true(!log.went && log.nitems == 0);
	journal_log_free(&log);
	buf_free(&bytes);
	runs_remove(&runs);
}

static void far_behind_the_hole(void **state)
{
	struct runs runs;
	char *nuls = calloc(1, 300 * 1000);
	(void)state;
	runs_make(&runs, RUNS_ITEMS);
	journal_close(runs_begin(&runs));
	struct buf bytes = runs_bytes(&runs, 1);
	bytes.len = runs_behind(&bytes, "\ngo\n");
	/* "go" at every place around the end of a block of the reader. */
	size_t items = runs_behind(&bytes, "\nitems\t");
	for (size_t gap = 65530; gap < 65545; gap++) {
		struct buf torn = {0};
		buf_add(&torn, slice_upto(buf_slice(&bytes), items));
		buf_add(&torn, slice_of(nuls, gap));
		buf_add(&torn, SLICE("\ngo\n"));
		runs_put(&runs, buf_slice(&torn), 0);
		runs_refuses(&runs, 1, "hole");
		buf_free(&torn);
	}
	/* Old lines far behind do not come back to life when the run goes on. */
	struct buf stale = {0};
	buf_add(&stale, buf_slice(&bytes));
	buf_add(&stale, slice_of(nuls, 300 * 1000));
	buf_add(&stale, SLICE("\ndone\t0\tdeferred\t-\nfailed\t1\t"));
	runs_put(&runs, buf_slice(&stale), 0);
	struct journal *journal = journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
	assert_non_null(journal);
	struct buf wiped = runs_bytes(&runs, 1);
	for (size_t i = bytes.len; i < wiped.len; i++)
		assert_int_equal(wiped.ptr[i], 0);
	runs_finish(&runs, journal, 0);
	buf_free(&wiped);
	buf_free(&stale);
	buf_free(&bytes);
	free(nuls);
	runs_remove(&runs);
}

static void only_a_dead_run_is_resumed(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, RUNS_ITEMS);
	struct journal *journal = runs_begin(&runs);
	assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
	assert_non_null(strstr(runs.err.text, "run 1 is still going on"));
	runs_tell(&runs, journal, 0, OUTCOME_DONE);
	journal_close(journal);

	journal = journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
	assert_non_null(journal);
	assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
	runs_finish(&runs, journal, 1);
	assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
	assert_non_null(strstr(runs.err.text, "went to its end"));
	assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 2, &runs.err));
	assert_int_equal(runs.err.code, ERR_GONE);
	runs_remove(&runs);
}

static void the_room_is_kept_for_a_resumed_run(void **state)
{
	struct runs runs;
	struct stat before, after;
	(void)state;
	runs_make(&runs, 2000);
	journal_close(runs_begin(&runs));
	assert_int_equal(fstatat(runs.tree.fd, "000001.journal", &before, 0), 0);
	runs.fs.kind = FSOP_RESERVE;
	runs.fs.at = 2;
	runs.fs.error = ENOSPC;
	assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
	assert_non_null(strstr(runs.err.text, "No space left"));
	assert_null(strstr(runs.err.text, "nothing was touched"));
	journal_close(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
	assert_int_equal(fstatat(runs.tree.fd, "000001.journal", &after, 0), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_true(after.st_blocks >= before.st_blocks);
	assert_int_equal(runs.fs.calls[FSOP_CUT], 0);
	runs_remove(&runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(torn_at_every_byte),
		cmocka_unit_test(resumed_from_every_byte),
		cmocka_unit_test(a_hole_is_the_end),
		cmocka_unit_test(far_behind_the_hole),
		cmocka_unit_test(only_a_dead_run_is_resumed),
		cmocka_unit_test(the_room_is_kept_for_a_resumed_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
