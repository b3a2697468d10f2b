#include "cmd/forge/postfix_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/xalloc.h"

/* Whom a folder belongs to: root; the mail owner; the mail owner with group postdrop. */
enum place { PLACE_ROOT, PLACE_QUEUE, PLACE_SHARED };

static const struct folder {
	const char *name;
	mode_t mode;
	enum place place;
} folders[] = {
	{"active", 0700, PLACE_QUEUE},
	{"bounce", 0700, PLACE_QUEUE},
	{"corrupt", 0700, PLACE_QUEUE},
	{"defer", 0700, PLACE_QUEUE},
	{"deferred", 0700, PLACE_QUEUE},
	{"flush", 0700, PLACE_QUEUE},
	{"hold", 0700, PLACE_QUEUE},
	{"incoming", 0700, PLACE_QUEUE},
	{"maildrop", 0730, PLACE_SHARED},
	{"pid", 0755, PLACE_ROOT},
	{"private", 0700, PLACE_QUEUE},
	{"public", 0710, PLACE_SHARED},
	{"saved", 0700, PLACE_QUEUE},
	{"trace", 0700, PLACE_QUEUE},
};
enum { FOLDERS = sizeof(folders) / sizeof(*folders) };

int postfix_dirs_fail(
	const struct postfix_dirs *dirs, const char *path, const char *what, struct err *err)
{
	return err_sys(err, "%s/%s: cannot %s", dirs->options.dir, path, what);
}

static int finish_folder(const struct postfix_dirs *dirs, const char *path, mode_t mode,
	enum place place, struct err *err)
{
	const struct tree_options *o = &dirs->options;
	const struct timespec times[2] = {{.tv_sec = o->now}, {.tv_sec = o->now}};
	gid_t group = place == PLACE_QUEUE ? o->gid : dirs->postdrop;
	if (o->chown && place != PLACE_ROOT && fchownat(dirs->root, path, o->uid, group, 0))
		return postfix_dirs_fail(dirs, path, "change the owner", err);
	if (fchmodat(dirs->root, path, mode, 0))
		return postfix_dirs_fail(dirs, path, "change the mode", err);
	if (utimensat(dirs->root, path, times, 0))
		return postfix_dirs_fail(dirs, path, "set the time", err);
	return 0;
}

static int make_folders(const struct postfix_dirs *dirs, struct err *err)
{
	for (unsigned i = 0; i < FOLDERS; i++)
		if (mkdirat(dirs->root, folders[i].name, 0700))
			return postfix_dirs_fail(dirs, folders[i].name, "make the folder", err);
	return 0;
}

/* The lock files of a Postfix that ran and was stopped. */
static int make_pid_files(const struct postfix_dirs *dirs, struct err *err)
{
	static const char *const names[] = {"pid/master.pid", "pid/inet.smtp", "pid/unix.bounce",
		"pid/unix.cleanup", "pid/unix.defer", "pid/unix.local", "pid/unix.showq",
		"pid/unix.smtp"};
	const time_t now = dirs->options.now;
	const struct timespec times[2] = {{.tv_sec = now}, {.tv_sec = now}};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd =
			openat(dirs->root, names[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return postfix_dirs_fail(dirs, names[i], "make the file", err);
		bool ok = i > 0 || dprintf(fd, "%32d\n", 931) > 0;
		ok = ok && !futimens(fd, times);
		if (close(fd) || !ok)
			return postfix_dirs_fail(dirs, names[i], "write the file", err);
	}
	return 0;
}

int postfix_dirs_open(
	struct postfix_dirs *dirs, const struct tree_options *options, struct err *err)
{
	const struct group *group = getgrnam("postdrop");
	*dirs = (struct postfix_dirs){.options = *options,
		.postdrop = group ? group->gr_gid : options->gid,
		.root = open(options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	if (dirs->root < 0)
		return err_sys(err, "%s: cannot open the folder", options->dir);
	if (!make_folders(dirs, err) && !make_pid_files(dirs, err))
		return 0;
	close(dirs->root);
	return -1;
}

int postfix_dirs_parents(const struct postfix_dirs *dirs, const char *path, struct err *err)
{
	char *parent = xstrdup(path);
	int result = 0;
	char *slash = strchr(parent, '/');
	while (!result && slash && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (!mkdirat(dirs->root, parent, 0700))
			result = finish_folder(dirs, parent, 0700, PLACE_QUEUE, err);
		else if (errno != EEXIST)
			result = postfix_dirs_fail(dirs, parent, "make the folder", err);
		*slash = '/';
	}
	free(parent);
	return result;
}

/* The times of folders changed while they were filled. */
static int finish_hash_folders(
	const struct postfix_dirs *dirs, const char *above, unsigned depth, struct err *err)
{
	for (unsigned digit = 0; depth && digit < 16; digit++) {
		char path[64];
		snprintf(path, sizeof(path), "%s/%X", above, digit);
		if (faccessat(dirs->root, path, F_OK, 0))
			continue;
		if (finish_hash_folders(dirs, path, depth - 1, err) ||
			finish_folder(dirs, path, 0700, PLACE_QUEUE, err))
			return -1;
	}
	return 0;
}

static int finish_folders(const struct postfix_dirs *dirs, struct err *err)
{
	unsigned depth = dirs->options.hash_depth;
	if (finish_hash_folders(dirs, "deferred", depth, err) ||
		finish_hash_folders(dirs, "defer", depth, err))
		return -1;
	for (unsigned i = 0; i < FOLDERS; i++)
		if (finish_folder(dirs, folders[i].name, folders[i].mode, folders[i].place, err))
			return -1;
	return finish_folder(dirs, ".", 0755, PLACE_ROOT, err);
}

int postfix_dirs_close(struct postfix_dirs *dirs, struct err *err)
{
	int result = finish_folders(dirs, err);
	close(dirs->root);
	return result;
}
