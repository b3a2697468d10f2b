#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/query/sort.h"
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

/* The sorted rows as letters. */
static void sorted(struct test_snap *test, const char *name, bool descending,
	const struct bitset *rows, char letters[27])
{
	struct field_ref ref = find(name);
	size_t count;
	uint32_t *order = sort_rows(&ref, descending, &test->env, rows, &count);
	assert_int_equal(count, bitset_count(rows));
	for (size_t i = 0; i < count; i++)
		letters[i] = (char)('A' + order[i]);
	letters[count] = '\0';
	free(order);
}

static struct bitset all_rows(const struct test_snap *test)
{
	struct bitset rows = bitset_new(test->snap.rows);
	for (size_t row = 0; row < rows.bits; row++)
		bitset_set(&rows, row);
	return rows;
}

/* D has no arrival time and so comes first among equals, then C A F B E. */
static void test_orders(void **state)
{
	static const struct {
		const char *field;
		const char *up;
		const char *down;
	} cases[] = {
		{"queue_id", "ABCDFE", "EFDCBA"},
		{"arrival_time", "CAFBED", "EBFACD"},
		{"age", "EBFACD", "CAFBED"},
		{"message_size", "EBAFCD", "CAFBED"},
		{"nrcpt", "DAFBEC", "CAFBED"},
		{"attempts", "BADCFE", "ABDCFE"},
		{"state", "BDACFE", "FCDABE"},
		{"envelope_sender", "BCAFDE", "EDAFCB"},
		{"client_ip", "AFCBED", "EBCAFD"},
		{"client_net", "AFCBDE", "BCAFDE"},
		{"rcpt", "ECBAFD", "AFBCED"}, /* by the first one */
		{"reason", "ACDFBE", "CADFBE"},
		{"warnings", "DCAFBE", "DCAFBE"},
		{"subject", "EABCDF", "DCBAEF"},
	};
	struct bitset rows = all_rows(&snap);
	char letters[27];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sorted(&snap, cases[i].field, false, &rows, letters);
		if (strcmp(letters, cases[i].up) != 0)
			fail_msg("%s up: %s", cases[i].field, letters);
		sorted(&snap, cases[i].field, true, &rows, letters);
		if (strcmp(letters, cases[i].down) != 0)
			fail_msg("%s down: %s", cases[i].field, letters);
	}
	bitset_free(&rows);
}

static void test_some_rows(void **state)
{
	struct bitset rows = bitset_new(snap.snap.rows);
	char letters[27];
	(void)state;

	sorted(&snap, "queue_id", false, &rows, letters);
	assert_string_equal(letters, "");
	bitset_set(&rows, 5);
	bitset_set(&rows, 2);
	sorted(&snap, "queue_id", true, &rows, letters);
	assert_string_equal(letters, "FC");
	bitset_free(&rows);
}

static void add(struct test_snap *test, unsigned spool, const char *id, const char *ip,
	int64_t arrival, int64_t size)
{
	struct record record = test_record();
	record.queue_id = slice_cstr(id);
	record.client_ip = slice_cstr(ip);
	record.arrival = arrival;
	record.size = size;
	snap_add(&test->snap, spool, &record);
}

/* Equal values: by arrival, queue id and queue, whichever way the values go. */
static void test_ties(void **state)
{
	struct test_snap other;
	char letters[27];
	(void)state;

	test_snap_init(&other);
	add(&other, 1, "b", "192.0.2.1", 100, 5);
	add(&other, 0, "b", "192.0.2.1", 100, 5);
	add(&other, 0, "a", "192.0.2.1", 100, 5);
	add(&other, 0, "z", "192.0.2.1", 50, 5);
	test_snap_done(&other);
	struct bitset rows = all_rows(&other);
	sorted(&other, "size", false, &rows, letters);
	assert_string_equal(letters, "DCBA");
	sorted(&other, "size", true, &rows, letters);
	assert_string_equal(letters, "DCBA");
	sorted(&other, "client_ip", true, &rows, letters);
	assert_string_equal(letters, "DCBA");
	sorted(&other, "account", true, &rows, letters); /* unknown in all */
	assert_string_equal(letters, "DCBA");
	bitset_free(&rows);
	test_snap_free(&other);
}

/* By size, not by text; IPv6 goes with IPv4 in one order, what is no address by its bytes. */
static void test_addresses(void **state)
{
	struct test_snap other;
	char letters[27];
	(void)state;

	test_snap_init(&other);
	add(&other, 0, "a", "192.0.2.100", 1, 0);
	add(&other, 0, "b", "192.0.2.20", 2, 0);
	add(&other, 0, "c", "2001:db8::10", 3, 0);
	add(&other, 0, "d", "2001:db8::9", 4, 0);
	add(&other, 0, "e", "192.0.2.3", 5, 0);
	add(&other, 0, "f", "::1", 6, 0);
	test_snap_done(&other);
	struct bitset rows = all_rows(&other);
	sorted(&other, "ip", false, &rows, letters);
	assert_string_equal(letters, "FEBADC");
	bitset_free(&rows);
	test_snap_free(&other);
}

/* Texts that are the same for longer than is compared at once. */
static void test_long_texts(void **state)
{
	struct test_snap other;
	char letters[27];
	(void)state;

	test_snap_init(&other);
	add(&other, 0, "0123456789abcdef2", "", 1, 0);
	add(&other, 0, "0123456789abcdef", "", 1, 0);
	add(&other, 0, "0123456789abcdef1", "", 1, 0);
	add(&other, 0, "0123456", "", 1, 0);
	add(&other, 0, "0123456\xff", "", 1, 0);
	add(&other, 0, "", "", 1, 0);
	test_snap_done(&other);
	struct bitset rows = all_rows(&other);
	sorted(&other, "id", false, &rows, letters);
	assert_string_equal(letters, "FDBCAE");
	bitset_free(&rows);
	test_snap_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_some_rows),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_long_texts),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
