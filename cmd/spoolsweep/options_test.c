#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/spoolsweep/options.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { WORDS = 8 };

/* Parses the words up to the first NULL. The options point into argv, as in main. */
static int parse(const char *const *words, struct options *options, struct err *err)
{
	char *argv[WORDS + 2] = {(char *)(uintptr_t) "spoolsweep"};
	int argc = 1;

	for (; argc <= WORDS && words[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	return options_parse(options, argc, argv, err);
}

static struct options parsed(const char *const *words)
{
	struct options options;
	struct err err;

	if (parse(words, &options, &err) != 0)
		fail_msg("%s ...: %s", words[0], err.text);
	return options;
}

#define PARSED(...) parsed((const char *const[WORDS]){__VA_ARGS__})

static void starts_with_nothing_given(void **state)
{
	(void)state;
	struct options options = PARSED(NULL);

	assert_int_equal(options.nwords, 0);
	assert_int_equal(options.nspools, 0);
	assert_int_equal(options.limit, -1);
	assert_int_equal(options.jobs, 0);
	assert_int_equal(options.given, 0);
	assert_int_equal(options.color, WHEN_AUTO);
	assert_false(options.json || options.csv || options.ids || options.raw || options.headers ||
		options.explain || options.offline || options.help || options.version);
	assert_null(options.sort);
	assert_null(options.columns);
	assert_null(options.as_of);
	options_free(&options);
}

static void takes_options_anywhere(void **state)
{
	(void)state;
	struct options options =
		PARSED("-s", "one", "list", "--json", "age<1d", "--limit=5", "-stwo");

	assert_int_equal(options.nwords, 2);
	assert_string_equal(options.words[0], "list");
	assert_string_equal(options.words[1], "age<1d");
	assert_int_equal(options.nspools, 2);
	assert_string_equal(options.spools[0], "one");
	assert_string_equal(options.spools[1], "two");
	assert_true(options.json);
	assert_int_equal(options.limit, 5);
	assert_int_equal(options.given, OPT_QUEUE | OPT_JSON | OPT_LIMIT);
	options_free(&options);
}

static void keeps_values_to_the_letter(void **state)
{
	(void)state;
	struct options options = PARSED("--columns=a=b", "--sort", "-size", "--as-of", "",
		"--local-domains", "--json", "--trusted-networks=");

	assert_string_equal(options.columns, "a=b");
	assert_string_equal(options.sort, "-size"); /* a value may start with a dash */
	assert_string_equal(options.as_of, "");
	assert_string_equal(options.local_domains, "--json");
	assert_false(options.json);
	assert_string_equal(options.trusted_networks, "");
	options_free(&options);
}

static void ends_options_at_two_dashes(void **state)
{
	(void)state;
	struct options options = PARSED("--csv", "--", "--json", "-s", "--", "-");

	assert_true(options.csv);
	assert_false(options.json);
	assert_int_equal(options.nspools, 0);
	assert_int_equal(options.nwords, 4);
	assert_string_equal(options.words[0], "--json");
	assert_string_equal(options.words[2], "--");
	assert_string_equal(options.words[3], "-");
	options_free(&options);
}

static void takes_a_dash_and_nothing_as_words(void **state)
{
	(void)state;
	struct options options = PARSED("-", "", "list");

	assert_int_equal(options.nwords, 3);
	assert_string_equal(options.words[0], "-");
	assert_string_equal(options.words[1], "");
	options_free(&options);
}

static void lets_the_last_value_win(void **state)
{
	(void)state;
	struct options options = PARSED("-n", "5", "-n7", "--color=always", "--color", "never");

	assert_int_equal(options.limit, 7);
	assert_int_equal(options.color, WHEN_NEVER);
	options_free(&options);
}

static void reads_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {{"0", 0}, {"1", 1}, {"007", 7}, {"9223372036854775807", INT64_MAX}};
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct options options = PARSED("--limit", cases[i].text, "--jobs", cases[i].text);
		assert_int_equal(options.limit, cases[i].value);
		assert_int_equal(options.jobs, cases[i].value);
		options_free(&options);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *words[WORDS];
		const char *text;
	} cases[] = {
		{{"--jsn"}, "there is no option '--jsn'"},
		{{"--JSON"}, "there is no option '--JSON'"},
		{{"--js"},
			"there is no option '--js'"}, /* a new option must not change an old line */
		{{"--=x"}, "there is no option '--=x'"},
		{{"-x"}, "there is no option '-x'"},
		{{"-\xff"}, "there is no option '-\xff'"},
		{{"--json=1"}, "--json takes no value"},
		{{"--json="}, "--json takes no value"},
		{{"-hn"}, "--help takes no value"},
		{{"-s"}, "--spool needs DIR"},
		{{"--spool"}, "--spool needs DIR"},
		{{"list", "--limit"}, "--limit needs N"},
		{{"--limit", "x"}, "--limit takes a number, not 'x'"},
		{{"--limit="}, "--limit takes a number, not ''"},
		{{"-n", "-1"}, "--limit takes a number, not '-1'"},
		{{"-n5k"}, "--limit takes a number, not '5k'"},
		{{"--limit", " 5"}, "--limit takes a number, not ' 5'"},
		{{"--jobs", "9223372036854775808"},
			"--jobs takes a number, not '9223372036854775808'"},
		{{"--color", "blue"}, "--color takes auto, always or never, not 'blue'"},
		{{"--color="}, "--color takes auto, always or never, not ''"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct options options;
		struct err err;
		if (parse(cases[i].words, &options, &err) == 0)
			fail_msg("%s was taken", cases[i].words[0]);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.text, cases[i].text);
		options_free(&options);
	}
}

