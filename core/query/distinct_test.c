#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/query/distinct.h"

static void says_what_is_new(void **state)
{
	static const uint32_t ids[] = {0, 1, 63, 64, 65, 4096, UINT32_MAX, UINT32_MAX - 64};
	static const uint64_t sets[] = {0, 1, 2, 1000, (UINT64_C(1) << 38) - 1};
	struct distinct distinct = {0};
	(void)state;
	for (unsigned s = 0; s < sizeof(sets) / sizeof(*sets); s++)
		for (unsigned i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
			assert_true(distinct_add(&distinct, sets[s], ids[i]));
			assert_false(distinct_add(&distinct, sets[s], ids[i]));
		}
	distinct_free(&distinct);
	assert_true(distinct_add(&distinct, 0, 0));
	distinct_free(&distinct);
}

static void neighbours_share_memory(void **state)
{
	enum { IDS = 640000, SETS = 3 };
	struct distinct distinct = {0};
	(void)state;
	for (uint32_t id = 0; id < IDS; id++)
		for (uint64_t set = 0; set < SETS; set++)
			if (!distinct_add(&distinct, set, id))
				fail_msg("%u was taken for known", id);
	assert_in_range(distinct.count, 1, SETS * (IDS / 64 + 1));
	for (uint32_t id = IDS; id-- > 0;)
		if (distinct_add(&distinct, id % SETS, id))
			fail_msg("%u was forgotten", id);
	distinct_free(&distinct);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_new),
		cmocka_unit_test(neighbours_share_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
