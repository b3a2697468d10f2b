/* Whole runs over a small queue: what the tree and the journal say afterwards agrees. */
#include "formats/postfix/test_run.h"

#include <sys/file.h>
#include <sys/wait.h>

static void fill(struct test_run *test)
{
	static const char *const messages[] = {"deferred/A/ABCDE0001", "deferred/A/ABCDE0002",
		"active/ABCDE0003", "hold/ABCDE0004", "incoming/ABCDE0005", "deferred/A/INNOCENT1"};
	static const char *const logs[] = {"defer/A/ABCDE0001", "bounce/ABCDE0001",
		"trace/ABCDE0001", "defer/A/ABCDE0003", "defer/A/ABCDE0004", "defer/A/INNOCENT1"};

	test_run_make(test);
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		add_message(test, messages[i]);
	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++)
		add_log(test, logs[i]);
	test_run_open(test);
}

static const struct shot_file *find(const struct shot *shot, const char *id)
{
	return shot_message(shot, slice_cstr(id));
}

static bool lies_in(const struct shot *shot, const char *id, const char *folder)
{
	const struct shot_file *file = find(shot, id);
	return file && strncmp(file->path, folder, strlen(folder)) == 0;
}

/* The item of an id in the plan. */
static uint32_t item_of(const struct test_run *test, const char *id)
{
	for (uint32_t i = 0; i < test->plan.count; i++)
		if (slice_eq(test->plan.items[i].id, slice_cstr(id)))
			return i;
	fail_msg("%s is not planned", id);
	return 0;
}

static void rename_in(struct test_run *test, const char *from, const char *to)
{
	assert_int_equal(renameat(test->queue.tree.fd, from, test->queue.tree.fd, to), 0);
}

/* ---- every operation ---- */

/* The journal tells of each message what the run did, and where it was found. */
static void journal_agrees(struct test_run *test, const struct run *run)
{
	struct journal_log log;

	assert_true(read_last(test, &log));
	assert_true(log.ended && !log.running);
	assert_int_equal(log.nitems, test->plan.count);
	for (uint32_t i = 0; i < log.nitems; i++) {
		assert_int_equal(log.outcomes[i].outcome, run->outcomes[i]);
		if (!log.head.undoes)
			assert_int_equal(log.outcomes[i].queue, test->plan.items[i].queue);
	}
	for (unsigned i = 0; i < OUTCOMES; i++)
		assert_int_equal(log.counts[i], run->counts[i]);
	journal_log_free(&log);
}

static void each_operation_puts_its_messages(void **state)
{
	static const struct {
		enum op op;
		const char *goal;
		const char *takes; /* the last digits of the ids; the others are refused */
	} cases[] = {
		{OP_PURGE, "trash/", "12345"},
		{OP_HOLD, "hold/", "1235"},
		{OP_RELEASE, "deferred/A/", "4"},
		{OP_RETRY, "incoming/", "12"},
		{OP_REQUEUE, "maildrop/", "1245"},
	};
	(void)state;

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct test_run test;
		fill(&test);
		plan_all(&test, cases[c].op, "INNOCENT");
		assert_int_equal(test.plan.count, 5);
		struct shot before = take_shot(&test);
		good_run(&test);
		struct shot after = take_shot(&test);
		journal_agrees(&test, &test.run);
		/* A requeued message gets a new id: the logs of the old one go. */
		if (cases[c].op != OP_REQUEUE)
			assert_int_equal(after.count, before.count);
		assert_int_equal(test.run.counts[OUTCOME_DONE], strlen(cases[c].takes));
		assert_int_equal(test.run.counts[OUTCOME_REFUSED], 5 - strlen(cases[c].takes));
		for (uint32_t i = 0; i < test.plan.count; i++) {
			const char *id = test.plan.items[i].id.ptr;
			bool taken = strchr(cases[c].takes, id[8]) != NULL;
			const struct shot_file *was = find(&before, id), *is = find(&after, id);
			assert_int_equal(
				test.run.outcomes[i], taken ? OUTCOME_DONE : OUTCOME_REFUSED);
			assert_int_equal(was->content, is->content);
			if (taken)
				assert_true(lies_in(&after, id, cases[c].goal));
			else
				assert_string_equal(was->path, is->path);
			bool now = taken &&
				(cases[c].op == OP_RELEASE || cases[c].op == OP_RETRY ||
					cases[c].op == OP_REQUEUE);
			assert_int_equal(is->mtime, now ? RUN_NOW : RUN_TIME);
			assert_int_equal(is->mode, 0700);
		}
		assert_true(lies_in(&after, "INNOCENT1", "deferred/A/"));
		/* Logs go with a purge and stay otherwise. */
		for (size_t i = 0; i < after.count; i++)
			if (!after.list[i].message && after.list[i].id[0] != 'I')
				assert_int_equal(strncmp(after.list[i].path, "trash/", 6) == 0,
					cases[c].op == OP_PURGE);
		shot_free(&before);
		shot_free(&after);
		run_free(&test.run);
		test_run_free(&test);
	}
}

