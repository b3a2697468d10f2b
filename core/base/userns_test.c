#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "core/base/userns.h"

static void knows_the_map_of_all_users(void **state)
{
	(void)state;
	assert_true(userns_is_whole(SLICE("         0          0 4294967295\n")));
	assert_false(userns_is_whole(SLICE("         0     100000      65536\n")));
	assert_false(userns_is_whole(SLICE("         0          0          1\n")));
	assert_false(userns_is_whole(SLICE("0 0\n")));
	assert_false(userns_is_whole(SLICE("")));
}

static void hides_nobody_who_has_an_id(void **state)
{
	(void)state;
	assert_false(userns_hides(0));
	assert_false(userns_hides(getuid() == 65534 ? 0 : getuid()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_map_of_all_users),
		cmocka_unit_test(hides_nobody_who_has_an_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
