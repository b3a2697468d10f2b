#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"

static void keeps_code_and_text(void **state)
{
	struct err err;
	(void)state;
	assert_int_equal(err_set(&err, ERR_USAGE, 0, "%s is no field", "from"), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "from is no field");
	assert_int_equal(err_set(&err, ERR_DAMAGED, EIO, "cannot read %s", "A1B2C3"), -1);
	assert_int_equal(err.code, ERR_DAMAGED);
	assert_int_equal(err.sys, EIO);
	assert_string_equal(err.text, "cannot read A1B2C3: Input/output error");
}

static void errno_picks_the_code(void **state)
{
	static const struct {
		int sys;
		enum err_code code;
	} cases[] = {{EACCES, ERR_PERMISSION}, {EPERM, ERR_PERMISSION}, {ENOENT, ERR_GONE},
		{ENOTDIR, ERR_GONE}, {ESTALE, ERR_GONE}, {EIO, ERR_IO}, {ENOSPC, ERR_IO},
		{EMFILE, ERR_IO}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err;
		errno = cases[i].sys;
		assert_int_equal(err_sys(&err, "cannot open %d", 7), -1);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(err.sys, cases[i].sys);
		assert_true(strncmp(err.text, "cannot open 7: ", 15) == 0);
		assert_string_equal(err.text + 15, strerror(cases[i].sys));
	}
}

static void long_text_keeps_its_cause(void **state)
{
	static const char cause[] = ": No such file or directory";
	char *path = calloc(5001, 1);
	(void)state;
	assert_non_null(path);
	memset(path, 'p', 5000);
	for (size_t len = 400; len < 600; len++) {
		struct err err;
		errno = ENOENT;
		err_sys(&err, "cannot open %s", path + 5000 - len);
		size_t got = strlen(err.text), most = sizeof(err.text) - 1;
		assert_int_equal(
			got, 12 + len + strlen(cause) < most ? 12 + len + strlen(cause) : most);
		assert_string_equal(err.text + got - strlen(cause), cause);
	}
	struct err err;
	err_set(&err, ERR_LIMIT, 0, "%s", path);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_code_and_text),
		cmocka_unit_test(errno_picks_the_code),
		cmocka_unit_test(long_text_keeps_its_cause),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