static void no_undo_leaves_nothing(void **state)
{
	struct test_run test;
	(void)state;

	fill(&test);
	plan_all(&test, OP_PURGE, "INNOCENT");
	test.plan.head.no_undo = true;
	good_run(&test);
	/* The inode of a removed file may be another's at once, and that one be in delivery. */
	assert_int_equal(test.run.counts[OUTCOME_DONE] + test.run.counts[OUTCOME_DELIVERING], 5);
	journal_agrees(&test, &test.run);
	struct shot after = take_shot(&test);
	assert_int_equal(after.count, 2); /* the innocent message and its log */
	shot_free(&after);
	run_free(&test.run);
	test_run_free(&test);
}

/* ---- the way back ---- */

static void undo_restores_every_file(void **state)
{
	static const enum op ops[] = {OP_PURGE, OP_HOLD, OP_RELEASE};
	(void)state;

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		struct test_run test;
		fill(&test);
		struct shot before = take_shot(&test);
		plan_all(&test, ops[i], "INNOCENT");
		good_run(&test);
		run_free(&test.run);
		assert_true(plan_undo(&test, false));
		test.options.spread = 10;
		good_run(&test);
		assert_int_equal(test.run.counts[OUTCOME_DONE], test.plan.count);
		journal_agrees(&test, &test.run);
		struct shot after = take_shot(&test);
		assert_same(&after, &before);
		/* What goes where it is tried gets a time, one after the other; the rest keeps its. */
		for (uint32_t k = 0; k < test.plan.count && ops[i] != OP_RELEASE; k++) {
			const struct shot_file *file = shot_message(&after, test.plan.items[k].id);
			bool held = strncmp(file->path, "hold/", 5) == 0;
			assert_int_equal(file->mtime, held ? RUN_TIME : RUN_NOW + 10 * k);
		}
		for (size_t k = 0; k < after.count; k++)
			if (!after.list[k].message)
				assert_int_equal(after.list[k].mtime, RUN_TIME);
		shot_free(&before);
		shot_free(&after);
		run_free(&test.run);
		test_run_free(&test);
	}
}

static void a_purge_comes_back_on_hold(void **state)
{
	struct test_run test;
	(void)state;

	fill(&test);
	plan_all(&test, OP_PURGE, "INNOCENT");
	good_run(&test);
	run_free(&test.run);
	assert_true(plan_undo(&test, true));
	good_run(&test);
	struct shot after = take_shot(&test);
	for (uint32_t i = 0; i < test.plan.count; i++) {
		const struct shot_file *file = shot_message(&after, test.plan.items[i].id);
		assert_int_equal(strncmp(file->path, "hold/", 5), 0);
		assert_int_equal(file->mtime, RUN_TIME);
	}
	for (size_t i = 0; i < after.count; i++)
		assert_int_not_equal(strncmp(after.list[i].path, "trash/", 6), 0);
	shot_free(&after);
	run_free(&test.run);
	test_run_free(&test);
}

/* ---- between plan and run ---- */

