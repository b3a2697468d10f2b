#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/forge/choice.h"

static const char *const words[] = {"red", "green", "blue", NULL};

static int parse(struct choices *choices, struct arena *arena, const char *text)
{
	struct err err;
	return choices_parse(choices, arena, slice_cstr(text), words, &err);
}

static void test_items(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct choices c;
	assert_int_equal(parse(&c, &arena, "70 blue 3k 2h of the sky, red, 0 green a b"), 0);
	assert_int_equal(c.count, 3);
	assert_int_equal(c.total, 71);
	assert_int_equal(c.list[0].word, 2);
	assert_int_equal(c.list[0].a, 3000);
	assert_int_equal(c.list[0].b, 7200);
	assert_true(slice_eq(c.list[0].text, SLICE("of the sky")));
	assert_int_equal(c.list[1].weight, 1);
	assert_int_equal(c.list[1].text.len, 0);
	assert_true(slice_eq(c.list[2].text, SLICE("a b")));
	arena_free(&arena);
}

static void test_weights(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct choices c;
	struct rng rng = rng_start(1, 1);
	unsigned drawn[3] = {0};
	assert_int_equal(parse(&c, &arena, "30 red, 0 green, 70 blue"), 0);
	for (unsigned i = 0; i < 10000; i++)
		drawn[choices_draw(&c, &rng)->word]++;
	assert_in_range(drawn[0], 2800, 3200);
	assert_int_equal(drawn[1], 0);
	arena_free(&arena);
}

static void test_nonsense(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct choices c;
	assert_int_equal(parse(&c, &arena, ""), -1);
	assert_int_equal(parse(&c, &arena, "yellow"), -1);
	assert_int_equal(parse(&c, &arena, "3 red,"), -1);
	assert_int_equal(parse(&c, &arena, "0 red"), -1);
	assert_int_equal(parse(&c, &arena, "99999999 red"), -1);
	int64_t n;
	assert_false(choice_number(SLICE("-1"), &n));
	assert_false(choice_number(SLICE("h"), &n));
	assert_false(choice_number(SLICE("9223372036854775807k"), &n));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
