/* The folders of a Postfix queue (facts: global/mail_queue.h, conf/postfix-files). */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/postfix/postfix.h"
#include "formats/postfix/queue_id.h"

const struct postfix_layout postfix_queues[PQ_FOLDERS] = {
	[PQ_MAILDROP] = {"maildrop", STATE_SUBMITTED},
	[PQ_INCOMING] = {"incoming", STATE_INCOMING},
	[PQ_ACTIVE] = {"active", STATE_ACTIVE},
	[PQ_DEFERRED] = {"deferred", STATE_DEFERRED},
	[PQ_HOLD] = {"hold", STATE_HELD},
	[PQ_CORRUPT] = {"corrupt", STATE_CORRUPT},
	[PQ_DEFER] = {"defer", STATE_UNKNOWN},
	[PQ_BOUNCE] = {"bounce", STATE_UNKNOWN},
	[PQ_TRACE] = {"trace", STATE_UNKNOWN},
};

const char *postfix_queue_name(unsigned queue)
{
	return queue < PQ_MESSAGES ? postfix_queues[queue].name : NULL;
}

static bool has_folder(int fd, const char *name)
{
	struct stat st;
	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

void postfix_probe(int fd, struct probe *probe)
{
	unsigned queues = 0, others = 0;
	char seen[120] = "";

	for (unsigned i = 0; i < PQ_FOLDERS; i++) {
		if (!has_folder(fd, postfix_queues[i].name))
			continue;
		if (i < PQ_MESSAGES) {
			size_t used = strlen(seen);
			snprintf(seen + used, sizeof(seen) - used, "%s%s", queues ? ", " : "",
				postfix_queues[i].name);
			queues++;
		} else {
			others++;
		}
	}
	static const char *const beside[] = {"private", "public", "pid"};
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++)
		others += has_folder(fd, beside[i]);
	/* "active" and "deferred" are Postfix's own words; "hold" or "incoming" alone say little. */
	bool own = has_folder(fd, "active") || has_folder(fd, "deferred") ||
		has_folder(fd, "maildrop");
	probe->bid = !own ? 0 : queues >= 4 ? 90 + (others > 2 ? 9 : 0) : queues >= 2 ? 60 : 40;
	snprintf(probe->reason, sizeof(probe->reason), "has the folders %s%s", seen,
		others ? " and Postfix's own beside them" : "");
}

/* Two links mean no folder below; some file systems always say one, and are listed. */
static bool is_leaf(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && st.st_nlink == 2;
}

/* How deep a folder is hashed, going down through its first one-character folder. */
static unsigned depth_of(int spool_fd, const char *name)
{
	unsigned depth = 0;
	int fd = openat(spool_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	while (fd >= 0 && depth < LIMIT_DEPTH && !is_leaf(fd)) {
		DIR *dir = fdopendir(fd);
		if (!dir) {
			close(fd);
			break;
		}
		int below = -1;
		for (struct dirent *e; below < 0 && (e = readdir(dir));)
			if (e->d_name[0] != '.' && e->d_name[1] == '\0')
				below = openat(dirfd(dir), e->d_name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		closedir(dir);
		fd = below;
		depth += below >= 0;
	}
	if (fd >= 0)
		close(fd);
	return depth;
}

void postfix_look_at_folders(struct spool *spool, struct postfix *postfix)
{
	if (!postfix->depth_configured)
		for (unsigned i = 0; i < PQ_FOLDERS; i++)
			postfix->depth[i] = depth_of(spool->fd, postfix_queues[i].name);
}

bool postfix_path(const struct postfix *postfix, enum postfix_queue queue, struct slice id,
	char path[POSTFIX_PATH_MAX])
{
	char *end = stpcpy(stpcpy(path, postfix_queues[queue].name), "/");
	return queue_id_path(
		id, postfix->depth[queue], end, POSTFIX_PATH_MAX - (size_t)(end - path));
}
