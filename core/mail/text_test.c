#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/mail/text.h"

static void check(struct slice message, struct slice want, uint32_t odd)
{
	struct text_work work = {0};
	struct arena arena = {0};
	struct buf out = {0};
	struct mime mime;

	mime_parse(&arena, message, &mime);
	assert_int_equal(text_of_message(&work, &mime, &out), odd);
	assert_string_equal(buf_str(&out), want.ptr);
	assert_int_equal(out.len, want.len);
	buf_free(&out);
	arena_free(&arena);
	text_work_free(&work);
}

static void all_text_of_a_message_is_one_line(void **state)
{
	(void)state;
	check(SLICE("Subject: no\n\nDear  Bob,\n\n  how are\tyou\n"),
		SLICE("Dear Bob, how are you"), 0);
	check(SLICE("Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n"
		    "--b\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n"
		    "PGI+dHdvPC9iPg==\n"
		    "--b\nContent-Type: image/png\n\nnoise\n"
		    "--b\nContent-Type: message/rfc822\n\nSubject: no\n\nthree=3D\n"
		    "--b\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
		    "fo=\nur=20\n--b--\nepilogue\n"),
		SLICE("one two three=3D four"), 0);
	check(SLICE("Content-Type: multipart/mixed\n\nno parts\n"), SLICE("no parts"), 0);
	check(SLICE("Content-Type: image/png\n\nno text\n"), SLICE(""), 0);
	check(SLICE("Content-Type: TEXT/X-ODD\n\nodd text\n"), SLICE("odd text"), 0);
}

/* All of them say "é" or "€". */
static void charsets_become_utf8(void **state)
{
	static const struct {
		struct slice message, text;
		uint32_t odd;
	} cases[] = {
#define IN(charset, bytes) SLICE("Content-Type: text/plain; charset=" charset "\n\n" bytes)
		{IN("utf-8", "\xc3\xa9"), SLICE("\xc3\xa9"), 0},
		{IN("UTF8", "\xe9z"), SLICE("\xef\xbf\xbdz"), MIME_OTHER_CHARSET},
		{IN("us-ascii", "\xe9"), SLICE("\xc3\xa9"), MIME_OTHER_CHARSET},
		{IN("us-ascii", "\xc3\xa9"), SLICE("\xc3\xa9"), 0},
		{SLICE("\n\xe9"), SLICE("\xc3\xa9"), MIME_OTHER_CHARSET},
		{IN("\"ISO-8859-1\"", "\xe9"), SLICE("\xc3\xa9"), 0},
		{IN("latin1", "plain text"), SLICE("plain text"), 0},
		{IN("windows-1252", "\x80\x81"), SLICE("\xe2\x82\xac\xef\xbf\xbd"), 0},
		{IN("iso-8859-15", "\xa4"), SLICE("\xe2\x82\xac"), 0},
		{IN("KOI8-R", "\xd4\xc5\xd3\xd4"), SLICE("\xd1\x82\xd0\xb5\xd1\x81\xd1\x82"), 0},
		{IN("gb2312", "\xd6\xd0"), SLICE("\xe4\xb8\xad"), 0},
		{IN("Shift_JIS", "\x93\xfa"), SLICE("\xe6\x97\xa5"), 0},
		{IN("iso-2022-jp", "\x1b$BF|\x1b(B"), SLICE("\xe6\x97\xa5"), 0},
		{IN("utf-16le", "h\0i\0"), SLICE("hi"), 0},
		{IN("euc-kr", "\xb0"), SLICE("\xef\xbf\xbd"), MIME_OTHER_CHARSET},
		{IN("euc-kr", "\xb0 x"), SLICE("\xef\xbf\xbd x"), MIME_OTHER_CHARSET},
		/* Not on the list, so never asked for. */
		{IN("utf-7", "+AOk-"), SLICE("+AOk-"), MIME_BAD_CHARSET},
		{IN("ISO-2022-CN-EXT", "a\xe9"), SLICE("a\xc3\xa9"),
			MIME_BAD_CHARSET | MIME_OTHER_CHARSET},
		{IN("../../tmp/evil", "a"), SLICE("a"), MIME_BAD_CHARSET},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(cases[i].message, cases[i].text, cases[i].odd);
}

static void a_long_text_is_converted_whole(void **state)
{
	struct charset charset = {0};
	struct buf bytes = {0}, out = {0};
	(void)state;
	for (int again = 0; again < 2; again++) {
		buf_reset(&bytes);
		buf_reset(&out);
		buf_pad(&bytes, '\xe9', 20000);
		buf_addc(&bytes, 'x');
		assert_int_equal(
			charset_to_utf8(&charset, SLICE("iso-8859-2"), buf_slice(&bytes), &out), 0);
		assert_int_equal(out.len, 40001);
		assert_int_equal(slice_index(buf_slice(&out), 'x'), 40000);
	}
	buf_free(&bytes);
	buf_free(&out);
	charset_free(&charset);
}

static void text_has_a_bound(void **state)
{
	struct text_work work = {0};
	struct arena arena = {0};
	struct buf text = {0}, out = {0};
	struct mime mime;
	(void)state;

	buf_add(&text, SLICE("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"));
	buf_pad(&text, 'x', LIMIT_BODY_TEXT - 3);
	buf_add(&text, SLICE("\n--b\n\nend\n--b\n\nmore\n--b--\n"));
	mime_parse(&arena, buf_slice(&text), &mime);
	assert_int_equal(text_of_message(&work, &mime, &out), MIME_CUT);
	assert_int_equal(out.len, LIMIT_BODY_TEXT + 1);
	assert_true(slice_ends_fold(buf_slice(&out), SLICE("x end")));
	buf_free(&text);
	buf_free(&out);
	arena_free(&arena);
	text_work_free(&work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_text_of_a_message_is_one_line),
		cmocka_unit_test(charsets_become_utf8),
		cmocka_unit_test(a_long_text_is_converted_whole),
		cmocka_unit_test(text_has_a_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
