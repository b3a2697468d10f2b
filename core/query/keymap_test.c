#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/query/keymap.h"

static void test_order_of_first_sight(void **state)
{
	static const uint64_t keys[] = {7, 0, UINT64_MAX, 7, (uint64_t)INT64_MIN, 0};
	static const uint32_t places[] = {0, 1, 2, 0, 3, 1};
	struct keymap map = {0};
	(void)state;

	assert_int_equal(keymap_find(&map, 7), KEYMAP_NONE);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		assert_int_equal(keymap_add(&map, keys[i]), places[i]);
	assert_int_equal(map.count, 4);
	assert_int_equal(keymap_find(&map, UINT64_MAX), 2);
	assert_int_equal(keymap_find(&map, 8), KEYMAP_NONE);
	keymap_free(&map);
	assert_int_equal(map.count, 0);
}

static void test_growth(void **state)
{
	enum { KEYS = 100 * 1000 };
	struct keymap map = {0};
	(void)state;

	for (uint64_t i = 0; i < KEYS; i++)
		assert_int_equal(keymap_add(&map, i << 20), i);
	for (uint64_t i = 0; i < KEYS; i++)
		assert_int_equal(keymap_find(&map, i << 20), i);
	assert_int_equal(keymap_find(&map, 1), KEYMAP_NONE);
	assert_int_equal(map.count, KEYS);
	keymap_free(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_first_sight),
		cmocka_unit_test(test_growth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
