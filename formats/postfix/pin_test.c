#include "formats/postfix/test_spool.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define DEFERRED "deferred/A/" TEST_ID

static enum severity try_pin(
	struct test_spool *test, struct pin *pin, const char *id, uint64_t inode)
{
	struct unit unit = {.name = slice_cstr(id), .inode = inode};

	test->err = (struct err){0};
	return format_postfix.pin(test->spool, &unit, &test->arena, pin, &test->err);
}

static void move(struct test_spool *test, const char *from, const char *to)
{
	assert_int_equal(renameat(test->tree.fd, from, test->tree.fd, to), 0);
}

static void assert_refused(struct test_spool *test, enum severity severity, const char *words)
{
	struct pin pin;
	enum severity got = try_pin(test, &pin, TEST_ID, 0);

	if (got != severity || !strstr(test->err.text, words))
		fail_msg("severity %d, \"%s\"", (int)got, test->err.text);
}

static void reads_what_it_holds(void **state)
{
	struct test_spool test;
	struct pin pin;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	assert_int_equal(try_pin(&test, &pin, TEST_ID, tree_inode(&test.tree, DEFERRED)), SEV_OK);
	assert_string_equal(pin.path, DEFERRED);
	assert_int_equal(pin.queue, PQ_DEFERRED);
	assert_ptr_equal(pin.spool, test.spool);
	assert_true(pin.record.inode == tree_inode(&test.tree, DEFERRED));
	assert_true(slice_eq(pin.record.sender, SLICE("a@example.com")));
	assert_true(slice_eq(pin.record.queue_id, SLICE(TEST_ID)));
	assert_int_equal(pin.record.arrival, 1700000000);
	assert_true(pin.record.next_retry > 0);
	/* A scan, which reads more, comes to the same. */
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
	assert_true(record_digest(&pin.record) == record_digest(&test.record));
	assert_true(pin.record.identity == test.record.identity);
	assert_true(pin.record.identity != 0);
	format_postfix.unpin(&pin);
	assert_int_equal(pin.fd, -1);
	test_spool_free(&test);
}

static void reads_the_identity_only_when_asked(void **state)
{
	static const struct need status = {.parts = NEED_STATUS};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &status), SEV_OK);
	assert_true(test.record.identity == 0);
	test_spool_free(&test);
}

static void follows_a_message(void **state)
{
	static const char *const places[] = {"maildrop/" TEST_ID, "incoming/" TEST_ID,
		"active/" TEST_ID, DEFERRED, "hold/" TEST_ID, "corrupt/" TEST_ID,
		"deferred/" TEST_ID /* where no hashing put it */};
	struct test_spool test;
	struct pin pin;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	uint64_t inode = tree_inode(&test.tree, DEFERRED);
	const char *was = DEFERRED;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		move(&test, was, places[i]);
		was = places[i];
		assert_int_equal(try_pin(&test, &pin, TEST_ID, inode), SEV_OK);
		assert_string_equal(pin.path, was);
		assert_true(format_postfix.in_place(&pin));
		format_postfix.unpin(&pin);
	}
	test_spool_free(&test);
}

static void notices_that_it_moved_on(void **state)
{
	struct test_spool test;
	struct pin pin;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	assert_int_equal(try_pin(&test, &pin, TEST_ID, 0), SEV_OK);
	assert_true(format_postfix.in_place(&pin));
	move(&test, DEFERRED, "active/" TEST_ID);
	assert_false(format_postfix.in_place(&pin));
	/* Another file of that name. While ours is open no other gets its inode. */
	test_spool_add(&test, DEFERRED, 0700);
	assert_false(format_postfix.in_place(&pin));
	assert_int_equal(unlinkat(test.tree.fd, DEFERRED, 0), 0);
	assert_int_equal(symlinkat("../../active/" TEST_ID, test.tree.fd, DEFERRED), 0);
	assert_false(format_postfix.in_place(&pin));
	assert_int_equal(unlinkat(test.tree.fd, DEFERRED, 0), 0);
	move(&test, "active/" TEST_ID, DEFERRED);
	assert_true(format_postfix.in_place(&pin));
	format_postfix.unpin(&pin);
	test_spool_free(&test);
}