static void checks_what_a_command_takes(void **state)
{
	static const unsigned list = OPT_QUEUE | OPT_JSON | OPT_CSV | OPT_LIST | OPT_SHOW;
	static const struct {
		const char *words[WORDS];
		unsigned takes;
		const char *text; /* NULL: fine */
	} cases[] = {
		{{NULL}, 0, NULL},
		{{"--help"}, 0, NULL},
		{{"--version", "--color=never"}, 0, NULL},
		{{"--json"}, OPT_JSON, NULL},
		{{"--json"}, OPT_CSV, "'cmd' has no use for --json"},
		{{"-s", "q"}, OPT_JSON, "'cmd' has no use for --spool"},
		{{"-s", "q", "--as-of", "0"}, OPT_QUEUE, NULL},
		{{"--offline", "--jobs", "3"}, 0, "'cmd' has no use for --jobs"},
		{{"--raw", "--help"}, OPT_JSON, "'cmd' has no use for --raw"},
		{{"--json", "--csv"}, list, "--json and --csv exclude each other"},
		{{"--ids", "--csv"}, list, "--csv and --ids exclude each other"},
		{{"--headers", "--raw"}, list, "--raw and --headers exclude each other"},
		{{"--headers", "--json"}, list, "--json and --headers exclude each other"},
		{{"--columns", "id", "--csv"}, list, NULL},
		{{"--columns", "id"}, list, NULL},
		{{"--columns", "id", "--json"}, list,
			"--columns is for the table and for --csv, not for --json"},
		{{"--columns", "id", "--ids"}, list,
			"--columns is for the table and for --csv, not for --ids"},
		{{"--json", "--csv", "--ids", "--help"}, list, NULL},
		/* What the command does not take is named before what does not go together. */
		{{"--json", "--csv", "--limit=1"}, list, "'cmd' has no use for --limit"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct options options = parsed(cases[i].words);
		struct err err = {0};
		int r = options_check(&options, "cmd", cases[i].takes, &err);
		assert_int_equal(r, cases[i].text ? -1 : 0);
		assert_string_equal(err.text, cases[i].text ? cases[i].text : "");
		if (cases[i].text)
			assert_int_equal(err.code, ERR_USAGE);
		options_free(&options);
	}
}

/* A line of help is seen on a terminal of 80 columns, in two columns that do not run together. */
static void helps_in_two_columns(void **state)
{
	enum { WIDTH = 80, COLUMN = 30 };
	struct buf out = {0};
	struct slice rest, line;
	unsigned lines = 0;
	(void)state;

	options_help(&out, ~0u);
	rest = buf_slice(&out);
	while (rest.len) {
		slice_cut(rest, '\n', &line, &rest);
		if (line.len >= WIDTH || line.len <= COLUMN || line.ptr[COLUMN - 1] != ' ' ||
			line.ptr[COLUMN] == ' ')
			fail_msg("%.*s", SLICE_ARG(line));
		lines++;
	}
	assert_in_range(lines, 15, 99);
	buf_free(&out);
}

static void helps_by_group(void **state)
{
	struct buf out = {0};
	(void)state;

	options_help(&out, 0);
	assert_int_equal(out.len, 0);
	options_help(&out, OPT_LIMIT);
	assert_string_equal(
		buf_str(&out), "  -n, --limit N               at most N rows, 0 for all\n");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_with_nothing_given),
		cmocka_unit_test(takes_options_anywhere),
		cmocka_unit_test(keeps_values_to_the_letter),
		cmocka_unit_test(ends_options_at_two_dashes),
		cmocka_unit_test(takes_a_dash_and_nothing_as_words),
		cmocka_unit_test(lets_the_last_value_win),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(refuses),
		cmocka_unit_test(checks_what_a_command_takes),
		cmocka_unit_test(helps_in_two_columns),
		cmocka_unit_test(helps_by_group),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
