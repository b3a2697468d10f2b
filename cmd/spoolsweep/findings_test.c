/* How findings are told: 80 columns, nothing raw, nothing hidden. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "cmd/spoolsweep/findings.h"
#include "core/query/test_snap.h"

enum { MANY = 20 };

#define HOSTILE "\033]0;x\007\xe2\x80\xae\xff<b>=cmd|' /C calc'!A0"

struct told_app {
	struct test_snap snap;
	struct app app;
	struct finding findings[MANY];
};

static struct evidence evidence_of(const char *text, const char *here)
{
	return (struct evidence){
		.rule = &rule_table[RULE_FOREIGN_SENDER],
		.text = slice_cstr(text),
		.here = slice_cstr(here),
		.value = 1,
		.n = 60098,
		.low = 0.999,
		.high = 1,
		.threshold = 0.5,
		.median = 0.004,
		.p99 = EVIDENCE_NONE,
		.points = 4,
		.nexamples = 1,
	};
}

static void add(struct told_app *told, struct finding finding, uint32_t bits)
{
	struct finding *place = &told->findings[told->app.verdict.count++];

	*place = finding;
	place->rows = bitset_new(6);
	place->rows.words[0] = bits;
	place->bounces = bitset_new(6);
	place->bounces.words[0] = finding.nbounces ? 2 : 0;
}

/* Six messages, all of them selected; no finding yet. */
static void begin(struct told_app *told)
{
	*told = (struct told_app){0};
	test_snap_fill(&told->snap);
	told->app.command = &command_report;
	told->app.scan.snap = told->snap.snap;
	told->app.env = told->snap.env;
	told->app.env.snap = &told->app.scan.snap;
	told->app.now = TEST_NOW;
	told->app.output.charset = ESCAPE_UTF8;
	told->app.rows = bitset_new(6);
	told->app.rows.words[0] = 63;
	told->app.verdict.findings = told->findings;
}

static void end(struct told_app *told)
{
	bitset_free(&told->app.rows);
	verdict_free(&told->app.verdict);
	told->snap.snap = told->app.scan.snap;
	told->snap.env = told->app.env;
	told->snap.env.snap = &told->snap.snap;
	test_snap_free(&told->snap);
}

static const struct finding stolen = {
	.id = "SA-3c91",
	.class = CLASS_STOLEN_ACCOUNT,
	.level = LEVEL_CONFIRMED,
	.score = 12,
	.weighed = true,
	.title = {"bob@example.com", 15},
	.messages = 60098,
	.nbounces = 120,
	.filter = {"account=\"bob@example.com\"", 25},
	.stays = {"14 more messages of bob look usual, and stay", 44},
	.nstays = 14,
};

static void assert_text(struct buf *out, const char *text)
{
	assert_string_equal(buf_str(out), text);
	buf_free(out);
}

static void tells_what_it_is_and_what_to_do(void **state)
{
	struct evidence evidence[] = {
		evidence_of("41 addresses in 19 networks in 6 h", "here usual: 1-3 a day"),
		evidence_of("19 networks within a day", "other logins: 1, at most 2"),
		evidence_of("sender is not the login's domain in 100 %", "other logins: 0.4 %"),
		evidence_of("100 % have one of a few subjects", "other logins: 5 %, at most 100 %"),
	};
	struct finding finding = stolen;
	struct told_app told;
	struct buf out = {0};
	(void)state;

	evidence[0].rule = &rule_table[RULE_CLIENT_IPS];
	evidence[1].rule = &rule_table[RULE_CLIENT_NETS];
	evidence[3].p99 = 1; /* some others do just as much */
	finding.evidence = evidence;
	finding.nevidence = 4;
	begin(&told);
	add(&told, finding, 1);
	put_findings(&told.app, &out);
	assert_text(&out,
		"\n"
		"SA-3c91 STOLEN ACCOUNT confirmed: bob@example.com                60,098 messages\n"
		"  41 addresses in 19 networks in 6 h           here usual: 1-3 a day\n"
		"  sender is not the login's domain in 100 %    other logins: 0.4 %\n"
		"  100 % have one of a few subjects\n"
		"  against it: nothing found. 14 more messages of bob look usual, and stay.\n"
		"  1 all that speaks for it; how to stop it     spoolsweep why SA-3c91\n"
		"  2 see what would go (removes nothing)        spoolsweep purge "
		"finding=SA-3c91\n");
	buf_reset(&out);
	why_text(&told.app, &told.findings[0], &out);
	assert_non_null(strstr(buf_str(&out), "19 networks within a day"));
	assert_null(strstr(buf_str(&out), "at most 100 %"));
	assert_non_null(strstr(buf_str(&out), "\nscore 12.0: confirmed\n"));
	assert_non_null(strstr(buf_str(&out), "\n   +4.0 41 addresses"));
	buf_free(&out);
	end(&told);
}

