#include <stdlib.h>
#include <unistd.h>

#include "core/base/xalloc.h"
#include "core/queue/format.h"

struct folder *folder_new(const struct spool *spool, int fd, unsigned queue, const char *path)
{
	struct folder *folder = xcalloc(1, sizeof(*folder));
	*folder = (struct folder){fd, spool, queue, xstrdup(path), -1, 1};
	return folder;
}

struct folder *folder_ref(struct folder *folder)
{
	__atomic_add_fetch(&folder->refs, 1, __ATOMIC_RELAXED);
	return folder;
}

void folder_release(struct folder *folder)
{
	if (__atomic_sub_fetch(&folder->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	close(folder->fd);
	if (folder->beside >= 0)
		close(folder->beside);
	free(folder->path);
	free(folder);
}
