#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/base/texts.h"

static void unknown_and_empty(void **state)
{
	struct texts texts = {0};
	(void)state;
	assert_int_equal(texts_add(&texts, (struct slice){0}), 0);
	assert_int_equal(texts.bytes, 0);
	assert_false(slice_known(texts_get(&texts, 0)));
	uint32_t empty = texts_add(&texts, SLICE(""));
	assert_int_not_equal(empty, 0);
	assert_true(slice_known(texts_get(&texts, empty)));
	assert_int_equal(texts_get(&texts, empty).len, 0);
	/* Nobody asks whether it is there already. */
	assert_int_not_equal(texts_add(&texts, SLICE("")), empty);
	texts_free(&texts);
	assert_int_equal(texts.bytes, 0);
}

/* Around the lengths that change how a length is written, and that of a block. */
static void every_length(void **state)
{
	static const size_t lengths[] = {0, 1, 253, 254, 255, 256, 257, 4000, 4095, 4096, 65536,
		(1u << TEXTS_OFFSET_BITS) - 11, (1u << TEXTS_OFFSET_BITS) - 10,
		1u << TEXTS_OFFSET_BITS, (1u << TEXTS_OFFSET_BITS) + 1, 3u << TEXTS_OFFSET_BITS, 7};
	enum { COUNT = sizeof(lengths) / sizeof(*lengths), ROUNDS = 3 };
	uint32_t places[ROUNDS][COUNT];
	struct texts texts = {0};
	char *text = malloc(4u << TEXTS_OFFSET_BITS);
	(void)state;
	assert_non_null(text);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < COUNT; i++) {
			memset(text, 'a' + (int)(round * COUNT + i) % 26, lengths[i]);
			places[round][i] = texts_add(&texts, slice_of(text, lengths[i]));
		}
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < COUNT; i++) {
			struct slice got = texts_get(&texts, places[round][i]);
			memset(text, 'a' + (int)(round * COUNT + i) % 26, lengths[i]);
			assert_true(slice_eq(got, slice_of(text, lengths[i])));
			assert_int_equal(got.ptr[got.len], '\0');
		}
	}
	free(text);
	texts_free(&texts);
}

static void many_take_little(void **state)
{
	enum { MANY = 300000, LENGTH = 10 };
	struct texts texts = {0};
	char text[LENGTH] = "0123456789";
	uint32_t first = 0, last = 0;
	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		memcpy(text, &i, sizeof(i));
		last = texts_add(&texts, slice_of(text, LENGTH));
		first = first ? first : last;
	}
	assert_in_range(texts.bytes, MANY * (LENGTH + 2), MANY * (LENGTH + 2) * 11 / 10 + 2097152);
	assert_memory_equal(texts_get(&texts, first).ptr,
		"\0\0\0\0"
		"456789",
		LENGTH);
	assert_memory_equal(texts_get(&texts, last).ptr, text, LENGTH);
	texts_free(&texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_and_empty),
		cmocka_unit_test(every_length),
		cmocka_unit_test(many_take_little),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
