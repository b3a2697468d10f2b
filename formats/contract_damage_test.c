/*
 * What every driver has to hold to when files are damaged: cut anywhere, and with a
 * bit turned over in many places. Never a crash, and no cut file that looks whole.
 */
#include "core/base/buf.h"
#include "formats/test_case.h"

enum {
#ifdef __SANITIZE_THREAD__ /* there is one thread here, so a sample will do */
	WHOLE_UP_TO = 0,
	AT_THE_ENDS = 32,
	STEP = 61,
	FLIPS = 20,
#else
	WHOLE_UP_TO = 3 * 1024,
	AT_THE_ENDS = 1024,
	STEP = 7,
	FLIPS = 500,
#endif
	CONTENT_LIMIT = 1 << 20,
};

static const struct need need = {
	.parts = NEED_ALL,
};

/* What a driver makes of each message of a case; the ids are those of the case as it was. */
struct look {
	struct test_case *test;
	struct unit units[16];
	uint32_t count;
	struct arena arena; /* of the ids */
	struct arena room;  /* of one reading */
	unsigned readings;
};

static void look_begin(struct look *look, struct test_case *test)
{
	const struct snap *snap = &test->scan.snap;

	*look = (struct look){.test = test, .count = snap->rows};
	assert_true(look->count <= 16);
	for (uint32_t row = 0; row < look->count; row++) {
		look->units[row] = (struct unit){
			.name = arena_copy(&look->arena, snap_text(snap, COL_QUEUE_ID, row)),
			.inode = (uint64_t)snap_wide(snap, WIDE_INODE, row),
		};
	}
}

static void look_end(struct look *look)
{
	arena_free(&look->arena);
	arena_free(&look->room);
}

/*
 * Reads message i; whether it is said to be in order, and its content too. A scan does
 * not read bodies, so it may miss that the end of one is not there.
 */
static bool looks_whole(struct look *look, uint32_t i)
{
	const struct spool *spool = look->test->spools.list[0];
	struct record record;
	struct buf content = {0};
	struct err err = {0};

	enum severity severity =
		spool->format->find_id(spool, &look->units[i], &need, &look->room, &record, &err);
	if (severity == SEV_FAIL)
		assert_true(err.text[0]);
	if (severity == SEV_WARN)
		assert_true(record.warnings != 0);
	bool whole = severity == SEV_OK;
	if (whole || look->readings++ % 4 == 0)
		whole &= spool->format->content(spool, &look->units[i], false, CONTENT_LIMIT,
				 &content, &err) == SEV_OK;
	buf_free(&content);
	arena_reset(&look->room);
	return whole;
}

/* The message whose queue file it is, or look->count. */
static uint32_t message_of(const struct look *look, const struct stat *st)
{
	uint32_t i = 0;
	while (i < look->count && look->units[i].inode != st->st_ino)
		i++;
	return i;
}

/* Reads the message of a damaged file; all of them when it is another's, such as a log. */
static bool look_at(struct look *look, uint32_t mine)
{
	if (mine < look->count)
		return looks_whole(look, mine);
	for (uint32_t i = 0; i < look->count; i++)
		looks_whole(look, i);
	return false;
}

static void cut_file(struct look *look, const char *path, const struct stat *st)
{
	uint32_t mine = message_of(look, st);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct buf bytes = {0};

	assert_true(fd >= 0);
	size_t size = (size_t)st->st_size;
	assert_int_equal(pread(fd, buf_room(&bytes, size), size, 0), size);
	bytes.len = size;
	for (size_t n = size; n-- > 0;) {
		bool sparse = size > WHOLE_UP_TO && n >= AT_THE_ENDS && size - n > AT_THE_ENDS;
		if (sparse && n % STEP)
			continue;
		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		for (uint32_t i = 0; i < look->count; i++)
			if (looks_whole(look, i) && i == mine)
				fail_msg("%s: cut to %zu bytes of %zu it looks whole", path, n,
					size);
	}
	assert_int_equal(pwrite(fd, bytes.ptr, size, 0), size);
	assert_int_equal(close(fd), 0);
	buf_free(&bytes);
}

static void flip_bits(struct look *look, const char *path, const struct stat *st)
{
	uint32_t mine = message_of(look, st);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned seed = 1;

	assert_true(fd >= 0);
	for (unsigned n = 0; n < FLIPS && st->st_size; n++) {
		off_t at = rand_r(&seed) % st->st_size;
		unsigned char byte, flipped;
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		flipped = (unsigned char)(byte ^ 1u << rand_r(&seed) % 8);
		assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
		look_at(look, mine);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(close(fd), 0);
}

/* Does it to each file of the case, and sees that the queue is as it was in the end. */
static void for_each_file(struct test_case *test,
	void (*damage)(struct look *look, const char *path, const struct stat *st))
{
	char *const roots[] = {test->tree.path, NULL};
	struct look look;

	test_case_scan(test);
	uint32_t rows = test->scan.snap.rows, damaged = test->scan.damaged;
	look_begin(&look, test);
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	assert_non_null(walk);
	for (FTSENT *entry; (entry = fts_read(walk));)
		if (entry->fts_info == FTS_F)
			damage(&look, entry->fts_path, entry->fts_statp);
	fts_close(walk);
	look_end(&look);
	test_case_scan(test);
	assert_int_equal(test->scan.snap.rows, rows);
	assert_int_equal(test->scan.damaged, damaged);
}

static void check_cuts(struct test_case *test)
{
	for_each_file(test, cut_file);
}

static void tells_every_cut_file(void **state)
{
	(void)state;
	test_case_each(check_cuts);
}

static void check_flips(struct test_case *test)
{
	for_each_file(test, flip_bits);
}

static void survives_any_flipped_bit(void **state)
{
	(void)state;
	test_case_each(check_flips);
}

/* A scan of a queue of which all files are cut shows or counts each of its messages. */
static void check_scan_of_cut_files(struct test_case *test)
{
	static const unsigned keep[] = {0, 1, 20, 60, 95}; /* percent */

	test_case_scan(test);
	uint32_t all = test->scan.snap.rows + test->scan.unready + test->scan.failed;
	for (size_t i = sizeof(keep) / sizeof(*keep); i-- > 0;) {
		char *const roots[] = {test->tree.path, NULL};
		FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
		assert_non_null(walk);
		for (FTSENT *entry; (entry = fts_read(walk));)
			if (entry->fts_info == FTS_F)
				assert_int_equal(truncate(entry->fts_path,
							 entry->fts_statp->st_size * keep[i] / 100),
					0);
		fts_close(walk);
		test_case_scan(test);
		const struct scan *scan = &test->scan;
		struct look look;
		look_begin(&look, test);
		for (uint32_t row = 0; row < scan->snap.rows; row++)
			assert_false(looks_whole(&look, row));
		look_end(&look);
		if (scan->snap.rows + scan->unready + scan->failed != all || scan->vanished)
			fail_msg("%s, %u %%: %u rows, %u damaged, %u unfinished, %u failed of %u",
				test->source, keep[i], scan->snap.rows, scan->damaged,
				scan->unready, scan->failed, all);
	}
}

static void shows_or_counts_every_cut_message(void **state)
{
	(void)state;
	test_case_each(check_scan_of_cut_files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_every_cut_file),
		cmocka_unit_test(survives_any_flipped_bit),
		cmocka_unit_test(shows_or_counts_every_cut_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
