#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/query/group.h"
#include "core/query/test_snap.h"

static struct test_snap snap;

static int set_up(void **state)
{
	(void)state;
	test_snap_fill(&snap);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_snap_free(&snap);
	return 0;
}

static struct field_ref find(const char *name)
{
	struct need need = snap.need;
	struct field_ref ref;
	struct err err;
	assert_int_equal(field_find(slice_cstr(name), &need, &ref, &err), 0);
	return ref;
}

static struct bitset all_rows(const struct test_snap *test)
{
	struct bitset rows = bitset_new(test->snap.rows);
	for (size_t row = 0; row < rows.bits; row++)
		bitset_set(&rows, row);
	return rows;
}

static struct grouping group_all(struct test_snap *test, const char *name, size_t limit)
{
	struct field_ref ref = find(name);
	struct bitset rows = all_rows(test);
	struct grouping result = group_rows(&ref, &test->env, &rows, limit, GROUP_ALL);
	bitset_free(&rows);
	return result;
}

/* "value messages/recipients" of each group. */
static void describe(
	struct test_snap *test, const char *name, const struct grouping *grouping, struct buf *out)
{
	struct field_ref ref = find(name);
	buf_reset(out);
	for (size_t i = 0; i < grouping->count; i++) {
		const struct group *group = &grouping->groups[i];
		buf_addc(out, '[');
		if (field_is_text(ref.field))
			field_print_id(ref.field, &test->snap, group->id, out);
		else if (group->known)
			field_print_number(ref.field, group->number, out);
		else
			buf_addc(out, '?');
		buf_printf(
			out, " %u/%llu]", group->messages, (unsigned long long)group->recipients);
	}
}

static void test_values(void **state)
{
	static const struct {
		const char *field;
		const char *groups;
	} cases[] = {
		{"account", "[(no login) 3/2][alice 1/2][\"\" 1/1][bob@example.com 1/1]"},
		{"sender",
			"[bob@example.com 2/2][alice@example.com 1/2][<> 1/1]"
			"[x\xff\x1b[31m\n@evil.test 1/1][www-data 1/0]"},
		{"sender_domain", "[example.com 3/4][<> 1/1][evil.test 1/1][- 1/0]"},
		{"client_ip",
			"[192.0.2.7 2/2][198.51.100.3 1/2][2001:db8:1:2::/64 1/1]"
			"[not an address 1/1][- 1/0]"},
		{"state", "[deferred 2/1][held 1/2][- 1/1][active 1/1][incoming 1/1]"},
		{"spool", "[mx 5/5][mx-out 1/1]"},
		/* Each recipient counts once, each message once for each value: C has two there. */
		{"rcpt_domain", "[example.org 2/2][mail.test 2/2][<> 1/1][example.com 1/1]"},
		{"rcpt",
			"[xaver@mail.test 2/2][<> 1/1][a@example.org 1/1][b@example.org 1/1]"
			"[bob@example.com 1/1][yves@example.org 1/0]"},
		{"reason",
			"[- 4/3][550 5.1.1 <addr> unknown user 1/2][451 4.7.1 try later ID 1/1]"},
		{"warnings", "[no-time 1/0][truncated 1/0]"},
		/* Numbers, by value where the rest is the same. */
		{"nrcpt", "[1 4/4][2 1/2][0 1/0]"},
		{"uid", "[? 5/6][33 1/0]"},
		{"message_size", "[10.0 KB 2/2][5.0 MB 1/2][0 B 1/1][500 B 1/1][? 1/0]"},
		{"header:X-Mailer", "[- 5/5][Thunder 1.0 1/1]"},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct grouping grouping = group_all(&snap, cases[i].field, 0);
		describe(&snap, cases[i].field, &grouping, &out);
		if (strcmp(buf_str(&out), cases[i].groups) != 0)
			fail_msg("%s: %s", cases[i].field, buf_str(&out));
		assert_int_equal(grouping.total, grouping.count);
		assert_int_equal(grouping.messages, 6);
		assert_int_equal(grouping.others.messages, 0);
		grouping_free(&grouping);
	}
	buf_free(&out);
}

