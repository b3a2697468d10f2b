#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/test_slice.h"
#include "core/mail/param.h"

struct expected {
	const char *text;
	const char *value; /* of the parameter "name"; NULL: unknown */
	const char *charset;
	unsigned odd;
};

static void check(const struct expected *cases, size_t count)
{
	struct arena arena = {0};
	for (size_t i = 0; i < count; i++) {
		struct param param = param_get(&arena, slice_cstr(cases[i].text), SLICE("name"));
		assert_slice(param.value, cases[i].value);
		assert_slice(param.charset, cases[i].charset);
		assert_int_equal(param.odd, cases[i].odd);
	}
	arena_free(&arena);
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof(*(cases)))

static void the_word_in_front_is_taken(void **state)
{
	static const struct {
		const char *value;
		const char *word;
		const char *rest;
	} cases[] = {
		{"text/plain", "text/plain", ""},
		{" text/plain ; a=b", "text/plain", " ; a=b"},
		{"(a (nested \\) one)) text/plain(x);a=b", "text/plain", "(x);a=b"},
		{"text/html charset=x", "text/html", " charset=x"},
		{"; a=b", "", "; a=b"},
		{"", "", ""},
		{"(no end", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice value = slice_cstr(cases[i].value);
		assert_slice(param_word(&value), cases[i].word);
		assert_slice(value, cases[i].rest);
	}
}

static void parameters_are_read_as_written(void **state)
{
	static const struct expected cases[] = {
		{"; name=a", "a", NULL, 0},
		{"; NAME = a ; b=c", "a", NULL, 0},
		{";x=\"; name=no\"; name=\"a \\\"b\\\" \\\\ c\"", "a \"b\" \\ c", NULL, 0},
		{"; name=----=_Next.Part/1 ", "----=_Next.Part/1", NULL, 0},
		{"; name=my file (1).pdf", "my file", NULL, 0}, /* a comment, by RFC 822 */
		{"; name=file(1).pdf", "file(1).pdf", NULL, 0},
		{"; name=us-ascii (plain; text)", "us-ascii", NULL, 0},
		{"; (c) name=(d) a", "a", NULL, 0},
		{"; name=", "", NULL, 0},
		{"; name=\"\"", "", NULL, 0},
		{"; name", NULL, NULL, 0},
		{"; name; name=a", "a", NULL, 0},
		{"; names=a; nam=b", NULL, NULL, 0},
		{"", NULL, NULL, 0},
		{"; name=a; name=b", "a", NULL, PARAM_TWICE},
		{"; name=\"a", "a", NULL, PARAM_BROKEN},
		{"; name=\"", "", NULL, PARAM_BROKEN},
		{"; name=\"a\\", "a\\", NULL, PARAM_BROKEN},
		{"; x=\"y; name=a", NULL, NULL, 0},
	};
	(void)state;
	CHECK(cases);
}

static void rfc_2231_is_undone(void **state)
{
	static const struct expected cases[] = {
		{"; name*=utf-8''%e2%82%ac%20rates", "\xe2\x82\xac rates", "utf-8", 0},
		{"; name*=iso-8859-1'en'%A3; name=plain", "\xa3", "iso-8859-1", 0},
		{"; name*=''a", "a", "", 0},
		{"; name*0=a; name*1=b; name*2=c", "abc", NULL, 0},
		{"; name*2=c; name*0=a; name*1=b", "abc", NULL, 0},
		{"; name*0*=utf-8''%41; name*1=%41; name*2*=%41", "A%41A", "utf-8", 0},
		{"; name*0=\"a \\\"\"; name*1=\"b\"", "a \"b", NULL, 0},
		{"; name*0=a; name*2=c", "a", NULL, PARAM_BROKEN},
		{"; name*1=b; name=a", "a", NULL, 0},
		{"; name*1=b", NULL, NULL, 0},
		{"; name*0=a; name*0=b", "a", NULL, PARAM_TWICE},
		{"; name*64=a", NULL, NULL, PARAM_BROKEN},
		{"; name*-1=a", NULL, NULL, PARAM_BROKEN},
		{"; name*x=a; name=b", "b", NULL, PARAM_BROKEN},
		{"; name**=a", NULL, NULL, PARAM_BROKEN},
		{"; name*=no-charset", "no-charset", "", PARAM_BROKEN},
		{"; name*=one'quote", "one'quote", "", PARAM_BROKEN},
		{"; name*=utf-8''%4", "%4", "utf-8", PARAM_BROKEN},
		{"; name*=utf-8''%zz%41", "%zzA", "utf-8", PARAM_BROKEN},
		{"; name*=\"utf-8''%41\"", "A", "utf-8", 0},
	};
	(void)state;
	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_word_in_front_is_taken),
		cmocka_unit_test(parameters_are_read_as_written),
		cmocka_unit_test(rfc_2231_is_undone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
