#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/slice.h"

static const struct slice unknown;
static const struct slice empty = {"", 0};

static void unknown_is_not_empty(void **state)
{
	(void)state;
	assert_false(slice_known(unknown));
	assert_true(slice_known(empty));
	assert_false(slice_known(slice_cstr(NULL)));
	assert_true(slice_known(slice_cstr("")));
	assert_true(slice_cmp(unknown, empty) < 0);
	assert_true(slice_cmp(empty, unknown) > 0);
	assert_int_equal(slice_cmp(unknown, unknown), 0);
}

static void what_is_cut_from_unknown_stays_unknown(void **state)
{
	struct slice head, tail, word, rest = unknown;
	(void)state;
	assert_false(slice_known(slice_from(unknown, 0)));
	assert_false(slice_known(slice_from(unknown, 7)));
	assert_false(slice_known(slice_upto(unknown, 7)));
	assert_false(slice_known(slice_trim(unknown)));
	assert_false(slice_cut(unknown, ',', &head, &tail));
	assert_false(slice_known(head));
	assert_false(slice_word(&rest, " ", &word));
	assert_int_equal(slice_index(unknown, 'a'), SIZE_MAX);
	assert_int_equal(slice_rindex(unknown, 'a'), SIZE_MAX);
	assert_int_equal(slice_find(unknown, SLICE("a")), SIZE_MAX);
}

static void from_and_upto_stop_at_the_end(void **state)
{
	struct slice s = SLICE("abc");
	(void)state;
	assert_true(slice_eq(slice_from(s, 1), SLICE("bc")));
	assert_int_equal(slice_from(s, 3).len, 0);
	assert_ptr_equal(slice_from(s, 3).ptr, s.ptr + 3);
	assert_ptr_equal(slice_from(s, SIZE_MAX).ptr, s.ptr + 3);
	assert_true(slice_eq(slice_upto(s, 2), SLICE("ab")));
	assert_true(slice_eq(slice_upto(s, SIZE_MAX), s));
}

