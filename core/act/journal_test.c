/* What is written is read back; what makes no sense is not written. */
#include "core/act/test_journal.h"

#include "core/act/journal_write.h"
#include "core/base/limits.h"

enum { ITEMS = 5 };

static void check_items(const struct journal_log *log)
{
	char room[32];

	assert_int_equal(log->nitems, log->head.items);
	for (uint32_t i = 0; i < log->nitems; i++) {
		struct journal_item wanted = runs_item(i, room);
		const struct journal_item *got = &log->items[i];
		assert_slice(got->id, wanted.id);
		assert_int_equal(got->spool, wanted.spool);
		assert_int_equal(got->queue, wanted.queue);
		assert_true(got->inode == wanted.inode);
		assert_true(got->identity == wanted.identity);
		assert_true(got->digest == wanted.digest);
		assert_true(got->size == wanted.size);
		assert_true(got->lineage == wanted.lineage);
	}
}

static void check_head(const struct journal_head *got, const struct journal_head *wanted)
{
	assert_int_equal(got->number, wanted->number);
	assert_int_equal(got->op, wanted->op);
	assert_int_equal(got->no_undo, wanted->no_undo);
	assert_int_equal(got->to_hold, wanted->to_hold);
	assert_int_equal(got->undoes, wanted->undoes);
	assert_int_equal(got->started, wanted->started);
	assert_slice(got->filter, wanted->filter);
	assert_slice(got->ids_from, wanted->ids_from);
	assert_int_equal(got->ids, wanted->ids);
	assert_slice(got->reason, wanted->reason);
	assert_slice(got->command, wanted->command);
	assert_int_equal(got->uid, wanted->uid);
	assert_int_equal(got->login_uid, wanted->login_uid);
	assert_slice(got->sudo_user, wanted->sudo_user);
	assert_int_equal(got->items, wanted->items);
	assert_int_equal(got->nspools, wanted->nspools);
	for (unsigned i = 0; i < wanted->nspools; i++) {
		assert_slice(got->spools[i].path, wanted->spools[i].path);
		assert_ptr_equal(got->spools[i].format, wanted->spools[i].format);
	}
}

static void a_run_is_read_back(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, ITEMS);
	struct journal *journal = runs_begin(&runs);
	assert_non_null(journal);
	assert_int_equal(runs.head.number, 1);

	struct journal_log log = runs_read(&runs, 1);
	assert_true(log.went && log.running && !log.ended);
	assert_int_equal(log.counts[OUTCOME_NONE], ITEMS);
	journal_log_free(&log);

	runs_tell(&runs, journal, 0, OUTCOME_DONE);
	runs_tell(&runs, journal, 4, OUTCOME_FAILED);
	runs_tell(&runs, journal, 3, OUTCOME_FAILED);
	runs_tell(&runs, journal, 4, OUTCOME_DELIVERING); /* tried again */
	assert_int_equal(journal_end(journal, &runs.err), 0);

	log = runs_read(&runs, 1);
	check_head(&log.head, &runs.head);
	check_items(&log);
	assert_true(log.went && log.ended && !log.running);
	assert_int_equal(log.counts[OUTCOME_DONE], 1);
	assert_int_equal(log.counts[OUTCOME_FAILED], 1);
	assert_int_equal(log.counts[OUTCOME_DELIVERING], 1);
	assert_int_equal(log.counts[OUTCOME_NONE], 2);
	assert_int_equal(log.outcomes[4].outcome, OUTCOME_DELIVERING);
	assert_int_equal(log.outcomes[4].queue, 4);
	assert_slice(journal_words(&log, 4), (struct slice){0});
	assert_slice(journal_words(&log, 3), SLICE("Permission\tdenied\\"));
	journal_log_free(&log);
	runs_remove(&runs);
}

