/* Conditions on content: what they answer, and that no more is read for them than must be. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/query/filter.h"
#include "core/query/test_dice.h"
#include "core/query/test_snap.h"

/* What the filter's inspector answers about its only condition. */
static enum answer ask(const char *text, struct content content)
{
	struct need need = {0};
	struct err err;
	struct filter *filter = filter_parse(slice_cstr(text), &need, &err);
	if (!filter || filter_prepare(filter, &err) != 0)
		fail_msg("%s", err.text);
	assert_true(filter_is_content_only(filter));
	const struct inspector *inspector = filter_inspector(filter);
	void *work = inspector->begin(inspector);
	uint32_t answers = inspector->answer(work, &content);
	/* Working memory keeps nothing from one message to the next. */
	struct content other = {.text = SLICE("Content-Type: a/b\n\nother")};
	inspector->answer(work, &other);
	assert_int_equal(inspector->answer(work, &content), answers);
	inspector->end(work);
	filter_free(filter);
	return answer_get(answers, 0);
}

#define HTML "Content-Type: text/html; charset=iso-8859-1\n\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
#define ZIP                                                                                        \
	"--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"    \
	"UEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAABAAAAYVBLAQIeAwoAAAAAAAAAIQAAAAAAAAAAAAAA\n"           \
	"AAABAAAAAAAAAAAAAACkgQAAAABhUEsFBgAAAAABAAEALwAAAB8AAAAAAA==\n"

static void conditions_are_asked_about_content(void **state)
{
	static const struct {
		const char *filter;
		struct content content;
		enum answer answer;
	} cases[] = {
		{"body ~ casino", {SLICE("Subject: x\n\nthe casino\n"), false}, ANSWER_YES},
		{"body ~ casino", {SLICE("Subject: casino\n\nthe\n"), false}, ANSWER_NO},
		{"body !~ casino", {SLICE("\nthe\n"), false}, ANSWER_YES},
		{"body ~ Casino", {SLICE("\nthe casino\n"), false}, ANSWER_NO},
		{"body ~ \"online casino\"", {SLICE("\nan online\n  casino\n"), false}, ANSWER_YES},
		{"body ~ \"caf\xc3\xa9 now\"", {SLICE(HTML "caf<b>\xe9</b>&nbsp;now"), false},
			ANSWER_YES},
		{"body = \"a b\"", {SLICE("\na\nb\n"), false}, ANSWER_YES},
		{"body != \"a b\"", {SLICE("\na\nb\n"), false}, ANSWER_NO},
		{"body in (x, \"a b\")", {SLICE("\na\nb\n"), false}, ANSWER_YES},
		{"body = \"\"", {SLICE("Content-Type: image/png\n\nx"), false}, ANSWER_YES},
		{"body is unknown", {SLICE("\na"), false}, ANSWER_NO},
		/* Not read, or not whole: neither a condition nor its negation. */
		{"body ~ a", {{0}, false}, ANSWER_UNKNOWN},
		{"body !~ a", {{0}, false}, ANSWER_UNKNOWN},
		{"body is unknown", {{0}, false}, ANSWER_YES},
		{"body is not unknown", {{0}, false}, ANSWER_NO},
		/* More than is looked at: what is found is there, what is not may be. */
		{"body ~ a", {SLICE("\na"), true}, ANSWER_YES},
		{"body !~ a", {SLICE("\na"), true}, ANSWER_NO},
		{"body ~ b", {SLICE("\na"), true}, ANSWER_UNKNOWN},
		{"body !~ b", {SLICE("\na"), true}, ANSWER_UNKNOWN},
		{"body = a", {SLICE("\na"), true}, ANSWER_UNKNOWN},
		/* By their bytes, not by what they say. */
		{"attachment = application/zip", {SLICE(MIXED ZIP "--b--"), false}, ANSWER_YES},
		{"attachment = APPLICATION/ZIP", {SLICE(MIXED ZIP "--b--"), false}, ANSWER_YES},
		{"attachment = application/pdf", {SLICE(MIXED ZIP "--b--"), false}, ANSWER_NO},
		{"attachment ~ \"^image/\"",
			{SLICE("Content-Type: x/y\n\nGIF89a\1\0\1\0\0\0\0;"), false}, ANSWER_YES},
		{"attachment ~ .", {SLICE("Content-Type: text/html\n\n<p>a"), false}, ANSWER_NO},
		{"attachment !~ .", {SLICE("\nno attachment"), false}, ANSWER_NO},
		{"attachment ~ \"^text/html\"",
			{SLICE("Content-Type: text/html\nContent-Disposition: attachment\n\n"
			       "<!DOCTYPE html><html><p>a</html>"),
				false},
			ANSWER_YES},
		{"attachment is unknown", {SLICE("Content-Type: x/y\n\n"), false}, ANSWER_YES},
		{"attachment = x/y", {SLICE("Content-Type: x/y\n\n"), false}, ANSWER_UNKNOWN},
		{"attachment = a/b", {{0}, false}, ANSWER_UNKNOWN},
		{"attachment = a/b", {SLICE("\na"), true}, ANSWER_UNKNOWN},
		{"all attachment = application/zip", {SLICE(MIXED ZIP ZIP "--b--"), false},
			ANSWER_YES},
		{"all attachment = application/zip",
			{SLICE(MIXED ZIP "--b\nContent-Type: image/gif\n\nGIF89a\1\0\1\0\n--b--"),
				false},
			ANSWER_NO},
		{"attachment != application/zip",
			{SLICE(MIXED ZIP "--b\nContent-Type: image/gif\n\nGIF89a\1\0\1\0\n--b--"),
				false},
			ANSWER_YES},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum answer answer = ask(cases[i].filter, cases[i].content);
		if (answer != cases[i].answer)
			fail_msg("%zu: %s: %d", i, cases[i].filter, answer);
	}
}

