/* Which files are messages, and what a file tells besides its bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include "formats/postfix/test_spool.h"

#define DEFERRED "deferred/A/" TEST_ID

static const struct need nothing = {0};

static void assert_text(struct slice s, const char *text)
{
	if (!slice_known(s) || !slice_eq(s, slice_cstr(text)))
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(s), text);
}

static void reads_what_the_folder_and_the_file_say(void **state)
{
	static const struct {
		const char *path;
		const char *queue;
		enum msg_state state;
	} cases[] = {
		{"maildrop/" TEST_ID, "maildrop", STATE_SUBMITTED},
		{"incoming/" TEST_ID, "incoming", STATE_INCOMING},
		{"active/" TEST_ID, "active", STATE_ACTIVE},
		{DEFERRED, "deferred", STATE_DEFERRED},
		{"hold/" TEST_ID, "hold", STATE_HELD},
		{"corrupt/" TEST_ID, "corrupt", STATE_CORRUPT},
	};
	struct test_spool test;
	struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1800000000}};
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		test_spool_add(&test, cases[i].path, 0700);
		assert_int_equal(utimensat(test.tree.fd, cases[i].path, times, 0), 0);
		assert_int_equal(test_spool_read(&test, cases[i].path, DT_REG, &nothing), SEV_OK);
		assert_int_equal(test.record.warnings, 0);
		assert_text(test.record.queue_id, TEST_ID);
		assert_text(test.record.queue_name, cases[i].queue);
		assert_int_equal(test.record.state, cases[i].state);
		assert_int_equal(test.record.inode, tree_inode(&test.tree, cases[i].path));
		assert_int_equal(test.record.arrival, 1700000000);
		assert_int_equal(test.record.attempts, -1);
		assert_false(test.record.forced_expire);
		assert_int_equal(test.record.uid, -1);
		/* Only there the time of the file is that of the next attempt. */
		assert_int_equal(
			test.record.next_retry, cases[i].state == STATE_DEFERRED ? 1800000000 : -1);
		/* Reading leaves no trace. */
		struct stat st;
		assert_int_equal(fstatat(test.tree.fd, cases[i].path, &st, 0), 0);
		assert_int_equal(st.st_atime, 1);
	}
	test_spool_free(&test);
}

/* In a queue that is in use; a copy has other inodes anyway. */
static void compares_the_inode_with_the_id(void **state)
{
	static const struct {
		const char *before, *behind; /* of the inode */
		bool wrong;
	} cases[] = {
		{"ABCDE", "", false}, {"ABCDE", "0", true},
		{"NOID_", "0", false},      /* says nothing of an inode */
		{"4X3vqF3RdBz", "", false}, /* long ids may keep another */
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char name[64];
		test_spool_add(&test, "hold/1", 0700);
		snprintf(name, sizeof(name), "hold/%s%lX%s", cases[i].before,
			(unsigned long)tree_inode(&test.tree, "hold/1"), cases[i].behind);
		assert_int_equal(renameat(test.tree.fd, "hold/1", test.tree.fd, name), 0);
		for (unsigned live = 0; live < 2; live++) {
			test.spool->config_path = live ? name : NULL;
			test_spool_read(&test, name, DT_UNKNOWN, &nothing);
			assert_int_equal(
				test.record.warnings, live && cases[i].wrong ? WARN_INODE : 0);
		}
	}
	test.spool->config_path = NULL;
	test_spool_free(&test);
}

enum damage { WHOLE, UNFINISHED, CUT, EMPTY };

static void add_damaged(struct test_spool *test, const char *path, mode_t mode, enum damage damage)
{
	struct slice bytes = buf_slice(&test->image.bytes);
	struct buf copy = {0};

	buf_add(&copy, bytes);
	if (damage == UNFINISHED) /* cleanup fills in the size record at the end */
		memset(copy.ptr + 2, '0', 95);
	if (damage == CUT)
		copy.len -= 1;
	if (damage == EMPTY)
		copy.len = 0;
	tree_file(&test->tree, path, buf_slice(&copy), mode);
	buf_free(&copy);
}

