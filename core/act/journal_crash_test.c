/* What a run leaves that does not come to its end, and how it goes on. */
#include "core/act/test_journal.h"

#include "core/act/journal_write.h"

enum { ITEMS = 4 };

/* A run that went to its end: the second message failed, the last had no outcome. */
static struct buf finished(struct runs *runs)
{
	runs_make(runs, ITEMS);
	struct journal *journal = runs_begin(runs);
	runs_tell(runs, journal, 0, OUTCOME_DONE);
	runs_tell(runs, journal, 1, OUTCOME_FAILED);
	runs_tell(runs, journal, 2, OUTCOME_UNTIDY);
	assert_int_equal(journal_end(journal, &runs->err), 0);
	return runs_bytes(runs, 1);
}

static void put(struct runs *runs, struct slice bytes, size_t nuls)
{
	static const char room[8192];
	struct buf all = {0};
	buf_add(&all, bytes);
	buf_add(&all, slice_of(room, nuls));
	tree_file(&runs->tree, "000001.journal", buf_slice(&all), 0600);
	buf_free(&all);
}

/* Behind the line that begins with these words. */
static size_t behind(const struct buf *bytes, const char *words)
{
	struct slice from =
		slice_from(buf_slice(bytes), slice_find(buf_slice(bytes), slice_cstr(words)) + 1);
	assert_true(from.len > 0);
	return bytes->len - from.len + slice_index(from, '\n') + 1;
}

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
	size_t head = behind(bytes, "\nitems\t"), go = behind(bytes, "\ngo\n");

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
	struct buf bytes = finished(&runs);
	(void)state;
	for (size_t len = 0; len <= bytes.len; len++) {
		for (size_t i = 0; i < 3; i++) {
			put(&runs, slice_upto(buf_slice(&bytes), len), nuls[i]);
			check_prefix(&runs, &bytes, len);
		}
	}
	buf_free(&bytes);
	runs_remove(&runs);
}

static void finish_it(struct runs *runs, struct journal *journal, uint32_t from)
{
	for (uint32_t i = from; i < ITEMS; i++)
		runs_tell(runs, journal, i, OUTCOME_GONE);
	assert_int_equal(journal_end(journal, &runs->err), 0);
	struct journal_log log = runs_read(runs, 1);
	assert_true(log.ended);
	assert_int_equal(log.counts[OUTCOME_NONE], 0);
	assert_int_equal(log.counts[OUTCOME_GONE], ITEMS - from);
	journal_log_free(&log);
	struct buf bytes = runs_bytes(runs, 1);
	assert_int_equal(slice_index(buf_slice(&bytes), '\0'), SIZE_MAX);
	buf_free(&bytes);
}

static void resumed_from_every_byte(void **state)
{
	static const char *const told[] = {"done", "failed", "untidy", NULL};
	struct runs runs;
	struct buf bytes = finished(&runs);
	size_t go = behind(&bytes, "\ngo\n");
	(void)state;
	for (size_t len = 0; len < bytes.len; len++) {
		for (size_t nuls = 0; nuls <= 8192; nuls += 4096) {
			put(&runs, slice_upto(buf_slice(&bytes), len), nuls);
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
			finish_it(&runs, journal, lines_of(&bytes, len, told));
		}
	}
	buf_free(&bytes);
	runs_remove(&runs);
}

