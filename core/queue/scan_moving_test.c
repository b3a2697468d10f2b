/*
 * A scan of a queue in which messages move, come and go meanwhile, and of one that
 * is full of what should not be there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "core/base/bitset.h"
#include "core/queue/scan.h"
#include "formats/postfix/test_spool.h"

static void scan_all(struct test_spool *test, struct scan *scan)
{
	static const struct need need = {.parts = NEED_RCPTS | NEED_REASONS};
	static const struct scan_options options = {.jobs = 8};

	*scan = (struct scan){0};
	if (scan_run(scan, &test->spools, &need, &options, &test->err) != 0)
		fail_msg("%s", test->err.text);
	assert_true(scan->complete);
}

/* ---- messages that move ---- */

enum { MESSAGES = 300, SCANS = 60 };

/*
 * Postfix takes a deferred message to active and puts it back, and does so again only
 * minutes later. The mover does that with all of them at each scan, as fast as it can.
 */
struct mover {
	const struct tree *tree;
	unsigned sweeps;  /* begun; atomic, as are the two below */
	unsigned allowed; /* how many may begin */
	bool stop;
	unsigned made; /* short-lived messages */
};

static void move(const struct mover *mover, unsigned message, bool to_active)
{
	char deferred[64], active[64];
	char folder = "ABCDEF"[message % 6];
	snprintf(deferred, sizeof(deferred), "deferred/%c/%cBCDE%04X", folder, folder, message);
	snprintf(active, sizeof(active), "active/%cBCDE%04X", folder, message);
	const char *from = to_active ? deferred : active, *to = to_active ? active : deferred;
	if (renameat(mover->tree->fd, from, mover->tree->fd, to) != 0)
		abort();
}

/* As cleanup makes a file and qmgr removes it. */
static void make_and_remove(struct mover *mover)
{
	char temporary[64], incoming[64], active[64];
	int root = mover->tree->fd;
	snprintf(temporary, sizeof(temporary), "incoming/%u.77", mover->made);
	snprintf(incoming, sizeof(incoming), "incoming/0%07X", mover->made);
	snprintf(active, sizeof(active), "active/0%07X", mover->made);
	mover->made++;
	int fd = openat(root, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || renameat(root, temporary, root, incoming) != 0 || write(fd, "C", 1) != 1 ||
		fchmod(fd, 0700) != 0 || close(fd) != 0 ||
		renameat(root, incoming, root, active) != 0 || unlinkat(root, active, 0) != 0)
		abort();
}

static void *mover_main(void *arg)
{
	struct mover *mover = arg;
	bool to_active = true;
	unsigned seed = 7;

	while (!__atomic_load_n(&mover->stop, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&mover->sweeps, __ATOMIC_ACQUIRE) >=
			__atomic_load_n(&mover->allowed, __ATOMIC_ACQUIRE)) {
			sched_yield();
			continue;
		}
		__atomic_add_fetch(&mover->sweeps, 1, __ATOMIC_ACQ_REL);
		unsigned first = (unsigned)rand_r(&seed) % MESSAGES;
		for (unsigned i = 0; i < MESSAGES; i++) {
			move(mover, (first + i * 7) % MESSAGES,
				to_active); /* 7 and 300: each once */
			if (i % 16 == 0)
				make_and_remove(mover);
		}
		to_active = !to_active;
	}
	return NULL;
}

/* Every message once, and nothing but messages and those that were being made. */
static void check_rows(const struct scan *scan)
{
	struct bitset found = bitset_new(MESSAGES);

	for (uint32_t row = 0; row < scan->snap.rows; row++) {
		struct slice id = snap_text(&scan->snap, COL_QUEUE_ID, row);
		if (id.ptr[0] == '0')
			continue;
		unsigned message = (unsigned)strtoul(id.ptr + 5, NULL, 16);
		assert_true(message < MESSAGES);
		if (bitset_has(&found, message))
			fail_msg("%.*s is there twice", SLICE_ARG(id));
		bitset_set(&found, message);
	}
	if (bitset_count(&found) != MESSAGES)
		fail_msg("%zu of %d messages", bitset_count(&found), MESSAGES);
	bitset_free(&found);
	if (scan->failed)
		fail_msg("%s: %s", scan->failures[0].path, scan->failures[0].err.text);
}