static void what_moved_is_followed(void **state)
{
	struct test_run test;
	struct journal_log log;
	(void)state;

	fill(&test);
	plan_all(&test, OP_PURGE, "INNOCENT");
	uint32_t moved = item_of(&test, "ABCDE0001");
	rename_in(&test, "deferred/A/ABCDE0001", "active/ABCDE0001");
	good_run(&test);
	assert_int_equal(test.run.outcomes[moved], OUTCOME_DONE);
	struct shot after = take_shot(&test);
	assert_string_equal(find(&after, "ABCDE0001")->path, "trash/active/ABCDE0001");
	assert_true(read_last(&test, &log));
	assert_int_equal(log.outcomes[moved].queue, PQ_ACTIVE);
	assert_int_equal(log.items[moved].queue, PQ_DEFERRED);
	journal_log_free(&log);
	shot_free(&after);
	run_free(&test.run);
	test_run_free(&test);
}

/* Each is told and not touched; the others are purged. */
static void what_is_another_stays(void **state)
{
	enum kind { NEW_INODE, NEW_CONTENT, NO_IDENTITY, OTHER_IDENTITY, VANISHED, KINDS };
	static const enum outcome wanted[KINDS] = {[NEW_INODE] = OUTCOME_GONE,
		[NEW_CONTENT] = OUTCOME_CHANGED,
		[NO_IDENTITY] = OUTCOME_DONE,
		[OTHER_IDENTITY] = OUTCOME_CHANGED,
		[VANISHED] = OUTCOME_GONE};
	(void)state;

	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct test_run test;
		int keep = -1;
		fill(&test);
		plan_all(&test, OP_PURGE, "INNOCENT");
		uint32_t item = item_of(&test, "ABCDE0002");
		const char *path = "deferred/A/ABCDE0002";
		int fd = test.queue.tree.fd;
		switch (kind) {
		case NEW_INODE: /* the same bytes under the same name */
			keep = openat(fd, path, O_RDONLY | O_CLOEXEC);
			assert_int_equal(unlinkat(fd, path, 0), 0);
			add_message(&test, path);
			break;
		case NEW_CONTENT: /* written over in place: the inode stays */
			image_free(&test.queue.image);
			test.queue.image = (struct image){0};
			image_message(&test.queue.image, "other@example.com", "b@example.org");
			test_spool_add(&test.queue, path, 0700);
			break;
		case NO_IDENTITY:
			test.plan.items[item].identity = 0;
			break;
		case OTHER_IDENTITY:
			test.plan.items[item].identity ^= 1;
			break;
		default:
			assert_int_equal(unlinkat(fd, path, 0), 0);
			break;
		}
		struct shot before = take_shot(&test);
		good_run(&test);
		struct shot after = take_shot(&test);
		assert_int_equal(test.run.outcomes[item], wanted[kind]);
		assert_int_equal(
			test.run.counts[OUTCOME_DONE], wanted[kind] == OUTCOME_DONE ? 5 : 4);
		if (kind != VANISHED && kind != NO_IDENTITY) {
			assert_string_equal(find(&after, "ABCDE0002")->path, path);
			assert_int_equal(find(&after, "ABCDE0002")->content,
				find(&before, "ABCDE0002")->content);
			assert_int_equal(find(&after, "ABCDE0002")->mtime,
				find(&before, "ABCDE0002")->mtime);
		}
		journal_agrees(&test, &test.run);
		shot_free(&before);
		shot_free(&after);
		run_free(&test.run);
		test_run_free(&test);
		if (keep >= 0)
			close(keep);
	}
}