/* After a power cut a block that was not synced may be missing before one that is there. */
static void a_hole_is_the_end(void **state)
{
	struct runs runs;
	struct buf bytes = finished(&runs);
	size_t head = behind(&bytes, "\nitems\t"), go = behind(&bytes, "\ngo\n");
	(void)state;
	for (size_t at = 0; at < bytes.len - 1; at++) {
		struct buf torn = {0};
		buf_add(&torn, buf_slice(&bytes));
		torn.ptr[at] = '\0';
		put(&runs, buf_slice(&torn), 100);
		if (at < go - 4) {
			runs_refuses(&runs, 1, "hole before the line \"go\"");
		} else if (at < go) {
			struct journal_log log = runs_read(&runs, 1);
			assert_true(!log.went && log.nitems <= ITEMS);
			journal_log_free(&log);
		} else {
			struct journal_log log = runs_read(&runs, 1);
			assert_true(log.went && !log.ended);
			uint32_t left = log.counts[OUTCOME_NONE];
			journal_log_free(&log);
			struct journal *journal =
				journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
			assert_non_null(journal);
			finish_it(&runs, journal, ITEMS - left);
		}
		buf_free(&torn);
	}
	/* Without "go" nothing was touched, whatever is behind the hole. */
	memset(bytes.ptr + head + 10, 0, 20);
	put(&runs, slice_upto(buf_slice(&bytes), go - 3), 0);
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
	runs_make(&runs, ITEMS);
	journal_close(runs_begin(&runs));
	struct buf bytes = runs_bytes(&runs, 1);
	bytes.len = behind(&bytes, "\ngo\n");
	/* "go" at every place around the end of a block of the reader. */
	size_t items = behind(&bytes, "\nitems\t");
	for (size_t gap = 65530; gap < 65545; gap++) {
		struct buf torn = {0};
		buf_add(&torn, slice_upto(buf_slice(&bytes), items));
		buf_add(&torn, slice_of(nuls, gap));
		buf_add(&torn, SLICE("\ngo\n"));
		put(&runs, buf_slice(&torn), 0);
		runs_refuses(&runs, 1, "hole");
		buf_free(&torn);
	}
	/* Old lines far behind do not come back to life when the run goes on. */
	struct buf stale = {0};
	buf_add(&stale, buf_slice(&bytes));
	buf_add(&stale, slice_of(nuls, 300 * 1000));
	buf_add(&stale, SLICE("\ndone\t0\t3\t-\nfailed\t1\t"));
	put(&runs, buf_slice(&stale), 0);
	struct journal *journal = journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
	assert_non_null(journal);
	struct buf wiped = runs_bytes(&runs, 1);
	for (size_t i = bytes.len; i < wiped.len; i++)
		assert_int_equal(wiped.ptr[i], 0);
	finish_it(&runs, journal, 0);
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
	runs_make(&runs, ITEMS);
	struct journal *journal = runs_begin(&runs);
	assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
	assert_non_null(strstr(runs.err.text, "run 1 is still going on"));
	runs_tell(&runs, journal, 0, OUTCOME_DONE);
	journal_close(journal);

	journal = journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err);
	assert_non_null(journal);
	assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
	finish_it(&runs, journal, 1);
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
	runs.fs.fail_kind = FSOP_RESERVE;
	runs.fs.fail_at = 2;
	runs.fs.fail_errno = ENOSPC;
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

static const struct damage {
	const char *line; /* replaces the line of that number */
	size_t number;
	const char *words;
} damages[] = {
	{"spoolsweep-journal\t2", 1, "another version"},
	{"# a shell script", 1, "no journal of spoolsweep"},
	{"run\t2", 17, "line 17"},
	{"run\t0", 2, "makes no sense"},
	{"run\t4294967296", 2, "makes no sense"},
	{"op\tshred", 3, "makes no sense"},
	{"no-undo\tperhaps", 4, "makes no sense"},
	{"undoes\t-1", 6, "makes no sense"},
	{"started\tyesterday", 7, "makes no sense"},
	{"started\t-5", 7, "makes no sense"},
	{"filter\t\\n", 8, "makes no sense"},
	{"filter", 8, "is due"},
	{"reason\ta\tb", 9, "is due"},
	{"uid\t0x0", 11, "makes no sense"},
	{"uid\t9223372036854775808", 11, "makes no sense"},
	{"spools\t201", 14, "number of queues"},
	{"spool\t1\tpostfix\t/var/spool/postfix", 15, "queue that is due"},
	{"items\t3", 17, "more messages"},
	{"items\t5", 17, "fewer messages"},
	{"items\t16000001", 17, "number of messages"},
	{"item\t0\tid\t0\t3\t1\t0000000000000000\t0000000000000000", 18, "is due"},
	{"item\t1\tid\t0\t3\t1\t0000000000000000\t0000000000000000\t-", 18, "is due"},
	{"item\t0\t\t0\t3\t1\t0000000000000000\t0000000000000000\t-", 18, "is due"},
	{"item\t0\t-\t0\t3\t1\t0000000000000000\t0000000000000000\t-", 18, "is due"},
	{"item\t0\tid\t2\t3\t1\t0000000000000000\t0000000000000000\t-", 18, "is due"},
	{"item\t0\tid\t0\t256\t1\t0000000000000000\t0000000000000000\t-", 18, "is due"},
	{"item\t0\tid\t0\t3\t18446744073709551616\t0000000000000000\t0000000000000000\t-", 18,
		"is due"},
	{"item\t0\tid\t0\t3\t1\t000000000000000\t0000000000000000\t-", 18, "is due"},
	{"item\t0\tid\t0\t3\t1\t000000000000000A\t0000000000000000\t-", 18, "is due"},
	{"item\t0\tid\t0\t3\t1\t0000000000000000\t0000000000000000\t-\tx", 18, "no line that"},
	{"item\t0\tid\033\t0\t3\t1\t0000000000000000\t0000000000000000\t-", 18, "no line that"},
	{"done\t0\t3\t-", 18, "no message"},
	{"end", 22, "no message"},
	{"go\t", 22, "no message"},
	{"", 23, "no outcome"},
	{"unknown\t0\t3\t-", 23, "no outcome"},
	{"lost\t0\t3\t-", 23, "no outcome"},
	{"go", 23, "no outcome"},
	{"done\t4\t3\t-", 23, "does not have"},
	{"done\t-\t3\t-", 23, "does not have"},
	{"done\t0\t256\t-", 23, "without a queue"},
	{"done\t0\t3\t\\q", 23, "not escaped"},
	{"end", 23, "behind the end"},
};

