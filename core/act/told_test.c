/* What was told: when it is news, what is kept, what a damaged file does. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/act/told.h"
#include "core/base/limits.h"
#include "core/queue/test_tree.h"

enum { NOW = 1800000000, DAY = 24 * 60 * 60, ASKER = 7 };

static void note(struct told *told, const char *id, unsigned level, uint32_t messages, int64_t now)
{
	bool news = told_is_news(told, ASKER, id, level, messages);
	told_note(told, ASKER, id, level, messages, news, now);
}

static void is_news_once_and_when_it_gets_worse(void **state)
{
	struct told told = {0};
	(void)state;

	assert_true(told_is_news(&told, ASKER, "SA-1", 2, 100));
	note(&told, "SA-1", 2, 100, NOW);
	assert_false(told_is_news(&told, ASKER, "SA-1", 2, 100));
	assert_false(told_is_news(&told, ASKER, "SA-1", 2, 199));
	assert_false(told_is_news(&told, ASKER, "SA-1", 1, 1));
	assert_true(told_is_news(&told, ASKER, "SA-1", 2, 200));
	assert_true(told_is_news(&told, ASKER, "SA-1", 3, 100));
	assert_true(told_is_news(&told, ASKER, "SA-2", 2, 100));
	assert_true(told_is_news(&told, ASKER + 1, "SA-1", 2, 100));
	/* Growth is measured from what was told, not from what was seen. */
	note(&told, "SA-1", 2, 150, NOW + 60);
	note(&told, "SA-1", 2, 190, NOW + 120);
	assert_true(told_is_news(&told, ASKER, "SA-1", 2, 210));
	note(&told, "SA-1", 2, 210, NOW + 180);
	assert_false(told_is_news(&told, ASKER, "SA-1", 2, 400));
	assert_int_equal(told.count, 1);
	told_free(&told);
}

static void forgets_after_a_quiet_week(void **state)
{
	struct told told = {0};
	(void)state;

	note(&told, "SA-1", 2, 100, NOW);
	note(&told, "SA-2", 2, 100, NOW);
	note(&told, "SA-2", 2, 100, NOW + 5 * DAY);
	told_forget(&told, NOW + 7 * DAY);
	assert_int_equal(told.count, 2);
	told_forget(&told, NOW + 7 * DAY + 1);
	assert_int_equal(told.count, 1);
	assert_string_equal(told.list[0].id, "SA-2");
	/* The clock went back: it is as if it was seen then, and is forgotten in time. */
	told_forget(&told, NOW - 90 * DAY);
	assert_int_equal(told.list[0].seen, NOW - 90 * DAY);
	told_free(&told);
}

static void keeps_a_bounded_number(void **state)
{
	struct told told = {0};
	char id[16];
	(void)state;

	for (int i = 0; i <= LIMIT_TOLD; i++) {
		snprintf(id, sizeof(id), "SA-%d", i);
		note(&told, id, 2, 1, NOW + i);
	}
	assert_int_equal(told.count, LIMIT_TOLD);
	assert_true(told_is_news(&told, ASKER, "SA-0", 2, 1));
	assert_false(told_is_news(&told, ASKER, "SA-1", 2, 1));
	told_free(&told);
}

