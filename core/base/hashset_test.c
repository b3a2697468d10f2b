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

/* Sets of every size into sets of every size, with a key that both have. */
static void merge_moves_all_keys(void **state)
{
	static const uint64_t sizes[] = {0, 1, 2, 3000};
	(void)state;

	for (size_t i = 0; i < 16; i++) {
		uint64_t left = sizes[i / 4], right = sizes[i % 4];
		struct hashset set = {0}, from = {0};
		for (uint64_t k = 0; k < left; k++)
			hashset_add(&set, k);
		for (uint64_t k = 0; k < right; k++)
			hashset_add(&from, k ? k + 1000000 : 0);
		hashset_merge(&set, &from);
		assert_int_equal(set.count, left + right - (left && right));
		assert_int_equal(hashset_has(&set, 0), left || right);
		for (uint64_t k = 1; k < 4000; k++) {
			assert_int_equal(hashset_has(&set, k), k < left);
			assert_int_equal(hashset_has(&set, k + 1000000), k < right);
		}
		assert_int_equal(from.count, 0);
		assert_false(hashset_has(&from, 0));
		assert_true(hashset_add(&from, 7)); /* empty, and ready */
		hashset_free(&from);
		hashset_free(&set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_is_a_key),
		cmocka_unit_test(add_says_what_is_new),
		cmocka_unit_test(grows),
		cmocka_unit_test(merge_moves_all_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
