/*
 * test_run: runs over a small Postfix queue, for the tests of core/act. A shot is what
 * lies in the queue and its trash at a moment, file by file; the content of every file
 * is its own, so a file is known wherever it went. Only tests include this.
 */
#ifndef FORMATS_POSTFIX_TEST_RUN_H
#define FORMATS_POSTFIX_TEST_RUN_H

#include "formats/postfix/test_spool.h"

#include "core/act/recover.h"
#include "core/act/trash.h"
#include "core/queue/scan.h"

enum { RUN_TIME = 1700000000, RUN_NOW = 1700005000 }; /* of all files; of a run */

struct test_run {
	struct test_spool queue;
	struct tree state;
	int trash;
	struct plan plan;
	struct run_place place;
	struct spool *view; /* the trash of a run, to restore from */
	struct fsops fast;  /* the real calls, but nothing waits for the disk */
	struct run_options options;
	struct run run; /* the last one; to be freed with run_free */
};

static inline int no_sync(const struct fsops *ops, int fd)
{
	(void)ops, (void)fd;
	return 0;
}

/* ---- messages ---- */

static inline void set_time(struct test_run *test, const char *path)
{
	const struct timespec times[2] = {{.tv_sec = RUN_TIME}, {.tv_sec = RUN_TIME}};
	assert_int_equal(utimensat(test->queue.tree.fd, path, times, 0), 0);
}

static inline void add_message(struct test_run *test, const char *path)
{
	char sender[80];

	snprintf(sender, sizeof(sender), "%s@example.com", strrchr(path, '/') + 1);
	image_free(&test->queue.image);
	test->queue.image = (struct image){0};
	image_message(&test->queue.image, sender, "b@example.org");
	test_spool_add(&test->queue, path, 0700);
	set_time(test, path);
}

static inline void add_log(struct test_run *test, const char *path)
{
	char text[160];
	int len = snprintf(text, sizeof(text),
		"<b@example.org>: %s\nrecipient=b@example.org\noffset=100\n\n", path);
	tree_file(&test->queue.tree, path, slice_of(text, (size_t)len), 0600);
	set_time(test, path);
}

/* An empty queue; test_run_open when its files are there. */
static inline void test_run_make(struct test_run *test)
{
	*test = (struct test_run){.trash = -1, .fast = fsops_real};
	test->fast.sync = test->fast.sync_all = no_sync;
	test_spool_make(&test->queue);
	tree_folder(&test->queue.tree, "trace");
	tree_make(&test->state, "state");
}

static inline void test_run_open(struct test_run *test)
{
	struct err err;

	test_spool_open(&test->queue);
	if (test->trash >= 0)
		close(test->trash);
	if (trash_make(&fsops_real, test->queue.spool, &err) != 0 ||
		trash_open(test->queue.spool, &test->trash, &err) != 0)
		fail_msg("%s", err.text);
	test->place = (struct run_place){test->queue.spool, test->queue.spool,
		{&test->fast, test->queue.spool->fd, -1}, false};
	test->options = (struct run_options){.ops = &test->fast, .jobs = 1, .now = RUN_NOW};
}

static inline void test_run_free(struct test_run *test)
{
	if (test->place.places.trash >= 0)
		close(test->place.places.trash);
	spool_view_close(test->view);
	plan_free(&test->plan);
	close(test->trash);
	tree_remove(&test->state);
	test_spool_free(&test->queue);
}

/* ---- plans ---- */

static inline void set_head(struct test_run *test, enum op op)
{
	struct journal_head *head = &test->plan.head;

	head->op = op;
	head->started = RUN_NOW;
	head->uid = head->login_uid = -1;
	head->nspools = 1;
	head->spools = arena_alloc(&test->plan.arena, sizeof(*head->spools));
	head->spools[0] = (struct journal_spool){
		slice_cstr(test->queue.spool->path), test->queue.spool->format};
}

/* All messages of the queue but those whose id begins with `not`. */
static inline void plan_all(struct test_run *test, enum op op, const char * not )
{
	static const struct need need = {.parts = NEED_IDENTITY | NEED_STATUS};
	struct scan_options options = {.jobs = 2};
	struct scan scan = {0};
	struct err err;

	plan_free(&test->plan);
	if (scan_run(&scan, &test->queue.spools, &need, &options, &err) != 0)
		fail_msg("%s", err.text);
	struct bitset rows = bitset_new(scan.snap.rows);
	for (uint32_t row = 0; row < scan.snap.rows; row++)
		if (!slice_starts(snap_text(&scan.snap, COL_QUEUE_ID, row), slice_cstr(not )))
			bitset_set(&rows, row);
	plan_add_rows(&test->plan, &scan.snap, &rows);
	bitset_free(&rows);
	scan_free(&scan);
	set_head(test, op);
}

static inline bool was_done(unsigned outcome)
{
	return outcome == OUTCOME_DONE || outcome == OUTCOME_DELIVERING ||
		outcome == OUTCOME_UNTIDY;
}

/* ---- runs ---- */