static void what_is_locked_or_not_ready_is_refused(void **state)
{
	struct test_run test;
	(void)state;

	fill(&test);
	plan_all(&test, OP_PURGE, "INNOCENT");
	uint32_t locked = item_of(&test, "ABCDE0001"), unready = item_of(&test, "ABCDE0005");
	uint32_t shared = item_of(&test, "ABCDE0003");
	int fd = openat(test.queue.tree.fd, "deferred/A/ABCDE0001", O_RDONLY | O_CLOEXEC);
	int agent = openat(test.queue.tree.fd, "active/ABCDE0003", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(flock(agent, LOCK_SH | LOCK_NB), 0);
	assert_int_equal(fchmodat(test.queue.tree.fd, "incoming/ABCDE0005", 0600, 0), 0);
	good_run(&test);
	assert_int_equal(test.run.outcomes[locked], OUTCOME_REFUSED);
	assert_int_equal(test.run.outcomes[unready], OUTCOME_REFUSED);
	/* The lock of an agent is no reason to stay. */
	assert_int_equal(test.run.outcomes[shared], OUTCOME_DONE);
	struct shot after = take_shot(&test);
	assert_string_equal(find(&after, "ABCDE0001")->path, "deferred/A/ABCDE0001");
	assert_string_equal(find(&after, "ABCDE0005")->path, "incoming/ABCDE0005");
	assert_int_equal(find(&after, "ABCDE0005")->mode, 0600);
	struct journal_log log;
	assert_true(read_last(&test, &log));
	assert_true(journal_words(&log, locked).len > 0 && journal_words(&log, unready).len > 0);
	journal_log_free(&log);
	shot_free(&after);
	run_free(&test.run);
	test_run_free(&test);
	close(fd);
	close(agent);
}

/* An agent of another process that holds its lock to the end: told, with the queue it was in. */
static void what_is_in_delivery_is_marked(void **state)
{
	struct test_run test;
	struct journal_log log;
	struct hashset busy = {0};
	struct err err;
	int ready[2];
	(void)state;

	fill(&test);
	if (format_postfix.in_delivery(test.queue.spool, &busy, &err) != 0) {
		test_run_free(&test);
		skip();
	}
	hashset_free(&busy);
	plan_all(&test, OP_HOLD, "INNOCENT");
	/* It became active behind the plan. */
	uint32_t item = item_of(&test, "ABCDE0001");
	rename_in(&test, "deferred/A/ABCDE0001", "active/ABCDE0001");
	assert_int_equal(pipe(ready), 0);
	pid_t agent = fork();
	assert_true(agent >= 0);
	if (agent == 0) {
		int fd = openat(test.queue.tree.fd, "active/ABCDE0001", O_RDONLY);
		char byte = flock(fd, LOCK_SH) == 0;
		close(ready[0]);
		_exit(write(ready[1], &byte, 1) == 1 && pause());
	}
	char byte = 0;
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	good_run(&test);
	kill(agent, SIGKILL);
	waitpid(agent, NULL, 0);
	close(ready[0]);
	assert_int_equal(test.run.outcomes[item], OUTCOME_DELIVERING);
	assert_int_equal(test.run.unsettled, 1);
	assert_true(read_last(&test, &log));
	assert_int_equal(log.outcomes[item].outcome, OUTCOME_DELIVERING);
	assert_int_equal(log.outcomes[item].queue, PQ_ACTIVE);
	journal_log_free(&log);
	run_free(&test.run);
	test_run_free(&test);
}

/* ---- a run as a whole ---- */

/* A run that found more goes on in its journal, which numbers on. */
static void more_goes_on_in_the_same_journal(void **state)
{
	struct test_run test;
	struct journal_log log;
	struct err err;
	(void)state;
	fill(&test);
	plan_all(&test, OP_PURGE, "INNOCENT");
	uint32_t first = test.plan.count;
	struct journal *journal = journal_create(&test.fast, test.state.fd, &test.plan.head, &err);
	assert_non_null(journal);
	for (uint32_t i = 0; i < first; i++)
		assert_int_equal(journal_item(journal, &test.plan.items[i], &err), 0);
	assert_int_equal(journal_go(journal, &err), 0);
	assert_int_equal(open_trash(&test, &test.fast, 1), 0);
	test.run = (struct run){.plan = &test.plan,
		.places = &test.place,
		.journal = journal,
		.options = &test.options};
	assert_int_equal(run_apply(&test.run), 0);
	run_free(&test.run);
	assert_int_equal(journal_pause(journal, &err), 0);

	add_message(&test, "active/ABCDE0009");
	/* The journal goes by the queues of the plan that it began with. */
	struct plan begun = test.plan;
	test.plan = (struct plan){0};
	plan_all(&test, OP_PURGE, "INNOCENT");
	assert_int_equal(test.plan.count, 1);
	assert_int_equal(journal_more(journal, 1, &err), 0);
	assert_int_equal(journal_item(journal, &test.plan.items[0], &err), 0);
	assert_int_equal(journal_go(journal, &err), 0);
	test.run = (struct run){.plan = &test.plan,
		.places = &test.place,
		.journal = journal,
		.first = first,
		.options = &test.options};
	assert_int_equal(run_apply(&test.run), 0);
	run_free(&test.run);
	assert_int_equal(journal_end(journal, &err), 0);
	plan_free(&begun);

	assert_true(read_last(&test, &log));
	assert_int_equal(log.nitems, first + 1);
	assert_true(slice_eq(log.items[first].id, SLICE("ABCDE0009")));
	assert_int_equal(outcomes_done(log.counts), first + 1);
	journal_log_free(&log);
	struct shot shot = take_shot(&test);
	assert_true(lies_in(&shot, "ABCDE0009", "trash/active"));
	assert_true(lies_in(&shot, "INNOCENT1", "deferred/"));
	shot_free(&shot);
	/* The way back of it is that of one run. */
	assert_true(plan_undo(&test, true));
	assert_int_equal(test.plan.count, first + 1);
	good_run(&test);
	run_free(&test.run);
	shot = take_shot(&test);
	assert_true(lies_in(&shot, "ABCDE0009", "hold/"));
	assert_true(lies_in(&shot, "ABCDE0001", "hold/"));
	shot_free(&shot);
	test_run_free(&test);
}

static void stops_between_two_messages_when_interrupted(void **state)
{
	static const volatile sig_atomic_t at_once = 1;
	struct test_run test;
	struct journal_log log;
	(void)state;

	fill(&test);
	struct shot before = take_shot(&test);
	plan_all(&test, OP_PURGE, "INNOCENT");
	test.options.interrupted = &at_once;
	assert_int_equal(start_run(&test, &test.fast), 0);
	assert_true(test.run.stopped);
	assert_string_equal(test.run.why.text, "interrupted");
	assert_true(read_last(&test, &log));
	assert_false(log.ended);
	assert_int_equal(log.counts[OUTCOME_NONE], 5);
	journal_log_free(&log);
	struct shot after = take_shot(&test);
	assert_same(&after, &before);
	run_free(&test.run);
	/* and is resumed */
	test.options.interrupted = NULL;
	finish_run(&test);
	assert_true(read_last(&test, &log));
	assert_true(log.ended);
	assert_int_equal(log.counts[OUTCOME_DONE], 5);
	journal_log_free(&log);
	shot_free(&before);
	shot_free(&after);
	test_run_free(&test);
}

/* What is known counts as told: the numbers of a resumed run are those of all of it. */
static void passes_over_what_is_known(void **state)
{
	struct test_run test;
	uint8_t known[5] = {0};
	(void)state;

	fill(&test);
	plan_all(&test, OP_PURGE, "INNOCENT");
	known[item_of(&test, "ABCDE0001")] = OUTCOME_REFUSED;
	known[item_of(&test, "ABCDE0002")] = OUTCOME_GONE;
	known[item_of(&test, "ABCDE0003")] = OUTCOME_FAILED; /* is tried again */
	assert_int_equal(open_trash(&test, &fsops_real, 1), 0);
	carry_out(&test, &test.fast, NULL, known);
	assert_int_equal(test.run.counts[OUTCOME_REFUSED], 1);
	assert_int_equal(test.run.counts[OUTCOME_GONE], 1);
	assert_int_equal(test.run.counts[OUTCOME_DONE], 3);
	assert_int_equal(test.run.done, 5);
	struct shot after = take_shot(&test);
	assert_string_equal(find(&after, "ABCDE0001")->path, "deferred/A/ABCDE0001");
	assert_true(lies_in(&after, "ABCDE0003", "trash/active/"));
	shot_free(&after);
	run_free(&test.run);
	test_run_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operation_puts_its_messages),
		cmocka_unit_test(no_undo_leaves_nothing),
		cmocka_unit_test(undo_restores_every_file),
		cmocka_unit_test(a_purge_comes_back_on_hold),
		cmocka_unit_test(what_moved_is_followed),
		cmocka_unit_test(what_is_another_stays),
		cmocka_unit_test(what_is_locked_or_not_ready_is_refused),
		cmocka_unit_test(what_is_in_delivery_is_marked),
		cmocka_unit_test(more_goes_on_in_the_same_journal),
		cmocka_unit_test(stops_between_two_messages_when_interrupted),
		cmocka_unit_test(passes_over_what_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
