/* What no crash leaves is told, with its line. */
#include "core/act/test_journal.h"

static const struct damage {
	const char *line; /* replaces the line of that number */
	size_t number;
	const char *words;
} damages[] = {
	{"spoolsweep-journal\t2", 1, "another version"},
	{"# a shell script", 1, "no journal of spoolsweep"},
	{"run\t2", 19, "line 19"},
	{"run\t0", 2, "makes no sense"},
	{"run\t4294967296", 2, "makes no sense"},
	{"op\tshred", 3, "makes no sense"},
	{"no-undo\tperhaps", 4, "makes no sense"},
	{"undoes\t-1", 6, "makes no sense"},
	{"started\tyesterday", 7, "makes no sense"},
	{"started\t-5", 7, "makes no sense"},
	{"filter\t\\n", 8, "makes no sense"},
	{"filter", 8, "is due"},
	{"ids-from", 9, "is due"},
	{"ids\t0", 10, "makes no sense"},
	{"ids\t4294967296", 10, "makes no sense"},
	{"reason\ta\tb", 11, "is due"},
	{"uid\t0x0", 13, "makes no sense"},
	{"uid\t9223372036854775808", 13, "makes no sense"},
	{"spools\t201", 16, "number of queues"},
	{"spool\t1\tpostfix\t/var/spool/postfix", 17, "queue that is due"},
	{"spool\t0\tmmdf\t/var/spool/mmdf", 17, "does not know"},
	{"items\t3", 19, "more messages"},
	{"items\t5", 19, "fewer messages"},
	{"items\t16000001", 19, "number of messages"},
	{"item\t0\tid\t0\tdeferred\t1\t0000000000000000\t0000000000000000", 20, "is due"},
	{"item\t1\tid\t0\tdeferred\t1\t0000000000000000\t0000000000000000\t-", 20, "is due"},
	{"item\t0\t\t0\tdeferred\t1\t0000000000000000\t0000000000000000\t-", 20, "is due"},
	{"item\t0\t-\t0\tdeferred\t1\t0000000000000000\t0000000000000000\t-", 20, "is due"},
	{"item\t0\tid\t2\tdeferred\t1\t0000000000000000\t0000000000000000\t-", 20, "is due"},
	{"item\t0\tid\t0\t3\t1\t0000000000000000\t0000000000000000\t-", 20, "its queue"},
	{"item\t0\tid\t0\t-\t1\t0000000000000000\t0000000000000000\t-", 20, "its queue"},
	{"item\t0\tid\t0\tdeferred\t18446744073709551616\t0000000000000000\t0000000000000000\t-",
		20, "is due"},
	{"item\t0\tid\t0\tdeferred\t1\t000000000000000\t0000000000000000\t-", 20, "is due"},
	{"item\t0\tid\t0\tdeferred\t1\t000000000000000A\t0000000000000000\t-", 20, "is due"},
	{"item\t0\tid\t0\tdeferred\t1\t0000000000000000\t0000000000000000\t-\tx", 20, "is due"},
	{"item\t0\tid\t0\tdeferred\t1\t0000000000000000\t0000000000000000\t-\t-", 20, "is due"},
	{"item\t0\tid\t0\tdeferred\t1\t0000000000000000\t0000000000000000\t-\t"
	 "0000000000000000\tx",
		20, "no line that"},
	{"item\t0\tid\033\t0\tdeferred\t1\t0000000000000000\t0000000000000000\t-", 20,
		"no line that"},
	{"done\t0\tdeferred\t-", 20, "no message"},
	{"end", 24, "no message"},
	{"go\t", 24, "no message"},
	{"", 25, "no outcome"},
	{"unknown\t0\tdeferred\t-", 25, "no outcome"},
	{"lost\t0\tdeferred\t-", 25, "no outcome"},
	{"go", 25, "no outcome"},
	{"done\t4\tdeferred\t-", 25, "does not have"},
	{"done\t-\tdeferred\t-", 25, "does not have"},
	{"done\t0\t3\t-", 25, "its queue"},
	{"done\t0\tdefer\t-", 25, "its queue"},
	{"done\t0\t\t-", 25, "its queue"},
	{"done\t0\tdeferred\t\\q", 25, "not escaped"},
	{"end", 25, "behind the end"},
};

static void damage_is_told_with_its_line(void **state)
{
	struct runs runs;
	struct buf bytes = runs_finished(&runs);
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
		runs_put(&runs, buf_slice(&wrong), 0);
		runs_refuses(&runs, 1, damages[i].words);
		assert_int_equal(runs.err.code, ERR_DAMAGED);
		/* Who resumes has read it before, with the names. */
		bool name = strstr(damages[i].words, "its queue") ||
			strstr(damages[i].words, "does not know");
		if (!name) {
			struct err err;
			assert_null(journal_resume(&runs.fs.ops, runs.tree.fd, 1, &err));
			assert_int_equal(err.code, ERR_DAMAGED);
		}
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

/* A mail server of which this program knows nothing, or no longer the names of its queues. */
static void counting_needs_no_names(void **state)
{
	static const struct {
		const char *find, *put;
	} strange[] = {{"\tpostfix\t", "\tsendmai\t"}, {"\tdeferred\t", "\twaiting!\t"}};
	struct runs runs;
	struct buf bytes = runs_finished(&runs);
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf other = {0};
		struct journal_log log;
		buf_add(&other, buf_slice(&bytes));
		size_t at = slice_find(buf_slice(&other), slice_cstr(strange[i].find));
		memcpy(other.ptr + at, strange[i].put, strlen(strange[i].put));
		runs_put(&runs, buf_slice(&other), 0);
		runs_refuses(&runs, 1, "this version of spoolsweep");
		assert_int_equal(journal_read_counts(runs.tree.fd, 1, &log, &runs.err), 0);
		assert_null(log.items);
		assert_int_equal(log.nitems, RUNS_ITEMS);
		assert_int_equal(log.counts[OUTCOME_FAILED], 1);
		assert_true(log.ended);
		journal_log_free(&log);
		buf_free(&other);
	}
	buf_free(&bytes);
	runs_remove(&runs);
}

static void a_line_without_end_is_refused(void **state)
{
	struct runs runs;
	struct buf bytes = runs_finished(&runs);
	(void)state;
	bytes.len = runs_behind(&bytes, "\ngo\n");
	buf_pad(&bytes, 'x', 1000 * 1000);
	runs_put(&runs, buf_slice(&bytes), 0);
	runs_refuses(&runs, 1, "too long");
	/* A crash leaves no more than half a line before the NULs. */
	bytes.len -= 900 * 1000;
	runs_put(&runs, buf_slice(&bytes), 8192);
	struct journal_log log = runs_read(&runs, 1);
	assert_true(log.went);
	journal_log_free(&log);
	buf_free(&bytes);
	runs_remove(&runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_told_with_its_line),
		cmocka_unit_test(counting_needs_no_names),
		cmocka_unit_test(a_line_without_end_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
