#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/forge/rng.h"

enum { MANY = 20000 };

/* Golden trees hang on these numbers: a change here changes every one of them. */
static void test_known_numbers(void **state)
{
	(void)state;
	struct rng rng = rng_start(1, 0);
	assert_int_equal(rng_next(&rng), UINT64_C(0x313dbfdf749e687e));
	assert_int_equal(rng_next(&rng), UINT64_C(0x103ab716a0bc4047));
	rng = rng_start(UINT64_MAX, UINT64_MAX);
	assert_int_equal(rng_next(&rng), UINT64_C(0xe504f059cc47625e));
	assert_int_equal(rng_mix(0, 0), UINT64_C(0x48218226ff3cd4bf));
}

static void test_streams_differ(void **state)
{
	(void)state;
	struct rng a = rng_start(1, 2), same = rng_start(1, 2), swapped = rng_start(2, 1),
		   next = rng_start(1, 3);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t n = rng_next(&a);
		assert_int_equal(n, rng_next(&same));
		assert_int_not_equal(n, rng_next(&swapped));
		assert_int_not_equal(n, rng_next(&next));
	}
}

static void test_below(void **state)
{
	(void)state;
	static const uint64_t bounds[] = {1, 2, 3, 7, 1000, UINT64_C(1) << 63, UINT64_MAX};
	struct rng rng = rng_start(3, 0);
	for (size_t b = 0; b < sizeof(bounds) / sizeof(*bounds); b++)
		for (unsigned i = 0; i < 1000; i++)
			assert_true(rng_below(&rng, bounds[b]) < bounds[b]);
	unsigned seen[7] = {0};
	for (unsigned i = 0; i < MANY; i++)
		seen[rng_below(&rng, 7)]++;
	for (unsigned i = 0; i < 7; i++)
		assert_in_range(seen[i], MANY / 7 * 9 / 10, MANY / 7 * 11 / 10);
}

static void test_between_has_both_ends(void **state)
{
	(void)state;
	struct rng rng = rng_start(4, 0);
	bool low = false, high = false;
	for (unsigned i = 0; i < 200; i++) {
		int64_t n = rng_between(&rng, -2, 2);
		assert_true(n >= -2 && n <= 2);
		low = low || n == -2;
		high = high || n == 2;
	}
	assert_true(low && high);
	assert_int_equal(rng_between(&rng, 5, 5), 5);
}

static void test_chance(void **state)
{
	(void)state;
	struct rng rng = rng_start(5, 0);
	unsigned hits = 0;
	for (unsigned i = 0; i < MANY; i++) {
		assert_false(rng_chance(&rng, 0));
		assert_true(rng_chance(&rng, 10000));
		hits += rng_chance(&rng, 2500);
	}
	assert_in_range(hits, MANY / 4 * 9 / 10, MANY / 4 * 11 / 10);
}

static void test_weighted(void **state)
{
	(void)state;
	static const unsigned weights[] = {0, 3, 0, 1, 0};
	unsigned seen[5] = {0};
	struct rng rng = rng_start(6, 0);
	for (unsigned i = 0; i < MANY; i++)
		seen[rng_weighted(&rng, weights, 5)]++;
	assert_int_equal(seen[0] + seen[2] + seen[4], 0);
	assert_in_range(seen[1], MANY * 70 / 100, MANY * 80 / 100);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void test_sizes(void **state)
{
	(void)state;
	enum { MEDIAN = 4096 };
	static uint64_t sizes[MANY];
	struct rng rng = rng_start(7, 0);
	for (unsigned i = 0; i < MANY; i++)
		sizes[i] = rng_size(&rng, MEDIAN);
	qsort(sizes, MANY, sizeof(*sizes), compare);
	assert_in_range(sizes[MANY / 2], MEDIAN * 9 / 10, MEDIAN * 11 / 10);
	/* One sigma: exp(1) to either side. */
	assert_in_range(sizes[MANY * 841 / 1000], MEDIAN * 24 / 10, MEDIAN * 31 / 10);
	assert_in_range(sizes[MANY * 159 / 1000], MEDIAN * 32 / 100, MEDIAN * 42 / 100);
	assert_in_range(sizes[MANY * 99 / 100], MEDIAN * 7, MEDIAN * 13);
	assert_true(sizes[0] > 0 && sizes[MANY - 1] <= UINT64_C(30) * MEDIAN);
}

static void test_counts(void **state)
{
	(void)state;
	struct rng rng = rng_start(8, 0);
	uint64_t sum = 0;
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(rng_count(&rng, 0), 0);
		sum += rng_count(&rng, 250);
	}
	assert_in_range(sum, MANY * 24 / 10, MANY * 26 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_numbers),
		cmocka_unit_test(test_streams_differ),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_between_has_both_ends),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_weighted),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
