#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/base/frequent.h"

static void add(struct frequent *frequent, const char *text)
{
	frequent_add(frequent, slice_cstr(text), frequent_hash(slice_cstr(text)));
}

static bool finds(const struct frequent *frequent, const char *text)
{
	struct slice found = frequent_find(frequent, frequent_hash(slice_cstr(text)));
	return slice_known(found) && slice_eq_fold(found, slice_cstr(text));
}

static void hashes_without_case(void **state)
{
	(void)state;
	assert_int_equal(
		frequent_hash(SLICE("Anna@Example.ORG")), frequent_hash(SLICE("anna@example.org")));
	assert_int_not_equal(
		frequent_hash(SLICE("anna@example.org")), frequent_hash(SLICE("anna@example.com")));
	assert_int_not_equal(frequent_hash(SLICE("")), 0);
	assert_int_not_equal(frequent_hash(SLICE("\0")), frequent_hash(SLICE("")));
}

/* It is written down and read by another process: not to change without a thought. */
static void hashes_the_same_in_every_process(void **state)
{
	(void)state;
	assert_int_equal(frequent_hash(SLICE("")), 0x811c9dc5);
	assert_int_equal(frequent_hash(SLICE("a")), 0xe40c292c);
	assert_int_equal(frequent_hash(SLICE("FOOBAR")), 0xbf9cf968);
}

static void keeps_all_of_a_few(void **state)
{
	struct frequent frequent = {0};
	(void)state;

	assert_false(slice_known(frequent_find(&frequent, 1)));
	add(&frequent, "Anna@example.org");
	add(&frequent, "anna@EXAMPLE.org");
	add(&frequent, "");
	assert_false(finds(&frequent, ""));
	add(&frequent, "");
	assert_int_equal(frequent.used, 2);
	assert_true(finds(&frequent, "anna@example.org"));
	assert_true(finds(&frequent, ""));
	assert_false(finds(&frequent, "carol@example.org"));
	struct slice found = frequent_find(&frequent, frequent_hash(SLICE("anna@example.org")));
	assert_true(slice_eq(found, SLICE("anna@example.org")));
	frequent_free(&frequent);
}

/* One in 900 among 300,000 that come once: spread evenly, all at the beginning, all at the end. */
static void finds_what_is_more_than_its_share(void **state)
{
	enum { OTHERS = 300000, EVERY = 900 };
	char text[40];
	(void)state;

	for (unsigned order = 0; order < 3; order++) {
		struct frequent frequent = {0};
		for (unsigned i = 0; i < OTHERS; i++) {
			snprintf(text, sizeof(text), "user%u@example.net", i);
			add(&frequent, text);
			bool now = order == 0 ? i % EVERY == 0
				: order == 1  ? i < OTHERS / EVERY
					      : i >= OTHERS - OTHERS / EVERY;
			if (now)
				add(&frequent, "sales@example.com");
			assert_true(frequent.used <= FREQUENT_SLOTS);
		}
		assert_true(finds(&frequent, "sales@example.com"));
		frequent_free(&frequent);
	}
}

static void counts_never_more_than_there_were(void **state)
{
	struct frequent frequent = {0};
	char text[40];
	(void)state;

	for (unsigned i = 0; i < 50000; i++) {
		snprintf(text, sizeof(text), "user%u@example.net", i % 5000);
		add(&frequent, text);
	}
	for (unsigned i = 0; i < 2 * FREQUENT_SLOTS; i++)
		assert_true(frequent.slots[i].count <= 10);
	frequent_free(&frequent);
}

static void counts_what_has_no_text_and_learns_it(void **state)
{
	struct frequent frequent = {0};
	uint32_t hash = frequent_hash(SLICE("anna@example.org"));
	(void)state;

	frequent_add(&frequent, (struct slice){0}, hash);
	assert_int_equal(frequent.used, 1);
	assert_false(slice_known(frequent_find(&frequent, hash)));
	add(&frequent, "anna@example.org");
	assert_int_equal(frequent.used, 1);
	assert_true(finds(&frequent, "anna@example.org"));
	frequent_free(&frequent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_without_case),
		cmocka_unit_test(hashes_the_same_in_every_process),
		cmocka_unit_test(keeps_all_of_a_few),
		cmocka_unit_test(finds_what_is_more_than_its_share),
		cmocka_unit_test(counts_never_more_than_there_were),
		cmocka_unit_test(counts_what_has_no_text_and_learns_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
