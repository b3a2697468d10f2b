/* The user's phrases: what they count, and that they change nothing else. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/query/test_snap.h"
#include "core/verdict/phrases.h"

static struct finding finding_of(uint32_t bits)
{
	struct finding finding = {.id = "SA-3c91",
		.class = CLASS_STOLEN_ACCOUNT,
		.level = LEVEL_PROBABLE,
		.score = 3,
		.rows = bitset_new(6)};
	finding.rows.words[0] = bits;
	finding.messages = (uint32_t)bitset_count(&finding.rows);
	return finding;
}

static void add(struct phrases *phrases, const char *field, const char *weight, const char *regex)
{
	struct err err;
	assert_int_equal(phrases_add(phrases, slice_cstr(field), slice_cstr(weight),
				 slice_cstr(regex), &err),
		0);
}

static void notes_what_they_match(void **state)
{
	static struct slice first[] = {SLICE("a guess")};
	struct finding findings[] = {finding_of(1 | 2 | 8), finding_of(4)};
	struct verdict verdict = {.findings = findings, .count = 2};
	struct phrases *phrases = phrases_new();
	struct test_snap snap;
	struct err err;
	(void)state;

	findings[0].notes = first;
	findings[0].nnotes = 1;
	test_snap_fill(&snap);
	add(phrases, "subject", "3", "INVOICE|undelivered");
	add(phrases, "subject", "-0.5", "^say \"hi\"");
	add(phrases, "header:X-Mailer", "2", "^Thunder");
	assert_int_equal(phrases_note(phrases, &snap.env, &verdict, &err), 0);
	assert_int_equal(findings[0].nnotes, 2);
	assert_string_equal(findings[0].notes[0].ptr, "a guess");
	assert_string_equal(findings[0].notes[1].ptr,
		"users' phrases: weight 7.5 in 3 of 3 messages; most by /INVOICE|undelivered/: 2");
	assert_int_equal(findings[1].nnotes, 0);
	assert_int_equal(findings[0].class, CLASS_STOLEN_ACCOUNT);
	assert_int_equal(findings[0].level, LEVEL_PROBABLE);
	assert_int_equal(findings[0].messages, 3);
	phrases_free(phrases);
	verdict_free(&verdict);
	test_snap_free(&snap);
}

static void asks_for_what_they_look_at(void **state)
{
	struct phrases *phrases = phrases_new();
	struct need need = {0};
	struct err err;
	(void)state;

	assert_false(phrases_any(phrases));
	assert_false(phrases_any(NULL));
	add(phrases, "subject", "1", "x");
	add(phrases, "header:X-Mailer", "1", "x");
	add(phrases, "header:x-mailer", "1", "y");
	assert_true(phrases_any(phrases));
	assert_int_equal(phrases_need(phrases, &need, &err), 0);
	assert_true(need.parts & NEED_SUBJECT);
	assert_int_equal(need.nheaders, 1);
	phrases_free(phrases);
}

static void refuses_what_is_none(void **state)
{
	static const char *const wrong[][3] = {
		{"subject", "1", "("},
		{"subject", "heavy", "x"},
		{"subject", "", "x"},
		{"subject", "nan", "x"},
		{"subject", "1e9", "x"},
		{"subject", "1 2", "x"},
		{"header:", "1", "x"},
		{"header:a b", "1", "x"},
	};
	struct phrases *phrases = phrases_new();
	struct err err;
	(void)state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(phrases_add(phrases, slice_cstr(wrong[i][0]),
					 slice_cstr(wrong[i][1]), slice_cstr(wrong[i][2]), &err),
			-1);
		assert_int_equal(err.code, ERR_USAGE);
	}
	for (unsigned i = 0; i < LIMIT_PHRASES; i++)
		add(phrases, "subject", "1", "x");
	assert_int_equal(phrases_add(phrases, SLICE("subject"), SLICE("1"), SLICE("x"), &err), -1);
	phrases_free(phrases);
}

/* One that would take for ever ends the command, and not in silence. */
static void a_costly_regex_is_an_error(void **state)
{
	struct finding findings[] = {finding_of(63)};
	struct verdict verdict = {.findings = findings, .count = 1};
	struct phrases *phrases = phrases_new();
	struct record record = test_record();
	struct test_snap snap;
	struct err err = {0};
	(void)state;

	test_snap_init(&snap);
	record.queue_id = SLICE("1");
	record.subject = SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
	for (int i = 0; i < 6; i++)
		snap_add(&snap.snap, 0, &record);
	test_snap_done(&snap);
	add(phrases, "subject", "1", "^(a+)+$");
	assert_int_equal(phrases_note(phrases, &snap.env, &verdict, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	phrases_free(phrases);
	verdict_free(&verdict);
	test_snap_free(&snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_what_they_match),
		cmocka_unit_test(asks_for_what_they_look_at),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(a_costly_regex_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
