#include "core/act/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_PATH "/var/lib/spoolsweep"

enum { NAME_MAX_UID = 16 };

const char *state_path(void)
{
	const char *path = secure_getenv("SPOOLSWEEP_STATE");
	return path && *path ? path : STATE_PATH;
}

static int open_folder(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The folder above may be read by all: each owner's own below it is not. */
static int make_base(const struct fsops *ops, const char *path)
{
	int fd = open_folder(AT_FDCWD, path);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (ops->make_folder(ops, AT_FDCWD, path, 0755) != 0 && errno != EEXIST)
		return -1;
	return open_folder(AT_FDCWD, path);
}

int state_make(const struct fsops *ops, uid_t owner, gid_t group, struct err *err)
{
	const char *path = state_path();
	char name[NAME_MAX_UID];

	snprintf(name, sizeof(name), "%u", (unsigned)owner);
	int base = make_base(ops, path);
	if (base < 0)
		return err_sys(err, "%s: cannot be made or opened", path);
	int fd = open_folder(base, name);
	if (fd < 0 && errno == ENOENT && ops->make_folder(ops, base, name, 0700) == 0) {
		fd = open_folder(base, name);
		if (fd >= 0 && geteuid() == 0 && fchown(fd, owner, group) != 0) {
			err_sys(err, "%s/%s: cannot be given to its owner", path, name);
			close(fd);
			close(base);
			return -1;
		}
	}
	close(base);
	if (fd < 0)
		return err_sys(err, "%s/%s: cannot be made or opened", path, name);
	close(fd);
	return 0;
}

int state_open(uid_t owner, int *fd, struct err *err)
{
	const char *base = state_path();
	struct stat st;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%u", base, (unsigned)owner);
	*fd = open_folder(AT_FDCWD, path);
	if (*fd < 0)
		return err_sys(err, "%s: cannot be opened", path);
	if (fstat(*fd, &st) == 0 && (st.st_uid == owner || st.st_uid == 0) &&
		(st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return err_set(err, ERR_PERMISSION, 0,
		"%s belongs to somebody else, or others may write there: it is not used", path);
}
