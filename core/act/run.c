#include "core/act/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/act/settle.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/queue/spool.h"

enum {
	RENAME_JOBS = 2, /* renames wait for one lock of the file system anyway */
	REMOVE_JOBS = 8, /* each waits for the disk, and the folders have locks of their own */
	MOST_JOBS = 16,
	CHUNK = 64,
	FOLLOWS = 8, /* moves of one message that are followed */
	PROGRESS_MS = 100,
	SYNC_MS = 1000,
};

/* ---- one message ---- */

bool run_is_planned(const struct journal_item *item, const struct record *record)
{
	/* A file system without handles or birth times leaves the inode and the digest. */
	bool same_file = !item->identity || item->identity == record->identity;
	return same_file && record->inode == item->inode && record_digest(record) == item->digest;
}

static struct request request_for(const struct run *run, uint32_t number)
{
	const struct journal_head *head = &run->plan->head;
	const struct journal_item *item = &run->plan->items[number];
	const struct run_place *place = &run->places[item->spool];
	const struct run_options *options = run->options;

	return (struct request){
		.op = head->op,
		.target = place->spool,
		.no_undo = head->no_undo,
		.to_hold = head->to_hold,
		.from_root = place->from == place->spool ? ROOT_SPOOL : ROOT_TRASH,
		.origin = item->queue,
		.mta_forgot = !run->remembered || !hashset_has(run->remembered, item->digest),
		.now = options->now,
		.due = options->now + (int64_t)(options->spread * number),
	};
}

/* With the file held open. OUTCOME_NONE: it moved on, look again. */
static enum outcome act_on(const struct run_place *place, const struct pin *pin,
	const struct request *request, struct err *words)
{
	const struct format *format = place->from->format;
	struct steps steps;

	if (format->steps(pin, request, &steps, words) != 0)
		return OUTCOME_REFUSED;
	if (!format->in_place(pin))
		return OUTCOME_NONE;
	switch (execute(&place->places, pin, &steps, words)) {
	case EXEC_DONE:
		return OUTCOME_DONE;
	case EXEC_UNTIDY:
		return OUTCOME_UNTIDY;
	case EXEC_FAILED:
		return OUTCOME_FAILED;
	case EXEC_MOVED_ON:
		break;
	}
	return OUTCOME_NONE;
}

enum outcome run_one(struct run *run, uint32_t number, struct arena *arena, struct found_as *as,
	struct err *words)
{
	const struct journal_item *item = &run->plan->items[number];
	const struct run_place *place = &run->places[item->spool];
	const struct format *format = place->from->format;
	struct request request = request_for(run, number);
	struct unit unit = {.name = item->id, .inode = item->inode};
	enum outcome outcome = OUTCOME_NONE;

	*as = (struct found_as){.queue = item->queue};
	for (unsigned i = 0; i < FOLLOWS && outcome == OUTCOME_NONE; i++) {
		struct pin pin;
		enum severity severity = format->pin(place->from, &unit, arena, &pin, words);
		if (severity == SEV_GONE)
			return OUTCOME_GONE;
		if (severity == SEV_SKIP)
			return OUTCOME_REFUSED;
		if (severity == SEV_FAIL)
			return OUTCOME_FAILED;
		as->queue = pin.queue;
		as->state = pin.record.state;
		as->served = record_count(&pin.record, RCPT_DONE);
		as->waiting = record_count(&pin.record, RCPT_PENDING);
		outcome = run_is_planned(item, &pin.record) ? act_on(place, &pin, &request, words)
							    : OUTCOME_CHANGED;
		format->unpin(&pin);
		arena_reset(arena);
	}
	if (outcome != OUTCOME_NONE)
		return outcome;
	err_set(words, ERR_IO, 0, "it moved from queue to queue too fast to be caught: try again");
	return OUTCOME_FAILED;
}

struct spool *run_view_trash(const struct run_place *place)
{
	struct err err;
	int fd = fcntl(place->places.trash, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? NULL : spool_view(place->spool, fd, place->spool->path, &err);
}

/* ---- what an earlier process did ---- */

static bool is_known(const struct run *run, uint32_t item)
{
	return run->known && run->known[item] != OUTCOME_NONE && run->known[item] != OUTCOME_FAILED;
}

static void start_from_known(struct run *run)
{
	for (uint32_t item = 0; item < run->plan->count; item++) {
		if (!is_known(run, item))
			continue;
		run->outcomes[item] = run->known[item];
		run->counts[run->known[item]]++;
		run->done++;
	}
}

/*
 * The process that died did not come to the end of its run, where logs are swept: it is
 * done for all of them. OUTCOME_NONE: there is nothing new to tell.
 */
static enum outcome finish_one(
	struct run *run, uint32_t number, struct found_as *as, struct err *words)
{
	enum outcome known = (enum outcome)run->known[number];
	int left = 0;

	*as = (struct found_as){.queue = run->plan->items[number].queue};
	if (outcome_is_done(known) && run->plan->head.op == OP_PURGE)
		left = settle_sweep(run, number, words);
	if (known != OUTCOME_UNTIDY)
		return OUTCOME_NONE;
	return left == 0 ? OUTCOME_DONE : OUTCOME_UNTIDY;
}

/* Whether it left by itself or with --no-undo cannot be told. Its logs are nobody's now. */
static enum outcome try_one(struct run *run, uint32_t number, struct arena *arena,
	struct found_as *as, struct err *words)
{
	const struct journal_head *head = &run->plan->head;
	struct err unused;

	enum outcome outcome = run_one(run, number, arena, as, words);
	if (outcome == OUTCOME_GONE && run->known && head->op == OP_PURGE && head->no_undo)
		settle_sweep(run, number, &unused);
	return outcome;
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
		journal_outcome(run->journal, item, outcome, as->queue, text, &err) != 0)
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
			enum outcome outcome = is_known(run, item)
				? finish_one(run, item, &as, &words)
				: try_one(run, item, &arena, &as, &words);
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
	struct err err;

	if (!run->counts[OUTCOME_DONE] && !run->counts[OUTCOME_UNTIDY])
		return;
	for (unsigned i = 0; i < run->plan->head.nspools; i++) {
		const struct spool *spool = run->places[i].spool;
		/* It looks by itself within minutes: worth a word, not a failure. */
		if (spool->format->wake(spool, run->plan->head.op, &err) != 0 && !run->unwoken.code)
			run->unwoken = err;
	}
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
	if (!run->stopped && is_interrupted(run)) {
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