static void test_figures(void **state)
{
	struct grouping grouping = group_all(&snap, "sender_domain", 0);
	const struct group *group = &grouping.groups[0]; /* example.com: A, C and F */
	(void)state;

	assert_true(group->known);
	assert_int_equal(group->bytes, 10240 + 5 * 1024 * 1024 + 10240);
	assert_int_equal(group->first, TEST_NOW - 3 * 86400);
	assert_int_equal(group->last, TEST_NOW - 1800);
	assert_int_equal(group->last_hour, 1);
	assert_int_equal(group->ips, 2);
	assert_int_equal(group->accounts, 2);
	assert_int_equal(group->senders, 2);
	group = &grouping.groups[2]; /* evil.test: E, from the future, with an empty login */
	assert_int_equal(group->last_hour, 0);
	assert_int_equal(group->accounts, 1);
	group = &grouping.groups[3]; /* no domain: D, of which little is known */
	assert_false(group->known);
	assert_int_equal(group->bytes, 0);
	assert_true(group->first == WIDE_UNKNOWN && group->last == WIDE_UNKNOWN);
	assert_int_equal(group->ips, 0);
	assert_int_equal(group->accounts, 0);
	assert_int_equal(group->senders, 1);
	grouping_free(&grouping);
}

/* A message is counted once under each value, however many recipients share it. */
static void test_figures_of_many(void **state)
{
	struct grouping grouping = group_all(&snap, "rcpt_domain", 0);
	const struct group *group = &grouping.groups[0]; /* example.org: A, and C twice */
	(void)state;

	assert_int_equal(group->messages, 2);
	assert_int_equal(group->bytes, 10240 + 5 * 1024 * 1024);
	assert_int_equal(group->first, TEST_NOW - 3 * 86400);
	assert_int_equal(group->last, TEST_NOW - 7200);
	assert_int_equal(group->accounts, 2);
	group = &grouping.groups[3]; /* example.com: B alone */
	assert_int_equal(group->bytes, 500);
	assert_int_equal(group->last_hour, 1);
	assert_int_equal(group->ips, 1);
	grouping_free(&grouping);
}

static void test_limit(void **state)
{
	struct grouping grouping = group_all(&snap, "sender_domain", 1);
	struct buf out = {0};
	(void)state;

	describe(&snap, "sender_domain", &grouping, &out);
	assert_string_equal(buf_str(&out), "[example.com 3/4]");
	assert_int_equal(grouping.total, 4);
	assert_int_equal(grouping.groups[0].ips, 2);
	assert_int_equal(grouping.others.messages, 3); /* B, E and D */
	assert_int_equal(grouping.others.recipients, 2);
	assert_int_equal(grouping.others.bytes, 500);
	assert_int_equal(grouping.others.first, TEST_NOW - 60);
	assert_int_equal(grouping.others.last, TEST_NOW + 3600);
	assert_int_equal(grouping.others.last_hour, 1);
	assert_int_equal(grouping.others.senders, 0);
	grouping_free(&grouping);
	buf_free(&out);
}

static void test_copies(void **state)
{
	struct field_ref account = find("account");
	struct bitset rows = all_rows(&snap);
	(void)state;

	/* F is a copy of bob's A, and counts beside him and among those without a login. */
	struct grouping grouping = group_rows(&account, &snap.env, &rows, 0, GROUP_ALL);
	assert_int_equal(grouping.groups[0].copies, 0);
	assert_int_equal(grouping.groups[3].copies, 1);
	grouping_free(&grouping);
	grouping = group_rows(&account, &snap.env, &rows, 1, GROUP_ALL);
	assert_int_equal(grouping.others.copies, 1);
	grouping_free(&grouping);

	/* Only copies among the rows count, and only beside an account that is there. */
	rows.words[0] = 1 << 0;
	grouping = group_rows(&account, &snap.env, &rows, 0, GROUP_ALL);
	assert_int_equal(grouping.groups[0].copies, 0);
	grouping_free(&grouping);
	rows.words[0] = 1 << 5;
	grouping = group_rows(&account, &snap.env, &rows, 0, GROUP_ALL);
	assert_int_equal(grouping.count, 1);
	assert_int_equal(grouping.groups[0].copies, 0);
	grouping_free(&grouping);

	struct grouping other = group_all(&snap, "sender", 0);
	assert_int_equal(other.groups[0].copies, 0);
	grouping_free(&other);
	bitset_free(&rows);
}

static void test_no_rows(void **state)
{
	struct field_ref account = find("account"), nrcpt = find("nrcpt");
	struct bitset rows = bitset_new(snap.snap.rows);
	(void)state;

	struct grouping grouping = group_rows(&account, &snap.env, &rows, 10, GROUP_ALL);
	assert_int_equal(grouping.count, 0);
	assert_int_equal(grouping.total, 0);
	assert_int_equal(grouping.messages, 0);
	grouping_free(&grouping);
	grouping = group_rows(&nrcpt, &snap.env, &rows, 0, GROUP_ALL);
	assert_int_equal(grouping.count, 0);
	grouping_free(&grouping);
	bitset_free(&rows);
}