static void refuses_what_is_not_ready(void **state)
{
	static const struct {
		const char *path;
		mode_t mode;
		enum severity severity;
		const char *words;
	} cases[] = {
		{"incoming/" TEST_ID, 0600, SEV_SKIP, "still being written"},
		{"hold/" TEST_ID, 0600, SEV_SKIP, "still being written"},
		{"maildrop/" TEST_ID, 0644, SEV_SKIP, "still being written"},
		{DEFERRED, 0600, SEV_SKIP, "still being written"},
		{"active/" TEST_ID, 0400, SEV_SKIP, "damaged"},
		{"maildrop/" TEST_ID, 0744, SEV_OK, ""},
		{DEFERRED, 0710, SEV_OK, ""},
		{DEFERRED, 0740, SEV_OK, ""},
		/* The MTA's marks: this is where it put the file aside. */
		{"corrupt/" TEST_ID, 0400, SEV_WARN, ""},
		{"corrupt/" TEST_ID, 0700, SEV_OK, ""},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pin pin = {.fd = -1};
		test_spool_add(&test, cases[i].path, cases[i].mode);
		enum severity severity = try_pin(&test, &pin, TEST_ID, 0);
		if (severity != cases[i].severity || !strstr(test.err.text, cases[i].words))
			fail_msg("%s %o: severity %d, \"%s\"", cases[i].path,
				(unsigned)cases[i].mode, (int)severity, test.err.text);
		assert_int_equal(severity <= SEV_WARN, pin.fd >= 0);
		if (severity <= SEV_WARN)
			format_postfix.unpin(&pin);
		assert_int_equal(unlinkat(test.tree.fd, cases[i].path, 0), 0);
	}
	test_spool_free(&test);
}

static void refuses_another_file(void **state)
{
	struct test_spool test;
	struct pin pin;
	(void)state;

	test_spool_make(&test);
	assert_int_equal(try_pin(&test, &pin, TEST_ID, 0), SEV_GONE);
	assert_int_equal(try_pin(&test, &pin, "../../etc/passwd", 0), SEV_GONE);
	assert_int_equal(try_pin(&test, &pin, "", 0), SEV_GONE);
	test_spool_add(&test, DEFERRED, 0700);
	/* The same name, another inode: the message that was chosen is not here. */
	assert_int_equal(
		try_pin(&test, &pin, TEST_ID, tree_inode(&test.tree, DEFERRED) + 1), SEV_GONE);
	assert_int_equal(unlinkat(test.tree.fd, DEFERRED, 0), 0);

	test_spool_add(&test, "elsewhere", 0700);
	assert_int_equal(symlinkat("../elsewhere", test.tree.fd, "active/" TEST_ID), 0);
	assert_refused(&test, SEV_FAIL, "symbolic link");
	assert_int_equal(unlinkat(test.tree.fd, "active/" TEST_ID, 0), 0);
	assert_int_equal(mkfifoat(test.tree.fd, "active/" TEST_ID, 0700), 0);
	assert_refused(&test, SEV_FAIL, "not a plain file");
	assert_int_equal(unlinkat(test.tree.fd, "active/" TEST_ID, 0), 0);
	tree_folder(&test.tree, "active/" TEST_ID);
	assert_refused(&test, SEV_FAIL, "not a plain file");
	test_spool_free(&test);
}

static void refuses_the_file_of_another_owner(void **state)
{
	struct test_spool test;
	struct pin pin;
	(void)state;

	if (geteuid() != 0) {
		print_message("only root can give files away\n");
		skip();
	}
	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	assert_int_equal(fchownat(test.tree.fd, DEFERRED, 65534, 65534, 0), 0);
	assert_refused(&test, SEV_SKIP, "does not belong to the owner");
	/* In maildrop it is the submitter's. */
	move(&test, DEFERRED, "maildrop/" TEST_ID);
	assert_int_equal(try_pin(&test, &pin, TEST_ID, 0), SEV_OK);
	format_postfix.unpin(&pin);
	test_spool_free(&test);
}