static void every_outcome_and_operation_has_a_name(void **state)
{
	struct runs runs;
	(void)state;
	for (unsigned op = 0; op < OPS; op++) {
		enum op found = OPS;
		assert_true(op_find(slice_cstr(op_name((enum op)op)), &found));
		assert_int_equal(found, op);
		runs_make(&runs, OUTCOMES);
		runs.head.op = (enum op)op;
		runs.head.no_undo = op % 2;
		runs.head.to_hold = op % 3 == 0;
		runs.head.undoes = op * 1000;
		struct journal *journal = runs_begin(&runs);
		for (unsigned i = OUTCOME_DONE; i < OUTCOMES; i++)
			runs_tell(&runs, journal, i, (enum outcome)i);
		assert_int_equal(journal_end(journal, &runs.err), 0);
		struct journal_log log = runs_read(&runs, 1);
		check_head(&log.head, &runs.head);
		for (unsigned i = 0; i < OUTCOMES; i++) {
			assert_int_equal(log.outcomes[i].outcome, i);
			assert_int_equal(log.counts[i], 1);
		}
		journal_log_free(&log);
		runs_remove(&runs);
	}
	enum op none;
	assert_false(op_find(SLICE("purg"), &none));
	assert_false(op_find(SLICE(""), &none));
	assert_false(op_find((struct slice){0}, &none));
}

static void equal_words_are_kept_once(void **state)
{
	static const char *const said[] = {"one", "one", "two", "\\one", "\\one", ""};
	struct runs runs;
	(void)state;
	runs_make(&runs, 6);
	struct journal *journal = runs_begin(&runs);
	for (uint32_t round = 0; round < 5000; round++)
		for (uint32_t i = 0; i < 6; i++)
			assert_int_equal(
				journal_outcome(journal, round ? 0 : 5 - i, OUTCOME_FAILED,
					"active", slice_cstr(said[round ? 0 : 5 - i]), &runs.err),
				0);
	assert_int_equal(journal_end(journal, &runs.err), 0);
	struct journal_log log = runs_read(&runs, 1);
	for (uint32_t i = 0; i < 6; i++)
		assert_slice(journal_words(&log, i), slice_cstr(said[i]));
	assert_in_range(log.words.texts.used, 1, 20);
	journal_log_free(&log);
	runs_remove(&runs);
}

static void a_time_that_no_one_can_write(void **state)
{
	static const int64_t times[][2] = {{INT64_MIN, 0}, {-1, 0}, {0, 0},
		{LIMIT_TIME, LIMIT_TIME}, {LIMIT_TIME + 1, LIMIT_TIME}, {INT64_MAX, LIMIT_TIME}};
	struct runs runs;
	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		runs_make(&runs, 0);
		runs.head.started = times[i][0];
		assert_int_equal(journal_end(runs_begin(&runs), &runs.err), 0);
		struct journal_log log = runs_read(&runs, 1);
		assert_int_equal(log.head.started, times[i][1]);
		journal_log_free(&log);
		runs_remove(&runs);
	}
}

static void long_words_are_cut_and_long_ids_refused(void **state)
{
	struct runs runs;
	char *text = malloc(5 * LIMIT_VALUE);
	(void)state;
	assert_non_null(text);
	memset(text, '\n', 5 * LIMIT_VALUE); /* four bytes each when escaped */
	runs_make(&runs, 1);
	runs.head.reason = runs.head.command = slice_of(text, 5 * LIMIT_VALUE);
	runs.head.filter = slice_of(text, LIMIT_VALUE);
	struct journal *journal = journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err);
	assert_non_null(journal);
	struct journal_item item = {.id = slice_of(text, 5 * LIMIT_VALUE)};
	assert_int_equal(journal_item(journal, &item, &runs.err), -1);
	assert_int_equal(runs.err.code, ERR_LIMIT);
	item.id = slice_of(text, 255);
	assert_int_equal(journal_item(journal, &item, &runs.err), 0);
	assert_int_equal(journal_go(journal, &runs.err), 0);
	assert_int_equal(journal_outcome(journal, 0, OUTCOME_FAILED, "hold",
				 slice_of(text, 5 * LIMIT_VALUE), &runs.err),
		0);
	assert_int_equal(journal_end(journal, &runs.err), 0);
	struct journal_log log = runs_read(&runs, 1);
	assert_slice(log.head.filter, runs.head.filter);
	assert_slice(log.head.reason, slice_of(text, LIMIT_VALUE));
	assert_slice(log.items[0].id, item.id);
	assert_slice(journal_words(&log, 0), slice_of(text, LIMIT_REASON));
	journal_log_free(&log);

	runs.head.filter = slice_of(text, LIMIT_VALUE + 1);
	assert_null(journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err));
	assert_int_equal(runs.err.code, ERR_LIMIT);
	assert_int_equal(faccessat(runs.tree.fd, journal_name(2).text, F_OK, 0), -1);
	free(text);
	runs_remove(&runs);
}