/* IPv6 clients that change their address within a /64 are one. */
static void test_ips(void **state)
{
	static const char *const ips[] = {"2001:db8::1", "2001:db8::2", "2001:db8:0:1::1",
		"192.0.2.1", "192.0.2.1", "192.0.2.2"};
	struct test_snap other;
	(void)state;

	test_snap_init(&other);
	for (size_t i = 0; i < sizeof(ips) / sizeof(*ips); i++) {
		struct record record = test_record();
		record.client_ip = slice_cstr(ips[i]);
		record.sender = SLICE("x@example.net");
		snap_add(&other.snap, 0, &record);
	}
	test_snap_done(&other);
	struct grouping grouping = group_all(&other, "sender", 0);
	assert_int_equal(grouping.groups[0].ips, 4);
	grouping_free(&grouping);
	grouping = group_all(&other, "ip", 0);
	assert_int_equal(grouping.total, 4);
	grouping_free(&grouping);
	test_snap_free(&other);
}

/* Sizes are what the files claim: a sum past the end of int64_t stays at the end. */
static void test_sizes_that_cannot_be(void **state)
{
	struct test_snap other;
	(void)state;

	test_snap_init(&other);
	for (int i = 0; i < 3; i++) {
		struct record record = test_record();
		record.size = INT64_MAX - 1;
		record.arrival = INT64_MAX;
		snap_add(&other.snap, 0, &record);
	}
	test_snap_done(&other);
	struct grouping grouping = group_all(&other, "spool", 0);
	assert_true(grouping.groups[0].bytes == INT64_MAX);
	assert_int_equal(grouping.groups[0].last_hour, 0);
	grouping_free(&grouping);
	test_snap_free(&other);
}

enum { MANY = 5000 };

/* Value v of many: v % 10 + 1 messages each, so that nearly everything is a tie. */
static void fill_many(struct test_snap *test, bool backwards)
{
	test_snap_init(test);
	for (unsigned n = 0; n < MANY; n++) {
		unsigned v = (backwards ? MANY - 1 - n : n) * 7 % MANY;
		for (unsigned i = 0; i <= v % 10; i++) {
			char sender[40];
			struct rcpt rcpt[2] = {{.address = SLICE("a@mail.test")},
				{.address = SLICE("b@mail.test")}};
			struct record record = test_record();
			snprintf(sender, sizeof(sender), "user%05u@example.com", v);
			record.sender = slice_cstr(sender);
			record.rcpts = rcpt;
			record.nrcpts = v % 3 == 0 ? 2 : 1;
			snap_add(&test->snap, 0, &record);
		}
	}
	test_snap_done(test);
}

/* The few that are kept are the first of all in order, however the rows came. */
static void test_top_is_start_of_all(void **state)
{
	static const size_t limits[] = {1, 2, 3, 10, 499, 4999, 5000, 5001};
	struct test_snap forwards, backwards;
	struct buf all = {0}, some = {0};
	(void)state;

	fill_many(&forwards, false);
	fill_many(&backwards, true);
	struct grouping grouping = group_all(&forwards, "sender", 0);
	assert_int_equal(grouping.count, MANY);
	describe(&forwards, "sender", &grouping, &all);
	assert_true(slice_starts(buf_slice(&all),
		SLICE("[user00009@example.com 10/20][user00039@example.com 10/20]")));
	grouping_free(&grouping);
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		grouping = group_all(&backwards, "sender", limits[i]);
		describe(&backwards, "sender", &grouping, &some);
		assert_true(slice_starts(buf_slice(&all), buf_slice(&some)));
		uint32_t messages = grouping.others.messages;
		for (size_t g = 0; g < grouping.count; g++)
			messages += grouping.groups[g].messages;
		assert_int_equal(messages, backwards.snap.rows);
		assert_int_equal(grouping.total, MANY);
		grouping_free(&grouping);
	}
	buf_free(&all);
	buf_free(&some);
	test_snap_free(&forwards);
	test_snap_free(&backwards);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_figures_of_many),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_ips),
		cmocka_unit_test(test_sizes_that_cannot_be),
		cmocka_unit_test(test_top_is_start_of_all),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