static void refuses_another_file_system(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	test.spool->dev++;
	assert_refused(&test, SEV_SKIP, "another file system");
	test_spool_free(&test);
}

/* Ids are given out by the inode: one that is not its file's may be given out again. */
static void refuses_a_name_that_is_not_the_inodes(void **state)
{
	struct test_spool test;
	struct pin pin;
	char right[80], path[100];
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, "hold/" TEST_ID, 0700);
	test.spool->mta = MTA_RUNNING;
	assert_refused(&test, SEV_SKIP, "inode");
	test.spool->mta = MTA_UNKNOWN;
	assert_refused(&test, SEV_SKIP, "inode");
	test.spool->mta = MTA_STOPPED;
	assert_int_equal(try_pin(&test, &pin, TEST_ID, 0), SEV_OK);
	format_postfix.unpin(&pin);

	test.spool->mta = MTA_RUNNING;
	snprintf(right, sizeof(right), "ABCDE%lX",
		(unsigned long)tree_inode(&test.tree, "hold/" TEST_ID));
	snprintf(path, sizeof(path), "hold/%s", right);
	move(&test, "hold/" TEST_ID, path);
	assert_int_equal(try_pin(&test, &pin, right, 0), SEV_OK);
	format_postfix.unpin(&pin);
	/* A long id has the second in it, and comes once only. */
	move(&test, path, "hold/3Pt2mN2VXxznjll");
	assert_int_equal(try_pin(&test, &pin, "3Pt2mN2VXxznjll", 0), SEV_OK);
	format_postfix.unpin(&pin);
	test_spool_free(&test);
}

/* ---- locks: flock(2) tells processes and opens apart, so another open will do ---- */

static int lock_file(const struct test_spool *test, const char *path, int operation)
{
	int fd = openat(test->tree.fd, path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return flock(fd, operation | LOCK_NB) == 0 ? fd : (close(fd), -1);
}

static void waits_for_the_queue_manager(void **state)
{
	struct test_spool test;
	struct pin pin;
	int ready[2], status;
	char byte;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {                         /* as qmgr does, but without an end */
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
		int fd = openat(test.tree.fd, DEFERRED, O_RDWR | O_CLOEXEC);
		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_refused(&test, SEV_SKIP, "queue manager");
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(try_pin(&test, &pin, TEST_ID, 0), SEV_OK);
	format_postfix.unpin(&pin);
	close(ready[0]);
	close(ready[1]);
	test_spool_free(&test);
}

static void lets_deliveries_go_on(void **state)
{
	struct test_spool test;
	struct pin pin;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, "active/" TEST_ID, 0700);
	int agent = lock_file(&test, "active/" TEST_ID, LOCK_SH);
	assert_int_equal(try_pin(&test, &pin, TEST_ID, 0), SEV_OK);
	int next = lock_file(&test, "active/" TEST_ID, LOCK_SH);
	assert_true(agent >= 0 && next >= 0);
	close(agent);
	close(next);
	/* Until it is given back no qmgr begins a delivery. */
	assert_int_equal(lock_file(&test, "active/" TEST_ID, LOCK_EX), -1);
	format_postfix.unpin(&pin);
	int manager = lock_file(&test, "active/" TEST_ID, LOCK_EX);
	assert_true(manager >= 0);
	close(manager);
	test_spool_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_holds),
		cmocka_unit_test(reads_the_identity_only_when_asked),
		cmocka_unit_test(follows_a_message),
		cmocka_unit_test(notices_that_it_moved_on),
		cmocka_unit_test(refuses_what_is_not_ready),
		cmocka_unit_test(refuses_another_file),
		cmocka_unit_test(refuses_the_file_of_another_owner),
		cmocka_unit_test(refuses_another_file_system),
		cmocka_unit_test(refuses_a_name_that_is_not_the_inodes),
		cmocka_unit_test(waits_for_the_queue_manager),
		cmocka_unit_test(lets_deliveries_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
