/*
 * fsops: the system calls that change a queue, a trash or a journal, as a table.
 *
 * Nothing else in the program changes a file, so a test can let any one of these
 * fail, or end the process at any one of them, and look at what is left. All
 * return -1 with errno. Paths are relative to the folder given with them and are
 * never followed through a symbolic link at their end. Any thread.
 */
#ifndef CORE_ACT_FSOPS_H
#define CORE_ACT_FSOPS_H

#include <stdint.h>
#include <sys/types.h>

struct fsops {
	/*
	 * renameat2(2) with RENAME_NOREPLACE: EEXIST where there is a file at `to`. A file
	 * system that has no such rename gets linkat(2) and unlinkat(2).
	 */
	int (*move)(const struct fsops *ops, int from_dir, const char *from, int to_dir,
		const char *to);
	int (*remove)(const struct fsops *ops, int dir, const char *path);
	int (*make_folder)(const struct fsops *ops, int dir, const char *path, mode_t mode);
	int (*remove_folder)(const struct fsops *ops, int dir, const char *path);
	int (*set_mode)(const struct fsops *ops, int fd, mode_t mode);
	/* fchown(2): root gives what it made to the owner of the queue. */
	int (*set_owner)(const struct fsops *ops, int fd, uid_t owner, gid_t group);
	/* Access and modification time. */
	int (*set_time)(const struct fsops *ops, int fd, int64_t seconds);
	/* pwrite(2) of all of it. */
	int (*write)(const struct fsops *ops, int fd, const void *data, size_t len, off_t at);
	/* fdatasync(2); of a folder: what was moved in and out of it is on disk. */
	int (*sync)(const struct fsops *ops, int fd);
	/*
	 * syncfs(2): all that was done on the file system of fd. A rename between two folders
	 * is not on disk when the one above them is: fsync(2) of that writes nothing.
	 */
	int (*sync_all)(const struct fsops *ops, int fd);
	/* posix_fallocate(3): the room is there, or ENOSPC now and not half-way. */
	int (*reserve)(const struct fsops *ops, int fd, off_t len);
	/* ftruncate(2) */
	int (*cut)(const struct fsops *ops, int fd, off_t len);
};

extern const struct fsops fsops_real;

#endif
