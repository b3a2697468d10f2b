#include "core/act/trash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/slice.h"
#include "core/base/xalloc.h"
#include "core/queue/spool.h"

/* Who a folder of the trash must belong to, and where it must lie. */
struct wanted {
	uid_t owner;
	gid_t group;
	dev_t dev;
};

enum { RUN_NAME = sizeof("4294967295") };

static int open_folder(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/*
 * Makes it where it is missing. Root gives it away through the open folder: what
 * somebody else puts at its name meanwhile is not given. A folder that is still root's
 * was left by a run that died between the two. The security label of a new folder is
 * that of the queue around it, and files keep theirs when they are moved: SELinux
 * needs nothing more.
 */
static int make_folder(
	const struct fsops *ops, int dir, const char *name, const struct wanted *wanted)
{
	struct stat st;
	int why = 0;

	if (ops->make_folder(ops, dir, name, 0700) != 0 && errno != EEXIST)
		return -1;
	if (geteuid() != 0 || wanted->owner == 0)
		return 0;
	int fd = open_folder(dir, name);
	if (fd < 0)
		return 0; /* no folder: whoever opens it says what it is */
	if (fstat(fd, &st) != 0 ||
		(st.st_uid == 0 && (st.st_mode & 077) == 0 &&
			ops->set_owner(ops, fd, wanted->owner, wanted->group) != 0))
		why = errno;
	close(fd);
	errno = why;
	return why ? -1 : 0;
}

/* What is wrong with it and what to do, in words, or NULL. */
static const char *wrong_with(const struct stat *st, const struct wanted *wanted)
{
	if (st->st_uid != wanted->owner)
		return "belongs to another user than the queue: look into it, then chown it or "
		       "move it away";
	if (st->st_mode & 077)
		return "lets other users in: look into it, then chmod it to 0700";
	if (st->st_dev != wanted->dev)
		return "is on another file system than the queue, where mail cannot be moved: "
		       "unmount it";
	return NULL;
}

/* The same when it cannot even be opened. */
static const char *no_folder(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return "is a symbolic link, which is not followed: move it away";
	return "is not a folder: move it away";
}

/* `what` names it for people. */
static int open_checked(int dir, const char *name, const struct wanted *wanted, const char *what,
	int *fd, struct err *err)
{
	const char *wrong = NULL;
	struct stat st;

	*fd = open_folder(dir, name);
	if (*fd < 0 && errno == ENOENT)
		return err_set(err, ERR_GONE, 0, "%s is not there", what);
	if (*fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(err, ERR_IO, 0, "%s %s", what, no_folder(dir, name));
	if (*fd < 0)
		return err_sys(err, "cannot open %s", what);
	if (fstat(*fd, &st) != 0)
		err_sys(err, "cannot look at %s", what);
	else if ((wrong = wrong_with(&st, wanted)))
		err_set(err, ERR_IO, 0, "%s %s", what, wrong);
	else
		return 0;
	close(*fd);
	*fd = -1;
	return -1;
}

/* ---- the trash of a spool ---- */

static int only_root(const struct spool *spool, struct err *err)
{
	return err_set(err, ERR_PERMISSION, 0,
		"%.200s has no trash yet, and only root can make it: "
		"sudo spoolsweep setup -s %.200s",
		spool->path, spool->path);
}

static int make_missing(const struct fsops *ops, const struct spool *spool, struct err *err)
{
	const struct wanted wanted = {spool->owner, spool->group, spool->dev};
	uid_t me = geteuid();

	if (me != 0 && me != spool->owner)
		return only_root(spool, err);
	if (make_folder(ops, spool->fd, TRASH_FOLDER, &wanted) == 0)
		return 0;
	if (me != 0 && (errno == EACCES || errno == EPERM))
		return only_root(spool, err);
	return err_sys(err, "cannot make %.300s/" TRASH_FOLDER, spool->path);
}

int trash_make(const struct fsops *ops, const struct spool *spool, struct err *err)
{
	int fd;

	if (trash_open(spool, &fd, err) != 0) {
		/* One that is there and wrong root may have left half made. */
		if (err->code != ERR_GONE && geteuid() != 0)
			return -1;
		if (make_missing(ops, spool, err) != 0 || trash_open(spool, &fd, err) != 0)
			return -1;
	}
	close(fd);
	return 0;
}

int trash_open(const struct spool *spool, int *fd, struct err *err)
{
	const struct wanted wanted = {spool->owner, spool->group, spool->dev};
	char what[384];

	snprintf(what, sizeof(what), "%.300s/" TRASH_FOLDER, spool->path);
	return open_checked(spool->fd, TRASH_FOLDER, &wanted, what, fd, err);
}

/* ---- the folders of runs ---- */

int trash_open_run(const struct fsops *ops, int trash, unsigned run, int *fd, struct err *err)
{
	char name[RUN_NAME], what[64];
	struct stat st;

	*fd = -1;
	snprintf(name, sizeof(name), "%u", run);
	snprintf(what, sizeof(what), "the trash of run %u", run);
	if (fstat(trash, &st) != 0)
		return err_sys(err, "cannot look at the trash");
	const struct wanted wanted = {st.st_uid, st.st_gid, st.st_dev};
	if (ops && make_folder(ops, trash, name, &wanted) != 0)
		return err_sys(err, "cannot make %s", what);
	return open_checked(trash, name, &wanted, what, fd, err);
}

/* A number as trash_open_run writes it; 0 is no run. */
static bool run_of(const char *name, unsigned *run)
{
	int64_t number;

	if (name[0] < '1' || name[0] > '9' || !slice_to_i64(slice_cstr(name), &number) ||
		number > UINT_MAX)
		return false;
	*run = (unsigned)number;
	return true;
}

static bool is_folder(int dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int ascending(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return (x > y) - (x < y);
}

int trash_runs(int trash, unsigned **runs, size_t *count, struct err *err)
{
	/* A descriptor of its own: the place in the listing belongs to the open folder. */
	int fd = open_folder(trash, ".");
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	unsigned run;

	*runs = NULL;
	*count = 0;
	if (!dir) {
		err_sys(err, "cannot list the trash");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (errno = 0, (entry = readdir(dir))) {
		if (!run_of(entry->d_name, &run) || !is_folder(fd, entry))
			continue;
		if ((*count & (*count - 1)) == 0)
			*runs = xrealloc(*runs, *count ? 2 * *count : 1, sizeof(**runs));
		(*runs)[(*count)++] = run;
	}
	if (errno) {
		err_sys(err, "cannot list the trash");
		closedir(dir);
		free(*runs);
		*runs = NULL;
		*count = 0;
		return -1;
	}
	closedir(dir);
	if (*count)
		qsort(*runs, *count, sizeof(**runs), ascending);
	return 0;
}

struct spool *trash_view(const struct spool *spool, int trash, unsigned run, struct err *err)
{
	int fd;

	if (trash_open_run(NULL, trash, run, &fd, err) != 0)
		return NULL;
	char *path = xasprintf("%s/" TRASH_FOLDER "/%u", spool->path, run);
	struct spool *view = spool_view(spool, fd, path, err);
	free(path);
	return view;
}