static void comes_back_from_its_file(void **state)
{
	struct tree tree;
	struct told told = {0}, again;
	struct err err;
	struct stat st;
	(void)state;

	tree_make(&tree, "told");
	assert_int_equal(told_read(tree.fd, &again, &err), 0);
	assert_int_equal(again.count, 0);
	for (int i = 0; i < LIMIT_TOLD; i++) {
		char id[16];
		snprintf(id, sizeof(id), "SA-%d", i);
		note(&told, id, 3, UINT32_MAX, LIMIT_TIME);
	}
	told.list[0].asker = UINT64_MAX;
	assert_int_equal(told_write(tree.fd, &told, &err), 0);
	assert_int_equal(fstatat(tree.fd, "told", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(told_read(tree.fd, &again, &err), 0);
	assert_int_equal(again.count, told.count);
	for (size_t i = 0; i < told.count; i++) {
		assert_string_equal(again.list[i].id, told.list[i].id);
		assert_true(again.list[i].asker == told.list[i].asker);
		assert_int_equal(again.list[i].level, 3);
		assert_int_equal(again.list[i].messages, UINT32_MAX);
		assert_int_equal(again.list[i].told, LIMIT_TIME);
		assert_int_equal(again.list[i].seen, LIMIT_TIME);
	}
	told_free(&told);
	told_free(&again);
	tree_remove(&tree);
}

static void write_file(const struct tree *tree, struct slice text)
{
	int fd = openat(tree->fd, "told", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.ptr, text.len), text.len);
	close(fd);
}

#define HEAD "spoolsweep-told 1\n"
#define GOOD "00000000000000ff SA-1 2 100 1 2\n"

static void believes_no_damaged_file(void **state)
{
	static const struct slice wrong[] = {
		SLICE(""),
		SLICE("spoolsweep-told 2\n" GOOD),
		SLICE(HEAD "00000000000000ff SA-1 2 100 1\n"),
		SLICE(HEAD "00000000000000ff SA-1 2 100 1 2 3\n"),
		SLICE(HEAD "00000000000000ff SA-1 2 -1 1 2\n"),
		SLICE(HEAD "00000000000000ff SA-1 10 1 1 2\n"),
		SLICE(HEAD "00000000000000ff SA-1 2 4294967296 1 2\n"),
		SLICE(HEAD "00000000000000ff SA-1 2 1 1 999999999999999\n"),
		SLICE(HEAD "00000000000000f SA-1 2 100 1 2\n"),
		SLICE(HEAD "00000000000000fg SA-1 2 100 1 2\n"),
		SLICE(HEAD "00000000000000ff SA-1\x1b[ 2 100 1 2\n"),
		SLICE(HEAD "00000000000000ff SA-1\0 2 100 1 2\n"),
		SLICE(HEAD "00000000000000ff SA-123456789012345 2 100 1 2\n"),
		SLICE(HEAD GOOD "00000000000000ff SA-1 2 100 1 2"),
		SLICE(HEAD "\n"),
	};
	struct tree tree;
	struct told told;
	struct err err;
	(void)state;

	tree_make(&tree, "told");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		write_file(&tree, wrong[i]);
		assert_int_equal(told_read(tree.fd, &told, &err), -1);
		assert_int_equal(err.code, ERR_DAMAGED);
		assert_int_equal(told.count, 0);
	}
	write_file(&tree, SLICE(HEAD GOOD));
	assert_int_equal(told_read(tree.fd, &told, &err), 0);
	assert_int_equal(told.count, 1);
	assert_true(told.list[0].asker == 255);
	told_free(&told);
	tree_remove(&tree);
}

/* A link, a fifo, a folder, a file of gigabytes: an error, and no waiting. */
static void reads_plain_files_only(void **state)
{
	struct tree tree;
	struct told told;
	struct err err;
	(void)state;

	tree_make(&tree, "told");
	assert_int_equal(symlinkat("/dev/zero", tree.fd, "told"), 0);
	assert_int_equal(told_read(tree.fd, &told, &err), -1);
	/* Writing puts a file in the place of the link and leaves what it names alone. */
	assert_int_equal(told_write(tree.fd, &told, &err), 0);
	assert_int_equal(told_read(tree.fd, &told, &err), 0);
	unlinkat(tree.fd, "told", 0);
	assert_int_equal(mkfifoat(tree.fd, "told", 0600), 0);
	assert_int_equal(told_read(tree.fd, &told, &err), -1);
	unlinkat(tree.fd, "told", 0);
	write_file(&tree, SLICE(HEAD));
	int fd = openat(tree.fd, "told", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, INT64_C(4) << 30), 0);
	close(fd);
	assert_int_equal(told_read(tree.fd, &told, &err), -1);
	unlinkat(tree.fd, "told", 0);
	assert_int_equal(mkdirat(tree.fd, "told", 0700), 0);
	assert_int_equal(told_read(tree.fd, &told, &err), -1);
	assert_int_equal(told_write(tree.fd, &told, &err), -1);
	tree_remove(&tree);
}

static void tells_jobs_apart(void **state)
{
	static const char *const one[] = {"/var/spool/postfix"}, *const two[] = {"/var", "/spool"},
				 *const joined[] = {"/var/spool"};
	(void)state;

	assert_true(told_asker(one, 1) == told_asker(one, 1));
	assert_true(told_asker(one, 1) != told_asker(two, 2));
	assert_true(told_asker(two, 2) != told_asker(joined, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_news_once_and_when_it_gets_worse),
		cmocka_unit_test(forgets_after_a_quiet_week),
		cmocka_unit_test(keeps_a_bounded_number),
		cmocka_unit_test(comes_back_from_its_file),
		cmocka_unit_test(believes_no_damaged_file),
		cmocka_unit_test(reads_plain_files_only),
		cmocka_unit_test(tells_jobs_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