static void calls_that_make_no_sense_write_nothing(void **state)
{
	struct runs runs;
	char room[32];
	(void)state;
	runs_make(&runs, 1);
	struct journal_item item = runs_item(0, room), strange = item;
	struct journal *journal = journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err);
	assert_int_equal(journal_outcome(journal, 0, OUTCOME_DONE, "hold", item.id, &runs.err), -1);
	assert_int_equal(journal_go(journal, &runs.err), -1); /* one too few */
	strange.spool = 2;
	assert_int_equal(journal_item(journal, &strange, &runs.err), -1);
	strange = item;
	strange.queue = 6;
	assert_int_equal(journal_item(journal, &strange, &runs.err), -1);
	strange = item;
	strange.id = (struct slice){0};
	assert_int_equal(journal_item(journal, &strange, &runs.err), -1);
	assert_int_equal(journal_item(journal, &item, &runs.err), 0);
	assert_int_equal(journal_item(journal, &item, &runs.err), -1); /* one too many */
	assert_int_equal(journal_go(journal, &runs.err), 0);
	assert_int_equal(journal_outcome(journal, 1, OUTCOME_DONE, "hold", item.id, &runs.err), -1);
	assert_int_equal(journal_outcome(journal, 0, OUTCOME_NONE, "hold", item.id, &runs.err), -1);
	assert_int_equal(journal_outcome(journal, 0, OUTCOME_DONE, NULL, item.id, &runs.err), -1);
	assert_int_equal(journal_end(journal, &runs.err), 0);
	struct journal_log log = runs_read(&runs, 1);
	check_items(&log);
	assert_int_equal(log.counts[OUTCOME_NONE], 1);
	journal_log_free(&log);

	runs.head.items = LIMIT_JOURNAL_ITEMS + 1;
	assert_null(journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err));
	assert_int_equal(runs.err.code, ERR_LIMIT);
	runs.head.items = 0;
	runs.head.nspools = LIMIT_SPOOLS + 1;
	assert_null(journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err));
	assert_int_equal(runs.err.code, ERR_LIMIT);
	runs_remove(&runs);
}

static bool is_there(const struct runs *runs, unsigned number)
{
	return faccessat(runs->tree.fd, journal_name(number).text, F_OK, 0) == 0;
}

static void one_that_is_abandoned_leaves_no_file(void **state)
{
	struct runs runs;
	char room[32];
	(void)state;
	runs_make(&runs, 1);
	struct journal_item item = runs_item(0, room);
	struct journal *journal = journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err);
	assert_int_equal(journal_item(journal, &item, &runs.err), 0);
	assert_true(is_there(&runs, 1));
	journal_abandon(journal);
	assert_false(is_there(&runs, 1));

	/* Its number is the next one's; and a run that began keeps its journal. */
	runs.head.number = 0;
	journal = journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err);
	assert_int_equal(runs.head.number, 1);
	assert_int_equal(journal_item(journal, &item, &runs.err), 0);
	assert_int_equal(journal_go(journal, &runs.err), 0);
	journal_abandon(journal);
	assert_true(is_there(&runs, 1));
	runs_remove(&runs);
}

