#include "formats/postfix/test_steps.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Of the id that a requeued message had. */
#define OLD_LOGS                                                                                   \
	"remove? spool:defer/A/ID\n"                                                               \
	"remove? spool:bounce/ID\n"                                                                \
	"remove? spool:trace/ID\n"

static void acts_on_every_queue(void **state)
{
	static const char *const wanted[OPS][PQ_MESSAGES] = {
		[OP_PURGE] =
			{
				"move! spool:maildrop/ID trash:maildrop/ID\n" PURGE_LOGS,
				"move! spool:incoming/ID trash:incoming/ID\n" PURGE_LOGS,
				"move! spool:active/ID trash:active/ID\n" PURGE_LOGS,
				"move! spool:deferred/A/ID trash:deferred/A/ID\n" PURGE_LOGS,
				"move! spool:hold/ID trash:hold/ID\n" PURGE_LOGS,
				"move! spool:corrupt/ID trash:corrupt/ID\n" PURGE_LOGS,
			},
		[OP_HOLD] =
			{
				"move! spool:maildrop/ID spool:hold/ID\n", /* a requeued one */
				"move! spool:incoming/ID spool:hold/ID\n",
				"move! spool:active/ID spool:hold/ID\n",
				"move! spool:deferred/A/ID spool:hold/ID\n",
				"no: on hold already",
				"no: damaged",
			},
		[OP_SHELVE] =
			{
				"move! spool:maildrop/ID trash:maildrop/ID\n" PURGE_LOGS,
				"move! spool:incoming/ID trash:incoming/ID\n" PURGE_LOGS,
				"move! spool:active/ID trash:active/ID\n" PURGE_LOGS,
				"move! spool:deferred/A/ID trash:deferred/A/ID\n" PURGE_LOGS,
				"move! spool:hold/ID trash:hold/ID\n" PURGE_LOGS,
				"no: damaged",
			},
		[OP_RELEASE] =
			{
				"no: not on hold",
				"no: not on hold",
				"no: not on hold",
				"no: not on hold",
				"time now\nmove! spool:hold/ID spool:deferred/A/ID\n",
				"no: not on hold",
			},
		[OP_RETRY] =
			{
				"no: not taken it in yet",
				"no: it is being tried",
				"no: it is being tried",
				"time now\nmove! spool:deferred/A/ID spool:incoming/ID\n",
				"no: release it",
				"no: damaged",
			},
		[OP_REQUEUE] =
			{
				"no: in maildrop already",
				"time now\nmove! spool:incoming/ID spool:maildrop/ID\n" OLD_LOGS,
				"no: delivered twice",
				"time now\nmove! spool:deferred/A/ID spool:maildrop/ID\n" OLD_LOGS,
				"time now\nmove! spool:hold/ID spool:maildrop/ID\n" OLD_LOGS,
				"no: damaged",
			},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (unsigned op = OP_PURGE; op < OP_RESTORE; op++)
		for (unsigned queue = 0; queue < PQ_MESSAGES; queue++)
			check_steps(&test, places[queue], 0700,
				&(struct request){.op = (enum op)op, .now = NOW, .due = DUE},
				wanted[op][queue]);
	test_spool_free(&test);
}

/* What a running qmgr may remember must not come back; a stopped one remembers nothing. */
static void releases_only_what_is_forgotten(void **state)
{
	static const struct {
		enum mta_state mta;
		bool forgot;
		const char *wanted;
	} cases[] = {
		{MTA_RUNNING, false, "no: postfix reload"},
		{MTA_UNKNOWN, false, "no: postfix reload"},
		{MTA_STOPPED, false, "time now\nmove! spool:hold/ID spool:deferred/A/ID\n"},
		{MTA_RUNNING, true, "time now\nmove! spool:hold/ID spool:deferred/A/ID\n"},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct spool target = *test.spool;
		target.mta = cases[i].mta;
		check_steps(&test, places[PQ_HOLD], 0700,
			&(struct request){.op = OP_RELEASE,
				.target = &target,
				.now = NOW,
				.mta_forgot = cases[i].forgot},
			cases[i].wanted);
	}
	test_spool_free(&test);
}

static void removes_for_good(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	check_steps(&test, places[PQ_DEFERRED], 0700,
		&(struct request){.op = OP_PURGE, .no_undo = true},
		"remove! spool:deferred/A/ID\n"
		"remove? spool:defer/A/ID\n"
		"remove? spool:bounce/ID\n"
		"remove? spool:trace/ID\n");
	test_spool_free(&test);
}

static void requeues_with_the_mode_that_pickup_wants(void **state)
{
	static const mode_t modes[] = {0710, 0740, 0744, 04700};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		check_steps(&test, places[PQ_HOLD], modes[i],
			&(struct request){.op = OP_REQUEUE, .now = NOW},
			"mode 700\ntime now\nmove! spool:hold/ID spool:maildrop/ID\n" OLD_LOGS);
	test_spool_free(&test);
}

/* What a user submitted is no queue file yet: pickup(8) has to make one of it. */
static void holds_only_requeued_mail_in_maildrop(void **state)
{
	static const char submitted[] = "no: not taken it in yet";
	struct request hold = {.op = OP_HOLD};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	check_steps(&test, places[PQ_MAILDROP], 0744, &hold, submitted);
	image_free(&test.image);
	test.image = (struct image){0};
	image_add(&test.image, 'T', "1700000000 123456");
	image_add(&test.image, 'S', "a@example.com");
	image_add(&test.image, 'R', "b@example.org");
	image_content(&test.image, "hi");
	image_add(&test.image, 'E', "");
	check_steps(&test, places[PQ_MAILDROP], 0700, &hold, submitted);
	test_spool_free(&test);
}

static void need_locks(const struct test_spool *test)
{
	struct hashset inodes = {0};
	struct err err;

	int r = format_postfix.in_delivery(test->spool, &inodes, &err);
	hashset_free(&inodes);
	if (r == 0)
		return;
	print_message("%s\n", err.text);
	skip();
}

/* A process with a shared lock on the file, as a delivery agent has it. */
static pid_t start_agent(const struct test_spool *test, const char *path)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t agent = fork();
	assert_true(agent >= 0);
	if (agent == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
		int fd = openat(test->tree.fd, path, O_RDONLY | O_CLOEXEC);
		(void)!write(ready[1], flock(fd, LOCK_SH | LOCK_NB) == 0 ? "y" : "n", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	close(ready[0]);
	close(ready[1]);
	return agent;
}

/* The copy that pickup makes would be delivered beside what the agent delivers. */
static void requeues_nothing_that_is_in_delivery(void **state)
{
	const struct request request = {.op = OP_REQUEUE, .now = NOW};
	struct test_spool test;
	struct pin pin;
	struct steps steps;
	(void)state;

	test_spool_make(&test);
	need_locks(&test);
	test_spool_add(&test, places[PQ_DEFERRED], 0700);
	pin_it(&test, &pin);
	test.spool->mta = MTA_UNKNOWN;
	pid_t agent = start_agent(&test, places[PQ_DEFERRED]);
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &test.err), -1);
	assert_non_null(strstr(test.err.text, "this moment"));
	assert_int_equal(kill(agent, SIGKILL), 0);
	assert_int_equal(waitpid(agent, NULL, 0), agent);
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &test.err), 0);
	format_postfix.unpin(&pin);
	test_spool_free(&test);
}

