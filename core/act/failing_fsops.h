/*
 * failing_fsops: the calls of fsops, with one that fails or at which the process dies.
 *
 *	struct failing_fsops failing = failing_fsops_new();
 *	failing.at = 3, failing.error = ENOSPC;
 *	execute(&(struct places){.ops = &failing.ops, ...}, ...);
 *
 * Count the calls of a run where nothing fails (`at` 0), then let each of them fail:
 * while `calls` reaches `at`, the failure was met. A write that fails, or is died in,
 * leaves its first half, as a full disk and a crash do. Only tests include this.
 */
#ifndef CORE_ACT_FAILING_FSOPS_H
#define CORE_ACT_FAILING_FSOPS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "core/act/fsops.h"

enum { FAILING_EXIT = 99 }; /* the exit status of a process that died at its call */

struct failing_fsops {
	struct fsops ops; /* first: the calls find the rest by it */
	unsigned at;      /* the call that fails, 1 is the first; 0 none */
	int error;        /* with this errno; 0: the process ends there instead */
	bool stays;       /* all behind it fail too: a disk that is full stays full */
	atomic_uint calls;
};

/* Counts the call. Whether it is to fail. */
static inline bool failing_now(const struct fsops *ops)
{
	struct failing_fsops *failing = (struct failing_fsops *)(uintptr_t)ops;
	unsigned call = atomic_fetch_add(&failing->calls, 1) + 1;

	return failing->at && (failing->stays ? call >= failing->at : call == failing->at);
}

/* The answer of a call that fails, or no answer at all. */
static inline int failing_answer(const struct fsops *ops)
{
	const struct failing_fsops *failing = (const struct failing_fsops *)ops;

	if (!failing->error)
		_exit(FAILING_EXIT);
	errno = failing->error;
	return -1;
}

static inline int failing_move(
	const struct fsops *ops, int from_dir, const char *from, int to_dir, const char *to)
{
	return failing_now(ops) ? failing_answer(ops)
				: fsops_real.move(&fsops_real, from_dir, from, to_dir, to);
}

static inline int failing_remove(const struct fsops *ops, int dir, const char *path)
{
	return failing_now(ops) ? failing_answer(ops) : fsops_real.remove(&fsops_real, dir, path);
}

static inline int failing_make_folder(
	const struct fsops *ops, int dir, const char *path, mode_t mode)
{
	return failing_now(ops) ? failing_answer(ops)
				: fsops_real.make_folder(&fsops_real, dir, path, mode);
}

static inline int failing_remove_folder(const struct fsops *ops, int dir, const char *path)
{
	return failing_now(ops) ? failing_answer(ops)
				: fsops_real.remove_folder(&fsops_real, dir, path);
}

static inline int failing_set_mode(const struct fsops *ops, int fd, mode_t mode)
{
	return failing_now(ops) ? failing_answer(ops) : fsops_real.set_mode(&fsops_real, fd, mode);
}

static inline int failing_set_owner(const struct fsops *ops, int fd, uid_t owner, gid_t group)
{
	return failing_now(ops) ? failing_answer(ops)
				: fsops_real.set_owner(&fsops_real, fd, owner, group);
}

static inline int failing_set_time(const struct fsops *ops, int fd, int64_t seconds)
{
	return failing_now(ops) ? failing_answer(ops)
				: fsops_real.set_time(&fsops_real, fd, seconds);
}

static inline int failing_write(
	const struct fsops *ops, int fd, const void *data, size_t len, off_t at)
{
	bool fails = failing_now(ops);
	int done = fsops_real.write(&fsops_real, fd, data, fails ? len / 2 : len, at);

	return fails ? failing_answer(ops) : done;
}

static inline int failing_sync(const struct fsops *ops, int fd)
{
	return failing_now(ops) ? failing_answer(ops) : fsops_real.sync(&fsops_real, fd);
}

static inline int failing_sync_all(const struct fsops *ops, int fd)
{
	return failing_now(ops) ? failing_answer(ops) : fsops_real.sync_all(&fsops_real, fd);
}

static inline int failing_cut(const struct fsops *ops, int fd, off_t len)
{
	return failing_now(ops) ? failing_answer(ops) : fsops_real.cut(&fsops_real, fd, len);
}

static inline int failing_reserve(const struct fsops *ops, int fd, off_t len)
{
	return failing_now(ops) ? failing_answer(ops) : fsops_real.reserve(&fsops_real, fd, len);
}

static inline struct failing_fsops failing_fsops_new(void)
{
	struct failing_fsops failing = {0};

	failing.ops.move = failing_move;
	failing.ops.remove = failing_remove;
	failing.ops.make_folder = failing_make_folder;
	failing.ops.remove_folder = failing_remove_folder;
	failing.ops.set_mode = failing_set_mode;
	failing.ops.set_owner = failing_set_owner;
	failing.ops.set_time = failing_set_time;
	failing.ops.write = failing_write;
	failing.ops.sync = failing_sync;
	failing.ops.sync_all = failing_sync_all;
	failing.ops.cut = failing_cut;
	failing.ops.reserve = failing_reserve;
	return failing;
}

#endif