static inline int open_trash(struct test_run *test, const struct fsops *ops, unsigned number)
{
	struct err err;

	if (!op_fills_trash(test->plan.head.op) || test->plan.head.no_undo)
		return 0;
	if (test->place.places.trash >= 0)
		close(test->place.places.trash);
	test->place.places.trash = -1;
	return trash_open_run(ops, test->trash, number, &test->place.places.trash, &err);
}

/* Carries out the plan into an open journal, or none. */
static inline void carry_out(struct test_run *test, const struct fsops *ops,
	struct journal *journal, const uint8_t *known)
{
	struct err err;

	test->options.ops = test->place.places.ops = ops;
	test->run = (struct run){.plan = &test->plan,
		.places = &test->place,
		.journal = journal,
		.options = &test->options,
		.known = known};
	run_apply(&test->run);
	if (journal && test->run.stopped)
		journal_close(journal);
	else if (journal)
		journal_end(journal, &err);
}

/* As a command does it. -1 when it ended before the first message. */
static inline int start_run(struct test_run *test, const struct fsops *ops)
{
	struct err err;
	struct journal *journal = journal_create(ops, test->state.fd, &test->plan.head, &err);

	if (!journal)
		return -1;
	bool begun = open_trash(test, ops, test->plan.head.number) == 0;
	for (uint32_t i = 0; begun && i < test->plan.count; i++)
		begun = journal_item(journal, &test->plan.items[i], &err) == 0;
	if (!begun || journal_go(journal, &err) != 0) {
		journal_abandon(journal);
		return -1;
	}
	carry_out(test, ops, journal, NULL);
	return 0;
}

/* One that nothing disturbs. */
static inline void good_run(struct test_run *test)
{
	assert_int_equal(start_run(test, &test->fast), 0);
	assert_false(test->run.stopped);
}

/* The last journal, or false when there is none whose run touched anything. */
static inline bool read_last(const struct test_run *test, struct journal_log *log)
{
	unsigned *numbers, number;
	size_t count;
	struct err err;

	assert_int_equal(journal_numbers(test->state.fd, &numbers, &count, &err), 0);
	number = count ? numbers[count - 1] : 0;
	free(numbers);
	if (!count)
		return false;
	if (journal_read(test->state.fd, number, test->queue.spools.formats, log, &err) != 0) {
		if (!strstr(err.text, "stopped before it touched anything"))
			fail_msg("%s", err.text);
		return false;
	}
	if (log->went)
		return true;
	journal_log_free(log);
	return false;
}

/* The outcomes of a log, with what the run did and could not tell any more. To be freed. */
static inline uint8_t *known_of(struct test_run *test, const struct journal_log *log)
{
	uint8_t *known = xcalloc(log->nitems, 1);

	for (uint32_t i = 0; i < log->nitems; i++)
		known[i] = log->outcomes[i].outcome;
	recover(&test->plan, &test->place, known);
	return known;
}

/* Goes on with the run of the last journal, or begins it when it had not begun. */
static inline void finish_run(struct test_run *test)
{
	struct journal_log log;
	struct journal *journal = NULL;
	struct err err;

	if (!read_last(test, &log)) {
		good_run(test);
		run_free(&test->run);
		return;
	}
	assert_int_equal(log.nitems, test->plan.count);
	test->plan.head.number = log.head.number;
	assert_int_equal(open_trash(test, &test->fast, log.head.number), 0);
	uint8_t *known = known_of(test, &log);
	if (!log.ended) {
		journal = journal_resume(&test->fast, test->state.fd, log.head.number, &err);
		if (!journal)
			fail_msg("%s", err.text);
	}
	carry_out(test, &test->fast, journal, known);
	assert_false(test->run.stopped);
	run_free(&test->run);
	free(known);
	journal_log_free(&log);
}

/* The places of a restore: from the trash of the run, or within the queue. */
static inline void open_view(struct test_run *test, unsigned number)
{
	struct err err;
	int fd;

	spool_view_close(test->view);
	assert_int_equal(trash_open_run(NULL, test->trash, number, &fd, &err), 0);
	if (test->place.places.trash >= 0)
		close(test->place.places.trash);
	test->place.places.trash = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	test->view = spool_view(test->queue.spool, fd, "trash", &err);
	test->place.from = test->view ? test->view : test->place.spool;
}

/* Plans the way back of what the last journal tells and of what is found to be done. */
static inline bool plan_undo(struct test_run *test, bool to_hold)
{
	static const enum op back[OPS] = {
		[OP_PURGE] = OP_RESTORE,
		[OP_HOLD] = OP_RESTORE,
		[OP_SHELVE] = OP_RESTORE,
		[OP_RELEASE] = OP_HOLD,
		[OP_RESTORE] = OP_PURGE,
	};
	struct journal_log log;

	if (!read_last(test, &log))
		return false;
	if (op_fills_trash(log.head.op))
		open_trash(test, &test->fast, log.head.number);
	uint8_t *known = known_of(test, &log);
	plan_free(&test->plan);
	for (uint32_t i = 0; i < log.nitems; i++) {
		struct journal_item item = log.items[i];
		if (log.head.op == OP_HOLD && log.outcomes[i].outcome != OUTCOME_NONE)
			item.queue = log.outcomes[i].queue;
		/* Of a purge it is what lies in the trash. */
		if (op_fills_trash(log.head.op) || was_done(known[i]))
			plan_add(&test->plan, &item);
	}
	set_head(test, back[log.head.op]);
	test->plan.head.undoes = log.head.number;
	test->plan.head.to_hold = to_hold;
	if (op_fills_trash(log.head.op))
		open_view(test, log.head.number);
	else
		test->place.from = test->place.spool;
	free(known);
	journal_log_free(&log);
	return true;
}