/* From hold agents may still deliver what was active; from deferred they hardly do. */
static void requeues_with_care_where_locks_are_hidden(void **state)
{
	const struct request request = {.op = OP_REQUEUE, .now = NOW};
	struct test_spool test;
	struct pin pin;
	struct steps steps;
	(void)state;

	test_spool_make(&test);
	need_locks(&test);
	tree_file(&test.tree, "pid/master.pid", SLICE("1\n"), 0600);
	test_spool_add(&test, places[PQ_HOLD], 0700);
	pin_it(&test, &pin);
	test.spool->mta = MTA_RUNNING; /* and yet its master has no lock that can be seen */
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &test.err), -1);
	assert_non_null(strstr(test.err.text, "not known"));
	pin.queue = PQ_DEFERRED;
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &test.err), 0);
	format_postfix.unpin(&pin);
	test_spool_free(&test);
}

static void hashes_as_the_queue_is(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	tree_folder(&test.tree, "hold/B/C");
	tree_folder(&test.tree, "trace/0");
	test_spool_open(&test);
	check_steps(&test, places[PQ_DEFERRED], 0700, &(struct request){.op = OP_HOLD},
		"move! spool:deferred/A/ID spool:hold/A/B/ID\n");
	/* What lies where no hashing put it is taken from there. */
	check_steps(&test, "hold/" TEST_ID, 0700, &(struct request){.op = OP_PURGE},
		"move! spool:hold/ID trash:hold/ID\n"
		"move? spool:defer/A/ID trash:defer/A/ID\n"
		"move? spool:bounce/ID trash:bounce/ID\n"
		"move? spool:trace/A/ID trash:trace/A/ID\n");
	test_spool_free(&test);
}

