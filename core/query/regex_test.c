#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/buf.h"
#include "core/query/regex.h"

static const struct match_case {
	struct slice pattern;
	bool fold;
	struct slice subject;
	int found;
} match_cases[] = {
	{SLICE("^x.*y$"), false, SLICE("x@example.com y"), 1},
	{SLICE("^x.*y$"), false, SLICE("X@example.com y"), 0},
	{SLICE("^x.*y$"), true, SLICE("X@example.com Y"), 1},
	{SLICE(""), false, SLICE("anything"), 1},
	{SLICE(""), false, SLICE(""), 1},
	{SLICE("^$"), false, SLICE(""), 1},
	{SLICE("."), false, SLICE(""), 0},
	{SLICE("^.$"), false, SLICE("\xc3\xa9"), 1}, /* one character, two bytes */
	{SLICE("\xc3\x89"), true, SLICE("caf\xc3\xa9"), 1},
	{SLICE("b"), false, SLICE("a\0b"), 1}, /* a NUL ends nothing */
	{SLICE("a\\x00b"), false, SLICE("a\0b"), 1},
	{SLICE("invoice"), false, SLICE("\xff\xfe invoice \x80"), 1},
	{SLICE("^invoice"), false, SLICE("\xff invoice"), 0},
	{SLICE("a.c"), false,
		SLICE("a\xff"
		      "c"),
		0}, /* a stray byte is no character */
	{SLICE("(?<=a)c"), false,
		SLICE("\xf0\x9f"
		      "ac"),
		1},
	{SLICE("caf.$"), false, SLICE("caf\xe9"), 0}, /* Latin-1 */
	{SLICE("^caf"), false, SLICE("caf\xe9"), 1},
	{SLICE("a$"), false, SLICE("a\n"), 1},
};

static void test_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(match_cases) / sizeof(*match_cases); i++) {
		const struct match_case *c = &match_cases[i];
		struct err err = {0};
		size_t at;
		struct regex *regex = regex_new(c->pattern, c->fold, &at, &err);
		assert_non_null(regex);
		int found = regex_match(regex, c->subject, &err);
		if (found != c->found)
			fail_msg("case %zu, /%.*s/: %d", i, SLICE_ARG(c->pattern), found);
		regex_free(regex);
	}
}

static void test_bad_patterns(void **state)
{
	static const struct {
		struct slice pattern;
		size_t at;
		const char *text;
	} cases[] = {
		{SLICE("abc["), 4, "missing terminating ]"},
		{SLICE("a(b"), 3, "missing closing parenthesis"},
		{SLICE("*a"), 0, "quantifier does not follow"},
		{SLICE("a\\"), 2, "\\ at end of pattern"}, {SLICE("ab\xff"), 2, "UTF-8 error"},
		{SLICE("a\\Cb"), 3, "\\C"}, /* half a character: would break UTF-8 matching */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = {0};
		size_t at = SIZE_MAX;
		assert_null(regex_new(cases[i].pattern, false, &at, &err));
		assert_int_equal(err.code, ERR_USAGE);
		if (at != cases[i].at || !strstr(err.text, cases[i].text))
			fail_msg("case %zu: at %zu: %s", i, at, err.text);
	}
}

static void add_letters(struct buf *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_addc(text, 'a');
}

/* Reaching the limit is an error, never a "no": a purge must not work on half an answer. */
static void test_catastrophe_is_an_error(void **state)
{
	static const char *const patterns[] = {"^(a+)+$", "^(a|aa)+$", "(x+x+)+y|^(a*)*b"};
	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		struct err err = {0};
		size_t at;
		struct buf subject = {0};
		add_letters(&subject, 64);
		buf_addc(&subject, '!');
		struct regex *regex = regex_new(slice_cstr(patterns[i]), false, &at, &err);
		assert_non_null(regex);
		int found = regex_match(regex, buf_slice(&subject), &err);
		if (found != -1 || err.code != ERR_LIMIT || !strstr(err.text, patterns[i]))
			fail_msg("/%s/: %d %s", patterns[i], found, err.text);

		/* It is fit for use again at once. */
		assert_int_equal(regex_match(regex, SLICE("x y"), &err), 0);
		regex_free(regex);
		buf_free(&subject);
	}
}

/* The limit is our own, far below PCRE2's. */
static void test_limit_is_ours(void **state)
{
	struct err err = {0};
	size_t at;
	struct regex *regex = regex_new(SLICE("^(a+)+$"), false, &at, &err);
	(void)state;

	assert_non_null(regex);
	assert_int_equal(regex_match(regex, SLICE("aaaaaaaaaa!"), &err), 0);
	assert_int_equal(regex_match(regex, SLICE("aaaaaaaaaaaaaaaaaaaa!"), &err), -1);
	regex_free(regex);
}

/* Long subjects must not run into the limit by their length alone. */
static void test_long_subject(void **state)
{
	struct err err = {0};
	size_t at;
	struct buf subject = {0};
	(void)state;

	add_letters(&subject, 60 * 1024);
	buf_add(&subject, SLICE("@example.com"));
	struct regex *regex = regex_new(SLICE("^[a-z]+@(?:[a-z]+\\.)+com$"), true, &at, &err);
	assert_non_null(regex);
	assert_int_equal(regex_match(regex, buf_slice(&subject), &err), 1);
	regex_free(regex);
	buf_free(&subject);
}

static void test_free_nothing(void **state)
{
	(void)state;
	regex_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_bad_patterns),
		cmocka_unit_test(test_catastrophe_is_an_error),
		cmocka_unit_test(test_limit_is_ours),
		cmocka_unit_test(test_long_subject),
		cmocka_unit_test(test_free_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
