/* What a run needs before it begins: its folders, the lock, a scan that saw all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "cmd/spoolsweep/log_messages.h"
#include "cmd/spoolsweep/disk.h"
#include "core/act/lock.h"
#include "core/act/state.h"
#include "core/act/trash.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

unsigned act_need(const struct app *app)
{
	unsigned act = NEED_IDENTITY | NEED_STATUS;
	bool shown = !app->options.apply || !app->options.yes;

	return shown ? act | NEED_RCPTS | NEED_BOUNCED | NEED_HEADERS | NEED_SUBJECT : act;
}

/* Says why the folders cannot be made, and who could. */
static int tell_cannot_make(const struct app *app, const struct err *err)
{
	struct buf line = {0};

	int code = complain(err);
	/* Without a system call that failed the words say it all. */
	if (code != EXIT_PERMISSION || app->started_as_root || !err->sys)
		return code;
	put_command(app, &line, "setup");
	warn_text("root has to make it, once:\n  sudo %s", buf_str(&line));
	buf_free(&line);
	return code;
}

/* The trash is its owner's alone: with the right to read a queue nobody else gets further. */
static int tell_stranger(const struct app *app, const struct spool *spool)
{
	struct buf line = {0};

	put_as_root(app, &line);
	warn_text("only root and the owner of %s (uid %u) may do this; run it as root:\n  %s",
		spool->path, (unsigned)spool->owner, buf_str(&line));
	buf_free(&line);
	return EXIT_PERMISSION;
}

static bool needs_trash(const struct app *app)
{
	return app->command == &command_setup ||
		(app->command == &command_purge && !app->options.no_undo);
}

/*
 * On a full disk there may be no room for a trash, and mail can be removed for good, or
 * held, all the same: app->no_trash is told when it turns out to be needed.
 */
static int make_for(struct app *app, const struct spool *spool)
{
	struct err err;

	if (guard_writable(spool, &err) != 0)
		return complain(&err);
	if (trash_make(&fsops_real, spool, &err) != 0) {
		bool full = err.sys == ENOSPC || err.sys == EDQUOT;
		if (!full || needs_trash(app)) {
			int code = tell_cannot_make(app, &err);
			disk_tell_way_out(app, OP_PURGE, &err, true);
			return code;
		}
		app->no_trash = err;
	}
	if (!app->options.no_journal &&
		state_make(&fsops_real, spool->owner, spool->group, &err) != 0) {
		int code = tell_cannot_make(app, &err);
		disk_tell_way_out(
			app, app->command == &command_purge ? OP_PURGE : OPS, &err, false);
		return code;
	}
	return EXIT_DONE;
}

int act_make_folders(struct app *app)
{
	struct err err;
	uid_t me = geteuid();
	int opened = app->options.ids_from ? act_open_ids(app) : EXIT_DONE;

	if (opened == EXIT_DONE && app->options.plan_out)
		opened = act_open_plan(app);
	if (opened != EXIT_DONE)
		return opened;
	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		if (guard_spool(spool, app->options.offline, &err) != 0) {
			complain(&err);
			return EXIT_REFUSED;
		}
		if (!app->options.apply)
			continue;
		if (me != 0 && me != spool->owner)
			return tell_stranger(app, spool);
		int code = make_for(app, spool);
		if (code != EXIT_DONE)
			return code;
	}
	uid_t owner = app->spools.list[0]->owner;
	if (me == 0 && owner != 0 && app->options.apply && disk_keeps_room_for_root())
		reserve_start(&app->reserve, &fsops_real, owner,
			(off_t)journal_room(LIMIT_JOURNAL_ITEMS));
	return EXIT_DONE;
}

static bool can_write_into_parent(const char *path)
{
	char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');

	if (slash)
		slash[slash == parent] = '\0';
	bool can = access(slash ? parent : ".", W_OK | X_OK) == 0;
	free(parent);
	return can;
}

bool act_needs_setup(const struct app *app)
{
	struct err err;
	int fd;

	if (app->started_as_root)
		return false;
	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		if (trash_open(spool, &fd, &err) == 0)
			close(fd);
		else if (err.code == ERR_GONE && faccessat(spool->fd, ".", W_OK | X_OK, 0) != 0)
			return true;
	}
	if (state_open(app->spools.list[0]->owner, &fd, &err) == 0) {
		close(fd);
		return false;
	}
	if (err.code != ERR_GONE || access(state_path(), W_OK | X_OK) == 0)
		return false;
	return errno != ENOENT || !can_write_into_parent(state_path());
}

