#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>

#include "core/base/arena.h"

enum { MIB = 1024 * 1024 };

static void memory_is_aligned_and_apart(void **state)
{
	struct arena arena = {0};
	unsigned char *got[2000];
	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		arena_copy(&arena, SLICE("x")); /* leaves the next byte unaligned */
		got[i] = arena_alloc(&arena, i % 130);
		assert_int_equal((uintptr_t)got[i] % alignof(max_align_t), 0);
		memset(got[i], (int)(i % 251), i % 130);
	}
	for (size_t i = 0; i < 2000; i++)
		for (size_t at = 0; at < i % 130; at++)
			assert_int_equal(got[i][at], i % 251);
	arena_free(&arena);
	assert_null(arena.first);
}

static void takes_what_is_larger_than_a_block(void **state)
{
	struct arena arena = {0};
	(void)state;
	char *small = arena_alloc(&arena, 10);
	char *large = arena_alloc(&arena, 3 * MIB);
	char *after = arena_alloc(&arena, 10);
	memset(small, 'a', 10);
	memset(large, 'b', 3 * MIB);
	memset(after, 'c', 10);
	assert_int_equal(small[9], 'a');
	assert_int_equal(large[0], 'b');
	assert_int_equal(large[3 * MIB - 1], 'b');
	arena_free(&arena);
}

static void fills_a_block_to_its_last_byte(void **state)
{
	struct arena arena = {0};
	(void)state;
	char *base = arena_alloc(&arena, 64 * 1024 - 3);
	struct slice copy = arena_copy(&arena, SLICE("ab"));
	assert_ptr_equal(copy.ptr, base + 64 * 1024 - 3);
	/* Rounding up passes the end of the block; the next one is taken. */
	char *next = arena_alloc(&arena, 1);
	assert_true(next < base || next > base + 64 * 1024);
	*next = 1;
	arena_free(&arena);
}

static void trim_gives_back_the_newest_only(void **state)
{
	struct arena arena = {0};
	(void)state;
	char *first = arena_alloc(&arena, 1000);
	arena_trim(&arena, first, 1000, 16);
	char *second = arena_alloc(&arena, 100);
	assert_ptr_equal(second, first + 16);
	arena_trim(&arena, first, 16, 0); /* not the newest: nothing happens */
	assert_ptr_equal(arena_alloc(&arena, 1), second + 112);
	arena_free(&arena);
}

static void copy_keeps_unknown_and_ends_in_nul(void **state)
{
	struct arena arena = {0};
	(void)state;
	assert_false(slice_known(arena_copy(&arena, (struct slice){0})));
	struct slice empty = arena_copy(&arena, SLICE(""));
	assert_true(slice_known(empty));
	assert_int_equal(empty.len, 0);
	struct slice bytes = arena_copy(&arena, SLICE("a\0\xff"));
	assert_memory_equal(bytes.ptr, "a\0\xff", 4);
	assert_int_equal(bytes.len, 3);
	arena_free(&arena);
}

static void reset_uses_the_blocks_again(void **state)
{
	struct arena arena = {0};
	(void)state;
	arena_reset(&arena);
	void *first = arena_alloc(&arena, 100);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 40; i++)
			memset(arena_alloc(&arena, 60 * 1024), round, 60 * 1024);
		arena_reset(&arena);
		assert_ptr_equal(arena_alloc(&arena, 100), first);
	}
	arena_free(&arena);
}

static void reset_drops_what_is_outsized(void **state)
{
	struct arena arena = {0};
	(void)state;
	arena_alloc(&arena, 50 * MIB);
	arena_alloc(&arena, 10);
	arena_reset(&arena);
	assert_null(arena.first);
	/* Behind a block that is kept, where the links must not lead to what is gone. */
	void *first = arena_alloc(&arena, 10);
	arena_alloc(&arena, 50 * MIB);
	arena_alloc(&arena, 10);
	arena_reset(&arena);
	assert_ptr_equal(arena_alloc(&arena, 10), first);
	for (int i = 0; i < 40; i++)
		memset(arena_alloc(&arena, 60 * 1024), i, 60 * 1024);
	arena_free(&arena);
}

static void bytes_are_those_in_use(void **state)
{
	struct arena arena = {0};
	(void)state;
	assert_int_equal(arena_bytes(&arena), 0);
	for (int round = 0; round < 2; round++) {
		arena_alloc(&arena, 100);
		assert_int_equal(arena_bytes(&arena), 100);
		arena_alloc(&arena, 3 * MIB);
		assert_in_range(arena_bytes(&arena), 3 * MIB, 3 * MIB + 128 * 1024);
		for (int i = 0; i < 100; i++)
			arena_alloc(&arena, 60 * 1024);
		assert_in_range(arena_bytes(&arena), 3 * MIB + 6000 * 1024, 3 * MIB + 6600 * 1024);
		arena_reset(&arena);
		assert_int_equal(arena_bytes(&arena), 0);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_aligned_and_apart),
		cmocka_unit_test(takes_what_is_larger_than_a_block),
		cmocka_unit_test(fills_a_block_to_its_last_byte),
		cmocka_unit_test(trim_gives_back_the_newest_only),
		cmocka_unit_test(copy_keeps_unknown_and_ends_in_nul),
		cmocka_unit_test(reset_uses_the_blocks_again),
		cmocka_unit_test(reset_drops_what_is_outsized),
		cmocka_unit_test(bytes_are_those_in_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
