#include "core/act/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_PATH "/var/lib/spoolsweep"

const char *state_path(void)
{
	const char *path = secure_getenv("SPOOLSWEEP_STATE");
	return path && *path ? path : STATE_PATH;
}

/* The owner's folder. */
static int own_path(uid_t owner, char *path, size_t size)
{
	int len = snprintf(path, size, "%s/%u", state_path(), (unsigned)owner);
	return len > 0 && (size_t)len < size ? 0 : -1;
}

static int open_folder(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Root's, the owner's or ours, and others may not put their own folders in place of ours. */
static bool is_safe(int fd, uid_t owner, bool base)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
		(st.st_uid == owner || st.st_uid == 0 || (base && st.st_uid == geteuid()));
}

static int refuse(const char *path, struct err *err)
{
	return err_set(err, ERR_PERMISSION, 0,
		"%s belongs to somebody else, or others may write there: it is not used; look who "
		"made it, then chown and chmod it, or move it away",
		path);
}

static int refuse_link(const char *path, struct err *err)
{
	struct stat st;

	if ((errno == ELOOP || errno == ENOTDIR) && lstat(path, &st) == 0)
		return err_set(err, ERR_PERMISSION, 0,
			"%s is %s, and no folder: it is not used; move it away", path,
			S_ISLNK(st.st_mode) ? "a symbolic link" : "a file");
	return err_sys(err, "%s: cannot be made or opened", path);
}

/* The folder above may be read by all, whatever the umask: each owner's own below it is not. */
static int make_base(const struct fsops *ops, const char *path)
{
	int fd = open_folder(AT_FDCWD, path);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (ops->make_folder(ops, AT_FDCWD, path, 0755) != 0)
		return errno == EEXIST ? open_folder(AT_FDCWD, path) : -1;
	fd = open_folder(AT_FDCWD, path);
	if (fd >= 0 && ops->set_mode(ops, fd, 0755) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* One that is still root's was left by a run that died before it gave it away. */
static int give_away(const struct fsops *ops, int fd, uid_t owner, gid_t group)
{
	struct stat st;

	if (geteuid() != 0 || owner == 0)
		return 0;
	if (fstat(fd, &st) != 0)
		return -1;
	return st.st_uid == 0 ? ops->set_owner(ops, fd, owner, group) : 0;
}

int state_make(const struct fsops *ops, uid_t owner, gid_t group, struct err *err)
{
	char path[PATH_MAX];
	const char *name;
	int answer = 0;

	if (own_path(owner, path, sizeof(path)) != 0)
		return err_set(err, ERR_USAGE, 0, "the path of the journals is too long");
	name = strrchr(path, '/') + 1;
	int base = make_base(ops, state_path());
	if (base < 0)
		return refuse_link(state_path(), err);
	if (!is_safe(base, owner, true)) {
		close(base);
		return refuse(state_path(), err);
	}
	int fd = open_folder(base, name);
	if (fd < 0 && errno == ENOENT && ops->make_folder(ops, base, name, 0700) == 0)
		fd = open_folder(base, name);
	if (fd < 0)
		answer = refuse_link(path, err);
	else if (!is_safe(fd, owner, false))
		answer = refuse(path, err);
	else if (give_away(ops, fd, owner, group) != 0)
		answer = err_sys(err, "%s: cannot be given to its owner", path);
	if (fd >= 0)
		close(fd);
	close(base);
	return answer;
}

int state_open(uid_t owner, int *fd, struct err *err)
{
	char path[PATH_MAX];

	*fd = -1;
	if (own_path(owner, path, sizeof(path)) != 0)
		return err_set(err, ERR_USAGE, 0, "the path of the journals is too long");
	int base = open_folder(AT_FDCWD, state_path());
	if (base < 0)
		return errno == ENOENT ? err_sys(err, "%s: cannot be opened", state_path())
				       : refuse_link(state_path(), err);
	if (!is_safe(base, owner, true)) {
		close(base);
		return refuse(state_path(), err);
	}
	*fd = open_folder(base, strrchr(path, '/') + 1);
	int sys = errno;
	close(base);
	errno = sys;
	if (*fd < 0)
		return errno == ENOENT ? err_sys(err, "%s: cannot be opened", path)
				       : refuse_link(path, err);
	if (is_safe(*fd, owner, false))
		return 0;
	close(*fd);
	*fd = -1;
	return refuse(path, err);
}