int act_check_scan(const struct app *app)
{
	if (app->scan.complete)
		return tell_failures(app);
	warn_text("interrupted: nothing was done");
	return EXIT_INTERRUPTED;
}

static int tell_busy(const struct app *app, const struct spool *spool)
{
	struct buf line = {0};

	put_command(app, &line, "journal");
	warn_text("another run is at work on %s: nothing was done; wait for it, and see what it "
		  "does with %s",
		spool->path, buf_str(&line));
	buf_free(&line);
	return EXIT_BUSY;
}

/* A run that is followed has the lock for a moment at each look: not worth sending anybody away. */
static int lock_patiently(const struct spool *spool, struct err *err)
{
	enum { PATIENCE_MS = 2000 };
	static const struct timespec step = {.tv_nsec = 50 * 1000000L};
	int64_t until = clock_now_ms() + PATIENCE_MS;
	int lock;

	while ((lock = lock_spool(spool, err)) < 0 && err->sys == EWOULDBLOCK && !interrupted &&
		clock_now_ms() < until)
		nanosleep(&step, NULL);
	return lock;
}

int act_lock(const struct app *app, const struct spool *spool, int *lock)
{
	struct err err;

	*lock = lock_patiently(spool, &err);
	if (*lock >= 0)
		return EXIT_DONE;
	return err.sys == EWOULDBLOCK ? tell_busy(app, spool) : complain(&err);
}

int act_open(struct act *act)
{
	struct app *app = act->app;
	size_t count = app->spools.count;
	struct err err;

	act->state = -1;
	act->places = xcalloc(count, sizeof(*act->places));
	act->views = xcalloc(count, sizeof(struct spool *));
	act->trashes = xcalloc(count, sizeof(*act->trashes));
	act->locks = xcalloc(count, sizeof(*act->locks));
	for (size_t i = 0; i < count; i++) {
		const struct spool *spool = app->spools.list[i];
		act->places[i] =
			(struct run_place){spool, spool, {&fsops_real, spool->fd, -1}, false};
		act->trashes[i] = act->locks[i] = -1;
	}
	for (size_t i = 0; i < count && app->options.apply; i++) {
		int code = act_lock(app, app->spools.list[i], &act->locks[i]);
		if (code != EXIT_DONE)
			return code;
		/* One that is missing is told when it turns out to be needed. */
		if (trash_open(app->spools.list[i], &act->trashes[i], &err) != 0 &&
			err.code != ERR_GONE)
			return complain(&err);
	}
	if (app->options.apply && !app->options.no_journal &&
		state_open(app->spools.list[0]->owner, &act->state, &err) != 0)
		return complain(&err);
	return EXIT_DONE;
}

void act_close(struct act *act)
{
	for (size_t i = 0; act->places && i < act->app->spools.count; i++) {
		if (act->places[i].places.trash >= 0)
			close(act->places[i].places.trash);
		spool_view_close(act->views[i]);
		if (act->trashes[i] >= 0)
			close(act->trashes[i]);
		if (act->locks[i] >= 0)
			close(act->locks[i]);
	}
	if (act->journal)
		journal_close(act->journal);
	/* Nobody has to wait for that: the locks are given back. */
	if (act->ended)
		log_messages(act->app, act->state, act->ended);
	if (act->places && act->state >= 0)
		close(act->state);
	follow_free(act);
	id_list_free(&act->ids);
	hashset_free(&act->remembered);
	hashset_free(&act->late);
	free(act->scanned);
	free(act->known);
	free(act->places);
	free(act->views);
	free(act->trashes);
	free(act->locks);
	plan_free(&act->plan);
}

/* Paths differ by a slash, a link, or by where they begin; a queue has one device and inode. */
static bool is_same_folder(const struct spool *spool, struct slice path)
{
	struct stat there, here;
	char *text = xasprintf("%.*s", SLICE_ARG(path));
	bool same = stat(text, &there) == 0 && fstat(spool->fd, &here) == 0 &&
		there.st_dev == here.st_dev && there.st_ino == here.st_ino;

	free(text);
	return same;
}

unsigned *act_find_spools(const struct app *app, const struct journal_head *head)
{
	unsigned *numbers = xcalloc(head->nspools, sizeof(*numbers));

	for (unsigned i = 0; i < head->nspools; i++) {
		numbers[i] = ACT_NO_SPOOL;
		for (unsigned k = 0; k < app->spools.count && numbers[i] == ACT_NO_SPOOL; k++)
			if (slice_eq(head->spools[i].path, slice_cstr(app->spools.list[k]->path)) ||
				is_same_folder(app->spools.list[k], head->spools[i].path))
				numbers[i] = k;
	}
	return numbers;
}
