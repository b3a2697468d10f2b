#include "formats/postfix/locks.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "formats/postfix/test_spool.h"

/* As Linux writes it, with what else may stand there. */
static const char listed[] =
	"1: FLOCK  ADVISORY  READ  2999 fe:00:11094353 0 EOF\n"
	"1: -> FLOCK  ADVISORY  WRITE 3001 fe:00:11094353 0 EOF\n"
	"2: FLOCK  ADVISORY  WRITE 700 fe:00:500 0 EOF\n"
	"3: POSIX  ADVISORY  READ  2999 fe:00:600 0 EOF\n"
	"4: OFDLCK ADVISORY  READ  -1 fe:00:601 0 EOF\n"
	"5: LEASE  ACTIVE    READ  12 fe:00:602 0 EOF\n"
	"6: FLOCK  ADVISORY  READ  3000 fe:01:700 0 EOF\n"
	"7: FLOCK  ADVISORY  READ  42 fe:00:800 0 EOF\n"
	"8: FLOCK  ADVISORY  READ  3000 fe:00:18446744073709551615 0 EOF\n"
	"9: FLOCK  ADVISORY  READ  3000 fe:00:900 0 EOF"; /* cut off, and whole all the same */

static void lists_shared_locks(void **state)
{
	static const struct lock device = {.major = 0xfe};
	static const uint64_t delivered[] = {11094353, UINT64_MAX, 900};
	struct hashset inodes = {0};
	(void)state;

	/* 42 is this process. */
	locks_shared(slice_cstr(listed), &device, 42, &inodes);
	assert_int_equal(inodes.count, sizeof(delivered) / sizeof(*delivered));
	for (size_t i = 0; i < inodes.count; i++)
		assert_true(hashset_has(&inodes, delivered[i]));
	hashset_free(&inodes);
}

static void finds_a_lock(void **state)
{
	struct lock lock;
	(void)state;

	assert_true(locks_find(slice_cstr(listed), 700, 3000, &lock));
	assert_int_equal(lock.major, 0xfe);
	assert_int_equal(lock.minor, 1);
	assert_true(lock.shared);
	assert_true(locks_find(slice_cstr(listed), 500, 0, &lock));
	assert_false(lock.shared);
	assert_false(locks_find(slice_cstr(listed), 700, 42, &lock));
	assert_false(locks_find(slice_cstr(listed), 600, 0, &lock)); /* fcntl(2) */
	assert_false(locks_find((struct slice){0}, 1, 0, &lock));
}

static void passes_over_what_is_no_lock(void **state)
{
	static const char *const lines[] = {
		"",
		"\n\n",
		"FLOCK",
		"1: FLOCK  ADVISORY  READ",
		"1: FLOCK  ADVISORY  READ 1",
		"1: FLOCK  ADVISORY  READ 1 fe:00",
		"1: FLOCK  ADVISORY  READ 1 fe:00:",
		"1: FLOCK  ADVISORY  READ 1 ::5",
		"1: FLOCK  ADVISORY  READ 1 fe::5",
		"1: FLOCK  ADVISORY  READ 1 fg:00:5",
		"1: FLOCK  ADVISORY  READ 1 fe:00:5a",
		"1: FLOCK  ADVISORY  READ 1 fe:00:-5",
		"1: FLOCK  ADVISORY  READ 1 fe:00:18446744073709551616",
		"1: FLOCK  ADVISORY  READ 1 100000000:00:5",
		"1: FLOCK  ADVISORY  READ x fe:00:5",
		"1: FLOCK  ADVISORY  READ 99999999999999999999 fe:00:5",
		"1: FLOCK  ADVISORY  RDWR 1 fe:00:5",
		"1: FLOCKS ADVISORY  READ 1 fe:00:5",
		"1: -> FLOCK ADVISORY READ 1 fe:00:5",
		"\xff\xfe\x01 \x02 \x03 \x04 \x05 \x06",
	};
	struct lock lock;
	(void)state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct slice text = slice_cstr(lines[i]);
		if (lock_next(&text, &lock))
			fail_msg("\"%s\" is taken for a lock", lines[i]);
		assert_int_equal(text.len, 0);
	}
	/* A NUL ends nothing. */
	struct slice text = SLICE("1: FLOCK\0 ADVISORY READ 1 fe:00:5\n2: FLOCK A READ 1 0:0:6");
	assert_true(lock_next(&text, &lock));
	assert_int_equal(lock.inode, 6);
}

