#include "core/queue/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/userns.h"
#include "core/base/xalloc.h"

static void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	if (spool->fd >= 0)
		close(spool->fd);
	if (!spool->view_of)
		site_free(&spool->site);
	arena_free(&spool->arena);
	free(spool->path);
	free(spool->name);
	free(spool->mta_reason);
	free(spool->config_path);
	free(spool->hold_user);
	free(spool->hold_reason);
	free(spool->version);
	free(spool);
}

static bool same_spool(const struct spools *spools, int fd)
{
	struct stat mine, other;
	if (fstat(fd, &mine) != 0)
		return false;
	for (size_t i = 0; i < spools->count; i++)
		if (fstat(spools->list[i]->fd, &other) == 0 && other.st_dev == mine.st_dev &&
			other.st_ino == mine.st_ino)
			return true;
	return false;
}

static const struct format *best_format(const struct spools *spools, int fd, struct probe *best)
{
	const struct format *winner = NULL;
	*best = (struct probe){0};
	for (size_t i = 0; spools->formats[i]; i++) {
		struct probe probe = {0};
		spools->formats[i]->probe(fd, &probe);
		if (probe.bid > best->bid) {
			*best = probe;
			winner = spools->formats[i];
		}
	}
	return winner;
}

/* Two copies would both be called after their MTA: the later one goes by its path. */
static void name_apart(const struct spools *spools, struct spool *spool)
{
	for (size_t i = 0; i < spools->count; i++) {
		if (strcmp(spools->list[i]->name, spool->name) != 0)
			continue;
		free(spool->name);
		spool->name = xstrdup(spool->path);
		return;
	}
}

int spools_open(struct spools *spools, const char *path, bool offline, struct err *err)
{
	struct spool_options options = {.path = slice_cstr(path), .offline = offline};
	struct probe probe;

	if (spools->count == LIMIT_SPOOLS)
		return err_set(err, ERR_LIMIT, 0, "more than %d queues in one run", LIMIT_SPOOLS);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "cannot open the queue %s", path);
	if (same_spool(spools, fd)) {
		close(fd);
		return 0;
	}
	const struct format *format = best_format(spools, fd, &probe);
	if (!format) {
		close(fd);
		return err_set(err, ERR_USAGE, 0,
			"%s is not a mail queue that spoolsweep knows (for Postfix, name the "
			"folder that "
			"holds active and deferred)",
			path);
	}
	struct spool *spool = xcalloc(1, sizeof(*spool));
	spool->format = format;
	spool->fd = fd;
	spool->path = xstrdup(path);
	spool->probe = probe;
	spool->number = (unsigned)spools->count;
	if (format->open(spool, &options, err) != 0) {
		spool_free(spool);
		return -1;
	}
	name_apart(spools, spool);
	spools->list = xrealloc(spools->list, spools->count + 1, sizeof(struct spool *));
	spools->list[spools->count++] = spool;
	site_seal(&spool->site);
	return 0;
}

struct finding {
	struct spools *spools;
	bool offline;
	void (*failed)(void *ctx, const char *path, const struct err *err);
	void *ctx;
};

static void open_found(void *ctx, const char *path)
{
	struct finding *finding = ctx;
	struct err err = {0};
	if (spools_open(finding->spools, path, finding->offline, &err) != 0)
		finding->failed(finding->ctx, path, &err);
}

size_t spools_find(struct spools *spools, bool offline,
	void (*failed)(void *ctx, const char *path, const struct err *err), void *ctx)
{
	struct finding finding = {spools, offline, failed, ctx};
	for (size_t i = 0; spools->formats[i]; i++)
		spools->formats[i]->find(open_found, &finding);
	return spools->count;
}

void spools_close(struct spools *spools)
{
	for (size_t i = 0; i < spools->count; i++) {
		spools->list[i]->format->close(spools->list[i]);
		spool_free(spools->list[i]);
	}
	free(spools->list);
	spools->list = NULL;
	spools->count = 0;
}

struct spool *spool_view(const struct spool *spool, int fd, const char *path, struct err *err)
{
	struct spool_options options = {.path = slice_cstr(path), .offline = true};
	struct spool *view = xcalloc(1, sizeof(*view));

	view->format = spool->format;
	view->fd = fd;
	view->path = xstrdup(path);
	view->number = spool->number;
	if (view->format->open(view, &options, err) != 0) {
		spool_free(view);
		return NULL;
	}
	site_free(&view->site);
	view->site = spool->site;
	view->view_of = spool;
	view->lifetime = spool->lifetime;
	view->bounce_lifetime = spool->bounce_lifetime;
	view->lifetime_assumed = spool->lifetime_assumed;
	return view;
}

void spool_view_close(struct spool *view)
{
	if (!view)
		return;
	view->format->close(view);
	spool_free(view);
}

int spools_drop_privileges(const struct spools *spools, struct err *err)
{
	if (geteuid() != 0 || !spools->count)
		return 0;
	const struct spool *first = spools->list[0];
	for (size_t i = 1; i < spools->count; i++)
		if (spools->list[i]->owner != first->owner)
			return err_set(err, ERR_USAGE, 0,
				"%s and %s belong to different users; name one of them with -s",
				first->path, spools->list[i]->path);
	if (first->owner == 0)
		return 0;
	if (setgroups(0, NULL) != 0 || setresgid(first->group, first->group, first->group) != 0 ||
		setresuid(first->owner, first->owner, first->owner) != 0)
		return err_sys(err, "cannot become the owner of %s (uid %u)%s", first->path,
			(unsigned)first->owner,
			userns_hides(first->owner)
				? ", who has no user id in this container (user namespace)"
				: "");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return 0;
}
