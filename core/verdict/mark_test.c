/* Findings as a field: what a filter, a group and an action take for them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/query/filter.h"
#include "core/query/group.h"
#include "core/query/test_snap.h"
#include "core/verdict/mark.h"

/* Messages A to F: A, C and F are one incident, which bounce B came of; A is part of another. */
struct marked {
	struct test_snap snap;
	struct finding findings[2];
	struct verdict verdict;
};

static struct bitset rows_of(uint32_t bits)
{
	struct bitset rows = bitset_new(6);
	rows.words[0] = bits;
	return rows;
}

static void begin(struct marked *marked)
{
	test_snap_fill(&marked->snap);
	marked->findings[0] = (struct finding){
		.id = "SA-3c91", .rows = rows_of(1 | 4 | 32), .bounces = rows_of(2), .nbounces = 1};
	marked->findings[1] =
		(struct finding){.id = "UN-0001", .rows = rows_of(1), .bounces = rows_of(0)};
	marked->verdict = (struct verdict){.findings = marked->findings, .count = 2};
	verdict_mark(&marked->verdict, &marked->snap.env);
}

static void end(struct marked *marked)
{
	verdict_free(&marked->verdict);
	test_snap_free(&marked->snap);
}

static void assert_selects(struct marked *marked, const char *text, const char *letters)
{
	struct need need = marked->snap.need;
	struct bitset rows = bitset_new(6);
	char found[27];
	struct err err;

	struct filter *filter = filter_parse(slice_cstr(text), &need, &err);
	assert_non_null(filter);
	assert_true(need.parts & NEED_FINDINGS);
	assert_int_equal(filter_run(filter, &marked->snap.env, &rows, &err), 0);
	test_letters(&rows, found);
	assert_string_equal(found, letters);
	bitset_free(&rows);
	filter_free(filter);
}

static void selects_its_messages(void **state)
{
	static const char *const cases[][2] = {
		{"finding=SA-3c91", "ACF"},
		{"finding=sa-3C91", "ACF"},
		{"finding=SA-3c91-bounces", "B"},
		{"finding in (SA-3c91, SA-3c91-bounces)", "ABCF"},
		{"finding=UN-0001", "A"},
		{"finding=SA-3c9", ""},
		{"finding=SA-3c91 and not finding=UN-0001", "CF"},
		{"not finding=SA-3c91", "BDE"},
		{"finding is not unknown", "ABCF"},
		{"finding ~ ^SA", "ABCF"},
	};
	struct marked marked;
	(void)state;

	begin(&marked);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_selects(&marked, cases[i][0], cases[i][1]);
	end(&marked);
}

/* C's login is from a Received line: whoever forged that must not have it removed. */
static void an_action_trusts_no_header(void **state)
{
	struct marked marked;
	(void)state;

	begin(&marked);
	marked.snap.env.trusted_only = true;
	assert_selects(&marked, "finding=SA-3c91", "AF");
	assert_selects(&marked, "not finding=SA-3c91", "BDE");
	end(&marked);
}

static void without_a_verdict_nothing_is_part_of_one(void **state)
{
	struct marked marked;
	(void)state;

	begin(&marked);
	marked.snap.env.nsets = 0;
	assert_selects(&marked, "finding=SA-3c91", "");
	assert_selects(&marked, "not finding=SA-3c91", "ABCDEF");
	/* And a second verdict takes the place of the first. */
	verdict_mark(&marked.verdict, &marked.snap.env);
	verdict_mark(&marked.verdict, &marked.snap.env);
	assert_int_equal(marked.snap.env.nsets, 3);
	end(&marked);
}

static void groups_by_finding(void **state)
{
	struct marked marked;
	struct need need = {0};
	struct field_ref by;
	struct err err;
	(void)state;

	begin(&marked);
	struct bitset all = rows_of(63);
	assert_int_equal(field_find(SLICE("finding"), &need, &by, &err), 0);
	struct grouping grouping = group_rows(&by, &marked.snap.env, &all, 0, GROUP_MESSAGES);
	assert_int_equal(grouping.count, 3);
	assert_int_equal(grouping.groups[0].messages, 3);
	assert_true(slice_eq(
		intern_get(&marked.snap.snap.strings, grouping.groups[0].id), SLICE("SA-3c91")));
	grouping_free(&grouping);
	bitset_free(&all);
	end(&marked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selects_its_messages),
		cmocka_unit_test(an_action_trusts_no_header),
		cmocka_unit_test(without_a_verdict_nothing_is_part_of_one),
		cmocka_unit_test(groups_by_finding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
