#include "core/act/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "core/base/userns.h"

/* Since it is about the same count, --max answers all of them. */
static bool enough(const struct guard *guard)
{
	return guard->max >= 0 && guard->count <= guard->max;
}

int guard_check(const struct guard *guard, struct err *err)
{
	unsigned count = guard->count;

	if (guard->max >= 0 && guard->count > guard->max)
		return err_set(err, ERR_USAGE, 0,
			"%u messages are more than --max %lld: nothing was done", count,
			(long long)guard->max);
	if (!guard->yes || guard->way_back || enough(guard))
		return 0;
	if (!guard->specific)
		return err_set(err, ERR_USAGE, 0,
			"the filter names nothing but age, size or queue, and that is anybody's "
			"mail: add --max %u if that is meant",
			count);
	if (guard->accounts > 1)
		return err_set(err, ERR_USAGE, 0,
			"this is mail of %u logins: add --max %u if that is meant", guard->accounts,
			count);
	if (count > guard->total / 2)
		return err_set(err, ERR_USAGE, 0,
			"%u messages are more than half of the queue (%u): add --max %u if that is "
			"meant",
			count, guard->total, count);
	return 0;
}

/*
 * Files that another machine or another program keeps, and may change or replace behind
 * the back of this kernel. Most of these hand out handles, so that these do not tell.
 */
static const char *kept_elsewhere(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} types[] = {
		{NFS_SUPER_MAGIC, "NFS"},
		{SMB_SUPER_MAGIC, "SMB"},
		{CIFS_SUPER_MAGIC, "SMB"},
		{SMB2_SUPER_MAGIC, "SMB"},
		{CEPH_SUPER_MAGIC, "Ceph"},
		{AFS_SUPER_MAGIC, "AFS"},
		{AFS_FS_MAGIC, "AFS"},
		{CODA_SUPER_MAGIC, "Coda"},
		{V9FS_MAGIC, "9p"},
		{FUSE_SUPER_MAGIC, "FUSE or virtiofs"},
		{OVERLAYFS_SUPER_MAGIC, "overlay"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

/*
 * A file system that can name a file for good, by a handle with its inode and generation, has
 * inodes that belong to one file as long as it is open. Any other error than that it can't is
 * the sandbox's, in which we may not ask.
 */
static bool has_no_handles(int fd)
{
	struct file_handle handle = {.handle_bytes = 0};
	int mount;

	return name_to_handle_at(fd, "", &handle, &mount, AT_EMPTY_PATH) != 0 &&
		errno == EOPNOTSUPP;
}

const char *guard_file_system(uint32_t type, bool no_handles)
{
	const char *name = kept_elsewhere(type);
	return name || !no_handles ? name : "one without file handles";
}

int guard_spool(const struct spool *spool, bool offline, struct err *err)
{
	struct statfs fs;

	if (!(spool->format->caps & CAP_ACT))
		return err_set(err, ERR_USAGE, 0, "%s: a queue of %s can be read, not changed",
			spool->path, spool->format->title);
	if (userns_hides(spool->owner))
		return err_set(err, ERR_PERMISSION, 0,
			"the owner of %s has no user id in this container (user namespace): run "
			"this outside, or in the container whose queue it is",
			spool->path);
	if (offline)
		return 0;
	if (spool->owner == 0)
		return err_set(err, ERR_PERMISSION, 0,
			"%s belongs to root: that is no queue a mail server uses; if it is a copy, "
			"add --offline",
			spool->path);
	if (fstatfs(spool->fd, &fs) != 0)
		return err_sys(err, "%s", spool->path);
	const char *name = guard_file_system((uint32_t)fs.f_type, has_no_handles(spool->fd));
	if (name)
		return err_set(err, ERR_USAGE, 0,
			"%s is on a file system (%s) where a message cannot be held for sure while "
			"it is moved: stop the mail server and add --offline",
			spool->path, name);
	return 0;
}

int guard_writable(const struct spool *spool, struct err *err)
{
	struct statvfs fs;

	if (fstatvfs(spool->fd, &fs) == 0 && (fs.f_flag & ST_RDONLY))
		return err_set(err, ERR_IO, 0,
			"%s is mounted read-only, so that nothing can be changed there (dmesg says "
			"so if that was not meant)",
			spool->path);
	return 0;
}