/* The reader cannot fail; the filter does. */
static void too_much_work_fails_the_filter(void **state)
{
	struct need need = {0};
	struct test_snap test;
	struct err err;
	struct buf text = {0};
	(void)state;

	test_snap_fill(&test);
	buf_addc(&text, '\n');
	buf_pad(&text, 'a', 1000);
	buf_addc(&text, '!');
	struct filter *filter = filter_parse(SLICE("body ~ \"(a+)+$\""), &need, &err);
	const struct inspector *inspector = filter_inspector(filter);
	void *work = inspector->begin(inspector);
	struct content content = {buf_slice(&text), false};
	assert_int_equal(inspector->answer(work, &content), answer_put(ANSWER_UNKNOWN, 0));
	inspector->end(work);
	struct bitset rows = bitset_new(test.snap.rows);
	assert_int_equal(filter_run(filter, &test.env, &rows, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	bitset_free(&rows);
	filter_free(filter);
	buf_free(&text);
	test_snap_free(&test);
}

static void there_is_a_bound_on_questions(void **state)
{
	struct need need = {0};
	struct err err;
	struct buf text = {0};
	(void)state;

	for (int i = 0; i < LIMIT_QUESTIONS; i++)
		buf_printf(&text, "%sbody ~ a%d", i ? " or " : "", i);
	struct filter *filter = filter_parse(buf_slice(&text), &need, &err);
	assert_non_null(filter);
	filter_free(filter);
	buf_add(&text, SLICE(" or attachment = a/b"));
	assert_null(filter_parse(buf_slice(&text), &need, &err));
	assert_int_equal(err.code, ERR_USAGE);
	buf_free(&text);
}

/* ---- two phases ---- */

enum { MESSAGES = 100, ROUNDS = 300, DEEPEST = 4 };

static void add_condition(struct dice *dice, struct buf *out)
{
	static const char *const conditions[] = {"account = bob", "account != bob",
		"account is unknown", "nrcpt > 0", "size < 100", "body ~ a", "body !~ a",
		"body ~ b", "body is unknown", "body = ab"};
	buf_printf(out, "%s", conditions[roll(dice, sizeof(conditions) / sizeof(*conditions))]);
}

static void add_filter(struct dice *dice, unsigned depth, struct buf *out)
{
	if (roll(dice, 4) == 0)
		buf_printf(out, "not ");
	if (depth == DEEPEST || roll(dice, 3) == 0) {
		add_condition(dice, out);
		return;
	}
	buf_addc(out, '(');
	add_filter(dice, depth + 1, out);
	buf_printf(out, roll(dice, 2) ? " and " : " or ");
	add_filter(dice, depth + 1, out);
	buf_addc(out, ')');
}

static void add_message(struct test_snap *test, struct dice *dice)
{
	struct record record = test_record();

	if (roll(dice, 3))
		record.account = roll(dice, 2) ? SLICE("bob") : SLICE("eve");
	record.account_source = roll(dice, 2) ? SOURCE_QUEUE : SOURCE_RECEIVED;
	record.size = roll(dice, 3) ? (int64_t)roll(dice, 200) : -1;
	record.queue_id = SLICE("4A");
	snap_add(&test->snap, 0, &record);
}

/* Each row has one of these; the last cannot be read. */
static const struct content contents[] = {
	{SLICE("\nxx"), false}, {SLICE("\nab"), false}, {SLICE("\nb"), false}, {{0}, false}};

static void answer_row(const struct inspector *inspector, struct snap *snap, uint32_t row)
{
	void *work = inspector->begin(inspector);
	snap_set_answers(snap, row, inspector->answer(work, &contents[row * 7 % 4]));
	inspector->end(work);
}

static bool same(const struct bitset *a, const struct bitset *b)
{
	return memcmp(a->words, b->words, (a->bits / 64 + 1) * sizeof(*a->words)) == 0;
}

/* One filter: what is read of the rest of the rows changes nothing, and of these it could. */
static void check_phases(struct test_snap *test, struct filter *filter, const char *text)
{
	const struct inspector *inspector = filter_inspector(filter);
	struct snap *snap = &test->snap;
	struct bitset unread = bitset_new(snap->rows), again = bitset_new(snap->rows);
	struct bitset some = bitset_new(snap->rows), all = bitset_new(snap->rows);
	struct err err;

	for (uint32_t row = 0; row < snap->rows; row++)
		snap_set_answers(snap, row, 0);
	assert_int_equal(filter_unread(filter, &test->env, &unread, &err), 0);
	for (uint32_t row = 0; row < snap->rows; row++)
		if (bitset_has(&unread, row))
			answer_row(inspector, snap, row);
	assert_int_equal(filter_run(filter, &test->env, &some, &err), 0);
	assert_int_equal(filter_unread(filter, &test->env, &again, &err), 0);
	for (uint32_t row = 0; row < snap->rows && inspector; row++)
		answer_row(inspector, snap, row);
	assert_int_equal(filter_run(filter, &test->env, &all, &err), 0);
	if (bitset_count(&again) || !same(&some, &all))
		fail_msg("%s", text);
	if (!inspector && bitset_count(&unread))
		fail_msg("%s reads something", text);
	bitset_free(&unread);
	bitset_free(&again);
	bitset_free(&some);
	bitset_free(&all);
}

static void two_phases_select_what_one_would(void **state)
{
	struct dice dice = {4711};
	struct test_snap test;
	struct buf text = {0};
	(void)state;

	test_snap_init(&test);
	for (int i = 0; i < MESSAGES; i++)
		add_message(&test, &dice);
	test_snap_done(&test);
	for (int i = 0; i < ROUNDS; i++) {
		struct need need = {0};
		struct err err;
		buf_reset(&text);
		add_filter(&dice, 0, &text);
		test.env.trusted_only = roll(&dice, 2);
		struct filter *filter = filter_parse(buf_slice(&text), &need, &err);
		if (!filter && slice_find(slice_cstr(err.text), SLICE("one filter")) == 0)
			continue;
		assert_non_null(filter);
		check_phases(&test, filter, buf_str(&text));
		filter_free(filter);
	}
	buf_free(&text);
	test_snap_free(&test);
}

/* Bob's mail only, and what is selected in any case not at all. */
static void no_more_is_read_than_must_be(void **state)
{
	static const struct {
		const char *filter;
		const char *read; /* of A to F, in their order */
	} cases[] = {
		{"account = Bob@example.com and body ~ a", "A"},
		{"account = Bob@example.com or body ~ a", "BCDEF"},
		{"queue = hold and not body ~ a", "C"},
		{"body ~ a and body !~ b", "ABCDEF"},
		{"account = nobody and body ~ a", ""},
		{"account is unknown and attachment = a/b", "BDF"},
		{"size > 0", ""},
	};
	struct test_snap test;
	(void)state;

	test_snap_fill(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct need need = {0};
		struct err err;
		char read[27];
		struct bitset rows = bitset_new(test.snap.rows);
		struct filter *filter = filter_parse(slice_cstr(cases[i].filter), &need, &err);
		assert_non_null(filter);
		assert_int_equal(filter_unread(filter, &test.env, &rows, &err), 0);
		test_letters(&rows, read);
		assert_string_equal(read, cases[i].read);
		bitset_free(&rows);
		filter_free(filter);
	}
	test_snap_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_asked_about_content),
		cmocka_unit_test(too_much_work_fails_the_filter),
		cmocka_unit_test(there_is_a_bound_on_questions),
		cmocka_unit_test(two_phases_select_what_one_would),
		cmocka_unit_test(no_more_is_read_than_must_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
