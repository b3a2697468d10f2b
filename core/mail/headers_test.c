#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/test_slice.h"
#include "core/mail/headers.h"

/* The names of all fields, each with a comma behind it. */
static const char *names(struct slice block, char room[100])
{
	struct header_field field;
	size_t len = 0;
	while (headers_next(&block, &field)) {
		memcpy(room + len, field.name.ptr, field.name.len);
		len += field.name.len;
		room[len++] = ',';
	}
	room[len] = '\0';
	return room;
}

static void fields_come_in_order(void **state)
{
	struct slice block = SLICE("Subject:  hello \nTO: a@example.com,\n\tb@example.com\r\n"
				   "X-Empty:\nDate : now\n\nBody: no\n");
	struct header_field field;
	(void)state;
	assert_true(headers_next(&block, &field));
	assert_slice(field.name, "Subject");
	assert_slice(field.value, "hello");
	assert_true(headers_next(&block, &field));
	assert_slice(field.name, "TO");
	assert_slice(field.value, "a@example.com,\n\tb@example.com");
	assert_true(headers_next(&block, &field));
	assert_slice(field.name, "X-Empty");
	assert_slice(field.value, "");
	assert_true(headers_next(&block, &field));
	assert_slice(field.name, "Date");
	assert_slice(field.value, "now");
	for (int again = 0; again < 2; again++) {
		assert_false(headers_next(&block, &field));
		assert_slice(block, "\nBody: no\n");
	}
}

static void the_block_ends_where_no_field_is(void **state)
{
	static const struct {
		struct slice block;
		const char *names;
	} cases[] = {
		{{"", 0}, ""},
		{{NULL, 0}, ""},
		{{"\n", 1}, ""},
		{{"A: 1", 4}, "A,"},
		{{"A:", 2}, "A,"},
		{{"A", 1}, ""},
		{{":", 1}, ""},
		{{": x\nB: y\n", 9}, ""},
		{{" A: 1\n", 6}, ""},
		{{"A: 1\r\n\r\nB: 2\r\n", 14}, "A,"},
		{{"A: 1\n \n\t\nB: 2\n", 14}, "A,B,"},
		{{"A: 1\nplain text\nB: 2\n", 21}, "A,"},
		{{"A: 1\nb c: 2\nB: 2\n", 17}, "A,"},
		{{"A: 1\nb\x80: 2\nB: 2\n", 17}, "A,"},
		{{"A: 1\nb\x7f: 2\nB: 2\n", 17}, "A,"},
		{{"A: 1\nb\0: 2\nB: 2\n", 16}, "A,"},
		{{"A: \0\n \0\nB: 2\n", 13}, "A,B,"},
		{{"A:\rB: 1\n", 8}, "A,"},
		{{"A: 1\n\rB: 2\n", 11}, "A,"},
		{{"From bob Sun Nov 22\nB: 2\n", 25}, ""},
	};
	char room[100];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(names(cases[i].block, room), cases[i].names);
}

static void unfolding(void **state)
{
	static const struct {
		const char *folded;
		const char *line;
	} cases[] = {
		{"", ""},
		{" a b\t", "a b"},
		{"a\n b", "a b"},
		{"a\r\n\tb\r\n  c", "a\tb  c"},
		{"a\nb", "a b"},
		{"a\n\n b", "a  b"},
		{"\n a\n \n b\n", "a  b"},
		{"a\rb", "a\rb"},
	};
	struct arena arena = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_slice(headers_unfold(&arena, slice_cstr(cases[i].folded)), cases[i].line);
	arena_free(&arena);
	struct slice value = SLICE("not folded");
	assert_ptr_equal(headers_unfold(&arena, value).ptr, value.ptr);
	assert_null(arena.first);
	assert_false(slice_known(headers_unfold(&arena, (struct slice){0})));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_in_order),
		cmocka_unit_test(the_block_ends_where_no_field_is),
		cmocka_unit_test(unfolding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
