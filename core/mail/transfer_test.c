#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mail/transfer.h"

static void check(enum mime_encoding encoding, struct slice text, struct slice want, uint32_t odd)
{
	struct buf out = {0};
	buf_add(&out, SLICE("<"));
	assert_int_equal(transfer_decode(encoding, text, 1000, &out), odd);
	assert_int_equal(out.len, want.len + 1);
	assert_memory_equal(out.ptr + 1, want.ptr, want.len);
	/* One byte less of room cuts one byte off, and says so. */
	if (want.len) {
		buf_reset(&out);
		assert_true(transfer_decode(encoding, text, want.len - 1, &out) & MIME_CUT);
		assert_int_equal(out.len, want.len - 1);
		assert_memory_equal(out.ptr, want.ptr, want.len - 1);
		buf_reset(&out);
		assert_int_equal(transfer_decode(encoding, text, want.len, &out), odd);
	}
	buf_free(&out);
}

static void base64_is_decoded(void **state)
{
	static const struct {
		struct slice text, want;
		uint32_t odd;
	} cases[] = {
		{SLICE(""), SLICE(""), 0},
		{SLICE("aGVsbG8="), SLICE("hello"), 0},
		{SLICE("aGVs\r\nbG8sIHdv\r\ncmxkIQ==\r\n"), SLICE("hello, world!"), 0},
		{SLICE("AP+/\n"), SLICE("\0\xff\xbf"), 0},
		{SLICE(" a G V\ts b G 8 = \n"), SLICE("hello"), 0},
		/* Cut off, with a group that is not whole. */
		{SLICE("aGVsbG8"), SLICE("hello"), MIME_BAD_BASE64},
		{SLICE("aGVsb"), SLICE("hel"), MIME_BAD_BASE64},
		/* Other bytes are passed over, URL-safe ones too. */
		{SLICE("aG!Vs\x80"
		       "bG8="),
			SLICE("hello"), MIME_BAD_BASE64},
		{SLICE("aGVs-_bG8="), SLICE("hello"), MIME_BAD_BASE64},
		/* Texts behind each other. */
		{SLICE("aGVsbG8=\naGVsbG8=\n"), SLICE("hellohello"), MIME_BAD_BASE64},
		{SLICE("=aGVs"), SLICE("hel"), MIME_BAD_BASE64},
		{SLICE("a=GVs"),
			SLICE("\x19"
			      "\x5b"),
			MIME_BAD_BASE64},
		{SLICE("===="), SLICE(""), MIME_BAD_BASE64},
		{SLICE("aGVsbG8=="), SLICE("hello"), 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(MIME_BASE64, cases[i].text, cases[i].want, cases[i].odd);
}

static void quoted_printable_is_decoded(void **state)
{
	static const struct {
		struct slice text, want;
		uint32_t odd;
	} cases[] = {
		{SLICE(""), SLICE(""), 0},
		{SLICE("a=20b=3D=c3=A9\n"), SLICE("a b=\xc3\xa9\n"), 0},
		{SLICE("soft=\nbreak=\r\ns= \t\n!"), SLICE("softbreaks!"), 0},
		{SLICE("at the end="), SLICE("at the end"), 0},
		{SLICE("at the end=\r"), SLICE("at the end"), 0},
		{SLICE("1+1=2"), SLICE("1+1=2"), MIME_BAD_QUOTED},
		{SLICE("a=4"), SLICE("a=4"), MIME_BAD_QUOTED},
		{SLICE("a=GGb"), SLICE("a=GGb"), MIME_BAD_QUOTED},
		{SLICE("a==41"), SLICE("a=A"), MIME_BAD_QUOTED},
		{SLICE("= x"), SLICE("= x"), MIME_BAD_QUOTED},
		{SLICE("=00"), SLICE("\0"), 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(MIME_QUOTED_PRINTABLE, cases[i].text, cases[i].want, cases[i].odd);
}

static void the_rest_stays_as_it_is(void **state)
{
	(void)state;
	check(MIME_PLAIN, SLICE("a=20\0b"), SLICE("a=20\0b"), 0);
	check(MIME_UNKNOWN_ENCODING, SLICE("begin 644 x\n"), SLICE("begin 644 x\n"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_decoded),
		cmocka_unit_test(quoted_printable_is_decoded),
		cmocka_unit_test(the_rest_stays_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