static void compares_by_unsigned_bytes(void **state)
{
	/* In order; each is less than all behind it. */
	static const struct slice sorted[] = {{NULL, 0}, {"", 0}, {"\0", 1}, {"\0\0", 2}, {"A", 1},
		{"a", 1}, {"a\0", 2}, {"a\0b", 3}, {"ab", 2}, {"b", 1}, {"\x80", 1}, {"\xff", 1}};
	const size_t n = sizeof(sorted) / sizeof(*sorted);
	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			int order = slice_cmp(sorted[i], sorted[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

static void folds_ascii_only(void **state)
{
	(void)state;
	assert_true(slice_eq_fold(SLICE("Bob@Example.COM"), SLICE("bob@example.com")));
	assert_false(slice_eq_fold(SLICE("bob"), SLICE("bobs")));
	/* "@" and "`", "[" and "{" differ by the case bit, and so do the Latin-1 letters. */
	assert_false(slice_eq_fold(SLICE("@["), SLICE("`{")));
	assert_false(slice_eq_fold(SLICE("\xc4"), SLICE("\xe4")));
	assert_true(slice_starts_fold(SLICE("Received: x"), SLICE("received:")));
	assert_false(slice_starts_fold(SLICE("Rec"), SLICE("received:")));
	assert_true(slice_ends_fold(SLICE("a.Example.NET"), SLICE(".example.net")));
	assert_false(slice_ends_fold(SLICE("net"), SLICE(".example.net")));
	assert_true(slice_ends_fold(SLICE("net"), empty));
	assert_true(slice_starts(SLICE("abc"), SLICE("ab")));
	assert_false(slice_starts(SLICE("Abc"), SLICE("ab")));
	assert_false(slice_starts(SLICE("a"), SLICE("ab")));
}

static void knows_its_letters(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool lower = c >= 97 && c <= 122, upper = c >= 65 && c <= 90;
		bool digit = c >= 48 && c <= 57;
		assert_int_equal(ascii_is_alpha((char)c), lower || upper);
		assert_int_equal(ascii_is_digit((char)c), digit);
		assert_int_equal(ascii_is_alnum((char)c), lower || upper || digit);
		assert_int_equal(ascii_lower((char)c), (char)(upper ? c + 32 : c));
	}
}

static void finds(void **state)
{
	static const struct {
		const char *in, *needle;
		size_t at;
	} cases[] = {
		{"abcabc", "bc", 1},
		{"abcABD", "abd", SIZE_MAX},
		{"aaab", "aab", 1},
		{"abc", "abcd", SIZE_MAX},
		{"abc", "", 0},
		{"", "", 0},
		{"", "a", SIZE_MAX},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice in = slice_cstr(cases[i].in), needle = slice_cstr(cases[i].needle);
		assert_int_equal(slice_find(in, needle), cases[i].at);
	}
	assert_int_equal(slice_find(SLICE("a\0bc"), SLICE("\0b")), 1);
	assert_int_equal(slice_find(SLICE("abc"), unknown), 0);
	assert_int_equal(slice_index(SLICE("a\0b"), 'b'), 2);
	assert_int_equal(slice_index(SLICE("a.b.c"), '.'), 1);
	assert_int_equal(slice_rindex(SLICE("a.b.c"), '.'), 3);
	assert_int_equal(slice_rindex(SLICE("abc"), '.'), SIZE_MAX);
}

static void trims_mail_white_space(void **state)
{
	(void)state;
	assert_true(slice_eq(slice_trim(SLICE(" \t\r\na b\n\t ")), SLICE("a b")));
	assert_int_equal(slice_trim(SLICE(" \t\r\n")).len, 0);
	assert_true(slice_eq(slice_trim(SLICE("\0 a\v")), SLICE("\0 a\v")));
}

static void cuts_at_the_first(void **state)
{
	struct slice head, tail;
	(void)state;
	assert_true(slice_cut(SLICE("a=b=c"), '=', &head, &tail));
	assert_true(slice_eq(head, SLICE("a")));
	assert_true(slice_eq(tail, SLICE("b=c")));
	assert_true(slice_cut(SLICE("="), '=', &head, &tail));
	assert_int_equal(head.len + tail.len, 0);
	assert_false(slice_cut(SLICE("abc"), '=', &head, &tail));
	assert_true(slice_eq(head, SLICE("abc")));
	assert_int_equal(tail.len, 0);
	assert_true(slice_known(tail));
}

static void takes_words(void **state)
{
	struct slice rest = SLICE(" ,a, b\0c ,"), word;
	(void)state;
	assert_true(slice_word(&rest, ", ", &word));
	assert_true(slice_eq(word, SLICE("a")));
	/* A NUL is a byte like others, not a separator because it ends `seps`. */
	assert_true(slice_word(&rest, ", ", &word));
	assert_true(slice_eq(word, SLICE("b\0c")));
	assert_false(slice_word(&rest, ", ", &word));
	assert_int_equal(rest.len, 0);
}

static void reads_numbers_strictly(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = {{"0", 0}, {"-0", 0}, {"007", 7}, {"-12", -12},
		{"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}};
	static const char *const bad[] = {"", "-", "--1", "+1", " 1", "1 ", "1.0", "0x1", "1-", "a",
		"9223372036854775808", "-9223372036854775809", "99999999999999999999999"};
	int64_t value;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		value = -99;
		assert_true(slice_to_i64(slice_cstr(good[i].text), &value));
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		value = -99;
		assert_false(slice_to_i64(slice_cstr(bad[i]), &value));
		assert_int_equal(value, -99);
	}
	assert_false(slice_to_i64(unknown, &value));
	assert_false(slice_to_i64(SLICE("1\0"), &value));
	assert_true(slice_to_i64(slice_of("12345", 2), &value));
	assert_int_equal(value, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_is_not_empty),
		cmocka_unit_test(what_is_cut_from_unknown_stays_unknown),
		cmocka_unit_test(from_and_upto_stop_at_the_end),
		cmocka_unit_test(compares_by_unsigned_bytes),
		cmocka_unit_test(folds_ascii_only),
		cmocka_unit_test(knows_its_letters),
		cmocka_unit_test(finds),
		cmocka_unit_test(trims_mail_white_space),
		cmocka_unit_test(cuts_at_the_first),
		cmocka_unit_test(takes_words),
		cmocka_unit_test(reads_numbers_strictly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
