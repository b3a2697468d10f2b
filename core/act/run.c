#include "core/act/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/act/run_one.h"
#include "core/act/settle.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/queue/spool.h"

enum {
	RENAME_JOBS = 2, /* renames wait for one lock of the file system anyway */
	REMOVE_JOBS = 8, /* each waits for the disk, and the folders have locks of their own */
	MOST_JOBS = 16,
	CHUNK = 64,
	PROGRESS_MS = 100,
	SYNC_MS = 1000,
};

struct spool *run_view_trash(const struct run_place *place)
{
	struct err err;
	int fd = fcntl(place->places.trash, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? NULL : spool_view(place->spool, fd, place->spool->path, &err);
}

/* ---- what an earlier process did ---- */

static void start_from_known(struct run *run)
{
	for (uint32_t item = 0; item < run->plan->count; item++) {
		if (!run_is_known(run, item))
			continue;
		run->outcomes[item] = run->known[item];
		run->counts[run->known[item]]++;
		run->done++;
	}
}

/* ---- workers ---- */

/* Would meet every message alike: to go on would only say so 60,000 times. */
static bool is_general(const struct err *err)
{
	switch (err->sys) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return true;
	}
	return false;
}

static bool is_interrupted(const struct run *run)
{
	const volatile sig_atomic_t *flag = run->options->interrupted;
	return flag && __atomic_load_n(flag, __ATOMIC_RELAXED);
}

/* With the lock held. */
static void stop(struct run *run, const struct err *why)
{
	if (!run->stopped)
		run->why = *why;
	run->stopped = true;
}

/* With the lock held. */
static void note(struct run *run, uint32_t item, enum outcome outcome, const struct found_as *as,
	const struct err *words)
{
	bool told = outcome == OUTCOME_REFUSED || outcome == OUTCOME_FAILED ||
		outcome == OUTCOME_UNTIDY;
	struct slice text = told ? slice_cstr(words->text) : (struct slice){0};
	struct err err;

	/* The last one was served a moment ago, and the MTA had yet to remove it. */
	bool finished = as->state == STATE_ACTIVE && as->served && !as->waiting;
	if (outcome == OUTCOME_DONE && finished && run->plan->head.op != OP_RESTORE)
		outcome = OUTCOME_DELIVERING;
	if (run->outcomes[item] == OUTCOME_NONE)
		run->done++;
	else
		run->counts[run->outcomes[item]]--;
	run->outcomes[item] = (uint8_t)outcome;
	run->counts[outcome]++;
	if (outcome_is_done(outcome) && as->state == STATE_ACTIVE)
		settle_note(run, item, as, outcome == OUTCOME_DELIVERING);
	if (run->journal &&
		journal_outcome(run->journal, run->first + item, outcome,
			run_queue_name(run, item, as->queue), text, &err) != 0)
		stop(run, &err);
	if (told && is_general(words))
		stop(run, words);
}

/* The next items for a worker, or false when there are none. */
static bool take_chunk(struct run *run, uint32_t *from, uint32_t *to)
{
	pthread_mutex_lock(&run->lock);
	uint32_t left = run->plan->count - run->next;
	bool any = left && !run->stopped && !is_interrupted(run);
	*from = run->next;
	*to = *from + (left < CHUNK ? left : CHUNK);
	if (any)
		run->next = *to;
	pthread_mutex_unlock(&run->lock);
	return any;
}

static bool must_end(struct run *run)
{
	pthread_mutex_lock(&run->lock);
	bool end = run->stopped || is_interrupted(run);
	pthread_mutex_unlock(&run->lock);
	return end;
}

