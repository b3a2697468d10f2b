/* What every driver has to hold to: the captured queues are read as their MTA lists them. */
#include <jansson.h>

#include "core/base/escape.h"
#include "core/mail/address.h"
#include "formats/test_case.h"

static void check_probe(struct test_case *test)
{
	const struct spool *spool = test->spools.list[0];

	if (spool->format != test->format || spool->probe.bid < 60)
		fail_msg("%s: taken for %s, bid %d: %s", test->source, spool->format->name,
			spool->probe.bid, spool->probe.reason);
	for (size_t i = 0; formats[i]; i++) {
		struct probe probe = {0};
		if (formats[i] == test->format)
			continue;
		formats[i]->probe(spool->fd, &probe);
		if (probe.bid >= spool->probe.bid || probe.bid > 50)
			fail_msg("%s: %s bids %d", test->source, formats[i]->name, probe.bid);
	}
}

static void bids_most_for_its_own(void **state)
{
	(void)state;
	test_case_each(check_probe);
}

/* ---- as the MTA lists it ---- */

/*
 * An address as postqueue(1) prints it: quoted, with '?' for what cannot be printed
 * or is no UTF-8, and a name for the null one.
 */
static struct buf external(struct slice address)
{
	struct buf quoted = {0}, text = {0};

	address_quote(&quoted, address);
	for (size_t i = 0; i < quoted.len; i++)
		if ((unsigned char)quoted.ptr[i] < ' ' || quoted.ptr[i] == 0x7f)
			quoted.ptr[i] = '?';
	escape_utf8(&text, address.len ? buf_slice(&quoted) : SLICE("MAILER-DAEMON"));
	buf_free(&quoted);
	return text;
}

static void assert_string(
	const char *where, const char *what, struct slice ours, const json_t *theirs)
{
	struct slice wanted = slice_of(json_string_value(theirs), json_string_length(theirs));
	if (!json_is_string(theirs) || !slice_known(ours) || !slice_eq(ours, wanted))
		fail_msg("%s: %s is \"%.*s\", not \"%.*s\"", where, what, SLICE_ARG(ours),
			SLICE_ARG(wanted));
}

static void assert_number(const char *where, const char *what, int64_t ours, const json_t *theirs)
{
	if (!json_is_integer(theirs) || ours != json_integer_value(theirs))
		fail_msg("%s: %s is %lld, not %lld", where, what, (long long)ours,
			(long long)json_integer_value(theirs));
}

static void compare_rcpts(const char *where, const struct record *record, const json_t *theirs)
{
	struct arena arena = {0};
	const struct rcpt **listed = record_listed_rcpts(record, &arena);
	size_t at = 0;

	for (uint32_t i = 0; i < record->nrcpts; i++) {
		if (listed[i]->state != RCPT_PENDING)
			continue;
		const json_t *their = json_array_get(theirs, at++);
		const json_t *reason = json_object_get(their, "delay_reason");
		struct buf address = external(listed[i]->address);
		assert_string(
			where, "address", buf_slice(&address), json_object_get(their, "address"));
		if (reason)
			assert_string(where, "delay_reason", listed[i]->reason, reason);
		else if (slice_known(listed[i]->reason))
			fail_msg("%s: %.*s has a reason", where, SLICE_ARG(buf_slice(&address)));
		buf_free(&address);
	}
	if (at != json_array_size(theirs))
		fail_msg("%s: %zu recipients, not %zu", where, at, json_array_size(theirs));
	arena_free(&arena);
}

static uint32_t find_row(const struct snap *snap, struct slice id)
{
	uint32_t row = 0;
	while (row < snap->rows && !slice_eq(snap_text(snap, COL_QUEUE_ID, row), id))
		row++;
	return row;
}

static void compare_message(struct test_case *test, const json_t *theirs)
{
	static const struct need need = {.parts = NEED_ALL};
	const struct snap *snap = &test->scan.snap;
	const char *id = json_string_value(json_object_get(theirs, "queue_id"));
	char where[256];
	struct arena arena = {0};
	struct record record;
	struct err err;

	snprintf(where, sizeof(where), "%s, %s", test->source, id ? id : "(no id)");
	uint32_t row = find_row(snap, slice_cstr(id));
	if (row == snap->rows)
		fail_msg("%s is missing", where);
	enum severity severity = scan_read_again(snap, row, &need, &arena, &record, &err);
	if (severity != SEV_OK || snap_col(snap, COL_WARNINGS, row))
		fail_msg("%s: severity %d, warnings %#x", where, (int)severity,
			snap_col(snap, COL_WARNINGS, row));
	struct buf sender = external(record.sender);
	assert_string(
		where, "queue_name", record.queue_name, json_object_get(theirs, "queue_name"));
	assert_number(
		where, "arrival_time", record.arrival, json_object_get(theirs, "arrival_time"));
	assert_number(where, "message_size", record.size, json_object_get(theirs, "message_size"));
	assert_int_equal(
		record.forced_expire, json_is_true(json_object_get(theirs, "forced_expire")));
	assert_string(where, "sender", buf_slice(&sender), json_object_get(theirs, "sender"));
	compare_rcpts(where, &record, json_object_get(theirs, "recipients"));
	buf_free(&sender);
	arena_free(&arena);
}

