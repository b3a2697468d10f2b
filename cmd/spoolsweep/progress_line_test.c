#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>

#include "cmd/spoolsweep/progress_line.h"

static void line_is(struct progress_facts facts, size_t columns, enum escape_charset charset,
	const char *wanted)
{
	struct buf out = {0};

	progress_line(&out, &facts, columns, charset);
	assert_string_equal(buf_str(&out), wanted);
	buf_free(&out);
}

static void a_line_of_a_usual_terminal(void **state)
{
	struct progress_facts facts = {37300, 60112, 0, 2000};
	(void)state;
	line_is(facts, 79, ESCAPE_ASCII,
		" 62 %  [#############.........]  37,300 of 60,112  18,650/s  1 s left");
	line_is(facts, 79, ESCAPE_UTF8,
		" 62 %  ██████████████▉           37,300 of 60,112  18,650/s  1 s left");
}

static void its_ends(void **state)
{
	(void)state;
	line_is((struct progress_facts){0, 60112, 0, 5000}, 79, ESCAPE_ASCII,
		"  0 %  [......................]  0 of 60,112");
	line_is((struct progress_facts){60112, 60112, 0, 4000}, 79, ESCAPE_ASCII,
		"100 %  [######################]  60,112 of 60,112  15,028/s");
	line_is((struct progress_facts){0, 0, 0, 5000}, 79, ESCAPE_ASCII, "");
}

static void it_fits_every_terminal(void **state)
{
	struct progress_facts facts = {99999999, UINT32_MAX, 0, 3600 * 1000};
	(void)state;
	for (size_t columns = 0; columns < 300; columns++) {
		for (unsigned charset = ESCAPE_UTF8; charset <= ESCAPE_ASCII; charset++) {
			struct buf out = {0};
			progress_line(&out, &facts, columns, (enum escape_charset)charset);
			assert_true(escape_width(buf_slice(&out), ESCAPE_UTF8) <= columns);
			buf_free(&out);
		}
	}
	line_is((struct progress_facts){37300, 60112, 0, 2000}, 45, ESCAPE_ASCII,
		" 62 %  37,300 of 60,112  18,650/s  1 s left");
	line_is((struct progress_facts){37300, 60112, 0, 2000}, 10, ESCAPE_ASCII, " 62 %  37~");
}

static void what_was_done_before_says_nothing_of_the_rate(void **state)
{
	(void)state;
	line_is((struct progress_facts){50000, 60000, 40000, 10000}, 45, ESCAPE_ASCII,
		" 83 %  50,000 of 60,000  1,000/s  10 s left");
	line_is((struct progress_facts){40000, 60000, 40000, 10000}, 45, ESCAPE_ASCII,
		" 66 %  40,000 of 60,000");
}

static void no_rate_before_there_is_one(void **state)
{
	(void)state;
	line_is((struct progress_facts){500, 60000, 0, 100}, 45, ESCAPE_ASCII,
		"  0 %  500 of 60,000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_a_usual_terminal),
		cmocka_unit_test(its_ends),
		cmocka_unit_test(it_fits_every_terminal),
		cmocka_unit_test(what_was_done_before_says_nothing_of_the_rate),
		cmocka_unit_test(no_rate_before_there_is_one),
	};
	/* Widths of characters are the locale's. */
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
