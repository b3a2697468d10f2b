/* Queue ids one a line, as tools print them and as people pipe them. */
#include <stddef.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/query/id_list.h"
#include "core/query/test_snap.h"

static bool is_id(const void *ctx, struct slice id)
{
	const unsigned *most = ctx;
	for (size_t i = 0; i < id.len; i++)
		if (!ascii_is_alnum(id.ptr[i]))
			return false;
	return id.len && id.len <= *most;
}

static int read_list(struct id_list *list, struct slice text, struct err *err)
{
	const unsigned most = 255;
	int fd = memfd_create("ids", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.ptr, text.len), (ssize_t)text.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	int status = id_list_read(list, fd, "ids.txt", is_id, &most, err);
	close(fd);
	return status;
}

static void assert_ids(const char *text, const char *const *ids)
{
	struct id_list list;
	struct err err;
	uint32_t count = 0;

	if (read_list(&list, slice_cstr(text), &err) != 0)
		fail_msg("%s", err.text);
	for (; ids[count]; count++)
		if (intern_find(&list.ids, slice_cstr(ids[count])) == INTERN_UNKNOWN)
			fail_msg("'%s' is not in the list of '%s'", ids[count], text);
	assert_int_equal(id_list_count(&list), count);
	id_list_free(&list);
}

static void test_what_people_pipe(void **state)
{
	(void)state;
	assert_ids("", (const char *const[]){NULL});
	assert_ids("\n \r\n\t\n", (const char *const[]){NULL});
	assert_ids("4A1\n4b2\n", (const char *const[]){"4A1", "4b2", NULL});
	assert_ids("4A1\n4b2", (const char *const[]){"4A1", "4b2", NULL});
	assert_ids("4A1\r\n\r\n  4b2 \t\r\n", (const char *const[]){"4A1", "4b2", NULL});
	assert_ids("4A1*\n4B2!\n4C3#\r\n", (const char *const[]){"4A1", "4B2", "4C3", NULL});
	assert_ids("4A1\n4A1*\n4a1\n", (const char *const[]){"4A1", "4a1", NULL});
}

static void assert_refused(struct slice text, const char *words)
{
	struct id_list list;
	struct err err = {0};

	assert_int_equal(read_list(&list, text, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
	id_list_free(&list);
}

static void test_what_is_no_id(void **state)
{
	char longest[LIMIT_ID_LINE + 2];
	(void)state;

	assert_refused(SLICE("4A1\n\n4B2 4C3\n"), "ids.txt, line 3: '4B2 4C3' is no queue id");
	assert_refused(SLICE("4A1**\n"), "line 1: '4A1**'");
	assert_refused(SLICE("4A1 *\n"), "line 1");
	assert_refused(SLICE("*\n"), "line 1");
	assert_refused(SLICE("4A1\0\n"), "line 1");
	assert_refused(SLICE("4A1\r4B2\n"), "line 1");
	assert_refused(SLICE("{\"queue_id\": \"4A1\"}\n"), "list --ids");
	assert_refused(SLICE("ok\n../../etc/passwd\n"), "line 2");
	memset(longest, 'A', sizeof(longest));
	assert_refused(slice_of(longest, 256), "line 1");
	assert_refused(slice_of(longest, LIMIT_ID_LINE + 1), "line 1: too long");
	/* Blanks are bounded as well: a device may have no end. */
	memset(longest, ' ', sizeof(longest));
	assert_refused(slice_of(longest, LIMIT_ID_LINE + 1), "line 1: too long");
}

static void test_any_chunks(void **state)
{
	const unsigned most = 255;
	struct id_list list;
	struct err err;
	int ends[2];
	(void)state;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "4A1\n4", 5), 5);
	pid_t writer = fork();
	assert_true(writer >= 0);
	if (!writer) {
		close(ends[0]);
		for (const char *at = "B2\n\n4C3"; *at; at++)
			(void)!write(ends[1], at, 1);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(id_list_read(&list, ends[0], "-", is_id, &most, &err), 0);
	assert_int_equal(id_list_count(&list), 3);
	assert_true(intern_find(&list.ids, SLICE("4B2")) != INTERN_UNKNOWN);
	id_list_free(&list);
	close(ends[0]);
	assert_int_equal(id_list_read(&list, ends[0], "-", is_id, &most, &err), -1);
	id_list_free(&list);
}

static void test_many(void **state)
{
	enum { MANY = 300000 };
	struct id_list list;
	struct buf text = {0};
	struct err err;
	(void)state;

	for (unsigned i = 0; i < MANY; i++)
		buf_printf(&text, "4c9FhJ2kzX%ut\n", i);
	assert_int_equal(read_list(&list, buf_slice(&text), &err), 0);
	assert_int_equal(id_list_count(&list), MANY);
	assert_true(intern_find(&list.ids, SLICE("4c9FhJ2kzX299999t")) != INTERN_UNKNOWN);
	assert_true(intern_find(&list.ids, SLICE("4c9FhJ2kzX300000t")) == INTERN_UNKNOWN);
	id_list_free(&list);
	buf_free(&text);
}

static void add_row(struct test_snap *test, unsigned spool, const char *id)
{
	struct record record = test_record();
	record.queue_id = slice_cstr(id);
	record.arrival = TEST_NOW;
	snap_add(&test->snap, spool, &record);
}

static void test_keep(void **state)
{
	struct test_snap test;
	struct id_list list;
	struct id_list_left left;
	struct err err;
	(void)state;

	test_snap_init(&test);
	add_row(&test, 0, "4A1");
	add_row(&test, 0, "4B2");
	add_row(&test, 0, "4C3"); /* there twice: in two queues */
	add_row(&test, 1, "4C3");
	add_row(&test, 0, "4D4"); /* the same, and one of them does not match the filter */
	add_row(&test, 0, "4D4");
	add_row(&test, 0, "4E5"); /* not in the list */
	test_snap_done(&test);
	struct bitset rows = bitset_new(test.snap.rows);
	for (uint32_t row = 0; row < test.snap.rows; row++)
		if (row != 1 && row != 4)
			bitset_set(&rows, row);
	assert_int_equal(read_list(&list, SLICE("4F6\n4D4\n4C3\n4B2\n4A1\n4a1\n"), &err), 0);
	id_list_keep(&list, &test.snap, &rows, &left);
	assert_int_equal(bitset_count(&rows), 2);
	assert_true(bitset_has(&rows, 0) && bitset_has(&rows, 5));
	assert_int_equal(left.missing, 2);
	assert_int_equal(left.unmatched, 1);
	assert_int_equal(left.ambiguous, 1);
	bitset_free(&rows);
	id_list_free(&list);
	test_snap_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_people_pipe),
		cmocka_unit_test(test_what_is_no_id),
		cmocka_unit_test(test_any_chunks),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_keep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
