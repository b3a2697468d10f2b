#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mail/marks.h"

static void assert_shape(const char *subject, const char *wanted)
{
	struct buf out = {0};

	buf_add(&out, SLICE("before "));
	subject_shape(&out, slice_cstr(subject), (struct slice){0});
	struct slice found = slice_from(buf_slice(&out), 7);
	if (!slice_eq(found, slice_cstr(wanted)))
		fail_msg("\"%s\" is \"%.*s\", not \"%s\"", subject, SLICE_ARG(found), wanted);
	buf_free(&out);
}

static void folds_case_and_white_space(void **state)
{
	(void)state;
	assert_shape("  Your   ACCOUNT\twas\r\n locked \x01", "your account was locked");
	assert_shape("", "");
	assert_shape(" \t ", "");
	assert_shape("Grüße aus Köln", "grüße aus köln");
}

static void hides_numbers(void **state)
{
	(void)state;
	assert_shape("Invoice 2024-00017 of 3 May", "invoice #-# of # may");
	assert_shape("invoice2024", "invoice#");
	assert_shape("5,000,000.00 USD", "#,#,#.# usd");
	assert_shape("[#12345] Ticket", "[##] ticket");
}

static void hides_what_looks_random(void **state)
{
	(void)state;
	assert_shape("Hello kx83hq20vz", "hello *");
	assert_shape("Hello 9fQ2mB7r!", "hello *");
	assert_shape("550e8400-e29b-41d4-a716-446655440000 done", "* done");
	assert_shape("web2 is down", "web# is down");
	assert_shape("Windows11 upgrade", "windows# upgrade");
	assert_shape("extraordinary opportunity", "extraordinary opportunity");
}

static void drops_what_a_reply_adds(void **state)
{
	(void)state;
	assert_shape("Re: Fwd: re: Hello", "hello");
	assert_shape("RE[2]: Hello", "hello");
	assert_shape("Re (3): Hello", "hello");
	assert_shape("AW: WG: Hallo", "hallo");
	assert_shape("Antw:Hallo", "hallo");
	assert_shape("RÉf: x", "rÉf: x"); /* letters beyond ASCII are taken as they are */
	assert_shape("réf: x", "x");
	assert_shape("На: x", "x");
	assert_shape("回复：订单", "订单");
	assert_shape("Re:", "");
	assert_shape("Regards: Hello", "regards: hello");
	assert_shape("Call re: Hello", "call re: hello");
	assert_shape("Note: Re: Hello", "note: re: hello");
	assert_shape(": Hello", ": hello");
}

static void ends_between_characters(void **state)
{
	struct buf in = {0}, out = {0};
	(void)state;

	buf_pad(&in, 'a', SUBJECT_SHAPE - 1);
	buf_add(&in, SLICE("üü"));
	subject_shape(&out, buf_slice(&in), (struct slice){0});
	assert_int_equal(out.len, SUBJECT_SHAPE - 1);

	buf_reset(&in);
	buf_reset(&out);
	for (unsigned i = 0; i < 100000; i++)
		buf_add(&in, SLICE("Re: "));
	subject_shape(&out, buf_slice(&in), (struct slice){0});
	assert_int_equal(out.len, 0);
	buf_free(&in);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_case_and_white_space),
		cmocka_unit_test(hides_numbers),
		cmocka_unit_test(hides_what_looks_random),
		cmocka_unit_test(drops_what_a_reply_adds),
		cmocka_unit_test(ends_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
