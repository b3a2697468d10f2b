/* A scan that begins with the rows of an earlier one says what a scan without them says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include "core/queue/scan.h"
#include "formats/postfix/test_spool.h"

enum { MESSAGES = 60, PATH = 64 };

static const struct need need = {
	.parts = NEED_RCPTS | NEED_ADDRESSES | NEED_REASONS | NEED_STATUS | NEED_HEADERS |
		NEED_SUBJECT | NEED_MARKS | NEED_STAMP,
};

static uint32_t drawn;

static uint32_t draw(uint32_t below)
{
	drawn = drawn * 1664525 + 1013904223;
	return (drawn >> 8) % below;
}

static void id_of(char id[16], unsigned number)
{
	snprintf(id, 16, "A%08X", number);
}

static void path_of(char path[PATH], const char *queue, unsigned number)
{
	char id[16];
	id_of(id, number);
	snprintf(path, PATH, "%s/%s", queue, id);
}

static void write_message(struct test_spool *test, const char *path, unsigned kind)
{
	char sender[64];

	image_free(&test->image);
	test->image = (struct image){0};
	snprintf(sender, sizeof(sender), "sender%u@example.com", kind);
	image_message(&test->image, sender, "b@example.org");
	test_spool_add(test, path, 0700);
}

static void write_log(struct test_spool *test, unsigned number, const char *reason)
{
	char path[PATH];
	struct buf log = {0};

	path_of(path, "defer/A", number);
	buf_printf(&log,
		"<b@example.org>: %s\nrecipient=b@example.org\noffset=1\n"
		"status=4.0.0\naction=delayed\nreason=%s\n\n",
		reason, reason);
	tree_file(&test->tree, path, buf_slice(&log), 0600);
	buf_free(&log);
}

static void make_queue(struct test_spool *test)
{
	static const char *const queues[] = {
		"deferred/A", "deferred/A", "deferred/A", "active", "hold", "incoming"};
	char path[PATH];

	test_spool_make(test);
	for (unsigned i = 0; i < MESSAGES; i++) {
		path_of(path, queues[i % 6], i);
		write_message(test, path, i);
		if (i % 6 < 4)
			write_log(test, i, i % 2 ? "Connection timed out" : "Mailbox full");
	}
}

static void scan(struct test_spool *test, struct cache *cache, struct scan *scan)
{
	struct scan_options options = {.cache = cache, .jobs = 2};
	*scan = (struct scan){0};
	if (scan_run(scan, &test->spools, &need, &options, &test->err) != 0)
		fail_msg("%s", test->err.text);
	assert_true(scan->complete);
}

static void add_text(struct buf *out, struct slice text)
{
	buf_printf(out, " %.*s", SLICE_ARG(text));
}

/* All that a scan found, a line a message, in an order of its own. */
static void tell(const struct scan *scan, struct buf *out)
{
	const struct snap *snap = &scan->snap;
	struct buf *lines = calloc(snap->rows + 1, sizeof(*lines));

	assert_non_null(lines);
	for (uint32_t row = 0; row < snap->rows; row++) {
		struct buf *line = &lines[row];
		uint32_t count, first = snap_rcpts(snap, row, &count);
		for (unsigned col = 0; col < SNAP_COLS; col++)
			if (snap_is_string(col) || col == COL_QUEUE_ID)
				add_text(line, snap_text(snap, col, row));
			else if (col != COL_RCPT_FIRST)
				buf_printf(line, " %u", snap_col(snap, col, row));
		for (unsigned col = 0; col < WIDE_STAMP; col++)
			buf_printf(line, " %lld", (long long)snap_wide(snap, col, row));
		for (uint32_t i = first; i < first + count; i++) {
			add_text(
				line, intern_get(&snap->strings, snap_rcpt(snap, RCPT_ADDRESS, i)));
			add_text(line, intern_get(&snap->strings, snap_rcpt(snap, RCPT_REASON, i)));
			buf_printf(line, " %u %u %u", snap->rcpt_state[i], snap->rcpt_class[i],
				snap_rcpt(snap, RCPT_HASH, i));
		}
		for (uint32_t k = row;
			k > 0 && strcmp(buf_str(&lines[k]), buf_str(&lines[k - 1])) < 0; k--) {
			struct buf swap = lines[k];
			lines[k] = lines[k - 1];
			lines[k - 1] = swap;
		}
	}
	for (uint32_t row = 0; row < snap->rows; row++) {
		buf_printf(out, "%s\n", buf_str(&lines[row]));
		buf_free(&lines[row]);
	}
	free(lines);
}

