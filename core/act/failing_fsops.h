/*
 * failing_fsops: the calls of fsops, with one that fails or at which the process dies.
 *
 *	struct failing_fsops failing = failing_fsops_new();
 *	failing.at = 3, failing.error = ENOSPC;
 *	execute(&(struct places){.ops = &failing.ops, ...}, ...);
 *
 * Count the calls of a run where nothing fails (`at` 0), then let each of them fail:
 * while `calls` reaches `at`, the failure was met. With a `kind` only its calls count.
 * Only tests include this.
 */
#ifndef CORE_ACT_FAILING_FSOPS_H
#define CORE_ACT_FAILING_FSOPS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "core/act/fsops.h"

enum { FAILING_EXIT = 99 }; /* the exit status of a process that died at its call */

enum fsop {
	FSOP_ANY,
	FSOP_MOVE,
	FSOP_REMOVE,
	FSOP_MAKE_FOLDER,
	FSOP_REMOVE_FOLDER,
	FSOP_SET_MODE,
	FSOP_SET_OWNER,
	FSOP_SET_TIME,
	FSOP_WRITE,
	FSOP_SYNC, /* and sync_all */
	FSOP_RESERVE,
	FSOP_CUT,
	FSOPS,
};

struct failing_fsops {
	struct fsops ops; /* first: the calls find the rest by it */
	enum fsop kind;
	unsigned at; /* the call of that kind that fails, 1 is the first; 0 none */
	int error;   /* with this errno; 0: the process ends there instead */
	bool stays;  /* all behind it fail too: a disk that is full stays full */
	bool whole;  /* a write that fails leaves nothing; else its first half, as crashes do */
	atomic_uint calls[FSOPS]; /* FSOP_ANY counts all */
};

/* Counts the call. Whether it is to fail. */
static inline bool failing_now(const struct fsops *ops, enum fsop kind)
{
	struct failing_fsops *failing = (struct failing_fsops *)(uintptr_t)ops;
	unsigned all = atomic_fetch_add(&failing->calls[FSOP_ANY], 1) + 1;
	unsigned own = atomic_fetch_add(&failing->calls[kind], 1) + 1;
	unsigned call = failing->kind == FSOP_ANY ? all : failing->kind == kind ? own : 0;

	return call && failing->at && (failing->stays ? call >= failing->at : call == failing->at);
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
	return failing_now(ops, FSOP_MOVE)
		? failing_answer(ops)
		: fsops_real.move(&fsops_real, from_dir, from, to_dir, to);
}

static inline int failing_remove(const struct fsops *ops, int dir, const char *path)
{
	return failing_now(ops, FSOP_REMOVE) ? failing_answer(ops)
					     : fsops_real.remove(&fsops_real, dir, path);
}

static inline int failing_make_folder(
	const struct fsops *ops, int dir, const char *path, mode_t mode)
{
	return failing_now(ops, FSOP_MAKE_FOLDER)
		? failing_answer(ops)
		: fsops_real.make_folder(&fsops_real, dir, path, mode);
}

static inline int failing_remove_folder(const struct fsops *ops, int dir, const char *path)
{
	return failing_now(ops, FSOP_REMOVE_FOLDER)
		? failing_answer(ops)
		: fsops_real.remove_folder(&fsops_real, dir, path);
}

static inline int failing_set_mode(const struct fsops *ops, int fd, mode_t mode)
{
	return failing_now(ops, FSOP_SET_MODE) ? failing_answer(ops)
					       : fsops_real.set_mode(&fsops_real, fd, mode);
}

static inline int failing_set_owner(const struct fsops *ops, int fd, uid_t owner, gid_t group)
{
	return failing_now(ops, FSOP_SET_OWNER)
		? failing_answer(ops)
		: fsops_real.set_owner(&fsops_real, fd, owner, group);
}

static inline int failing_set_time(const struct fsops *ops, int fd, int64_t seconds)
{
	return failing_now(ops, FSOP_SET_TIME) ? failing_answer(ops)
					       : fsops_real.set_time(&fsops_real, fd, seconds);
}

static inline int failing_write(
	const struct fsops *ops, int fd, const void *data, size_t len, off_t at)
{
	const struct failing_fsops *failing = (const struct failing_fsops *)ops;

	if (!failing_now(ops, FSOP_WRITE))
		return fsops_real.write(&fsops_real, fd, data, len, at);
	if (!failing->whole)
		fsops_real.write(&fsops_real, fd, data, len / 2, at);
	return failing_answer(ops);
}

static inline int failing_sync(const struct fsops *ops, int fd)
{
	return failing_now(ops, FSOP_SYNC) ? failing_answer(ops) : fsops_real.sync(&fsops_real, fd);
}

static inline int failing_sync_all(const struct fsops *ops, int fd)
{
	return failing_now(ops, FSOP_SYNC) ? failing_answer(ops)
					   : fsops_real.sync_all(&fsops_real, fd);
}

static inline int failing_reserve(const struct fsops *ops, int fd, off_t len)
{
	return failing_now(ops, FSOP_RESERVE) ? failing_answer(ops)
					      : fsops_real.reserve(&fsops_real, fd, len);
}

static inline int failing_cut(const struct fsops *ops, int fd, off_t len)
{
	return failing_now(ops, FSOP_CUT) ? failing_answer(ops)
					  : fsops_real.cut(&fsops_real, fd, len);
}

/* All calls go through; set `at` and the like behind it. */
static inline struct failing_fsops failing_fsops_new(void)
{
	return (struct failing_fsops){
		.ops =
			{
				.move = failing_move,
				.remove = failing_remove,
				.make_folder = failing_make_folder,
				.remove_folder = failing_remove_folder,
				.set_mode = failing_set_mode,
				.set_owner = failing_set_owner,
				.set_time = failing_set_time,
				.write = failing_write,
				.sync = failing_sync,
				.sync_all = failing_sync_all,
				.reserve = failing_reserve,
				.cut = failing_cut,
			},
	};
}

#endif
