/* --follow: what arrives while a run is at work, and for a while after it. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cmd/spoolsweep/follow.h"
#include "core/act/lock.h"
#include "core/base/clock.h"
#include "core/base/units.h"

enum {
	MOST_SECONDS = 24 * 60 * 60, /* expunge takes what is older than that */
	SHORTEST_PAUSE_MS = 2000,
	PAUSE_FACTOR = 2, /* two thirds of the time nothing is read */
	STEP_MS = 100,
	STEPS_SHOWN = 10,
};

/* ---- the command line ---- */

static bool get_seconds(const struct app *app, int64_t *seconds)
{
	return units_parse_duration(slice_cstr(app->options.follow), seconds) && *seconds > 0 &&
		*seconds <= MOST_SECONDS;
}

int follow_check(const struct app *app)
{
	int64_t seconds;

	if (!app->options.follow)
		return EXIT_DONE;
	if (!get_seconds(app, &seconds))
		warn_text("--follow takes a time such as 15m, at most a day, not '%s'",
			app->options.follow);
	else if (app->options.plan_out)
		warn_text("--follow and --plan-out exclude each other: a plan names its messages, "
			  "and nothing that arrives later is in it");
	else if (app->options.ids_from)
		warn_text("--follow and --ids-from exclude each other: what arrives has an id of "
			  "its own, and is on no list");
	else if (app->options.no_journal)
		warn_text("--follow and --no-journal exclude each other: what goes on for a while "
			  "has to be written down");
	else if (app->options.max < 0)
		warn_text("--follow needs --max N: how many messages it may take in all, those "
			  "that are here and those that arrive");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

/* ---- a look ---- */

/* What matches by now, in app->rows. */
static int scan_again(struct act *act, uint32_t *fresh)
{
	struct app *app = act->app;
	uint32_t unused[SKIP_KINDS] = {0};

	leave_scan(app);
	int code = scan_spools(app);
	if (code != EXIT_DONE)
		return code;
	if (!app->scan.complete)
		return EXIT_INTERRUPTED;
	skip_rows(act, &app->rows, unused);
	*fresh = follow_keep_arrivals(act);
	return EXIT_DONE;
}

static void unlock(struct act *act)
{
	for (size_t i = 0; i < act->app->spools.count; i++) {
		int *trash = &act->places[i].places.trash;
		/* Whoever has the lock next may expunge the run: its folder is opened anew. */
		if (*trash >= 0)
			close(*trash);
		if (act->locks[i] >= 0)
			close(act->locks[i]);
		*trash = act->locks[i] = -1;
	}
}

static bool lock(struct act *act)
{
	struct follow *follow = act->follow;
	struct err err;

	for (size_t i = 0; i < act->app->spools.count; i++) {
		act->locks[i] = lock_spool(act->app->spools.list[i], &err);
		if (act->locks[i] >= 0)
			continue;
		if (!follow->told_busy)
			warn_text("another run is at work on %s: following goes on behind it",
				act->app->spools.list[i]->path);
		follow->told_busy = true;
		unlock(act);
		return false;
	}
	return true;
}

/* With the lock held, and rows that may be acted on. */
static int act_on_arrivals(struct act *act)
{
	struct app *app = act->app;
	struct follow *follow = act->follow;
	struct err unused;

	int code = follow_leave_to_others(act);
	if (code != EXIT_DONE)
		return code;
	uint32_t fresh = follow_keep_arrivals(act);
	plan_drop_items(&act->plan);
	plan_add_rows(&act->plan, &app->scan.snap, &app->rows);
	if (!act->plan.count)
		return EXIT_DONE;
	act->guard.count = follow->planned + fresh;
	act->guard.total = app->scan.snap.rows;
	act->guard.accounts = count_accounts(app);
	act->guard.max = app->options.max;
	act->guard.yes = true;
	if (guard_check(&act->guard, &unused) != 0)
		return follow_tell_too_many(act, fresh);
	if (fresh)
		follow->last = clock_now_ms();
	code = act_carry_out(act);
	/* Told at the end; a journal that is closed means that the run was stopped. */
	return code == EXIT_PARTLY && act->journal ? EXIT_DONE : code;
}

static int look(struct act *act)
{
	struct follow *follow = act->follow;
	uint32_t fresh;

	int code = scan_again(act, &fresh);
	if (code != EXIT_DONE)
		return code;
	if (!follow->told_unread) {
		follow->told_unread = act->app->scan.nfailures > 0;
		follow->partly |= tell_failures(act->app) != EXIT_DONE;
	}
	if (bitset_next(&act->app->rows, 0) == SIZE_MAX || !lock(act))
		return EXIT_DONE;
	code = act_on_arrivals(act);
	unlock(act);
	return code;
}

/* ---- one after the other ---- */

/* In small steps: a signal that comes just before one is seen behind it. */
static void wait_until(const struct act *act, int64_t end)
{
	static const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};

	for (unsigned i = 0; !interrupted && clock_now_ms() < end; i++) {
		if (i % STEPS_SHOWN == 0)
			follow_show_rest(act);
		nanosleep(&step, NULL);
	}
	progress_words(act->app, NULL);
}

