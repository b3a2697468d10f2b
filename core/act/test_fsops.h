/*
 * test_fsops: system calls that fail when a test wants them to.
 *
 * Forwards to the table in `real`, which is fsops_real, and counts. The call `fail_at`
 * (from 1) of those of `fail_kind` fails with `fail_errno`; with `dead` all behind it
 * fail too, as if the process had ended there; with `torn` a write that fails has
 * written half of its bytes. failing_fsops.h is the one for whole runs, and lets a
 * process die.
 */
#ifndef CORE_ACT_TEST_FSOPS_H
#define CORE_ACT_TEST_FSOPS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/act/fsops.h"

enum fsop {
	FSOP_ANY,
	FSOP_MOVE,
	FSOP_REMOVE,
	FSOP_MAKE_FOLDER,
	FSOP_REMOVE_FOLDER,
	FSOP_SET_MODE,
	FSOP_SET_TIME,
	FSOP_WRITE,
	FSOP_SYNC,
	FSOP_RESERVE,
	FSOP_CUT,
	FSOPS,
};

struct test_fsops {
	struct fsops ops;
	const struct fsops *real;
	enum fsop fail_kind;
	unsigned fail_at; /* 0 never */
	int fail_errno;
	bool dead;
	bool torn;
	bool failed;           /* it has come to that */
	unsigned calls[FSOPS]; /* FSOP_ANY counts all */
};

/* ---- the same with faults ---- */

/* `ops` is the first member; a test that is driven through it has not made it const. */
static inline struct test_fsops *test_fsops_of(const struct fsops *ops)
{
	return (struct test_fsops *)(uintptr_t)ops;
}

/* Counts the call; true when it is to fail, with errno. */
static inline bool test_fsops_fails(struct test_fsops *test, enum fsop kind)
{
	unsigned all = ++test->calls[FSOP_ANY], own = ++test->calls[kind];
	bool meant = test->fail_kind == FSOP_ANY || test->fail_kind == kind;
	unsigned now = test->fail_kind == FSOP_ANY ? all : own;
	bool fails =
		(meant && test->fail_at && now == test->fail_at) || (test->failed && test->dead);

	test->failed = test->failed || fails;
	if (fails)
		errno = test->fail_errno;
	return fails;
}

static inline int faulty_move(
	const struct fsops *ops, int from_dir, const char *from, int to_dir, const char *to)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_MOVE))
		return -1;
	return test->real->move(test->real, from_dir, from, to_dir, to);
}

static inline int faulty_remove(const struct fsops *ops, int dir, const char *path)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_REMOVE))
		return -1;
	return test->real->remove(test->real, dir, path);
}

static inline int faulty_make_folder(
	const struct fsops *ops, int dir, const char *path, mode_t mode)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_MAKE_FOLDER))
		return -1;
	return test->real->make_folder(test->real, dir, path, mode);
}

static inline int faulty_remove_folder(const struct fsops *ops, int dir, const char *path)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_REMOVE_FOLDER))
		return -1;
	return test->real->remove_folder(test->real, dir, path);
}

static inline int faulty_set_mode(const struct fsops *ops, int fd, mode_t mode)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_SET_MODE))
		return -1;
	return test->real->set_mode(test->real, fd, mode);
}

static inline int faulty_set_time(const struct fsops *ops, int fd, int64_t seconds)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_SET_TIME))
		return -1;
	return test->real->set_time(test->real, fd, seconds);
}

static inline int faulty_write(
	const struct fsops *ops, int fd, const void *data, size_t len, off_t at)
{
	struct test_fsops *test = test_fsops_of(ops);
	bool dead = test->failed && test->dead;

	if (!test_fsops_fails(test, FSOP_WRITE))
		return test->real->write(test->real, fd, data, len, at);
	if (test->torn && !dead && test->real->write(test->real, fd, data, len / 2, at) == 0)
		errno = test->fail_errno;
	return -1;
}

static inline int faulty_sync(const struct fsops *ops, int fd)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_SYNC))
		return -1;
	return test->real->sync(test->real, fd);
}

static inline int faulty_sync_all(const struct fsops *ops, int fd)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_SYNC))
		return -1;
	return test->real->sync_all(test->real, fd);
}

static inline int faulty_reserve(const struct fsops *ops, int fd, off_t len)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_RESERVE))
		return -1;
	return test->real->reserve(test->real, fd, len);
}

static inline int faulty_cut(const struct fsops *ops, int fd, off_t len)
{
	struct test_fsops *test = test_fsops_of(ops);
	if (test_fsops_fails(test, FSOP_CUT))
		return -1;
	return test->real->cut(test->real, fd, len);
}

/* All calls go through; set fail_at and the like behind it. */
static inline struct test_fsops test_fsops_new(const struct fsops *real)
{
	return (struct test_fsops){
		.ops =
			{
				.move = faulty_move,
				.remove = faulty_remove,
				.make_folder = faulty_make_folder,
				.remove_folder = faulty_remove_folder,
				.set_mode = faulty_set_mode,
				.set_time = faulty_set_time,
				.write = faulty_write,
				.sync = faulty_sync,
				.sync_all = faulty_sync_all,
				.reserve = faulty_reserve,
				.cut = faulty_cut,
			},
		.real = real,
		.fail_errno = EIO,
	};
}

#endif
