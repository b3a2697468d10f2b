#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cmd/forge/options.h"

enum { MOST_WORDS = 16 };

struct line_room {
	char text[256]; /* what the options point into */
};

/* Splits at blanks and parses. */
static int parse(struct options *options, struct line_room *room, const char *line, struct err *err)
{
	char *words[MOST_WORDS + 1] = {(char[]){"forge"}};
	int count = 1;
	snprintf(room->text, sizeof(room->text), "%s", line);
	for (char *rest = room->text, *word;
		(word = strtok_r(NULL, " ", &rest)) && count < MOST_WORDS;)
		words[count++] = word;
	return options_parse(options, count, words, err);
}

static void test_defaults(void **state)
{
	(void)state;
	struct options o;
	struct line_room room = {{0}};
	struct err err;
	assert_int_equal(parse(&o, &room, "postfix some/dir", &err), 0);
	assert_ptr_equal(o.writer, &postfix_writer);
	assert_string_equal(o.tree.dir, "some/dir");
	assert_string_equal(o.mix.incident->name, "stolen-account");
	assert_int_equal(o.mix.messages, 10000);
	assert_int_equal(o.mix.seed, 1);
	assert_int_equal(o.tree.ids, IDS_SHORT);
	assert_int_equal(o.tree.hash_depth, 1);
	assert_int_equal(o.tree.now, o.mix.now);
	assert_false(o.tree.fixed_ids || o.mix.distinct || o.mix.encoded || o.help);
}

static void test_options_anywhere(void **state)
{
	(void)state;
	struct options o;
	struct line_room room = {{0}};
	struct err err;
	assert_int_equal(
		parse(&o, &room,
			"--messages 7 postfix --seed=9 --now 2026-11-22T03:07:00Z d --incident "
			"none --ids mixed --hash-depth 3",
			&err),
		0);
	assert_int_equal(o.mix.messages, 7);
	assert_int_equal(o.mix.seed, 9);
	assert_int_equal(o.tree.now, 1795316820);
	assert_null(o.mix.incident);
	assert_int_equal(o.tree.ids, IDS_MIXED);
	assert_int_equal(o.tree.hash_depth, 3);

	assert_int_equal(
		parse(&o, &room,
			"postfix d --recipients 1.3 --held 0.5 --body-size 2k --distinct --encoded "
			"--fixed-ids",
			&err),
		0);
	assert_int_equal(o.mix.recipients, 130);
	assert_int_equal(o.mix.held, 50);
	assert_int_equal(o.mix.body_size, 2048);
	assert_true(o.mix.distinct && o.mix.encoded && o.tree.fixed_ids);
	assert_int_equal(o.mix.messages, 10000);

	assert_int_equal(parse(&o, &room, "--help", &err), 0);
	assert_true(o.help);
}

static void test_nonsense(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"", "a FORMAT and a DIR"},
		{"postfix", "a FORMAT and a DIR"},
		{"postfix a b", "too many"},
		{"qmail2 a", "qmail2: no such format"},
		{"postfix a --messages", "--messages needs a value"},
		{"postfix a --messages 0", "--messages 0"},
		{"postfix a --messages 1x", "--messages 1x"},
		{"postfix a --seed -1", "--seed -1"},
		{"postfix a --incident fire", "--incident fire"},
		{"postfix a --now yesterday", "--now yesterday"},
		{"postfix a --now 5", "--now 5"},
		{"postfix a --ids round", "--ids round"},
		{"postfix a --hash-depth 0", "--hash-depth 0"},
		{"postfix a --hash-depth 5", "--hash-depth 5"},
		{"postfix a --body-size 0", "--body-size 0"},
		{"postfix a --recipients 0.5", "--recipients 0.5"},
		{"postfix a --recipients 1.234", "--recipients 1.234"},
		{"postfix a --recipients 1.-2", "--recipients 1.-2"},
		{"postfix a --held 100.01", "--held 100.01"},
		{"postfix a --owner no-such-user-here", "--owner no-such-user-here"},
		{"postfix a --bogus", "--bogus"},
		{"postfix a -x", "-x"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct options o;
		struct line_room room = {{0}};
		struct err err = {0};
		assert_int_equal(parse(&o, &room, cases[i].line, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		if (!strstr(err.text, cases[i].says))
			fail_msg("\"%s\" says: %s", cases[i].line, err.text);
	}
}

static void test_help_names_everything(void **state)
{
	(void)state;
	struct buf help = {0};
	options_help(&help);
	static const char *const words[] = {"postfix", "stolen-account", "--messages", "--seed",
		"--incident", "--now", "--ids", "--fixed-ids", "--hash-depth", "--body-size",
		"--recipients", "--distinct", "--encoded", "--held", "--owner"};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		assert_non_null(strstr(buf_str(&help), words[i]));
	struct slice rest = buf_slice(&help), line;
	while (rest.len) {
		slice_cut(rest, '\n', &line, &rest);
		assert_true(line.len <= 80);
	}
	buf_free(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_options_anywhere),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_help_names_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
