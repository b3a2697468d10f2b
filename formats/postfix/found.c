#include "formats/postfix/found.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "formats/postfix/queue_id.h"

int open_quietly(int at, const char *path)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = openat(at, path, flags | O_NOATIME);
	if (fd < 0 && errno == EPERM) /* somebody else's file, as those in maildrop are */
		fd = openat(at, path, flags);
	return fd;
}

/* The file of that path and, unless it is 0, that inode; for another one ENOENT. */
static int open_inode(int at, const char *path, uint64_t inode)
{
	struct stat st;
	int fd = open_quietly(at, path);

	if (fd < 0 || !inode || (fstat(fd, &st) == 0 && st.st_ino == inode))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

int found_locate(const struct spool *spool, struct slice id, uint64_t inode, struct found *found)
{
	static const enum postfix_queue order[] = {
		PQ_ACTIVE,
		PQ_DEFERRED,
		PQ_INCOMING,
		PQ_HOLD,
		PQ_MAILDROP,
		PQ_CORRUPT,
	};
	struct postfix layout = *postfix_of(spool);

	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
			if (!postfix_path(&layout, order[i], id, found->path))
				continue;
			found->fd = open_inode(spool->fd, found->path, inode);
			found->queue = order[i];
			if (found->fd >= 0 || errno != ENOENT)
				return found->fd;
		}
	}
	/* Perhaps it lies where another hash depth put it, or where an admin did. */
	for (unsigned depth = 0; depth <= 3; depth++) {
		for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
			if (depth == postfix_of(spool)->depth[order[i]])
				continue;
			layout.depth[order[i]] = depth;
			if (!postfix_path(&layout, order[i], id, found->path))
				continue;
			found->fd = open_inode(spool->fd, found->path, inode);
			found->queue = order[i];
			if (found->fd >= 0)
				return found->fd;
		}
	}
	errno = ENOENT;
	return -1;
}

enum severity found_open(
	const struct spool *spool, const struct unit *unit, struct found *found, struct err *err)
{
	if (!queue_id_valid(unit->name))
		return SEV_GONE;
	if (found_locate(spool, unit->name, unit->inode, found) >= 0)
		return SEV_OK;
	if (errno == ENOENT)
		return SEV_GONE;
	if (errno == ELOOP)
		err_set(err, ERR_DAMAGED, 0, "a symbolic link is in its place");
	else
		err_sys(err, "cannot open");
	return SEV_FAIL;
}

int found_look(struct found *found, struct err *err)
{
	if (found->looked)
		return 0;
	if (fstat(found->fd, &found->st) != 0)
		return err_sys(err, "cannot look at the file");
	if (!S_ISREG(found->st.st_mode))
		return err_set(err, ERR_DAMAGED, 0, "not a plain file");
	found->looked = true;
	return 0;
}