static int look_until(struct act *act)
{
	const struct follow *follow = act->follow;
	int64_t took = (int64_t)(act->app->scan.seconds * 1000);
	int code = EXIT_DONE;

	do {
		int64_t pause = PAUSE_FACTOR * took;
		pause = pause > SHORTEST_PAUSE_MS ? pause : SHORTEST_PAUSE_MS;
		int64_t next = clock_now_ms() + pause;
		wait_until(act, next < follow->until ? next : follow->until);
		int64_t begin = clock_now_ms();
		code = interrupted ? EXIT_INTERRUPTED : look(act);
		took = clock_now_ms() - begin;
	} while (code == EXIT_DONE && clock_now_ms() < follow->until);
	return code;
}

/* ---- after a run ---- */

/* Without --follow: what a second run would find. */
static int look_once(struct act *act)
{
	uint32_t fresh = 0;

	plan_drop_items(&act->plan);
	int code = scan_again(act, &fresh);
	if (code == EXIT_DONE && fresh)
		follow_tell_more(act, fresh);
	return code;
}

static int follow_now(struct act *act)
{
	struct follow *follow = act->follow;
	int64_t seconds = 0;
	unsigned *numbers;
	size_t count;
	struct err err;

	get_seconds(act->app, &seconds);
	follow->first = follow->planned;
	follow->begin = clock_now_ms();
	follow->until = follow->begin + seconds * 1000;
	if (journal_numbers(act->state, &numbers, &count, &err) != 0)
		return complain(&err);
	follow->newest = count ? numbers[count - 1] : 0;
	free(numbers);
	unlock(act);
	follow_tell_begin(seconds);
	int code = look_until(act);
	if (!act->app->options.json)
		follow_tell_end(act);
	/* In the middle of a look it is told already, with what to do. */
	if (code == EXIT_INTERRUPTED && (act->journal || !act->before))
		warn_text(
			"interrupted: what was done stays done; what arrives from now on stays in "
			"the queue");
	else if (code == EXIT_DONE)
		follow_tell_open_source(act, seconds);
	if (code != EXIT_DONE)
		return code;
	bool partly = follow->partly || follow_count_refused(follow);
	return partly ? EXIT_PARTLY : follow->planned ? EXIT_DONE : EXIT_NOTHING;
}

int follow_on(struct act *act, int code)
{
	if (code != EXIT_DONE && code != EXIT_PARTLY)
		return code;
	if (!act->app->options.follow) {
		int again = interrupted ? EXIT_DONE : look_once(act);
		return code == EXIT_DONE ? again : code;
	}
	/* A journal that could not be written, or Ctrl-C: told, and nothing to go on with. */
	if (act->before && !act->journal)
		return code;
	return follow_now(act);
}