static void shows_each_message_once_while_they_move(void **state)
{
	struct test_spool test;
	struct scan scan;
	pthread_t thread;
	(void)state;

	test_spool_make(&test);
	for (unsigned i = 0; i < MESSAGES; i++) {
		char path[64];
		snprintf(path, sizeof(path), "deferred/%c/%cBCDE%04X", "ABCDEF"[i % 6],
			"ABCDEF"[i % 6], i);
		test_spool_add(&test, path, 0700);
	}
	struct mover mover = {.tree = &test.tree, .allowed = 1};
	assert_int_equal(pthread_create(&thread, NULL, mover_main, &mover), 0);
	for (unsigned i = 0; i < SCANS; i++) {
		/* The sweep that has begun and the next: at most two moves of each message. */
		while (__atomic_load_n(&mover.sweeps, __ATOMIC_ACQUIRE) != i + 1)
			sched_yield();
		__atomic_store_n(&mover.allowed, i + 2, __ATOMIC_RELEASE);
		scan_all(&test, &scan);
		check_rows(&scan);
		scan_free(&scan);
	}
	__atomic_store_n(&mover.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	test_spool_free(&test);
}

/* ---- what should not be there ---- */

static const char *const odd_names[] = {"\033[31mred", "\033]0;title\007", "new\nline",
	"\xe2\x80\xaegpj", "\xff\xfe", "-rf", "a b", "#FIX"};
enum { ODD_NAMES = sizeof(odd_names) / sizeof(*odd_names), ODD_FILES = 6 };

static void add_odd_things(struct test_spool *test)
{
	char path[128];

	for (size_t i = 0; i < ODD_NAMES; i++) {
		snprintf(path, sizeof(path), "active/%s", odd_names[i]);
		test_spool_add(test, path, 0700);
	}
	assert_int_equal(symlinkat("/etc/passwd", test->tree.fd, "active/ABCDE0001"), 0);
	assert_int_equal(symlinkat("nowhere", test->tree.fd, "active/ABCDE0002"), 0);
	assert_int_equal(mkfifoat(test->tree.fd, "active/ABCDE0003", 0700), 0);
	tree_folder(&test->tree, "active/ABCDE0004");
	assert_int_equal(mknodat(test->tree.fd, "active/ABCDE0005", S_IFSOCK | 0700, 0), 0);
	assert_int_equal(symlinkat("/", test->tree.fd, "active/A"), 0);
}

static bool is_named(const struct scan *scan, const char *path)
{
	for (size_t i = 0; i < scan->nfailures; i++)
		if (strcmp(scan->failures[i].path, path) == 0)
			return true;
	return false;
}

static void counts_and_names_what_is_no_message(void **state)
{
	struct test_spool test;
	struct scan scan;
	char path[128];
	(void)state;

	test_spool_make(&test);
	add_odd_things(&test);
	test_spool_add(&test, "active/ABCDE1234", 0700);
	tree_file(&test.tree, "active/ABCDE5678", SLICE(""), 0700);
	tree_file(&test.tree, "incoming/ABCDE9ABC", SLICE(""), 0600);
	scan_all(&test, &scan);
	assert_int_equal(scan.snap.rows, 2);
	assert_int_equal(scan.damaged, 1);
	assert_int_equal(scan.unready, 1);
	assert_int_equal(scan.vanished, 0);
	assert_int_equal(scan.failed, ODD_NAMES + ODD_FILES);
	for (size_t i = 0; i < ODD_NAMES; i++) {
		snprintf(path, sizeof(path), "active/%s", odd_names[i]);
		assert_true(is_named(&scan, path));
	}
	for (unsigned i = 1; i <= 5; i++) {
		snprintf(path, sizeof(path), "active/ABCDE%04u", i);
		assert_true(is_named(&scan, path));
	}
	assert_true(is_named(&scan, "active/A"));
	scan_free(&scan);
	test_spool_free(&test);
}

/* Returns what differs, as a number for the exit status. */
static int scan_as_nobody(struct test_spool *test)
{
	struct scan scan;

	if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0)
		return 1;
	scan_all(test, &scan);
	if (scan.snap.rows != 1)
		return 2;
	if (scan.failed != 3 || !scan.denied)
		return 3;
	return is_named(&scan, "active/ABCDE0001") && is_named(&scan, "deferred/A") &&
			is_named(&scan, "hold")
		? 0
		: 4;
}

static void counts_and_names_what_may_not_be_read(void **state)
{
	static const struct {
		const char *path;
		mode_t mode;
	} modes[] = {{".", 0755}, {"active", 0755}, {"incoming", 0755}, {"maildrop", 0755},
		{"corrupt", 0755}, {"deferred", 0755}, {"deferred/A", 0}, {"hold", 0},
		{"defer", 0755}, {"defer/A", 0755}, {"bounce", 0755}};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, "active/ABCDE0001", 0);
	test_spool_add(&test, "active/ABCDE0002", 0744);
	test_spool_add(&test, "deferred/A/ABCDE0003", 0744);
	test_spool_add(&test, "hold/ABCDE0004", 0744);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		assert_int_equal(fchmodat(test.tree.fd, modes[i].path, modes[i].mode, 0), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(scan_as_nobody(&test));
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	test_spool_free(&test);
}

/* More folders with something new in each round than files may be open. */
static void does_with_few_open_files(void **state)
{
	enum { FOLDERS = 20 };
	struct test_spool test;
	struct scan scan;
	struct rlimit before;
	char path[64];
	(void)state;

	test_spool_make(&test);
	for (unsigned i = 0; i < FOLDERS * FOLDERS; i++) {
		snprintf(path, sizeof(path), "hold/%c/%c/ABCDE%04X", 'A' + i / FOLDERS,
			'A' + i % FOLDERS, i);
		tree_file(&test.tree, path, SLICE(""), 0600); /* never seen whole */
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct rlimit few = {256, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	scan_all(&test, &scan);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(scan.failed, 0);
	assert_int_equal(scan.unready, FOLDERS * FOLDERS);
	scan_free(&scan);
	test_spool_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_each_message_once_while_they_move),
		cmocka_unit_test(counts_and_names_what_is_no_message),
		cmocka_unit_test(counts_and_names_what_may_not_be_read),
		cmocka_unit_test(does_with_few_open_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
