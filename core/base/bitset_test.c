#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/bitset.h"

static void sizes_around_a_word(void **state)
{
	static const size_t sizes[] = {0, 1, 63, 64, 65, 127, 128, 129, 1000};
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t bits = sizes[i];
		struct bitset set = bitset_new(bits);
		assert_int_equal(bitset_count(&set), 0);
		assert_int_equal(bitset_next(&set, 0), SIZE_MAX);
		for (size_t at = 0; at < bits; at++) {
			assert_false(bitset_has(&set, at));
			bitset_set(&set, at);
			bitset_set(&set, at);
			assert_true(bitset_has(&set, at));
			assert_int_equal(bitset_count(&set), at + 1);
		}
		assert_int_equal(bitset_next(&set, bits), SIZE_MAX);
		assert_int_equal(bitset_next(&set, SIZE_MAX), SIZE_MAX);
		bitset_free(&set);
		assert_null(set.words);
	}
}

static void next_visits_each_once(void **state)
{
	static const size_t rows[] = {0, 1, 62, 63, 64, 127, 128, 500, 639};
	const size_t count = sizeof(rows) / sizeof(*rows);
	struct bitset set = bitset_new(640);
	size_t seen = 0;
	(void)state;
	for (size_t i = 0; i < count; i++)
		bitset_set(&set, rows[i]);
	assert_int_equal(bitset_count(&set), count);
	for (size_t at = bitset_next(&set, 0); at != SIZE_MAX; at = bitset_next(&set, at + 1)) {
		assert_true(seen < count);
		assert_int_equal(at, rows[seen++]);
	}
	assert_int_equal(seen, count);
	assert_int_equal(bitset_next(&set, 64), 64);
	assert_int_equal(bitset_next(&set, 65), 127);
	assert_int_equal(bitset_next(&set, 129), 500);
	bitset_free(&set);
}

static void the_last_row_is_found_from_afar(void **state)
{
	struct bitset set = bitset_new(1000000);
	(void)state;
	bitset_set(&set, 999999);
	assert_int_equal(bitset_next(&set, 0), 999999);
	assert_int_equal(bitset_next(&set, 999999), 999999);
	assert_int_equal(bitset_count(&set), 1);
	bitset_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_around_a_word),
		cmocka_unit_test(next_visits_each_once),
		cmocka_unit_test(the_last_row_is_found_from_afar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