static void save(struct test_spool *test, const struct scan *scan)
{
	if (cache_save(&scan->snap, scan->began, test->tree.fd, &test->spools, &test->err) != 0)
		fail_msg("%s", test->err.text);
}

/* `later`: as if so many seconds had passed before the scan that the cache is of. */
static void load(struct test_spool *test, struct cache *cache, int64_t later)
{
	*cache = (struct cache){0};
	if (cache_load(cache, test->tree.fd, &test->spools, &need, false, LIMIT_INDEX_BYTES,
		    &test->err) != 0)
		fail_msg("%s", test->err.text);
	cache->began += later;
}

/* Both kinds of scan; returns how many rows came from the cache. */
static uint32_t compare(struct test_spool *test, int64_t later)
{
	struct cache cache;
	struct scan with, without;
	struct buf a = {0}, b = {0};

	load(test, &cache, later);
	scan(test, &cache, &with);
	scan(test, NULL, &without);
	tell(&with, &a);
	tell(&without, &b);
	assert_string_equal(buf_str(&a), buf_str(&b));
	uint32_t reused = with.reused;
	assert_int_equal(without.reused, 0);
	/* What is kept of a scan that took rows over is as good as of one that read all. */
	save(test, &with);
	scan_free(&with);
	scan_free(&without);
	cache_free(&cache);
	buf_free(&a);
	buf_free(&b);
	return reused;
}

static void tick(void)
{
	usleep(20 * 1000); /* the clock of files has moved on */
}

static void begin(struct test_spool *test)
{
	struct scan first;
	make_queue(test);
	scan(test, NULL, &first);
	assert_int_equal(first.snap.rows, MESSAGES);
	save(test, &first);
	scan_free(&first);
	tick();
}

static void what_is_unchanged_is_not_read(void **state)
{
	struct test_spool test;
	(void)state;
	begin(&test);
	assert_int_equal(compare(&test, 10), MESSAGES);
	assert_int_equal(compare(&test, 10), MESSAGES);
	test_spool_free(&test);
}

/* What changed within two seconds of the scan may have changed again, unseen. */
static void what_is_young_is_read(void **state)
{
	struct test_spool test;
	(void)state;
	begin(&test);
	assert_int_equal(compare(&test, 0), 0);
	test_spool_free(&test);
}

static bool where_is(struct test_spool *test, unsigned number, char path[PATH])
{
	static const char *const queues[] = {"deferred/A", "active", "hold", "incoming"};
	for (unsigned i = 0; i < 4; i++) {
		path_of(path, queues[i], number);
		if (faccessat(test->tree.fd, path, F_OK, 0) == 0)
			return true;
	}
	return false;
}

static void move(struct test_spool *test, const char *from, const char *queue, unsigned number)
{
	char to[PATH];
	path_of(to, queue, number);
	assert_int_equal(renameat(test->tree.fd, from, test->tree.fd, to), 0);
}

/* Size, mode and time stay: only what the kernel alone writes tells. */
static void rewrite_in_place(struct test_spool *test, const char *path, unsigned kind)
{
	struct stat st;
	assert_int_equal(fstatat(test->tree.fd, path, &st, 0), 0);
	struct timespec times[2] = {st.st_atim, st.st_mtim};
	write_message(test, path, kind);
	assert_int_equal(utimensat(test->tree.fd, path, times, 0), 0);
}

/* One thing that happens to a queue. False when there was nothing to do it to. */
static bool change(struct test_spool *test, unsigned what, unsigned number)
{
	char path[PATH], log[PATH];
	struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1800000000 + number}};

	path_of(log, "defer/A", number);
	if (!where_is(test, number, path)) {
		path_of(path, "incoming", number);
		write_message(test, path, number + 1);
		return true;
	}
	switch (what) {
	case 0: /* delivered */
		unlinkat(test->tree.fd, path, 0);
		unlinkat(test->tree.fd, log, 0);
		return true;
	case 1: /* tried again */
		move(test, path, "active", number);
		return true;
	case 2: /* deferred, with a reason */
		write_log(test, number, "Host not found");
		move(test, path, "deferred/A", number);
		path_of(path, "deferred/A", number);
		return utimensat(test->tree.fd, path, times, 0) == 0;
	case 3:
		move(test, path, "hold", number);
		return true;
	case 4:
		rewrite_in_place(test, path, draw(10) + MESSAGES);
		return true;
	case 5: /* another message of the same name: perhaps of the same inode */
		unlinkat(test->tree.fd, path, 0);
		write_message(test, path, number + 100);
		return true;
	case 6: /* the log alone, by somebody's hand */
		write_log(test, number, "Greylisted, try later");
		return true;
	case 7:
		return unlinkat(test->tree.fd, log, 0) == 0;
	case 8: /* only the time of the next attempt */
		return utimensat(test->tree.fd, path, times, 0) == 0;
	case 9: /* postsuper -e */
		return fchmodat(test->tree.fd, path, 0710, 0) == 0;
	default: /* a message that bounced for some */
		path_of(log, "bounce", number);
		tree_file(&test->tree, log, SLICE("<c@example.org>: no\n\n"), 0600);
		return true;
	}
}
enum { CHANGES = 11 };