static void *worker_main(void *arg)
{
	struct run *run = arg;
	struct arena arena = {0};
	uint32_t from, to;

	while (take_chunk(run, &from, &to)) {
		for (uint32_t item = from; item < to && !must_end(run); item++) {
			struct err words = {0};
			struct found_as as;
			enum outcome outcome = run_one(run, item, &arena, &as, &words);
			if (outcome == OUTCOME_NONE)
				continue;
			pthread_mutex_lock(&run->lock);
			note(run, item, outcome, &as, &words);
			pthread_mutex_unlock(&run->lock);
		}
	}
	arena_free(&arena);
	pthread_mutex_lock(&run->lock);
	run->working--;
	pthread_cond_signal(&run->ended);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

/* ---- the calling thread ---- */

/* Outcomes may stand in the journal only when what they tell of is on disk. */
static void sync_all(struct run *run)
{
	const struct fsops *ops = run->options->ops;
	struct err err;

	for (unsigned i = 0; i < run->plan->head.nspools; i++) {
		/* The trash is on the same file system. */
		if (ops->sync_all(ops, run->places[i].places.spool) != 0) {
			err_sys(&err, "%s: cannot be synced", run->places[i].spool->path);
			pthread_mutex_lock(&run->lock);
			stop(run, &err);
			pthread_mutex_unlock(&run->lock);
		}
	}
	pthread_mutex_lock(&run->lock);
	if (run->journal && journal_sync(run->journal, &err) != 0)
		stop(run, &err);
	pthread_mutex_unlock(&run->lock);
}

/* Until the last worker has ended, or PROGRESS_MS. False when there is none left. */
static bool wait_for_end(struct run *run)
{
	struct timespec until = clock_after(PROGRESS_MS);

	pthread_mutex_lock(&run->lock);
	while (run->working && pthread_cond_timedwait(&run->ended, &run->lock, &until) != ETIMEDOUT)
		;
	bool more = run->working;
	pthread_mutex_unlock(&run->lock);
	return more;
}

static void tell_progress(struct run *run)
{
	pthread_mutex_lock(&run->lock);
	uint32_t done = run->done;
	pthread_mutex_unlock(&run->lock);
	if (run->options->progress)
		run->options->progress(run->options->ctx, done, run->plan->count);
}

static void watch(struct run *run)
{
	unsigned ticks = 0;

	while (wait_for_end(run)) {
		tell_progress(run);
		if (++ticks % (SYNC_MS / PROGRESS_MS) == 0)
			sync_all(run);
	}
	tell_progress(run);
}

static void work(struct run *run)
{
	unsigned usual = run->plan->head.no_undo ? REMOVE_JOBS : RENAME_JOBS, started = 0;
	unsigned jobs = run->options->jobs ? run->options->jobs : usual;
	pthread_t workers[MOST_JOBS];

	pthread_mutex_lock(&run->lock);
	while (started < jobs && started < MOST_JOBS &&
		pthread_create(&workers[started], NULL, worker_main, run) == 0)
		started++;
	run->working = started ? started : 1;
	pthread_mutex_unlock(&run->lock);
	if (!started)
		worker_main(run);
	watch(run);
	for (unsigned i = 0; i < started; i++)
		pthread_join(workers[i], NULL);
}

/* Once for each spool that something was done in. */
static void wake_all(struct run *run)
{
	unsigned nspools = run->plan->head.nspools;
	bool *touched = xcalloc(nspools, sizeof(*touched));
	struct err err;

	for (uint32_t i = 0; i < run->plan->count; i++)
		touched[run->plan->items[i].spool] |=
			outcome_is_done((enum outcome)run->outcomes[i]);
	for (unsigned i = 0; i < nspools; i++) {
		const struct spool *spool = run->places[i].spool;
		if (!touched[i])
			continue;
		/* It looks by itself within minutes: worth a word, not a failure. */
		if (spool->format->wake(spool, run->plan->head.op, &err) != 0 && !run->unwoken.code)
			run->unwoken = err;
	}
	free(touched);
}

int run_apply(struct run *run)
{
	clock_cond_init(&run->ended);
	pthread_mutex_init(&run->lock, NULL);
	run->outcomes = xcalloc(run->plan->count, 1);
	start_from_known(run);
	work(run);
	wake_all(run);
	settle(run);
	sync_all(run);
	/* After the last message there is nothing to stop. */
	bool over = !run->known && run->done == run->plan->count;
	if (!run->stopped && !over && is_interrupted(run)) {
		run->stopped = true;
		err_set(&run->why, ERR_NONE, 0, "interrupted");
	}
	pthread_mutex_destroy(&run->lock);
	pthread_cond_destroy(&run->ended);
	return run->stopped ? -1 : 0;
}

void run_free(struct run *run)
{
	free(run->outcomes);
	free(run->under_way);
	*run = (struct run){0};
}
