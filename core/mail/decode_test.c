#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib.h>

#include "core/mail/decode.h"

static void values_as_people_read_them(void **state)
{
	static const struct {
		const char *raw;
		const char *text;
	} cases[] = {
		{"", ""},
		{"plain  text = ?", "plain  text = ?"},
		{"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
			"Gr\xc3\xbc\xc3\x9f"
			"e"},
		{"=?UTF-8?B?R3LDvMOfZQ==?= from =?iso-8859-1?q?K=F6ln?=",
			"Gr\xc3\xbc\xc3\x9f"
			"e from K\xc3\xb6ln"},
		{"=?iso-8859-15?Q?5_=A4?= =?utf-8?Q?_x?=", "5 \xe2\x82\xac x"},
		{"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac"},
		{"=?koi8-r?B?8NLJ18XU?=", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
		{"=?gb2312?B?xOO6ww==?=", "\xe4\xbd\xa0\xe5\xa5\xbd"},
		/* A character split over two words, as broken mailers do. */
		{"=?utf-8?B?w?= =?utf-8?B?7w=?=", "\xc3\xbc"},
		{"=?utf-8*en?Q?a_b?=", "a b"},
		/* Without an encoded word: UTF-8 where it is valid, else Windows' charset. */
		{"Gr\xc3\xbc\xc3\x9f"
		 "e",
			"Gr\xc3\xbc\xc3\x9f"
			"e"},
		{"K\xf6ln 5 \x80", "K\xc3\xb6ln 5 \xe2\x82\xac"},
		/* No encoded words, though they begin like some. */
		{"=?utf-8?Q?a", "=?utf-8?Q?a"},
		{"=?utf-8?X?a?=", "=?utf-8?X?a?="},
		{"=?", "=?"},
		{"=??Q?a?=", "=??Q?a?="},
		/* A control is not this module's business. */
		{"=?utf-8?Q?a=1B[2J?=", "a\x1b[2J"},
		{" =?utf-8?Q?a?= ", " a "},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		decode_header(&out, slice_cstr(cases[i].raw));
		assert_string_equal(buf_str(&out), cases[i].text);
	}
	buf_free(&out);
}

static void tells_what_needs_decoding(void **state)
{
	(void)state;
	assert_false(decode_needed(SLICE("plain = ? text")));
	assert_false(decode_needed(SLICE("ends in =")));
	assert_false(decode_needed((struct slice){0}));
	assert_true(decode_needed(SLICE("a =?x")));
	assert_true(decode_needed(SLICE("K\xf6ln")));
}

static void a_nul_hides_nothing(void **state)
{
	static const char raw[] = "a\0=?utf-8?Q?b?= c";
	struct buf out = {0};
	(void)state;
	decode_header(&out, slice_of(raw, sizeof(raw) - 1));
	assert_string_equal(buf_str(&out), "a?b c");
	buf_reset(&out);
	decode_header(&out, SLICE("=?utf-8?Q?a=00b?= =?utf-8?Q?c?="));
	assert_string_equal(buf_str(&out), "a?bc");
	/* Other charsets: what is behind the word is still there. */
	buf_reset(&out);
	decode_header(&out, SLICE("x =?iso-8859-1?Q?a=00b?= hidden =?utf-8?Q?c?="));
	assert_string_equal(buf_str(&out), "x a\xef\xbf\xbd hidden c");
	buf_free(&out);
}

static void hostile_values_stay_valid_and_bounded(void **state)
{
	static const char *const units[] = {"=?", "=?utf-8?q?", "=?a?b?c?=", "\xff",
		"=?utf-8?q?=FF?=", "=?utf-7?q?+AAA-?=", "=?utf-16?b?AAAA?= ", "=?x?q?\xff?=",
		"\xc3", "=?utf-8?b?/?=", "=?iso-2022-jp?q?=1B$B?=", "=?\x01?q?a?="};
	struct buf raw = {0}, out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		buf_reset(&raw);
		buf_reset(&out);
		while (raw.len < 20 * 1000)
			buf_add(&raw, slice_cstr(units[i]));
		decode_header(&out, buf_slice(&raw));
		assert_true(g_utf8_validate(out.ptr, (gssize)out.len, NULL));
		assert_true(out.len <= DECODE_GROWTH * raw.len);
	}
	buf_free(&raw);
	buf_free(&out);
}

/* Tamil's old charset has bytes that stand for four letters, twelve bytes of UTF-8. */
static void growth_ends_between_letters(void **state)
{
	struct buf raw = {0}, out = {0};
	(void)state;
	buf_add(&raw, SLICE("=?tscii?B?"));
	for (int i = 0; i < 200; i++)
		buf_add(&raw, SLICE("goKC"));
	buf_add(&raw, SLICE("?="));
	buf_add(&out, SLICE("kept "));
	decode_header(&out, buf_slice(&raw));
	assert_memory_equal(out.ptr, "kept ", 5);
	assert_true(out.len - 5 <= DECODE_GROWTH * raw.len);
	assert_true(g_utf8_validate(out.ptr, (gssize)out.len, NULL));
	if (g_utf8_get_char(out.ptr + 5) == 0xbb8) /* iconv knows the charset */
		assert_true(out.len - 5 > DECODE_GROWTH * raw.len - 3);
	buf_free(&raw);
	buf_free(&out);
}

/* What GMime thinks of a stranger's mail is nothing an admin has to see. */
static void nothing_is_printed(void **state)
{
	char path[] = "/tmp/decode_test.XXXXXX";
	int file = mkstemp(path), stderr_fd = dup(STDERR_FILENO);
	struct buf out = {0};
	(void)state;
	assert_true(file >= 0 && stderr_fd >= 0);
	unlink(path);
	dup2(file, STDERR_FILENO);
	decode_header(&out, SLICE("=?no-such-charset?Q?a=FF?= \xff\xfe =?utf-8?b?!?="));
	g_log("gmime", G_LOG_LEVEL_WARNING, "a warning");
	g_log("gmime", G_LOG_LEVEL_CRITICAL, "a critical one");
	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	assert_int_equal(lseek(file, 0, SEEK_END), 0);
	close(file);
	buf_free(&out);
}

static void *decode_many(void *arg)
{
	struct buf *out = arg;

	for (unsigned i = 0; i < 2000; i++) {
		buf_reset(out);
		decode_header(out, SLICE("=?iso-8859-1?Q?caf=E9?= =?koi8-r?B?79TXxdQ=?= \xfc"));
	}
	return NULL;
}

/* Readers decode side by side. */
static void many_threads_may_ask(void **state)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	struct buf out[THREADS] = {0};
	(void)state;

	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, decode_many, &out[i]), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_string_equal(buf_str(&out[i]), "caféОтвет ü");
		buf_free(&out[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_as_people_read_them),
		cmocka_unit_test(tells_what_needs_decoding),
		cmocka_unit_test(a_nul_hides_nothing),
		cmocka_unit_test(hostile_values_stay_valid_and_bounded),
		cmocka_unit_test(growth_ends_between_letters),
		cmocka_unit_test(nothing_is_printed),
		cmocka_unit_test(many_threads_may_ask),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