/* Complete, being written, left over: by mode, queue, content and whether Postfix runs. */
static void tells_unfinished_files_from_damaged_ones(void **state)
{
	static const struct {
		const char *path;
		mode_t mode;
		enum damage damage;
		enum severity stopped;
		uint32_t stopped_warnings;
		enum severity running;
		uint32_t running_warnings;
	} cases[] = {
		{DEFERRED, 0700, WHOLE, SEV_OK, 0, SEV_OK, 0},
		{DEFERRED, 0740, WHOLE, SEV_OK, 0, SEV_OK, 0},
		{DEFERRED, 0700, UNFINISHED, SEV_WARN, WARN_SIZE, SEV_WARN, WARN_SIZE},
		{DEFERRED, 0700, CUT, SEV_WARN, WARN_TRUNCATED, SEV_WARN, WARN_TRUNCATED},
		{DEFERRED, 0700, EMPTY, SEV_WARN, WARN_TRUNCATED | WARN_NO_TIME, SEV_WARN,
			WARN_TRUNCATED | WARN_NO_TIME},
		{DEFERRED, 0400, WHOLE, SEV_WARN, WARN_MARKED_CORRUPT, SEV_WARN,
			WARN_MARKED_CORRUPT},
		/* A copy of a queue often has lost the modes. */
		{DEFERRED, 0600, WHOLE, SEV_OK, 0, SEV_WARN, WARN_NOT_READY},
		{DEFERRED, 0644, CUT, SEV_WARN, WARN_TRUNCATED, SEV_WARN,
			WARN_TRUNCATED | WARN_NOT_READY},
		{"incoming/" TEST_ID, 0600, WHOLE, SEV_OK, 0, SEV_SKIP, 0},
		{"incoming/" TEST_ID, 0600, UNFINISHED, SEV_SKIP, 0, SEV_SKIP, 0},
		{"incoming/" TEST_ID, 0600, CUT, SEV_SKIP, 0, SEV_SKIP, 0},
		{"incoming/" TEST_ID, 0600, EMPTY, SEV_SKIP, 0, SEV_SKIP, 0},
		{"incoming/" TEST_ID, 0700, CUT, SEV_WARN, WARN_TRUNCATED, SEV_WARN,
			WARN_TRUNCATED},
		{"hold/" TEST_ID, 0600, UNFINISHED, SEV_SKIP, 0, SEV_SKIP, 0},
		{"hold/" TEST_ID, 0600, WHOLE, SEV_OK, 0, SEV_SKIP, 0},
		{"maildrop/" TEST_ID, 0644, WHOLE, SEV_OK, 0, SEV_SKIP, 0},
		{"maildrop/" TEST_ID, 0644, UNFINISHED, SEV_OK, 0, SEV_SKIP, 0},
		{"maildrop/" TEST_ID, 0644, CUT, SEV_SKIP, 0, SEV_SKIP, 0},
		{"maildrop/" TEST_ID, 0744, CUT, SEV_WARN, WARN_TRUNCATED, SEV_WARN,
			WARN_TRUNCATED},
		{"maildrop/" TEST_ID, 0744, UNFINISHED, SEV_OK, 0, SEV_OK, 0},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (unsigned running = 0; running < 2; running++) {
			test.spool->mta = running ? MTA_RUNNING : MTA_STOPPED;
			add_damaged(&test, cases[i].path, cases[i].mode, cases[i].damage);
			enum severity severity =
				test_spool_read(&test, cases[i].path, DT_REG, &nothing);
			enum severity wanted = running ? cases[i].running : cases[i].stopped;
			uint32_t odd =
				running ? cases[i].running_warnings : cases[i].stopped_warnings;
			if (severity != wanted ||
				(severity == SEV_WARN && test.record.warnings != odd))
				fail_msg("%s %o, damage %d, running %u: severity %d, warnings %#x",
					cases[i].path, (unsigned)cases[i].mode,
					(int)cases[i].damage, running, (int)severity,
					test.record.warnings);
			assert_int_equal(unlinkat(test.tree.fd, cases[i].path, 0), 0);
		}
	}
	test_spool_free(&test);
}