static void each_change_is_seen(void **state)
{
	struct test_spool test;
	(void)state;
	for (unsigned what = 0; what < CHANGES; what++) {
		begin(&test);
		for (unsigned number = 0; number < 4; number++)
			change(&test, what, number);
		tick();
		uint32_t reused = compare(&test, 10);
		if (reused < MESSAGES - 4 || reused > MESSAGES)
			fail_msg("change %u: %u rows were taken over", what, reused);
		assert_in_range(reused, MESSAGES - 4, what == 7 ? MESSAGES : MESSAGES - 1);
		test_spool_free(&test);
	}
}

/* Whatever happens, in any order: the same as without. */
static void any_changes(void **state)
{
	struct test_spool test;
	uint32_t reused = 0;
	(void)state;
	for (drawn = 1; drawn < 4; drawn++) {
		uint32_t seed = drawn;
		begin(&test);
		for (unsigned round = 0; round < 12; round++) {
			for (unsigned i = draw(12); i > 0; i--)
				change(&test, draw(CHANGES), draw(MESSAGES + 5));
			tick();
			reused += compare(&test, 10);
		}
		test_spool_free(&test);
		drawn = seed;
	}
	assert_true(reused > 12 * MESSAGES);
}

/* The same names, bytes, sizes, modes and times in another place: rsync -a, a restore. */
static void a_copy_is_another_queue(void **state)
{
	struct test_spool test;
	struct cache cache;
	struct scan again;
	char aside[PATH + 8], path[PATH];
	(void)state;
	begin(&test);
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct stat st;
		if (!where_is(&test, i, path))
			continue;
		assert_int_equal(fstatat(test.tree.fd, path, &st, 0), 0);
		snprintf(aside, sizeof(aside), "%s.aside", path);
		assert_int_equal(renameat(test.tree.fd, path, test.tree.fd, aside), 0);
		write_message(&test, path, i);
		struct timespec times[2] = {st.st_atim, st.st_mtim};
		assert_int_equal(utimensat(test.tree.fd, path, times, 0), 0);
		assert_int_equal(unlinkat(test.tree.fd, aside, 0), 0);
	}
	tick();
	load(&test, &cache, 10);
	scan(&test, &cache, &again);
	assert_int_equal(again.snap.rows, MESSAGES);
	assert_int_equal(again.reused, 0);
	scan_free(&again);
	cache_free(&cache);
	test_spool_free(&test);
}

/* What the MTA's state or configuration says changes what a file means. */
static void other_settings_read_all(void **state)
{
	struct test_spool test;
	struct cache cache;
	struct scan again;
	(void)state;
	begin(&test);
	test.spool->mta = MTA_RUNNING;
	load(&test, &cache, 10);
	scan(&test, &cache, &again);
	assert_int_equal(again.reused, 0);
	scan_free(&again);
	cache_free(&cache);
	test_spool_free(&test);
}

/* A bound that holds with fewer columns only: the cache is let go, and the rows are there. */
static void what_does_not_fit_is_read(void **state)
{
	struct test_spool test;
	struct cache cache;
	struct scan again;
	struct scan_options options = {.cache = &cache, .most_bytes = 1000};
	(void)state;
	begin(&test);
	for (unsigned i = 0; i < 200; i++) {
		char path[PATH];
		path_of(path, "hold", 1000 + i);
		write_message(&test, path, i);
	}
	load(&test, &cache, 10);
	again = (struct scan){0};
	assert_int_equal(scan_run(&again, &test.spools, &need, &options, &test.err), 0);
	assert_int_equal(again.snap.rows, MESSAGES + 200);
	assert_int_equal(again.reused, 0);
	assert_true(again.snap.given_up & NEED_SENDERS);
	scan_free(&again);
	cache_free(&cache);
	test_spool_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_unchanged_is_not_read),
		cmocka_unit_test(what_is_young_is_read),
		cmocka_unit_test(each_change_is_seen),
		cmocka_unit_test(any_changes),
		cmocka_unit_test(a_copy_is_another_queue),
		cmocka_unit_test(other_settings_read_all),
		cmocka_unit_test(what_does_not_fit_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
