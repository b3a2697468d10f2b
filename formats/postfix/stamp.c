/* What reading a message would depend on, by the look of its files: README.md, "Rescans". */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/intern.h"
#include "core/queue/stamp.h"
#include "formats/postfix/postfix.h"
#include "formats/postfix/queue_id.h"

/* A log lies elsewhere than its message, and one of bounces is there for an attempt only. */
static bool stamp_log(const struct folder *folder, struct slice id, struct stamp *stamp)
{
	const struct postfix *postfix = postfix_of(folder->spool);
	char path[POSTFIX_PATH_MAX];
	struct stat st;
	int r;

	if (!postfix->bounces_known || hashset_has(&postfix->bounces, seeded_hash(id.ptr, id.len)))
		return false;
	if (folder->beside >= 0)
		r = fstatat(folder->beside, id.ptr, &st, AT_SYMLINK_NOFOLLOW);
	else if (postfix_path(postfix, PQ_DEFER, id, path))
		r = fstatat(folder->spool->fd, path, &st, AT_SYMLINK_NOFOLLOW);
	else
		return false;
	if (r != 0 && errno != ENOENT)
		return false;
	stamp_file(stamp, r == 0 ? &st : NULL);
	return r != 0 || S_ISREG(st.st_mode);
}

/* What was found out about the queue when it was opened, and says what its files mean. */
static void stamp_settings(const struct spool *spool, struct stamp *stamp)
{
	const struct postfix *postfix = postfix_of(spool);
	uint64_t depths = 0;

	for (unsigned i = 0; i < PQ_FOLDERS; i++)
		depths = depths << 4 | (postfix->depth[i] & 15);
	stamp_number(stamp, depths);
	stamp_number(stamp,
		(uint64_t)spool->mta << 2 | (uint64_t)postfix->depth_configured << 1 |
			(spool->config_path != NULL));
	stamp_number(stamp, spool->owner);
}

bool postfix_stamp(const struct folder *folder, const struct unit *unit, const struct need *need,
	struct stamp *stamp)
{
	struct stat st;

	if ((unit->type != DT_REG && unit->type != DT_UNKNOWN) || !queue_id_valid(unit->name) ||
		!postfix_in_its_place(folder, unit->name) ||
		fstatat(folder->fd, unit->name.ptr, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		!S_ISREG(st.st_mode) || st.st_ino != unit->inode)
		return false;
	stamp_number(stamp, folder->queue);
	stamp_settings(folder->spool, stamp);
	stamp_file(stamp, &st);
	return !(need->parts & NEED_REASONS) || folder->queue == PQ_MAILDROP ||
		stamp_log(folder, unit->name, stamp);
}
