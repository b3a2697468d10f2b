#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/mail/script.h"

/* NULL stands for unknown. */
static const struct row {
	const char *block;
	const char *script;
} rows[] = {
	{"X-PHP-Originating-Script: 1000:form.php\n", "form.php"},
	{"x-php-originating-script: 33:index.php(2) : eval()'d code\n",
		"index.php(2) : eval()'d code"},
	{"X-PHP-Originating-Script: form.php\n", "form.php"},
	{"X-PHP-Originating-Script: c:form.php\n", "c:form.php"},
	{"X-PHP-Originating-Script: :form.php\n", ":form.php"},
	{"X-PHP-Script: www.example.com/forum/mail.php for 192.0.2.1, 192.0.2.7\n",
		"www.example.com/forum/mail.php"},
	{"X-PHP-Script: www.example.com/mail.php\n", "www.example.com/mail.php"},
	{"X-PHP-Filename: /srv/www/form.php REMOTE_ADDR: 192.0.2.1\n", "/srv/www/form.php"},
	{"X-PHP-Script:\n www.example.com/mail.php\n\tfor 192.0.2.1\n", "www.example.com/mail.php"},
	/* The one that tells most, wherever it stands; of equal ones the first. */
	{"X-PHP-Originating-Script: 33:a.php\nX-PHP-Script: example.com/b.php for 192.0.2.1\n"
	 "X-PHP-Filename: /c.php\n",
		"example.com/b.php"},
	{"X-PHP-Filename: /c.php\nX-PHP-Originating-Script: 33:a.php\n", "/c.php"},
	{"X-PHP-Originating-Script: 33:a.php\nX-PHP-Originating-Script: 0:forged.php\n", "a.php"},
	/* Fields that say nothing do not hide others. */
	{"X-PHP-Script:  \nX-PHP-Originating-Script: 33:a.php\n", "a.php"},
	{"X-PHP-Script: for 192.0.2.1\n", "for 192.0.2.1"},
	{"X-PHP-Originating-Script: 33:\n", NULL},
	{"Subject: X-PHP-Script: a.php\n\nX-PHP-Script: body.php\n", NULL},
	{"", NULL},
};

static void names_the_script(void **state)
{
	struct arena arena = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice got = script_from_headers(&arena, slice_cstr(rows[i].block));
		assert_int_equal(slice_known(got), rows[i].script != NULL);
		assert_true(slice_eq(got, slice_cstr(rows[i].script)));
	}
	arena_free(&arena);
}

static void a_long_name_is_cut(void **state)
{
	struct arena arena = {0};
	struct buf block = {0};
	(void)state;
	buf_add(&block, SLICE("X-PHP-Script: "));
	buf_pad(&block, 'a', 2 * LIMIT_HEADER_VALUE);
	assert_int_equal(script_from_headers(&arena, buf_slice(&block)).len, LIMIT_HEADER_VALUE);
	buf_free(&block);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_script),
		cmocka_unit_test(a_long_name_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
