/*
 * --cache: what one look at a queue leaves for the next. In the folder of the journals,
 * which is the queue's owner's. Whatever is wrong with it is told in a line, and all is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/spoolsweep/command.h"
#include "core/act/state.h"
#include "core/queue/cache.h"

#define FOLDER "cache"

static bool one_owner(const struct app *app)
{
	for (size_t i = 1; i < app->spools.count; i++)
		if (app->spools.list[i]->owner != app->spools.list[0]->owner)
			return false;
	return app->spools.count > 0;
}

void caching_prepare(struct app *app)
{
	struct err err;

	if (!app->options.cache || !one_owner(app) || !app->started_as_root)
		return;
	const struct spool *spool = app->spools.list[0];
	if (state_make(&fsops_real, spool->owner, spool->group, &err) != 0)
		warn_text("no cache: %s", err.text);
}

/* The folder, or -1 when there can be none. */
static int open_folder(const struct app *app, struct err *err)
{
	int state, fd;

	if (!one_owner(app)) {
		err_set(err, ERR_USAGE, 0, "these queues have different owners");
		return -1;
	}
	if (state_open(app->spools.list[0]->owner, &state, err) != 0)
		return -1;
	if (mkdirat(state, FOLDER, 0700) != 0 && errno != EEXIST)
		fd = err_sys(err, "%s: its folder cannot be made", state_path());
	else if ((fd = openat(state, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		err_sys(err, "%s: its folder cannot be opened", state_path());
	close(state);
	return fd;
}

void caching_begin(struct app *app, struct scan_options *options, struct cache *cache)
{
	struct err err;

	if (!app->options.cache)
		return;
	app->need.parts |= NEED_STAMP;
	int dir = open_folder(app, &err);
	size_t most = options->most_bytes ? options->most_bytes : LIMIT_INDEX_BYTES;
	if (dir >= 0 &&
		cache_load(cache, dir, &app->spools, &app->need, options->keep_reason_text, most,
			&err) == 0)
		options->cache = cache;
	else if (dir < 0 || err.code != ERR_GONE)
		warn_text("the cache is not used, all is read: %s", err.text);
	if (dir >= 0)
		close(dir);
}

/* What was read shows what has changed: a few are read again the next time. */
static bool is_worth_it(const struct scan *scan, const struct cache *cache)
{
	enum { FEW = 50 };
	uint32_t rows = scan->snap.rows;
	uint32_t old = cache->slots ? cache->snap.rows : 0;
	return rows && (rows - scan->reused > rows / FEW || old - scan->reused > rows / FEW);
}

void caching_end(struct app *app, struct cache *cache)
{
	const struct scan *scan = &app->scan;
	struct err err;
	int dir;

	if (app->need.parts & NEED_STAMP && scan->complete && !scan->snap.given_up &&
		is_worth_it(scan, cache) && (dir = open_folder(app, &err)) >= 0) {
		if (cache_save(&scan->snap, scan->began, dir, &app->spools, &err) != 0)
			warn_text("the cache is not kept: %s", err.text);
		close(dir);
	}
	cache_free(cache);
}