static void sees_a_forced_expiry(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0710);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &nothing), SEV_OK);
	assert_true(test.record.forced_expire);
	assert_int_equal(test.record.warnings, 0);
	test_spool_free(&test);
}

/* The owner of a file in maildrop handed it in, unless it is Postfix itself. */
static void knows_who_handed_a_message_in(void **state)
{
	struct test_spool test;
	(void)state;

	if (getuid() != 0) {
		print_message("SKIP: only root can give files away\n");
		skip();
	}
	test_spool_make(&test);
	assert_int_equal(fchownat(test.tree.fd, "incoming", 3999, 3999, 0), 0);
	test_spool_open(&test);
	assert_int_equal(test.spool->owner, 3999);
	assert_int_equal(test.spool->group, 3999);
	test_spool_add(&test, "maildrop/" TEST_ID, 0744);
	assert_int_equal(fchownat(test.tree.fd, "maildrop/" TEST_ID, 3001, 3999, 0), 0);
	assert_int_equal(test_spool_read(&test, "maildrop/" TEST_ID, DT_REG, &nothing), SEV_OK);
	assert_int_equal(test.record.uid, 3001);
	assert_int_equal(test.record.uid_source, SOURCE_QUEUE);
	/* postsuper -r moves files there as the mail owner. */
	assert_int_equal(fchownat(test.tree.fd, "maildrop/" TEST_ID, 3999, 3999, 0), 0);
	assert_int_equal(test_spool_read(&test, "maildrop/" TEST_ID, DT_REG, &nothing), SEV_OK);
	assert_int_equal(test.record.uid, -1);
	/* Elsewhere the owner says nothing. */
	test_spool_add(&test, "hold/" TEST_ID, 0700);
	assert_int_equal(fchownat(test.tree.fd, "hold/" TEST_ID, 3001, 3999, 0), 0);
	assert_int_equal(test_spool_read(&test, "hold/" TEST_ID, DT_REG, &nothing), SEV_OK);
	assert_int_equal(test.record.uid, -1);
	test_spool_free(&test);
}

/* Whatever lies there, it is a failure with words, and nobody waits for it. */
static void fails_on_what_is_no_file(void **state)
{
	static const unsigned types[] = {DT_LNK, DT_LNK, DT_LNK, DT_DIR, DT_FIFO, DT_SOCK};
	static const char *const ids[] = {"AL1", "AL2", "AL3", "AD", "AF", "AS"};
	struct test_spool test;
	char path[32];
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, "hold/A0", 0700);
	assert_int_equal(symlinkat("A0", test.tree.fd, "hold/AL1"), 0);
	assert_int_equal(symlinkat("nowhere", test.tree.fd, "hold/AL2"), 0);
	assert_int_equal(symlinkat("AL3", test.tree.fd, "hold/AL3"), 0);
	tree_folder(&test.tree, "hold/AD");
	assert_int_equal(mkfifoat(test.tree.fd, "hold/AF", 0700), 0);
	assert_int_equal(mknodat(test.tree.fd, "hold/AS", S_IFSOCK | 0700, 0), 0);
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		snprintf(path, sizeof(path), "hold/%s", ids[i]);
		/* The listing knows the type, or it does not, or it was wrong. */
		assert_int_equal(test_spool_read(&test, path, types[i], &need_all), SEV_FAIL);
		assert_string_equal(test.err.text, "not a plain file");
		assert_int_equal(test_spool_read(&test, path, DT_UNKNOWN, &need_all), SEV_FAIL);
		assert_true(test.err.text[0]);
		assert_int_equal(test_spool_read(&test, path, DT_REG, &need_all), SEV_FAIL);
		assert_int_equal(test_spool_find(&test, slice_cstr(ids[i]), &need_all), SEV_FAIL);
		assert_true(test.err.text[0]);
	}
	test_spool_free(&test);
}

