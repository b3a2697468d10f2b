#include "core/act/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/*
 * The lock belongs to the open folder: every run opens it itself, for with a descriptor that
 * was duplicated or inherited it would share the lock.
 */
int lock_spool(const struct spool *spool, struct err *err)
{
	int fd = openat(spool->fd, spool->inner, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -1 : flock(fd, LOCK_EX | LOCK_NB);

	while (fd >= 0 && r != 0 && errno == EINTR)
		r = flock(fd, LOCK_EX | LOCK_NB);
	if (r == 0)
		return fd;
	err_sys(err, "cannot lock %s/%s", spool->path, spool->inner);
	if (fd >= 0)
		close(fd);
	return -1;
}