static void the_end_gives_the_room_back(void **state)
{
	struct runs runs;
	struct stat st;
	(void)state;
	runs_make(&runs, 1000);
	struct journal *journal = runs_begin(&runs);
	assert_int_equal(fstatat(runs.tree.fd, "000001.journal", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	off_t held = st.st_size;
	assert_true(held >= 1000 * (JOURNAL_ITEM_ROOM + JOURNAL_OUTCOME_ROOM));
	for (uint32_t i = 0; i < 1000; i++)
		runs_tell(&runs, journal, i, OUTCOME_DELIVERING);
	assert_int_equal(journal_sync(journal, &runs.err), 0);
	assert_int_equal(fstatat(runs.tree.fd, "000001.journal", &st, 0), 0);
	assert_int_equal(st.st_size, held); /* it was enough */
	assert_int_equal(journal_end(journal, &runs.err), 0);
	struct buf bytes = runs_bytes(&runs, 1);
	assert_true(bytes.len < (size_t)held);
	assert_int_equal(slice_index(buf_slice(&bytes), '\0'), SIZE_MAX);
	buf_free(&bytes);
	runs_remove(&runs);
}

static void outcomes_are_written_in_groups(void **state)
{
	struct runs runs;
	(void)state;
	runs_make(&runs, 10000);
	struct journal *journal = runs_begin(&runs);
	unsigned writes = runs.fs.calls[FSOP_WRITE], syncs = runs.fs.calls[FSOP_SYNC];
	assert_int_equal(syncs, 3); /* before "go", behind it, and the folder */
	for (uint32_t i = 0; i < 10000; i++)
		runs_tell(&runs, journal, i, OUTCOME_DONE);
	assert_int_equal(runs.fs.calls[FSOP_SYNC], syncs);
	assert_in_range(runs.fs.calls[FSOP_WRITE] - writes, 1, 4);
	assert_int_equal(journal_sync(journal, &runs.err), 0);
	assert_int_equal(runs.fs.calls[FSOP_SYNC], syncs + 1);
	struct journal_log log = runs_read(&runs, 1);
	assert_int_equal(log.counts[OUTCOME_DONE], 10000);
	journal_log_free(&log);
	journal_close(journal);
	runs_remove(&runs);
}

static int plan_of(struct runs *runs, const char *name)
{
	char room[32];
	int fd = openat(runs->tree.fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	runs->head.number = 99; /* of no meaning in a plan */
	struct journal *journal = journal_plan(&runs->fs.ops, fd, &runs->head, &runs->err);
	for (uint32_t i = 0; i < runs->head.items; i++) {
		struct journal_item item = runs_item(i, room);
		assert_int_equal(journal_item(journal, &item, &runs->err), 0);
	}
	assert_int_equal(journal_go(journal, &runs->err), 0);
	journal_close(journal);
	runs->head.number = 0;
	return fd;
}

static void a_plan_is_whole_or_none(void **state)
{
	struct runs runs;
	struct journal_log log;
	struct stat st;
	(void)state;
	runs_make(&runs, ITEMS);
	int fd = plan_of(&runs, "plan");
	assert_int_equal(journal_read_plan(fd, runs_formats, &log, &runs.err), 0);
	check_head(&log.head, &runs.head);
	check_items(&log);
	assert_true(log.went && !log.ended && !log.running);
	journal_log_free(&log);

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pwrite(fd, "end\n", 4, st.st_size), 4);
	assert_int_equal(journal_read_plan(fd, runs_formats, &log, &runs.err), -1);
	assert_non_null(strstr(runs.err.text, "behind the end"));
	assert_int_equal(ftruncate(fd, st.st_size + 2), 0);
	assert_int_equal(journal_read_plan(fd, runs_formats, &log, &runs.err), -1);
	for (off_t len = st.st_size; len-- > 0;) {
		assert_int_equal(ftruncate(fd, len), 0);
		assert_int_equal(journal_read_plan(fd, runs_formats, &log, &runs.err), -1);
		assert_int_equal(runs.err.code, ERR_DAMAGED);
		assert_non_null(strstr(runs.err.text, "/plan"));
	}
	close(fd);
	runs_remove(&runs);
}

static void a_run_is_no_plan_and_a_plan_no_run(void **state)
{
	struct runs runs;
	struct journal_log log;
	(void)state;
	runs_make(&runs, ITEMS);
	close(plan_of(&runs, "000007.journal"));
	runs_refuses(&runs, 7, "not that of the file");
	journal_close(runs_begin(&runs));
	int fd = openat(runs.tree.fd, "000008.journal", O_RDONLY | O_CLOEXEC);
	assert_int_equal(journal_read_plan(fd, runs_formats, &log, &runs.err), -1);
	assert_non_null(strstr(runs.err.text, "not a plan"));
	close(fd);
	runs_remove(&runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_read_back),
		cmocka_unit_test(every_outcome_and_operation_has_a_name),
		cmocka_unit_test(equal_words_are_kept_once),
		cmocka_unit_test(a_time_that_no_one_can_write),
		cmocka_unit_test(long_words_are_cut_and_long_ids_refused),
		cmocka_unit_test(calls_that_make_no_sense_write_nothing),
		cmocka_unit_test(one_that_is_abandoned_leaves_no_file),
		cmocka_unit_test(the_end_gives_the_room_back),
		cmocka_unit_test(outcomes_are_written_in_groups),
		cmocka_unit_test(a_plan_is_whole_or_none),
		cmocka_unit_test(a_run_is_no_plan_and_a_plan_no_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