static void fails_on_names_that_are_no_ids(void **state)
{
	static const struct {
		const char *path;
		enum severity severity;
	} cases[] = {
		{"incoming/123456.789", SEV_SKIP}, /* cleanup has not named it yet */
		{"maildrop/123456.789", SEV_SKIP},
		{"hold/123456.789", SEV_FAIL}, /* never written there */
		{"incoming/123456.", SEV_FAIL},
		{"incoming/.789", SEV_FAIL},
		{"incoming/1.2.3", SEV_FAIL},
		{"incoming/a.b", SEV_FAIL},
		{"hold/ABCDE1234#FIX", SEV_FAIL},
		{"hold/\033[31m", SEV_FAIL},
		{"hold/new\nline", SEV_FAIL},
		{"hold/\xff\xfe", SEV_FAIL},
		{"hold/-rf", SEV_FAIL},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		test_spool_add(&test, cases[i].path, 0600);
		if (test_spool_read(&test, cases[i].path, DT_REG, &nothing) != cases[i].severity)
			fail_msg("%s: %s", cases[i].path, test.err.text);
		assert_string_equal(test.err.text, "the name is no queue id");
	}
	test_spool_free(&test);
}

/* A message that left its folder since it was listed is found where it went. */
static void follows_messages_that_move(void **state)
{
	static const struct {
		const char *path;
		enum msg_state state;
	} places[] = {
		{"active/" TEST_ID, STATE_ACTIVE},
		{"incoming/" TEST_ID, STATE_INCOMING},
		{"hold/" TEST_ID, STATE_HELD},
		{"maildrop/" TEST_ID, STATE_SUBMITTED},
		{"corrupt/" TEST_ID, STATE_CORRUPT},
		/* Hashed deeper or not at all, as after a change of the settings. */
		{"deferred/" TEST_ID, STATE_DEFERRED},
		{"deferred/A/B/" TEST_ID, STATE_DEFERRED},
		{"deferred/A/B/C/" TEST_ID, STATE_DEFERRED},
		{"hold/A/" TEST_ID, STATE_HELD},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		test_spool_add(&test, places[i].path, 0700);
		assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &nothing), SEV_OK);
		assert_int_equal(test.record.state, places[i].state);
		assert_int_equal(test.record.inode, tree_inode(&test.tree, places[i].path));
		assert_int_equal(test_spool_find(&test, SLICE(TEST_ID), &nothing), SEV_OK);
		assert_int_equal(test.record.state, places[i].state);
		assert_int_equal(unlinkat(test.tree.fd, places[i].path, 0), 0);
		assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &nothing), SEV_GONE);
	}
	/* Not while something else has its name. */
	assert_int_equal(symlinkat("/etc/passwd", test.tree.fd, "active/" TEST_ID), 0);
	test_spool_add(&test, "hold/" TEST_ID, 0700);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &nothing), SEV_FAIL);
	test_spool_free(&test);
}

/* Put back by hand, a message may be there twice: by the inode each is found. */
static void tells_equal_ids_apart(void **state)
{
	static const char *const paths[] = {"hold/" TEST_ID, DEFERRED, "deferred/" TEST_ID};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < 3; i++)
		test_spool_add(&test, paths[i], 0700);
	for (size_t i = 0; i < 3; i++) {
		struct unit unit = {
			.name = SLICE(TEST_ID), .inode = tree_inode(&test.tree, paths[i])};
		struct buf text = {0};
		assert_int_equal(postfix_find_id(test.spool, &unit, &nothing, &test.arena,
					 &test.record, &test.err),
			SEV_OK);
		assert_int_equal(test.record.inode, unit.inode);
		assert_int_equal(
			postfix_content(test.spool, &unit, true, 1000, &text, &test.err), SEV_OK);
		unit.inode += 1000000;
		assert_int_equal(postfix_find_id(test.spool, &unit, &nothing, &test.arena,
					 &test.record, &test.err),
			SEV_GONE);
		assert_int_equal(
			postfix_content(test.spool, &unit, true, 1000, &text, &test.err), SEV_GONE);
		buf_free(&text);
	}
	test_spool_free(&test);
}