static void compare_listing(struct test_case *test, struct slice listing)
{
	uint32_t messages = 0;
	json_error_t error;

	for (struct slice line; listing.len; messages++) {
		slice_cut(listing, '\n', &line, &listing);
		json_t *theirs = json_loadb(line.ptr, line.len, 0, &error);
		if (!theirs)
			fail_msg("%s/postqueue.json: %s", test->source, error.text);
		compare_message(test, theirs);
		json_decref(theirs);
	}
	if (test->scan.snap.rows != messages || test->scan.failed || test->scan.unready)
		fail_msg("%s: %u rows, not %u; %u failed, %u unfinished", test->source,
			test->scan.snap.rows, messages, test->scan.failed, test->scan.unready);
}

/* ---- as the case says ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *row_line(const struct snap *snap, uint32_t row)
{
	struct buf line = {0};
	uint32_t warnings = snap_col(snap, COL_WARNINGS, row);

	buf_add(&line, snap_text(snap, COL_QUEUE_NAME, row));
	buf_addc(&line, ' ');
	buf_add(&line, snap_text(snap, COL_QUEUE_ID, row));
	for (unsigned i = 0; i < 32; i++)
		if (warnings & 1u << i)
			buf_printf(&line, " %s", warning_name((enum warning)(1u << i)));
	char *text = xstrdup(buf_str(&line));
	buf_free(&line);
	return text;
}

static void compare_rows(struct test_case *test, struct slice wanted)
{
	const struct scan *scan = &test->scan;
	size_t count = 0;
	char **lines = xcalloc(scan->snap.rows + scan->nfailures, sizeof(*lines));
	struct buf text = {0};

	for (uint32_t row = 0; row < scan->snap.rows; row++)
		lines[count++] = row_line(&scan->snap, row);
	for (size_t i = 0; i < scan->nfailures; i++)
		lines[count++] = xasprintf("failed %s", scan->failures[i].path);
	qsort(lines, count, sizeof(*lines), by_text);
	for (size_t i = 0; i < count; i++) {
		buf_printf(&text, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
	if (!slice_eq(buf_slice(&text), wanted))
		fail_msg("%s/rows is\n%s", test->source, buf_str(&text));
	buf_free(&text);
}

static void check_listing(struct test_case *test)
{
	struct buf listing = test_case_file(test, "postqueue.json");
	struct buf rows = test_case_file(test, "rows");

	test_case_scan(test);
	assert_true(test->scan.complete);
	if (listing.len)
		compare_listing(test, buf_slice(&listing));
	else if (rows.len)
		compare_rows(test, buf_slice(&rows));
	else
		fail_msg("%s says nothing of what should be listed", test->source);
	buf_free(&listing);
	buf_free(&rows);
}

static void lists_what_the_mta_lists(void **state)
{
	(void)state;
	test_case_each(check_listing);
}

/* ---- reading leaves a queue as it was ---- */

static void note_tree(const struct test_case *test, struct buf *notes)
{
	char *const roots[] = {(char *)test->tree.path, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	assert_non_null(walk);
	for (FTSENT *entry; (entry = fts_read(walk));) {
		const struct stat *st = entry->fts_statp;
		buf_printf(notes, "%lu %o %lld %lld.%ld %lld.%ld", (unsigned long)st->st_ino,
			(unsigned)st->st_mode, (long long)st->st_size,
			(long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
			(long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
		if (S_ISREG(st->st_mode))
			buf_printf(notes, " %lld.%ld", (long long)st->st_atim.tv_sec,
				st->st_atim.tv_nsec);
		buf_addc(notes, '\n');
	}
	fts_close(walk);
}

static void check_no_trace(struct test_case *test)
{
	struct buf before = {0}, after = {0}, content = {0};
	struct err err;

	note_tree(test, &before);
	test_case_scan(test);
	for (uint32_t row = 0; row < test->scan.snap.rows; row++) {
		struct unit unit = {.name = snap_text(&test->scan.snap, COL_QUEUE_ID, row)};
		test->format->content(test->spools.list[0], &unit, false, 1 << 20, &content, &err);
	}
	note_tree(test, &after);
	if (!slice_eq(buf_slice(&before), buf_slice(&after)))
		fail_msg("%s: reading changed\n%sto\n%s", test->source, buf_str(&before),
			buf_str(&after));
	buf_free(&before);
	buf_free(&after);
	buf_free(&content);
}

static void leaves_no_trace(void **state)
{
	(void)state;
	test_case_each(check_no_trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bids_most_for_its_own),
		cmocka_unit_test(lists_what_the_mta_lists),
		cmocka_unit_test(leaves_no_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