/* ---- shots ---- */

struct shot_file {
	char path[128]; /* from the spool; "trash/..." in the trash of any run */
	const char *id; /* its last part */
	bool message;   /* not a log */
	mode_t mode;
	int64_t mtime;
	uint64_t content;
};

struct shot {
	struct shot_file *list; /* by content */
	size_t count, cap;
};

static inline void shot_free(struct shot *shot)
{
	free(shot->list);
	*shot = (struct shot){0};
}

static inline int by_content(const void *a, const void *b)
{
	uint64_t x = ((const struct shot_file *)a)->content;
	uint64_t y = ((const struct shot_file *)b)->content;
	return (x > y) - (x < y);
}

static inline uint64_t content_of(const char *path)
{
	char bytes[4096];
	uint64_t hash = 14695981039346656037u;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	for (ssize_t got; (got = read(fd, bytes, sizeof(bytes))) > 0;)
		for (ssize_t i = 0; i < got; i++)
			hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
	close(fd);
	return hash;
}

static inline void shot_add(struct shot *shot, const FTSENT *entry, size_t skip)
{
	static const char *const logs[] = {"defer/", "bounce/", "trace/"};
	const char *path = entry->fts_path + skip;
	struct shot_file *file;
	bool trash = strncmp(path, TRASH_FOLDER "/", sizeof(TRASH_FOLDER)) == 0;

	if (shot->count == shot->cap) {
		shot->cap = shot->cap ? shot->cap * 2 : 64;
		shot->list = xrealloc(shot->list, shot->cap, sizeof(*shot->list));
	}
	file = &shot->list[shot->count++];
	*file = (struct shot_file){.mode = entry->fts_statp->st_mode & 07777,
		.mtime = entry->fts_statp->st_mtim.tv_sec,
		.content = content_of(entry->fts_accpath),
		.message = true};
	assert_int_equal(entry->fts_statp->st_nlink, 1);
	if (trash)
		path = strchr(path + sizeof(TRASH_FOLDER), '/') + 1;
	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++)
		file->message = file->message && strncmp(path, logs[i], strlen(logs[i])) != 0;
	snprintf(file->path, sizeof(file->path), "%s%s", trash ? "trash/" : "", path);
}

static inline struct shot take_shot(struct test_run *test)
{
	char *const roots[] = {test->queue.tree.path, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	struct shot shot = {0};

	assert_non_null(walk);
	for (FTSENT *entry; (entry = fts_read(walk));)
		if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP)
			shot_add(&shot, entry, strlen(test->queue.tree.path) + 1);
	fts_close(walk);
	if (shot.count)
		qsort(shot.list, shot.count, sizeof(*shot.list), by_content);
	for (size_t i = 0; i < shot.count; i++) {
		shot.list[i].id = strrchr(shot.list[i].path, '/') + 1;
		if (i && shot.list[i - 1].content == shot.list[i].content)
			fail_msg("both %s and %s", shot.list[i - 1].path, shot.list[i].path);
	}
	return shot;
}

static inline const struct shot_file *shot_find(const struct shot *shot, uint64_t content)
{
	struct shot_file like = {.content = content};
	return shot->count
		? bsearch(&like, shot->list, shot->count, sizeof(*shot->list), by_content)
		: NULL;
}

static inline const struct shot_file *shot_message(const struct shot *shot, struct slice id)
{
	for (size_t i = 0; i < shot->count; i++)
		if (shot->list[i].message && slice_eq(slice_cstr(shot->list[i].id), id))
			return &shot->list[i];
	return NULL;
}

/* What was in active comes back to incoming. */
static inline bool same_place(const char *path, const char *origin)
{
	if (strncmp(path, "trash/", 6) == 0 && strncmp(origin, "trash/", 6) == 0)
		return same_place(path + 6, origin + 6);
	return strcmp(path, origin) == 0 ||
		(strncmp(origin, "active/", 7) == 0 && strncmp(path, "incoming/", 9) == 0 &&
			strcmp(path + 9, origin + 7) == 0);
}

/* The same files with the same modes; a time counts when the file did not move for it. */
static inline void assert_same(const struct shot *now, const struct shot *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct shot_file *want = &wanted->list[i];
		const struct shot_file *file = shot_find(now, want->content);
		if (!file)
			fail_msg("%s is lost", want->path);
		if (!same_place(file->path, want->path))
			fail_msg("%s is at %s", want->path, file->path);
		if (file->mode != want->mode)
			fail_msg("%s has the mode %o, not %o", want->path, (unsigned)file->mode,
				(unsigned)want->mode);
	}
	assert_int_equal(now->count, wanted->count);
}

#endif
