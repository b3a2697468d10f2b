#include "core/base/shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void expect_word(const char *text, const char *wanted)
{
	struct buf out = {0};
	shell_word(&out, slice_cstr(text));
	assert_string_equal(buf_str(&out), wanted);
	buf_free(&out);
}

static void test_words(void **state)
{
	(void)state;
	expect_word("bob@example.com", "bob@example.com");
	expect_word("/srv/www/a-b_c.php", "/srv/www/a-b_c.php");
	expect_word("", "''");
	expect_word("two words", "'two words'");
	expect_word("o'neil@example.org", "'o'\\''neil@example.org'");
	expect_word("'", "''\\'''");
	expect_word("$(reboot)`reboot`\"\\", "'$(reboot)`reboot`\"\\'");
	expect_word("~root", "'~root'");
	expect_word("a;b&c|d>e<f*?[g]{h}#i!j=k", "'a;b&c|d>e<f*?[g]{h}#i!j=k'");
}

/* A real shell gives back every byte but NUL, which no argument can hold. */
static void test_a_shell_reads_back_every_byte(void **state)
{
	(void)state;
	char all[255], got[sizeof(all) + 1];
	struct buf line = {0};

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i + 1);
	buf_add(&line, SLICE("printf %s "));
	shell_word(&line, slice_of(all, sizeof(all)));
	FILE *shell = popen(buf_str(&line), "r");
	assert_non_null(shell);
	assert_int_equal(fread(got, 1, sizeof(got), shell), sizeof(all));
	assert_memory_equal(got, all, sizeof(all));
	assert_int_equal(pclose(shell), 0);
	buf_free(&line);
}

static void test_what_can_be_pasted(void **state)
{
	(void)state;
	assert_true(shell_can_paste(SLICE("")));
	assert_true(shell_can_paste(SLICE(" ~$(x)'\"")));
	assert_false(shell_can_paste(SLICE("a\nreboot")));
	assert_false(shell_can_paste(SLICE("a\rb")));
	assert_false(shell_can_paste(SLICE("a\tb")));
	assert_false(shell_can_paste(SLICE("a\0b")));
	assert_false(shell_can_paste(SLICE("a\x7f")));
	assert_false(shell_can_paste(SLICE("\x1b[2J")));
	assert_false(shell_can_paste(SLICE("j\xc3\xbcrgen")));
	assert_false(shell_can_paste(SLICE("\xe2\x80\xae"
					   "abc")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_a_shell_reads_back_every_byte),
		cmocka_unit_test(test_what_can_be_pasted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
