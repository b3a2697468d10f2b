#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/out/table.h"

static struct table *accounts(void)
{
	struct table *table = table_new();
	table_column(table, "accounts", TABLE_CUT);
	table_column(table, "messages", TABLE_RIGHT);
	table_column(table, "newest", TABLE_RIGHT);
	table_cell(table, SLICE("bob@example.com"));
	table_cellf(table, "%d,%d", 60, 112);
	table_cell(table, SLICE("3 s"));
	table_cell(table, SLICE("(no login)"));
	table_cell(table, SLICE("9"));
	table_cell(table, SLICE("12 m"));
	return table;
}

static void check_text(
	const struct table *table, const struct table_style *style, const char *expected)
{
	struct buf out = {0};
	table_print_text(table, style, &out);
	assert_string_equal(buf_str(&out), expected);
	buf_free(&out);
}

static void check_csv(const struct table *table, const char *expected)
{
	struct buf out = {0};
	table_print_csv(table, &out);
	assert_string_equal(buf_str(&out), expected);
	buf_free(&out);
}

static void aligns(void **state)
{
	struct table *table = accounts();
	(void)state;
	check_text(table, &(struct table_style){0},
		"accounts         messages  newest\n"
		"bob@example.com    60,112     3 s\n"
		"(no login)              9    12 m\n");
	check_text(table, &(struct table_style){.indent = 2},
		"accounts           messages  newest\n"
		"  bob@example.com    60,112     3 s\n"
		"  (no login)              9    12 m\n");
	check_csv(table,
		"accounts,messages,newest\n"
		"bob@example.com,\"60,112\",3 s\n"
		"(no login),9,12 m\n");
	table_free(table);
}

static void only_the_head_is_coloured(void **state)
{
	struct table *table = accounts();
	(void)state;
	check_text(table, &(struct table_style){.color = true},
		"\033[1;4maccounts         messages  newest\033[0m\n"
		"bob@example.com    60,112     3 s\n"
		"(no login)              9    12 m\n");
	table_free(table);
}

static void no_line_ends_in_blanks(void **state)
{
	const struct slice unknown = {0};
	struct table *table = table_new();
	(void)state;
	table_column(table, "a", 0);
	table_column(table, "", TABLE_RIGHT);
	table_column(table, "c", 0);
	table_cell(table, SLICE("x"));
	table_cell(table, unknown);
	table_cell(table, SLICE("long one"));
	table_cell(table, SLICE("x"));
	table_cell(table, SLICE("12"));
	table_cell(table, unknown);
	table_cell(table, SLICE(""));
	table_cell(table, SLICE(""));
	table_cell(table, SLICE(""));
	check_text(table, &(struct table_style){.indent = 1},
		"a       c\n"
		" x      long one\n"
		" x  12\n"
		"\n");
	check_csv(table, "a,,c\nx,,long one\nx,12,\n,,\n");
	table_free(table);
}

static void head_alone_and_nothing_at_all(void **state)
{
	struct table *table = table_new();
	(void)state;
	check_text(table, &(struct table_style){.columns = 80}, "");
	check_csv(table, "");
	table_column(table, "one", 0);
	table_column(table, "two", 0);
	check_text(table, &(struct table_style){.columns = 80, .indent = 4}, "one  two\n");
	check_csv(table, "one,two\n");
	table_free(table);
	table_free(NULL);
}

static void cells_are_escaped(void **state)
{
	struct table *table = table_new();
	(void)state;
	table_column(table, "subject", 0);
	table_column(table, "n", TABLE_RIGHT);
	table_cell(table, SLICE("\x1b]0;x\x07"));
	table_cell(table, SLICE("1"));
	table_cell(table, SLICE("日本"));
	table_cell(table, SLICE("22"));
	table_cell(table, SLICE("=cmd()"));
	table_cell(table, SLICE("-3"));
	check_text(table, &(struct table_style){0},
		"subject        n\n"
		"\\x1B]0;x\\x07   1\n"
		"日本          22\n"
		"=cmd()        -3\n");
	check_text(table, &(struct table_style){.charset = ESCAPE_ASCII},
		"subject            n\n"
		"\\x1B]0;x\\x07       1\n"
		"\\u{65E5}\\u{672C}  22\n"
		"=cmd()            -3\n");
	check_csv(table, "subject,n\n\"\\x1B]0;x\\x07\",1\n日本,22\n'=cmd(),-3\n");
	table_free(table);
}

