#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/hashset.h"

static void zero_is_a_key(void **state)
{
	struct hashset set = {0};
	(void)state;
	assert_false(hashset_has(&set, 0));
	assert_false(hashset_has(&set, 1));
	assert_true(hashset_add(&set, 0));
	assert_false(hashset_add(&set, 0));
	assert_true(hashset_has(&set, 0));
	assert_false(hashset_has(&set, 1));
	assert_int_equal(set.count, 1);
	hashset_free(&set);
	assert_int_equal(set.count, 0);
	assert_false(hashset_has(&set, 0));
}

static void add_says_what_is_new(void **state)
{
	static const uint64_t keys[] = {1, UINT64_MAX, (uint64_t)1 << 32, (uint64_t)1 << 63, 1024};
	struct hashset set = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		assert_false(hashset_has(&set, keys[i]));
		assert_true(hashset_add(&set, keys[i]));
		assert_false(hashset_add(&set, keys[i]));
		assert_int_equal(set.count, i + 1);
	}
	hashset_free(&set);
}

/* Keys that differ in few bits, as pairs of row numbers do, low or high. */
static void check_pattern(uint64_t factor)
{
	enum { MANY = 300000 };
	struct hashset set = {0};
	for (uint64_t i = 0; i < MANY; i++)
		if (!hashset_add(&set, i * factor))
			fail_msg("key %llu was taken for an old one", (unsigned long long)i);
	assert_int_equal(set.count, MANY);
	for (uint64_t i = 0; i < MANY; i++)
		if (!hashset_has(&set, i * factor) || hashset_add(&set, i * factor))
			fail_msg("key %llu was lost", (unsigned long long)i);
	assert_false(hashset_has(&set, (uint64_t)MANY * factor));
	assert_int_equal(set.count, MANY);
	hashset_free(&set);
}

static void grows(void **state)
{
	(void)state;
	check_pattern(1);
	check_pattern((uint64_t)1 << 32);
	check_pattern(((uint64_t)1 << 32) + 1);
	check_pattern(1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_is_a_key),
		cmocka_unit_test(add_says_what_is_new),
		cmocka_unit_test(grows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