/* ---- the list of this machine ---- */

/* A process that has these locks until it is killed. */
struct holder {
	pid_t pid;
};

static struct holder hold(const struct test_spool *test, const char *shared, const char *exclusive)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	struct holder holder = {fork()};
	assert_true(holder.pid >= 0);
	if (holder.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
		int fd = openat(test->tree.fd, shared, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) != 0)
			_exit(1);
		fd = exclusive ? openat(test->tree.fd, exclusive, O_RDONLY | O_CLOEXEC) : -1;
		if (exclusive && flock(fd, LOCK_EX | LOCK_NB) != 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return holder;
}

static void let_go(struct holder holder)
{
	int status;
	assert_int_equal(kill(holder.pid, SIGKILL), 0);
	assert_int_equal(waitpid(holder.pid, &status, 0), holder.pid);
}

static void need_locks(const struct test_spool *test)
{
	struct hashset inodes = {0};
	struct err err;

	int result = format_postfix.in_delivery(test->spool, &inodes, &err);
	hashset_free(&inodes); /* what others on this machine deliver just now */
	if (result == 0)
		return;
	print_message("%s\n", err.text);
	skip();
}

static void tells_what_is_in_delivery(void **state)
{
	struct test_spool test;
	struct hashset inodes = {0};
	struct unit unit = {.name = SLICE("BBBBB1")};
	struct pin pin;
	(void)state;

	test_spool_make(&test);
	need_locks(&test);
	test_spool_add(&test, "active/AAAAA1", 0700);
	test_spool_add(&test, "active/BBBBB1", 0700);
	test_spool_add(&test, "active/CCCCC1", 0700);
	struct holder agent = hold(&test, "active/AAAAA1", "active/CCCCC1");
	assert_int_equal(
		format_postfix.pin(test.spool, &unit, &test.arena, &pin, &test.err), SEV_OK);
	assert_int_equal(format_postfix.in_delivery(test.spool, &inodes, &test.err), 0);
	assert_true(hashset_has(&inodes, tree_inode(&test.tree, "active/AAAAA1")));
	assert_false(hashset_has(&inodes, tree_inode(&test.tree, "active/BBBBB1"))); /* ours */
	assert_false(hashset_has(&inodes, tree_inode(&test.tree, "active/CCCCC1"))); /* qmgr's */
	format_postfix.unpin(&pin);
	let_go(agent);
	hashset_free(&inodes);
	test_spool_free(&test);
}

static void says_when_it_cannot_tell(void **state)
{
	struct test_spool test;
	struct hashset inodes = {0};
	(void)state;

	test_spool_make(&test);
	need_locks(&test);
	tree_file(&test.tree, "pid/master.pid", SLICE("1\n"), 0600);
	test_spool_add(&test, "active/AAAAA1", 0700);
	struct holder master = hold(&test, "active/AAAAA1", "pid/master.pid");
	test_spool_open(&test);
	assert_int_equal(test.spool->mta, MTA_RUNNING);
	assert_int_equal(format_postfix.in_delivery(test.spool, &inodes, &test.err), 0);
	assert_true(hashset_has(&inodes, tree_inode(&test.tree, "active/AAAAA1")));
	let_go(master);
	/* Running, as we know, and yet no lock of its master to be seen. */
	assert_int_equal(format_postfix.in_delivery(test.spool, &inodes, &test.err), -1);
	assert_non_null(strstr(test.err.text, "another container"));

	assert_int_equal(unlinkat(test.tree.fd, "active/AAAAA1", 0), 0);
	assert_int_equal(unlinkat(test.tree.fd, "active", AT_REMOVEDIR), 0);
	assert_int_equal(format_postfix.in_delivery(test.spool, &inodes, &test.err), -1);
	assert_non_null(strstr(test.err.text, "not known"));
	hashset_free(&inodes);
	test_spool_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_shared_locks),
		cmocka_unit_test(finds_a_lock),
		cmocka_unit_test(passes_over_what_is_no_lock),
		cmocka_unit_test(tells_what_is_in_delivery),
		cmocka_unit_test(says_when_it_cannot_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