static struct table *two_long(void)
{
	struct table *table = table_new();
	table_column(table, "sender", TABLE_CUT);
	table_column(table, "id", 0);
	table_column(table, "subject", TABLE_CUT);
	table_cell(table, SLICE("abcdefghijklmnopqrst"));           /* 20 */
	table_cell(table, SLICE("0123456789ABCDEF"));               /* 16, never cut */
	table_cell(table, SLICE("abcdefghijklmnopqrstuvwxyz0123")); /* 30 */
	return table;
}

static void the_widest_is_cut_first(void **state)
{
	struct table *table = two_long();
	(void)state;
	/* 20 + 2 + 16 + 2 + 30 = 70 */
	check_text(table, &(struct table_style){.columns = 70},
		"sender                id                subject\n"
		"abcdefghijklmnopqrst  0123456789ABCDEF  abcdefghijklmnopqrstuvwxyz0123\n");
	check_text(table, &(struct table_style){.columns = 62},
		"sender                id                subject\n"
		"abcdefghijklmnopqrst  0123456789ABCDEF  abcdefghijklmnopqrstu…\n");
	check_text(table, &(struct table_style){.columns = 56, .charset = ESCAPE_ASCII},
		"sender              id                subject\n"
		"abcdefghijklmnopq~  0123456789ABCDEF  abcdefghijklmnopq~\n");
	table_free(table);
}

static void no_column_falls_below_twelve(void **state)
{
	struct table *table = two_long();
	(void)state;
	const char *narrow = "sender        id                subject\n"
			     "abcdefghijk…  0123456789ABCDEF  abcdefghijk…\n";
	check_text(table, &(struct table_style){.columns = 44}, narrow);
	check_text(table, &(struct table_style){.columns = 20}, narrow);
	check_text(table, &(struct table_style){.columns = 1}, narrow);
	/* The indent does not count as text. */
	check_text(table, &(struct table_style){.columns = 1, .indent = 20},
		"sender                            id                subject\n"
		"                    abcdefghijk…  0123456789ABCDEF  abcdefghijk…\n");
	table_free(table);
}

static void long_titles_are_cut_as_well(void **state)
{
	struct table *table = table_new();
	(void)state;
	table_column(table, "a title of twenty co", TABLE_CUT);
	table_column(table, "n", TABLE_RIGHT);
	table_cell(table, SLICE("short"));
	table_cell(table, SLICE("1"));
	check_text(table, &(struct table_style){.columns = 16},
		"a title of t…  n\n"
		"short          1\n");
	table_free(table);
}

static void many_rows_and_a_hostile_cell(void **state)
{
	struct table *table = table_new();
	struct buf out = {0};
	char *huge = malloc(65536);
	(void)state;
	assert_non_null(huge);
	memset(huge, 0x1b, 65536);
	table_column(table, "id", 0);
	table_column(table, "subject", TABLE_CUT);
	for (int i = 0; i < 5000; i++) {
		table_cellf(table, "%d", i);
		table_cell(table, i == 2500 ? slice_of(huge, 65536) : SLICE("hello"));
	}
	table_print_text(table, &(struct table_style){.columns = 80}, &out);
	size_t longest = 0, lines = 0;
	for (struct slice rest = buf_slice(&out), line; rest.len; lines++) {
		slice_cut(rest, '\n', &line, &rest);
		longest = escape_width(line, ESCAPE_UTF8) > longest
			? escape_width(line, ESCAPE_UTF8)
			: longest;
	}
	assert_int_equal(lines, 5001);
	assert_in_range(longest, 70, 80);
	buf_free(&out);
	table_free(table);
	free(huge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns),
		cmocka_unit_test(only_the_head_is_coloured),
		cmocka_unit_test(no_line_ends_in_blanks),
		cmocka_unit_test(head_alone_and_nothing_at_all),
		cmocka_unit_test(cells_are_escaped),
		cmocka_unit_test(the_widest_is_cut_first),
		cmocka_unit_test(no_column_falls_below_twelve),
		cmocka_unit_test(long_titles_are_cut_as_well),
		cmocka_unit_test(many_rows_and_a_hostile_cell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
