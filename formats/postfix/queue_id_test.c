#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/postfix/queue_id.h"

static void decodes_what_postfix_encodes(void **state)
{
	(void)state;
	/* The first three are known ids with their meaning; the last two cross the letters. */
	static const struct {
		const char *id;
		bool is_long;
		int64_t seconds;
		uint32_t usec;
		uint64_t inode;
		const char *path1;
	} cases[] = {
		{"3Pt2mN2VXxznjll", true, 1300631508, 353025, 5536956, "5/3Pt2mN2VXxznjll"},
		{"4X3vqF3RdBz5Yqn", true, 1726092537, 485742, 740918, "7/4X3vqF3RdBz5Yqn"},
		{"C3CD21F3E90", false, -1, 802002, 2047632, "C/C3CD21F3E90"},
		{"00000F", false, -1, 0, 15, "0/00000F"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct queue_id id;
		char path[300];
		struct slice name = slice_cstr(cases[i].id);
		assert_true(queue_id_valid(name));
		assert_true(queue_id_decode(name, &id));
		assert_int_equal(id.is_long, cases[i].is_long);
		assert_int_equal(id.seconds, cases[i].seconds);
		assert_int_equal(id.usec, cases[i].usec);
		assert_int_equal(id.inode, cases[i].inode);
		assert_true(queue_id_path(name, 1, path, sizeof(path)));
		assert_string_equal(path, cases[i].path1);
	}
}

static void tells_ids_from_other_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool valid;
		bool decodes;
	} cases[] = {
		{"", false, false}, {"123456.789", false, false}, /* cleanup's temporary name */
		{"4X3vqF3RdBz5Yqn#FIX", false, false}, {"../../etc", false, false},
		{"\033[31m", false, false}, {"a b", false, false}, {"hello", true, false},
		{"12345", true, false},                  /* no inode */
		{"example_com", true, false},            /* a flush log */
		{"4X3vqF3RdBzz", true, false},           /* 'z' cannot end an inode */
		{"4X3vqF3RAAz5Yqn", true, false},        /* vowels are not in the alphabet */
		{"FFFFFFFFFFFFFFFFFFFFFF", true, false}, /* an inode of more than 64 bits */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct queue_id id;
		struct slice name = slice_cstr(cases[i].name);
		assert_int_equal(queue_id_valid(name), cases[i].valid);
		if (cases[i].valid)
			assert_int_equal(queue_id_decode(name, &id), cases[i].decodes);
	}
	char longest[300];
	memset(longest, 'A', sizeof(longest));
	assert_true(queue_id_valid(slice_of(longest, QUEUE_ID_MAX)));
	assert_false(queue_id_valid(slice_of(longest, QUEUE_ID_MAX + 1)));
}

static void hashes_to_any_depth(void **state)
{
	char path[300];
	(void)state;

	assert_true(queue_id_path(SLICE("C3CD21F3E90"), 0, path, sizeof(path)));
	assert_string_equal(path, "C3CD21F3E90");
	assert_true(queue_id_path(SLICE("C3CD21F3E90"), 3, path, sizeof(path)));
	assert_string_equal(path, "C/3/C/C3CD21F3E90");
	assert_true(queue_id_path(SLICE("4X3vqF3RdBz5Yqn"), 2, path, sizeof(path)));
	assert_string_equal(path, "7/6/4X3vqF3RdBz5Yqn"); /* usec 485742 = 7696E */
	assert_true(queue_id_path(SLICE("AB"), 4, path, sizeof(path)));
	assert_string_equal(path, "A/B/_/_/AB");
	/* Microseconds that do not decode: Postfix looks in folder 0. */
	assert_true(queue_id_path(SLICE("4X3vqF3RAAz5Yqn"), 1, path, sizeof(path)));
	assert_string_equal(path, "0/4X3vqF3RAAz5Yqn");
	assert_false(queue_id_path(SLICE("C3CD21F3E90"), 3, path, 10));
	assert_false(queue_id_path(SLICE("a/b"), 1, path, sizeof(path)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_what_postfix_encodes),
		cmocka_unit_test(tells_ids_from_other_names),
		cmocka_unit_test(hashes_to_any_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