static void finds_no_other_names(void **state)
{
	static const struct slice ids[] = {
		SLICE(""),
		SLICE("."),
		SLICE(".."),
		SLICE("../hold/" TEST_ID),
		SLICE("A/" TEST_ID),
		SLICE(TEST_ID "\0"),
		SLICE("ABCDE9999"),
	};
	struct test_spool test;
	struct buf text = {0};
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, "hold/" TEST_ID, 0700);
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		assert_int_equal(test_spool_find(&test, ids[i], &nothing), SEV_GONE);
		assert_int_equal(test_spool_content(&test, ids[i], false, 1000, &text), SEV_GONE);
	}
	test_spool_free(&test);
}

/* Where the configuration says how files are hashed, one elsewhere is stuck. */
static void tells_misplaced_files(void **state)
{
	static const struct {
		const char *path;
		uint32_t warnings;
	} cases[] = {
		{DEFERRED, 0},
		{"deferred/" TEST_ID, WARN_MISPLACED},
		{"deferred/B/" TEST_ID, WARN_MISPLACED},
		{"deferred/A/B/" TEST_ID, WARN_MISPLACED},
		{"hold/" TEST_ID, 0},
		{"hold/A/" TEST_ID, WARN_MISPLACED},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct postfix *postfix = test.spool->data;
		test_spool_add(&test, cases[i].path, 0700);
		postfix->depth_configured = true;
		test_spool_read(&test, cases[i].path, DT_REG, &nothing);
		assert_int_equal(test.record.warnings, cases[i].warnings);
		/* In a copy nobody knows. */
		postfix->depth_configured = false;
		test_spool_read(&test, cases[i].path, DT_REG, &nothing);
		assert_int_equal(test.record.warnings, 0);
	}
	test_spool_free(&test);
}

/* In a child that is nobody, since root may read everything. */
static void fails_on_what_may_not_be_read(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0);
	test_spool_add(&test, "hold/ABCDE5678", 0744);
	static const char *const open[] = {".", "deferred", "deferred/A", "hold"};
	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
		assert_int_equal(fchmodat(test.tree.fd, open[i], 0755, 0), 0);
	static const char *const closed[] = {"active", "incoming", "maildrop", "corrupt"};
	for (size_t i = 0; i < sizeof(closed) / sizeof(*closed); i++)
		assert_int_equal(fchmodat(test.tree.fd, closed[i], 0711, 0), 0);
	pid_t child = fork();
	if (child == 0) {
		struct buf text = {0};
		int bad = getuid() == 0 && setresuid(65534, 65534, 65534) != 0;
		/* Also a file of another user, whose access time we may not spare. */
		bad |= test_spool_read(&test, "hold/ABCDE5678", DT_REG, &nothing) != SEV_OK;
		bad |= 2 * (test_spool_read(&test, DEFERRED, DT_REG, &need_all) != SEV_FAIL);
		bad |= 4 * (test.err.code != ERR_PERMISSION);
		test.err = (struct err){0};
		bad |= 8 *
			(test_spool_content(&test, SLICE(TEST_ID), false, 1000, &text) != SEV_FAIL);
		bad |= 16 * (test.err.code != ERR_PERMISSION);
		_exit(bad);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	test_spool_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_folder_and_the_file_say),
		cmocka_unit_test(compares_the_inode_with_the_id),
		cmocka_unit_test(tells_unfinished_files_from_damaged_ones),
		cmocka_unit_test(sees_a_forced_expiry),
		cmocka_unit_test(knows_who_handed_a_message_in),
		cmocka_unit_test(fails_on_what_is_no_file),
		cmocka_unit_test(fails_on_names_that_are_no_ids),
		cmocka_unit_test(follows_messages_that_move),
		cmocka_unit_test(tells_equal_ids_apart),
		cmocka_unit_test(finds_no_other_names),
		cmocka_unit_test(tells_misplaced_files),
		cmocka_unit_test(fails_on_what_may_not_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
