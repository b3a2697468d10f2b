/*
 * --follow: what arrives while a run is at work, and for a while after it.
 *
 * Each look is a scan with the same filter. What it finds belongs to the run that was
 * confirmed and goes on in its journal, so that one line takes all of it back. The trash is
 * locked during a look that acts, not between two: others may work on the queue meanwhile,
 * and what they had in hand is left to them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "core/act/trash.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"
#include "core/query/keymap.h"

enum {
	MOST_SECONDS = 24 * 60 * 60, /* expunge takes what is older than that */
	SHORTEST_PAUSE_MS = 2000,
	PAUSE_FACTOR = 2, /* two thirds of the time nothing is read */
	STEP_MS = 100,
	TRIES = 3, /* of a message that was refused for the moment */
	USUAL_MINUTES = 15,
	LATELY_SECONDS = 60,
};

struct follow {
	int64_t planned_at; /* clock_now_ms: when the scan of the plan began */
	int64_t begin, until;
	int64_t last;          /* when something was found last; 0 never */
	struct hashset seen;   /* digests of what was in the queue, or in a plan */
	struct keymap refused; /* of these, what may be tried again ... */
	uint8_t *tries;        /* ... and how often it was, by its place there */
	uint32_t planned;      /* different messages */
	uint32_t first;        /* of these, in the plan that was confirmed */
	unsigned newest;       /* journals up to this number were read */
	uint32_t counts[OUTCOMES];
	bool partly; /* something was not done that is not tried again */
	bool told_unread, told_busy;
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
	else if (app->options.max < 0)
		warn_text("--follow needs --max N: how many messages it may take in all, those "
			  "that are here and those that arrive");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

/* The command line once more, with a --follow and a --max of its own. */
static void put_again(const struct app *app, const char *follow, uint64_t max, struct buf *out)
{
	struct buf line = {0};

	buf_add(&line, SLICE("spoolsweep"));
	for (int i = 1; i < app->options.argc; i++) {
		const char *word = app->options.argv[i];
		struct slice name = slice_cstr(word), value;
		bool has_value = slice_cut(name, '=', &name, &value);
		if (slice_eq(name, SLICE("--max")) || slice_eq(name, SLICE("--follow"))) {
			i += !has_value;
			continue;
		}
		buf_addc(&line, ' ');
		add_argument(&line, word);
	}
	buf_printf(&line, " --follow %s --max %llu", follow, (unsigned long long)max);
	put(app, out, buf_slice(&line));
	buf_free(&line);
}

/* Room for twice as many as come in that time at this rate, as a round number. */
static uint64_t room_for(uint64_t arrived, int64_t in_ms, int64_t seconds)
{
	uint64_t need = arrived * 2 +
		2 * arrived * (uint64_t)seconds * 1000 / (uint64_t)(in_ms > 1000 ? in_ms : 1000);
	uint64_t round = 100;

	while (round * 10 <= need)
		round *= 10;
	return (need / round + 1) * round;
}

/* ---- what is known ---- */

void follow_begin(struct act *act)
{
	const struct snap *snap = &act->app->scan.snap;
	struct follow *follow = xcalloc(1, sizeof(*follow));

	act->follow = follow;
	follow->planned_at = clock_now_ms() - (int64_t)(act->app->scan.seconds * 1000);
	for (uint32_t row = 0; row < snap->rows; row++)
		hashset_add(&follow->seen, (uint64_t)snap_wide(snap, WIDE_DIGEST, row));
}

void follow_free(struct act *act)
{
	struct follow *follow = act->follow;

	if (!follow)
		return;
	hashset_free(&follow->seen);
	keymap_free(&follow->refused);
	free(follow->tries);
	free(follow);
	act->follow = NULL;
}

uint32_t follow_done(const struct act *act)
{
	return outcomes_done(act->follow->counts);
}

/* The queue manager had it in hand, say: perhaps it can be done with the next look. */
static void note_refused(struct follow *follow, uint64_t digest, bool again)
{
	uint32_t count = follow->refused.count;

	if (!again && keymap_find(&follow->refused, digest) == KEYMAP_NONE)
		return;
	uint32_t place = keymap_add(&follow->refused, digest);
	if (place == count) {
		if ((count & (count - 1)) == 0) /* full at every power of two */
			follow->tries = xrealloc(follow->tries, count ? count * 2 : 1, 1);
		follow->tries[place] = 0;
	}
	follow->tries[place] = again ? (uint8_t)(follow->tries[place] + 1) : UINT8_MAX;
	follow->partly |= follow->tries[place] == TRIES;
}

static bool may_be_tried(const struct follow *follow, uint64_t digest)
{
	uint32_t place = keymap_find(&follow->refused, digest);
	return place != KEYMAP_NONE && follow->tries[place] < TRIES;
}

void follow_note(struct act *act, const struct run *run)
{
	struct follow *follow = act->follow;

	for (uint32_t i = 0; i < act->plan.count; i++) {
		uint64_t digest = act->plan.items[i].digest;
		enum outcome outcome = (enum outcome)run->outcomes[i];
		bool again = outcome == OUTCOME_REFUSED || outcome == OUTCOME_FAILED;
		follow->planned += !may_be_tried(follow, digest);
		hashset_add(&follow->seen, digest);
		note_refused(follow, digest, again);
		if (!again)
			follow->counts[outcome]++;
		follow->partly |= outcome == OUTCOME_CHANGED || outcome == OUTCOME_UNTIDY;
	}
}

/* Of the rows those that arrived since, or may be tried again. How many of them are new. */
static uint32_t keep_arrivals(struct act *act)
{
	struct app *app = act->app;
	const struct follow *follow = act->follow;
	struct bitset kept = bitset_new(app->scan.snap.rows);
	uint32_t fresh = 0;

	for (size_t row = bitset_next(&app->rows, 0); row != SIZE_MAX;
		row = bitset_next(&app->rows, row + 1)) {
		uint64_t digest = (uint64_t)snap_wide(&app->scan.snap, WIDE_DIGEST, (uint32_t)row);
		bool is_new = !hashset_has(&follow->seen, digest);
		if (is_new || may_be_tried(follow, digest))
			bitset_set(&kept, row);
		fresh += is_new;
	}
	bitset_free(&app->rows);
	app->rows = kept;
	return fresh;
}

/* ---- a look ---- */

/* What matches by now, in app->rows. */
static int scan_again(struct act *act, uint32_t *fresh)
{
	struct app *app = act->app;
	uint32_t unused[SKIP_KINDS] = {0};

	field_env_free(&app->env);
	bitset_free(&app->rows);
	scan_free(&app->scan);
	int code = scan_spools(app);
	if (code != EXIT_DONE)
		return code;
	if (!app->scan.complete)
		return EXIT_INTERRUPTED;
	skip_rows(app, act->plan.head.op, unused);
	*fresh = keep_arrivals(act);
	return EXIT_DONE;
}

static void unlock(struct act *act)
{
	for (size_t i = 0; i < act->app->spools.count; i++) {
		int *trash = &act->places[i].places.trash;
		/* Whoever has the lock next may expunge the run: its folder is opened anew. */
		if (*trash >= 0)
			close(*trash);
		*trash = -1;
		trash_unlock(act->trashes[i]);
	}
}

static bool lock(struct act *act)
{
	struct follow *follow = act->follow;

	for (size_t i = 0; i < act->app->spools.count; i++) {
		if (trash_lock(act->trashes[i]))
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

/*
 * Mail that another run had in hand meanwhile is where somebody wants it: what an undo
 * brought back must not be purged again. With the lock held, so that none is at work.
 */
static int leave_to_others(struct act *act)
{
	struct follow *follow = act->follow;
	unsigned *numbers;
	size_t count;
	struct err err;

	if (journal_numbers(act->state, &numbers, &count, &err) != 0)
		return complain(&err);
	for (size_t i = count; i-- > 0 && numbers[i] > follow->newest;) {
		struct journal_log log;
		if (numbers[i] == act->plan.head.number ||
			journal_read(act->state, numbers[i], &log, &err) != 0)
			continue;
		for (uint32_t k = 0; k < log.nitems; k++) {
			hashset_add(&follow->seen, log.items[k].digest);
			note_refused(follow, log.items[k].digest, false);
		}
		journal_log_free(&log);
	}
	if (count)
		follow->newest = numbers[count - 1];
	free(numbers);
	return EXIT_DONE;
}

static int tell_too_many(const struct act *act, uint32_t fresh)
{
	const struct app *app = act->app;
	const struct follow *follow = act->follow;
	uint64_t all = (uint64_t)follow->planned + fresh;
	struct buf line = {0};

	put_again(app, app->options.follow, room_for(all, 0, 0), &line);
	warn_text("%u more arrived, and with the %u before that is more than --max %lld: %s not "
		  "touched, and following ends\nif all of it is meant: %s",
		fresh, follow->planned, (long long)app->options.max,
		fresh == 1 ? "it was" : "they were", buf_str(&line));
	buf_free(&line);
	return EXIT_REFUSED;
}

/* With the lock held, and rows that may be acted on. */
static int act_on_arrivals(struct act *act)
{
	struct app *app = act->app;
	struct follow *follow = act->follow;
	struct err unused;

	int code = leave_to_others(act);
	if (code != EXIT_DONE)
		return code;
	uint32_t fresh = keep_arrivals(act);
	act->plan.count = 0;
	plan_add_rows(&act->plan, &app->scan.snap, &app->rows);
	if (!act->plan.count)
		return EXIT_DONE;
	act->guard.count = follow->planned + fresh;
	act->guard.total = app->scan.snap.rows;
	act->guard.accounts = count_accounts(app);
	act->guard.max = app->options.max;
	act->guard.yes = true;
	if (guard_check(&act->guard, &unused) != 0)
		return tell_too_many(act, fresh);
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

static void show_rest(const struct act *act)
{
	const struct follow *follow = act->follow;
	struct buf words = {0};

	if (!act->app->output.live)
		return;
	buf_add(&words, SLICE("following for "));
	units_age(&words, (follow->until - clock_now_ms() + 999) / 1000);
	buf_add(&words, SLICE(" more, "));
	units_count(&words, follow_done(act));
	buf_printf(&words, " %s so far; Ctrl-C ends it", act_done_word(&act->plan.head));
	progress_words(act->app, buf_str(&words));
	buf_free(&words);
}

/* In small steps: a signal that comes just before one is seen behind it. */
static void wait_until(const struct act *act, int64_t end)
{
	static const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};

	while (!interrupted && clock_now_ms() < end) {
		show_rest(act);
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

/* ---- what is said ---- */

static void tell_begin(int64_t seconds)
{
	struct buf text = {0};

	units_time(&text, (int64_t)time(NULL) + seconds);
	warn_text("following what arrives until %s; Ctrl-C ends it", buf_str(&text));
	buf_free(&text);
}

static void put_figures(const struct act *act, struct buf *out)
{
	const struct follow *follow = act->follow;
	int64_t now = clock_now_ms();

	buf_add(out, SLICE("followed for "));
	units_age(out, (now - follow->begin) / 1000);
	buf_add(out, SLICE(": "));
	if (follow->last) {
		units_count(out, follow->planned - follow->first);
		buf_add(out, SLICE(" more arrived, the last of them "));
		units_age(out, (now - follow->last) / 1000);
		buf_add(out, SLICE(" ago\n"));
	} else {
		buf_add(out, SLICE("nothing more arrived\n"));
	}
	if (!act->plan.head.number)
		return;
	buf_printf(out, "run %u in all: ", act->plan.head.number);
	units_count(out, follow_done(act));
	buf_add(out, SLICE(" of "));
	units_count(out, follow->planned);
	buf_printf(out, " messages %s\n", act_done_word(&act->plan.head));
}

static uint32_t count_refused(const struct follow *follow)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < follow->refused.count; i++)
		count += follow->tries[i] != UINT8_MAX;
	return count;
}

static void tell_end(struct act *act)
{
	struct follow *follow = act->follow;
	struct buf out = {0};

	follow->counts[OUTCOME_REFUSED] = count_refused(follow);
	put_figures(act, &out);
	act_put_outcomes(&out, follow->counts, follow->counts[OUTCOME_NONE]);
	act_put_way_back(act, follow_done(act), &out);
	print_buf(&out);
}

static void tell_open_source(const struct act *act, int64_t seconds)
{
	const struct follow *follow = act->follow;
	int64_t now = clock_now_ms();
	struct buf line = {0};

	if (!follow->last || now - follow->last > LATELY_SECONDS * 1000)
		return;
	put_again(act->app, act->app->options.follow,
		room_for(follow->planned - follow->first, now - follow->planned_at, seconds),
		&line);
	warn_text("it still arrives: close the source; to follow on: %s", buf_str(&line));
	buf_free(&line);
}

/* ---- after a run ---- */

/* Without --follow: what a second run would find. */
static int look_once(struct act *act)
{
	struct app *app = act->app;
	enum op op = act->plan.head.op;
	struct buf line = {0};
	uint32_t fresh = 0;

	int code = scan_again(act, &fresh);
	if (code != EXIT_DONE || !fresh)
		return code;
	const char *match = fresh == 1 ? "matches" : "match";
	if (op != OP_PURGE && op != OP_HOLD) {
		warn_text("%u more %s by now: run this again", fresh, match);
		return EXIT_DONE;
	}
	int64_t passed = clock_now_ms() - act->follow->planned_at;
	put_again(app, "15m", room_for(fresh, passed, USUAL_MINUTES * 60), &line);
	warn_text("%u more %s by now: close the source first, then run this again\n"
		  "to take what still arrives for %d minutes: %s",
		fresh, match, USUAL_MINUTES, buf_str(&line));
	buf_free(&line);
	return EXIT_DONE;
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
	tell_begin(seconds);
	int code = look_until(act);
	if (!act->app->options.json)
		tell_end(act);
	/* In the middle of a look it is told already, with what to do. */
	if (code == EXIT_INTERRUPTED && (act->journal || !act->before))
		warn_text(
			"interrupted: what was done stays done; what arrives from now on stays in "
			"the queue");
	else if (code == EXIT_DONE)
		tell_open_source(act, seconds);
	if (code != EXIT_DONE)
		return code;
	bool partly = follow->partly || count_refused(follow);
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