/* Where points decide nothing, none are told. */
static void tells_no_score_of_what_is_plain(void **state)
{
	struct evidence evidence[] = {evidence_of("95 % of the queue are bounces", "")};
	struct remedy remedy[] = {{.text = SLICE("nothing is wrong here, wait")}};
	struct finding finding = stolen;
	struct told_app told;
	struct buf out = {0};
	(void)state;

	finding.class = CLASS_BACKSCATTER;
	finding.weighed = false;
	finding.evidence = evidence;
	finding.nevidence = 1;
	finding.remedy = remedy;
	finding.nremedy = 1;
	begin(&told);
	add(&told, finding, 1);
	why_text(&told.app, &told.findings[0], &out);
	assert_null(strstr(buf_str(&out), "score"));
	assert_null(strstr(buf_str(&out), "+4.0"));
	assert_non_null(strstr(buf_str(&out), "confirmed by what it is"));
	/* A step that needs no line is told in the report; one that does is not. */
	buf_reset(&out);
	told.findings[0].class = CLASS_DESTINATION_DOWN;
	put_findings(&told.app, &out);
	assert_non_null(strstr(buf_str(&out), "1 nothing is wrong here, wait"));
	buf_reset(&out);
	told.findings[0].class = CLASS_STOLEN_ACCOUNT;
	put_findings(&told.app, &out);
	assert_null(strstr(buf_str(&out), "nothing is wrong here"));
	buf_free(&out);
	end(&told);
}

/* What a purge by finding refuses is not offered. */
static void offers_no_purge_of_honest_mail(void **state)
{
	struct finding down = stolen, suspect = stolen;
	struct told_app told;
	struct buf out = {0};
	(void)state;

	down.class = CLASS_DESTINATION_DOWN;
	suspect.level = LEVEL_SUSPECT;
	begin(&told);
	add(&told, down, 1);
	add(&told, suspect, 1);
	put_findings(&told.app, &out);
	assert_null(strstr(buf_str(&out), "purge"));
	assert_non_null(strstr(buf_str(&out), "list finding=SA-3c91"));
	buf_reset(&out);
	why_text(&told.app, &told.findings[0], &out);
	assert_null(strstr(buf_str(&out), "spoolsweep purge 'account"));
	assert_non_null(strstr(buf_str(&out), "people wait for this mail"));
	buf_free(&out);
	end(&told);
}

static void cuts_a_long_list(void **state)
{
	struct told_app told;
	struct buf out = {0};
	size_t lines = 0;
	(void)state;

	begin(&told);
	for (int i = 0; i < MANY; i++)
		add(&told, stolen, 1);
	put_findings(&told.app, &out);
	for (const char *at = buf_str(&out); (at = strstr(at, "SA-3c91 STOLEN")); at++)
		lines++;
	assert_int_equal(lines, 13);
	assert_non_null(strstr(buf_str(&out), "and 7 more; "));
	buf_free(&out);
	end(&told);
}

static void tells_those_that_the_filter_touches(void **state)
{
	struct finding bounced = stolen;
	struct told_app told;
	struct buf out = {0};
	(void)state;

	bounced.nbounces = 0;
	begin(&told);
	add(&told, bounced, 1);
	told.app.rows.words[0] = 2;
	put_findings(&told.app, &out);
	assert_text(&out, "\nno finding touches these messages; in all of the queue: 1\n");
	told.findings[0].nbounces = 1;
	told.findings[0].bounces.words[0] = 2;
	put_findings(&told.app, &out);
	assert_non_null(strstr(buf_str(&out), "SA-3c91"));
	buf_free(&out);
	end(&told);
}

static void says_that_there_is_nothing(void **state)
{
	struct slice notes[] = {SLICE("local domains are a guess: example.com")};
	struct told_app told;
	struct buf out = {0};
	(void)state;

	begin(&told);
	put_findings(&told.app, &out);
	assert_text(&out,
		"\nnothing unusual found: no login, client, script or destination stands out "
		"among\n"
		"  6 messages\n");
	told.app.verdict.too_little = true;
	told.app.verdict.notes = notes;
	told.app.verdict.nnotes = 1;
	put_findings(&told.app, &out);
	assert_text(
		&out, "\n6 messages: too few to judge\nlocal domains are a guess: example.com\n");
	end(&told);
}

