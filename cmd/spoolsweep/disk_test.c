#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/spoolsweep/disk.h"

enum { MB = 1 << 20 };

static void full_is_where_no_mail_is_taken(void **state)
{
	static const struct {
		const char *words; /* NULL: there is room */
		struct disk disk;
	} cases[] = {
		{NULL, {15 * MB, 1000, true, 15 * MB, "Any"}},
		{"DISK FULL: Any takes no mail below 15.0 MB; free: 2.0 MB, 1,000 inodes",
			{2 * MB, 1000, true, 15 * MB, "Any"}},
		{"DISK FULL: Any takes no mail below 15.0 MB; free: 0 B",
			{0, 0, false, 15 * MB, "Any"}},
		{"DISK FULL: Any takes no mail below 16 inodes; free: 1.0 GB, 15 inodes",
			{1024 * MB, 15, true, 15 * MB, "Any"}},
		{NULL, {1024 * MB, 16, true, 15 * MB, "Any"}},
		/* No fixed number of inodes, as on btrfs. */
		{NULL, {1024 * MB, 0, false, 15 * MB, "Any"}},
		/* What the MTA needs is not known: then only a disk without a byte is full. */
		{NULL, {1, 1000, true, 0, "Any"}},
		{"DISK FULL: Any takes no mail below 1 B; free: 0 B, 1,000 inodes",
			{0, 1000, true, 0, "Any"}},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct disk *disk = &cases[i].disk;
		struct buf words = {0};
		assert_int_equal(disk_is_full(disk), cases[i].words != NULL);
		disk_put_full(disk, &words);
		if (cases[i].words)
			assert_string_equal(buf_str(&words), cases[i].words);
		buf_free(&words);
	}
}

/* argv of a run, as the line to type is made of it. */
static void the_line_to_type_is_quoted(void **state)
{
	char *argv[] = {(char[]){"spoolsweep"}, (char[]){"purge"}, (char[]){"age>1d"}, NULL};
	struct app app = {.started_as_root = true, .options = {.argv = argv, .argc = 3}};
	struct buf line = {0};
	(void)state;

	disk_add_line(&app, &line, "--no-undo");
	assert_string_equal(buf_str(&line), "spoolsweep purge 'age>1d' --no-undo");
	buf_reset(&line);
	app.started_as_root = false;
	disk_add_line(&app, &line, "--no-undo");
	assert_string_equal(buf_str(&line), "sudo spoolsweep purge 'age>1d' --no-undo");
	buf_free(&line);
}

static void what_is_followed_has_a_journal(void **state)
{
	char *argv[] = {(char[]){"spoolsweep"}, (char[]){"--follow"}, (char[]){"15m"},
		(char[]){"purge"}, (char[]){"--follow=1h"}, (char[]){"a=b"}, NULL};
	struct app app = {.started_as_root = true, .options = {.argv = argv, .argc = 6}};
	struct buf line = {0};
	(void)state;

	disk_add_line(&app, &line, "--no-undo --no-journal");
	assert_string_equal(buf_str(&line), "spoolsweep purge 'a=b' --no-undo --no-journal");
	buf_reset(&line);
	disk_add_line(&app, &line, "--no-undo");
	assert_string_equal(
		buf_str(&line), "spoolsweep --follow 15m purge '--follow=1h' 'a=b' --no-undo");
	buf_free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_is_where_no_mail_is_taken),
		cmocka_unit_test(the_line_to_type_is_quoted),
		cmocka_unit_test(what_is_followed_has_a_journal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
