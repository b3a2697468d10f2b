#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "core/verdict/stats.h"

static void gives_wilsons_interval(void **state)
{
	/* Published values. */
	static const struct {
		double k, n, low, high;
	} cases[] = {{3, 10, 0.108, 0.603}, {9, 100, 0.048, 0.162}, {20, 100, 0.133, 0.289},
		{9, 300, 0.016, 0.056}, {60, 300, 0.159, 0.249}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct interval interval = stats_wilson(cases[i].k, cases[i].n);
		assert_true(fabs(interval.low - cases[i].low) < 0.0006);
		assert_true(fabs(interval.high - cases[i].high) < 0.0006);
	}
	struct interval none = stats_wilson(0, 0), all = stats_wilson(50, 50);
	assert_true(none.low == 0 && none.high == 1);
	assert_true(all.low > 0.9 && all.high > 0.999);
}

static void gives_quantiles(void **state)
{
	double values[] = {9, 1, 5, 3, 7}, one[] = {4};
	(void)state;
	assert_true(stats_quantile(values, 5, 0.5) == 5);
	assert_true(stats_quantile(values, 5, 0) == 1);
	assert_true(stats_quantile(values, 5, 1) == 9);
	assert_true(stats_quantile(one, 1, 0.99) == 4);
}

static void tells_what_is_far_off(void **state)
{
	double others[] = {1, 2, 2, 3, 3, 3, 4, 5, 6, 8}, same[] = {3, 3, 3, 3, 3, 3, 3, 3};
	(void)state;
	assert_true(stats_outlier(4, others, 10) < 1);
	assert_true(stats_outlier(500, others, 10) > 6);
	assert_true(stats_outlier(0, others, 10) < 0);
	assert_true(stats_outlier(3, same, 8) == 0);
	assert_true(stats_outlier(300, same, 8) > 6);
	/* Too few to say. */
	assert_true(stats_outlier(500, others, 7) == 0);
}

static void tells_a_program_from_people(void **state)
{
	int64_t even[600], bursts[600];
	(void)state;
	for (int i = 0; i < 600; i++) {
		even[i] = 1000 + i * 5;
		bursts[i] = 1000 + (i / 200) * 40000 + i;
	}
	double steady = stats_unsteady(even, 600), uneven = stats_unsteady(bursts, 600);
	assert_true(steady >= 0 && steady < 0.05);
	assert_true(uneven > 1);
	assert_true(stats_unsteady(even, 50) == -1);
	/* All at once. */
	for (int i = 0; i < 600; i++)
		even[i] = 7;
	assert_true(stats_unsteady(even, 600) == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_wilsons_interval),
		cmocka_unit_test(gives_quantiles),
		cmocka_unit_test(tells_what_is_far_off),
		cmocka_unit_test(tells_a_program_from_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
