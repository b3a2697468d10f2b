#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/base/buf.h"

static void starts_empty(void **state)
{
	struct buf buf = {0};
	(void)state;
	assert_int_equal(buf_slice(&buf).len, 0);
	assert_true(slice_known(buf_slice(&buf))); /* known, and empty */
	assert_string_equal(buf_str(&buf), "");
	buf_free(&buf);
	buf_free(&buf);
	assert_null(buf.ptr);
}

static void takes_any_bytes(void **state)
{
	struct buf buf = {0};
	(void)state;
	buf_add(&buf, (struct slice){0});
	buf_add(&buf, SLICE(""));
	assert_int_equal(buf.len, 0);
	buf_add(&buf, SLICE("a\0b"));
	buf_addc(&buf, '\0');
	buf_addc(&buf, '\xff');
	buf_pad(&buf, '-', 3);
	buf_pad(&buf, '-', 0);
	assert_true(slice_eq(buf_slice(&buf), SLICE("a\0b\0\xff---")));
	buf_free(&buf);
}

static void is_a_c_string_at_every_length(void **state)
{
	struct buf buf = {0};
	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		assert_int_equal(strlen(buf_str(&buf)), i);
		buf_addc(&buf, (char)('a' + i % 26));
	}
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(buf.ptr[i], 'a' + i % 26);
	buf_reset(&buf);
	assert_string_equal(buf_str(&buf), "");
	buf_add(&buf, SLICE("new"));
	assert_string_equal(buf_str(&buf), "new");
	buf_free(&buf);
}

static void room_holds_what_was_asked_and_a_nul(void **state)
{
	(void)state;
	for (size_t n = 0; n < 300; n++) {
		struct buf buf = {0};
		buf_add(&buf, SLICE("head "));
		memset(buf_room(&buf, n), 'x', n);
		buf.len += n;
		assert_int_equal(strlen(buf_str(&buf)), 5 + n);
		buf_free(&buf);
	}
}

static void prints_at_every_fill(void **state)
{
	(void)state;
	for (size_t fill = 0; fill < 200; fill++) {
		struct buf buf = {0};
		buf_pad(&buf, '.', fill);
		buf_printf(&buf, "%s %d", "words", -42);
		buf_printf(&buf, "%s", "");
		assert_int_equal(buf.len, fill + 9);
		assert_string_equal(buf_str(&buf) + fill, "words -42");
		buf_free(&buf);
	}
}

static void prints_long_text(void **state)
{
	struct buf buf = {0};
	char *words = calloc(100001, 1);
	(void)state;
	assert_non_null(words);
	memset(words, 'w', 100000);
	buf_printf(&buf, "<%s>", words);
	assert_int_equal(buf.len, 100002);
	assert_string_equal(buf_str(&buf) + 99999, "ww>");
	buf_free(&buf);
	free(words);
}

static void cuts_between_characters(void **state)
{
	struct buf buf = {0};
	(void)state;
	buf_add(&buf, SLICE("head aüü"));
	assert_false(buf_cut(&buf, 5, 5));
	assert_true(buf_cut(&buf, 5, 4));
	assert_string_equal(buf_str(&buf), "head aü");
	assert_true(buf_cut(&buf, 5, 2));
	assert_string_equal(buf_str(&buf), "head a");
	buf_add(&buf, SLICE("\x80\x80\x80"));
	assert_true(buf_cut(&buf, 6, 1));
	assert_string_equal(buf_str(&buf), "head a");
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(takes_any_bytes),
		cmocka_unit_test(is_a_c_string_at_every_length),
		cmocka_unit_test(room_holds_what_was_asked_and_a_nul),
		cmocka_unit_test(prints_at_every_fill),
		cmocka_unit_test(prints_long_text),
		cmocka_unit_test(cuts_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