/* No line is wider than the terminal, and nothing of a stranger's reaches it raw. */
static void assert_safe(struct buf *out, size_t width, bool ascii)
{
	struct slice rest = buf_slice(out), line;

	while (rest.len) {
		slice_cut(rest, '\n', &line, &rest);
		/* A line to paste is whole. */
		if (slice_find(line, SLICE("spoolsweep ")) == SIZE_MAX)
			assert_true(escape_width(line, ESCAPE_UTF8) <= width);
		for (size_t i = 0; i < line.len; i++) {
			unsigned char c = (unsigned char)line.ptr[i];
			assert_true(c >= ' ' && c != 0x7f && (!ascii || c < 0x7f));
		}
		assert_true(slice_find(line, SLICE("\xe2\x80\xae")) == SIZE_MAX);
		assert_true(slice_find(line, SLICE("\xff")) == SIZE_MAX);
	}
	buf_reset(out);
}

static void lets_nothing_hostile_through(void **state)
{
	static const size_t widths[] = {70, 80, 200};
	char longest[3000];
	struct told_app told;
	struct buf out = {0};
	(void)state;

	memset(longest, 'w', sizeof(longest));
	memcpy(longest, HOSTILE, sizeof(HOSTILE) - 1);
	longest[sizeof(longest) - 1] = '\0';
	struct evidence evidence[] = {evidence_of(HOSTILE, HOSTILE), evidence_of(longest, longest)};
	struct who who[] = {
		{WHO_ACCOUNT, slice_cstr(HOSTILE), 3}, {WHO_SCRIPT, slice_cstr(longest), 1}};
	struct slice notes[] = {slice_cstr(longest), slice_cstr(HOSTILE)};
	struct finding finding = stolen;
	finding.title = slice_cstr(longest);
	finding.stays = slice_cstr(HOSTILE);
	finding.evidence = finding.counter = evidence;
	finding.nevidence = finding.ncounter = 2;
	finding.who = who;
	finding.nwho = finding.nwho_all = 2;
	finding.notes = notes;
	finding.nnotes = 2;
	finding.filter = SLICE("account=\"" HOSTILE "\"");
	finding.stays_filter = finding.filter;
	begin(&told);
	add(&told, finding, 16); /* E: as a stranger would like to have it */
	told.findings[0].first = told.findings[0].last = WIDE_UNKNOWN;
	told.app.verdict.notes = notes;
	told.app.verdict.nnotes = 2;
	for (size_t i = 0; i < 3; i++) {
		for (int ascii = 0; ascii < 2; ascii++) {
			told.app.output.columns = widths[i];
			told.app.output.charset = ascii ? ESCAPE_ASCII : ESCAPE_UTF8;
			put_findings(&told.app, &out);
			assert_safe(&out, widths[i], ascii);
		}
	}
	told.app.output.columns = 80;
	why_text(&told.app, &told.findings[0], &out);
	/* It has tables, which keep 12 columns of each cell, and lines to paste. */
	assert_safe(&out, 80, true);
	buf_free(&out);
	end(&told);
}

static void picks_the_newest(void **state)
{
	struct told_app told;
	uint32_t rows[3];
	(void)state;

	begin(&told);
	/* E is of tomorrow, B a minute old, F half an hour, A two; of D no time is known. */
	assert_int_equal(newest_rows(&told.app, &told.app.rows, rows, 3), 3);
	assert_int_equal(rows[0], 4);
	assert_int_equal(rows[1], 1);
	assert_int_equal(rows[2], 5);
	told.app.rows.words[0] = 1;
	assert_int_equal(newest_rows(&told.app, &told.app.rows, rows, 3), 1);
	assert_int_equal(rows[0], 0);
	end(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_it_is_and_what_to_do),
		cmocka_unit_test(tells_no_score_of_what_is_plain),
		cmocka_unit_test(offers_no_purge_of_honest_mail),
		cmocka_unit_test(cuts_a_long_list),
		cmocka_unit_test(tells_those_that_the_filter_touches),
		cmocka_unit_test(says_that_there_is_nothing),
		cmocka_unit_test(lets_nothing_hostile_through),
		cmocka_unit_test(picks_the_newest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