static void damage_is_told_with_its_line(void **state)
{
	struct runs runs;
	struct buf bytes = finished(&runs);
	char where[40];
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct slice line, rest = buf_slice(&bytes);
		struct buf wrong = {0};
		for (size_t n = 1; slice_cut(rest, '\n', &line, &rest); n++) {
			buf_add(&wrong,
				n == damages[i].number ? slice_cstr(damages[i].line) : line);
			buf_addc(&wrong, '\n');
		}
		put(&runs, buf_slice(&wrong), 0);
		runs_refuses(&runs, 1, damages[i].words);
		assert_int_equal(runs.err.code, ERR_DAMAGED);
		assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &runs.err));
		assert_int_equal(runs.err.code, ERR_DAMAGED);
		snprintf(where, sizeof(where), "line %zu", damages[i].number);
		bool later =
			strstr(damages[i].words, "messages") || strstr(damages[i].words, "end");
		if (!later)
			assert_non_null(strstr(runs.err.text, where));
		buf_free(&wrong);
	}
	buf_free(&bytes);
	runs_remove(&runs);
}

static void a_line_without_end_is_refused(void **state)
{
	struct runs runs;
	struct buf bytes = finished(&runs);
	(void)state;
	bytes.len = behind(&bytes, "\ngo\n");
	buf_pad(&bytes, 'x', 1000 * 1000);
	put(&runs, buf_slice(&bytes), 0);
	runs_refuses(&runs, 1, "too long");
	/* A crash leaves no more than half a line before the NULs. */
	bytes.len -= 900 * 1000;
	put(&runs, buf_slice(&bytes), 8192);
	struct journal_log log = runs_read(&runs, 1);
	assert_true(log.went);
	journal_log_free(&log);
	buf_free(&bytes);
	runs_remove(&runs);
}

/* ---- faults ---- */

/* A whole run; false when it had to stop. *synced: outcomes that it was told are on disk. */
static bool whole_run(struct runs *runs, uint32_t *synced)
{
	struct journal *journal = runs_begin(runs);
	struct slice none = {0};

	*synced = 0;
	for (uint32_t i = 0; journal && i < ITEMS; i++) {
		if (journal_outcome(journal, i, OUTCOME_DONE, 3, none, &runs->err) != 0 ||
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
	if (journal_read(runs->tree.fd, 1, &log, &err) != 0) {
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
	struct test_fsops healthy = test_fsops_new(&test_fsops_plain);
	struct journal *journal = journal_resume(&healthy.ops, runs->tree.fd, 1, &err);
	assert_non_null(journal);
	for (uint32_t i = synced; i < ITEMS; i++)
		assert_int_equal(
			journal_outcome(journal, i, OUTCOME_DONE, 3, (struct slice){0}, &err), 0);
	assert_int_equal(journal_end(journal, &err), 0);
	log = runs_read(runs, 1);
	assert_true(log.ended);
	assert_int_equal(log.counts[OUTCOME_DONE], ITEMS);
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
			runs_make(&runs, ITEMS);
			runs.fs.fail_at = at;
			runs.fs.fail_errno = ENOSPC;
			runs.fs.dead = how & 1;
			runs.fs.torn = how & 2;
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
	runs_make(&runs, ITEMS);
	runs.fs.fail_kind = FSOP_RESERVE;
	runs.fs.fail_at = 1;
	runs.fs.fail_errno = ENOSPC;
	assert_null(journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err));
	assert_int_equal(runs.fs.calls[FSOP_WRITE], 0);
	assert_non_null(strstr(runs.err.text, "nothing was touched"));
	assert_non_null(strstr(runs.err.text, "No space left"));
	assert_int_equal(runs.head.number, 0);
	assert_int_equal(faccessat(runs.tree.fd, "000001.journal", F_OK, 0), -1);
	assert_null(journal_create(&runs.fs.ops, -1, &runs.head, &runs.err));
	runs_remove(&runs);
}

static void a_write_that_failed_may_be_tried_again(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, ITEMS);
	runs.fs.torn = true;
	struct journal *journal = runs_begin(&runs);
	runs.fs.fail_kind = FSOP_WRITE;
	runs.fs.fail_at = runs.fs.calls[FSOP_WRITE] + 1;
	runs_tell(&runs, journal, 0, OUTCOME_DONE);
	assert_int_equal(journal_sync(journal, &runs.err), -1);
	assert_non_null(strstr(runs.err.text, "apply --resume 1"));
	assert_int_equal(journal_sync(journal, &runs.err), 0);
	finish_it(&runs, journal, 1);
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
		cmocka_unit_test(damage_is_told_with_its_line),
		cmocka_unit_test(a_line_without_end_is_refused),
		cmocka_unit_test(any_call_may_fail),
		cmocka_unit_test(a_full_disk_is_told_at_once),
		cmocka_unit_test(a_write_that_failed_may_be_tried_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