/* ---- the second sweep ---- */

static void check_sweep(struct test_spool *test, const char *id, bool no_undo, const char *wanted)
{
	struct steps steps = {.count = 7};

	format_postfix.sweep(test->spool, slice_cstr(id), no_undo, &steps);
	assert_steps("sweep", &steps, wanted);
}

static void sweeps_logs_that_came_later(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	check_sweep(&test, TEST_ID, false, "");
	check_sweep(&test, "../" TEST_ID, false, "");
	check_sweep(&test, "", true, "");
	tree_file(&test.tree, "defer/A/" TEST_ID, SLICE("x"), 0600);
	check_sweep(&test, TEST_ID, true, "remove? spool:defer/A/ID\n");
	tree_file(&test.tree, "trace/" TEST_ID, SLICE("x"), 0600);
	check_sweep(&test, TEST_ID, false,
		"move? spool:defer/A/ID trash:defer/A/ID\n"
		"move? spool:defer/A/ID trash:late/defer/A/ID\n"
		"move? spool:trace/ID trash:trace/ID\n"
		"move? spool:trace/ID trash:late/trace/ID\n");
	/* Put back meanwhile, or the id was given out again: the logs of that message. */
	for (unsigned queue = 0; queue < PQ_MESSAGES; queue++) {
		test_spool_add(&test, places[queue], 0700);
		check_sweep(&test, TEST_ID, false, "");
		check_sweep(&test, TEST_ID, true, "");
		assert_int_equal(unlinkat(test.tree.fd, places[queue], 0), 0);
	}
	/* Whatever stands there: one that cannot be looked at may be one. */
	assert_int_equal(symlinkat("nowhere", test.tree.fd, "active/" TEST_ID), 0);
	check_sweep(&test, TEST_ID, true, "");
	test_spool_free(&test);
}

static void fits_the_longest_id(void **state)
{
	enum { ID = 255 };
	char id[ID + 1], path[ID + 40];
	struct test_spool test;
	struct steps steps;
	(void)state;

	memset(id, 'A', ID);
	id[ID] = '\0';
	test_spool_make(&test);
	for (unsigned i = 0; i < PQ_FOLDERS; i++)
		((struct postfix *)test.spool->data)->depth[i] = LIMIT_DEPTH;
	snprintf(path, sizeof(path), "bounce/A/A/A/A/A/A/A/A/A/A/A/A/%s", id);
	tree_file(&test.tree, path, SLICE("x"), 0600);
	format_postfix.sweep(test.spool, slice_of(id, ID), false, &steps);
	assert_int_equal(steps.count, 2);
	assert_string_equal(steps.list[1].from, path);
	assert_memory_equal(steps.list[1].to, "late/", 5);
	assert_string_equal(steps.list[1].to + 5, path);
	test_spool_free(&test);
}

static void logs_what_postsuper_logs(void **state)
{
	(void)state;
	assert_string_equal(format_postfix.logged_as(OP_PURGE), "removed");
	assert_string_equal(format_postfix.logged_as(OP_HOLD), "placed on hold");
	assert_string_equal(format_postfix.logged_as(OP_RELEASE), "released from hold");
	assert_string_equal(format_postfix.logged_as(OP_REQUEUE), "requeued");
	/* Not one of postsuper's: who reads the log must not take them for these. */
	assert_non_null(format_postfix.logged_as(OP_RETRY));
	assert_non_null(format_postfix.logged_as(OP_RESTORE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acts_on_every_queue),
		cmocka_unit_test(releases_only_what_is_forgotten),
		cmocka_unit_test(removes_for_good),
		cmocka_unit_test(requeues_with_the_mode_that_pickup_wants),
		cmocka_unit_test(holds_only_requeued_mail_in_maildrop),
		cmocka_unit_test(requeues_nothing_that_is_in_delivery),
		cmocka_unit_test(requeues_with_care_where_locks_are_hidden),
		cmocka_unit_test(hashes_as_the_queue_is),
		cmocka_unit_test(sweeps_logs_that_came_later),
		cmocka_unit_test(fits_the_longest_id),
		cmocka_unit_test(logs_what_postsuper_logs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
