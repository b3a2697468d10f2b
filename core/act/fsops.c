#include "core/act/fsops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether two names stand for one file. */
static bool same_file(int a_dir, const char *a, int b_dir, const char *b)
{
	struct stat one, other;

	return fstatat(a_dir, a, &one, AT_SYMLINK_NOFOLLOW) == 0 &&
		fstatat(b_dir, b, &other, AT_SYMLINK_NOFOLLOW) == 0 && one.st_dev == other.st_dev &&
		one.st_ino == other.st_ino;
}

/* Takes a name away again, but never the last one a file has. False when it was the last. */
static bool drop_second_name(int dir, const char *path)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 1)
		return false;
	unlinkat(dir, path, 0);
	return true;
}

/*
 * For a moment the file has both names. Whoever died in that moment left both, and NFS
 * may say EEXIST of the very link it has just made: two names of one file are half a
 * move, and it goes on from there.
 */
static int link_and_unlink(int from_dir, const char *from, int to_dir, const char *to)
{
	if (linkat(from_dir, from, to_dir, to, 0) != 0) {
		if (errno != EEXIST)
			return -1;
		if (!same_file(from_dir, from, to_dir, to)) {
			errno = EEXIST;
			return -1;
		}
	}
	if (unlinkat(from_dir, from, 0) == 0)
		return 0;
	int why = errno;
	/* Its old name went without us, or NFS did it and its answer was lost: it is moved. */
	if (!drop_second_name(to_dir, to))
		return 0;
	errno = why;
	return -1;
}

static int real_move(
	const struct fsops *ops, int from_dir, const char *from, int to_dir, const char *to)
{
	(void)ops;
	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* Says a kernel, or a file system such as NFS, that has no such rename. */
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return link_and_unlink(from_dir, from, to_dir, to);
}

static int real_remove(const struct fsops *ops, int dir, const char *path)
{
	(void)ops;
	return unlinkat(dir, path, 0);
}

static int real_make_folder(const struct fsops *ops, int dir, const char *path, mode_t mode)
{
	(void)ops;
	return mkdirat(dir, path, mode);
}

static int real_remove_folder(const struct fsops *ops, int dir, const char *path)
{
	(void)ops;
	return unlinkat(dir, path, AT_REMOVEDIR);
}

static int real_set_mode(const struct fsops *ops, int fd, mode_t mode)
{
	(void)ops;
	return fchmod(fd, mode);
}

static int real_set_owner(const struct fsops *ops, int fd, uid_t owner, gid_t group)
{
	(void)ops;
	return fchown(fd, owner, group);
}

static int real_set_time(const struct fsops *ops, int fd, int64_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	(void)ops;
	return futimens(fd, times);
}

static int real_write(const struct fsops *ops, int fd, const void *data, size_t len, off_t at)
{
	const char *next = data;

	(void)ops;
	while (len) {
		ssize_t n = pwrite(fd, next, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* no progress, and no reason: not for ever */
		if (n <= 0)
			return -1;
		next += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

/*
 * The entries of a folder are its metadata to some file systems (ext4), and fdatasync(2)
 * may leave them out. A journal is written into room that was reserved, so its
 * size does not change and fdatasync(2) spares it the write of the inode.
 */
static int real_sync(const struct fsops *ops, int fd)
{
	struct stat st;

	(void)ops;
	if (fstat(fd, &st) != 0)
		return -1;
	for (;;) {
		if ((S_ISDIR(st.st_mode) ? fsync(fd) : fdatasync(fd)) == 0)
			return 0;
		if (errno != EINTR)
			return -1;
	}
}

static int real_sync_all(const struct fsops *ops, int fd)
{
	(void)ops;
	return syncfs(fd);
}

static int real_reserve(const struct fsops *ops, int fd, off_t len)
{
	int why;

	(void)ops;
	do
		why = posix_fallocate(fd, 0, len);
	while (why == EINTR);
	if (why == 0)
		return 0;
	errno = why;
	return -1;
}

static int real_cut(const struct fsops *ops, int fd, off_t len)
{
	(void)ops;
	return ftruncate(fd, len);
}

const struct fsops fsops_real = {
	.move = real_move,
	.remove = real_remove,
	.make_folder = real_make_folder,
	.remove_folder = real_remove_folder,
	.set_mode = real_set_mode,
	.set_owner = real_set_owner,
	.set_time = real_set_time,
	.write = real_write,
	.sync = real_sync,
	.sync_all = real_sync_all,
	.reserve = real_reserve,
	.cut = real_cut,
};
