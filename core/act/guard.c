#include "core/act/guard.h"

#include <linux/magic.h>
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
	if (fs.f_type == NFS_SUPER_MAGIC || fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return err_set(err, ERR_USAGE, 0,
			"%s is on a network or overlay file system, where a message cannot be held "
			"while it is moved: stop the mail server and add --offline",
			spool->path);
	return 0;
}
