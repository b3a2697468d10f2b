#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/base/intern.h"

static void fixed_ids(void **state)
{
	struct intern in;
	(void)state;
	intern_init(&in);
	assert_int_equal(intern_add(&in, (struct slice){0}), INTERN_UNKNOWN);
	assert_int_equal(intern_add_fold(&in, (struct slice){0}), INTERN_UNKNOWN);
	assert_int_equal(intern_find(&in, (struct slice){0}), INTERN_UNKNOWN);
	assert_int_equal(intern_add(&in, SLICE("")), INTERN_EMPTY);
	assert_int_equal(intern_add_fold(&in, SLICE("")), INTERN_EMPTY);
	assert_int_equal(intern_find(&in, SLICE("")), INTERN_EMPTY);
	assert_false(slice_known(intern_get(&in, INTERN_UNKNOWN)));
	assert_true(slice_known(intern_get(&in, INTERN_EMPTY)));
	assert_int_equal(intern_get(&in, INTERN_EMPTY).len, 0);
	intern_free(&in);
}

static void equal_strings_share_an_id(void **state)
{
	struct intern in;
	char text[] = "bob@example.com";
	(void)state;
	intern_init(&in);
	uint32_t id = intern_add(&in, slice_cstr(text));
	text[0] = 'r'; /* the caller's bytes are his own */
	assert_int_equal(intern_find(&in, slice_cstr(text)), INTERN_UNKNOWN);
	assert_true(slice_eq(intern_get(&in, id), SLICE("bob@example.com")));
	assert_int_equal(intern_find(&in, SLICE("bob@example.com")), id);
	assert_int_not_equal(intern_add(&in, slice_cstr(text)), id);
	assert_int_equal(in.count, 4);
	intern_free(&in);
}

static void hostile_bytes_are_bytes(void **state)
{
	/* All different, though much of C would take some for the same. */
	static const struct slice strings[] = {{"a", 1}, {"a\0", 2}, {"a\0b", 3}, {"\0", 1},
		{"\0\0", 2}, {"\xff", 1}, {"\xff\xfe", 2}, {"%s%n", 4}, {"A", 1}, {"\n", 1}};
	enum { COUNT = sizeof(strings) / sizeof(*strings) };
	uint32_t ids[COUNT];
	struct intern in;
	(void)state;
	intern_init(&in);
	for (size_t i = 0; i < COUNT; i++) {
		ids[i] = intern_add(&in, strings[i]);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(ids[i], ids[j]);
	}
	for (size_t i = 0; i < COUNT; i++)
		assert_true(slice_eq(intern_get(&in, ids[i]), strings[i]));
	intern_free(&in);
}

static void fold_lowers_ascii(void **state)
{
	struct intern in;
	char big[2000], lower[2000];
	(void)state;
	intern_init(&in);
	uint32_t id = intern_add_fold(&in, SLICE("Bob@EXAMPLE.com"));
	assert_int_equal(intern_add(&in, SLICE("bob@example.com")), id);
	assert_int_not_equal(intern_add(&in, SLICE("Bob@example.com")), id);
	id = intern_add_fold(&in, SLICE("\xc3\x84[@\0Z"));
	assert_true(slice_eq(intern_get(&in, id), SLICE("\xc3\x84[@\0z")));
	/* Around the size that is lowered on the stack. */
	memset(big, 'Q', sizeof(big));
	memset(lower, 'q', sizeof(lower));
	for (size_t len = 510; len < 515; len++)
		assert_true(slice_eq(intern_get(&in, intern_add_fold(&in, slice_of(big, len))),
			slice_of(lower, len)));
	id = intern_add_fold(&in, slice_of(big, sizeof(big)));
	assert_int_equal(intern_find(&in, slice_of(lower, sizeof(lower))), id);
	intern_free(&in);
}

static struct slice number(char room[32], uint32_t i)
{
	return slice_of(room, (size_t)snprintf(room, 32, "user%u@example.net", i));
}

static void grows_past_a_million(void **state)
{
	enum { MANY = 1200000 };
	struct intern in;
	char room[32];
	(void)state;
	intern_init(&in);
	uint32_t first = intern_add(&in, number(room, 0));
	const char *where = intern_get(&in, first).ptr;
	for (uint32_t i = 1; i < MANY; i++)
		if (intern_add(&in, number(room, i)) != first + i)
			fail_msg("string %u did not get the next id", i);
	assert_ptr_equal(intern_get(&in, first).ptr, where);
	assert_int_equal(in.count, first + MANY);
	for (uint32_t i = 0; i < MANY; i += 7) {
		struct slice s = number(room, i);
		if (intern_find(&in, s) != first + i || intern_add(&in, s) != first + i ||
			!slice_eq(intern_get(&in, first + i), s))
			fail_msg("string %u was lost", i);
	}
	assert_int_equal(intern_find(&in, number(room, MANY)), INTERN_UNKNOWN);
	assert_int_equal(in.count, first + MANY);
	intern_free(&in);
}

static void hash_is_one_in_a_process(void **state)
{
	char copy[] = "192.0.2.1";
	(void)state;
	assert_true(seeded_hash("192.0.2.1", 9) == seeded_hash(copy, 9));
	assert_false(seeded_hash("192.0.2.1", 9) == seeded_hash("192.0.2.2", 9));
	assert_false(seeded_hash("", 0) == seeded_hash("\0", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_ids),
		cmocka_unit_test(equal_strings_share_an_id),
		cmocka_unit_test(hostile_bytes_are_bytes),
		cmocka_unit_test(fold_lowers_ascii),
		cmocka_unit_test(grows_past_a_million),
		cmocka_unit_test(hash_is_one_in_a_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
