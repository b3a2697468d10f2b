#include "core/queue/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/queue/round.h"

enum {
	DEFAULT_JOBS = 16,
	PROGRESS_MS = 100,
	/* After the first: each later one lists only what changed during the one before. */
	MOST_ROUNDS = 12,
};

unsigned scan_jobs(const struct scan_options *options)
{
	unsigned jobs = options->jobs ? options->jobs : DEFAULT_JOBS;
	return jobs < ROUND_MOST_JOBS ? jobs : ROUND_MOST_JOBS;
}

static bool is_interrupted(const struct scan_options *options)
{
	return options->interrupted && __atomic_load_n(options->interrupted, __ATOMIC_RELAXED);
}

static void note_failure(struct scan *scan, unsigned spool, char *path, const struct err *err)
{
	scan->failed++;
	scan->denied |= err->code == ERR_PERMISSION;
	if (scan->nfailures == LIMIT_NAMED_FAILURES) {
		free(path);
		return;
	}
	scan->failures = xrealloc(scan->failures, scan->nfailures + 1, sizeof(*scan->failures));
	scan->failures[scan->nfailures++] = (struct scan_failure){spool, path, *err};
}

static void note_key(struct scan_keys *list, uint64_t key)
{
	if ((list->count & (list->count - 1)) == 0) /* full at every power of two */
		list->keys = xrealloc(list->keys, list->count ? list->count * 2 : 1, sizeof(key));
	list->keys[list->count++] = key;
}

/* What could not be read has a key apart: the message may yet be found whole elsewhere. */
static uint64_t failure_key(uint64_t key)
{
	return ~key;
}

/* Asked by the walker of a later round, while `fresh` is being filled. */
static bool seen_before(void *ctx, uint64_t key)
{
	const struct scan *scan = ctx;
	return hashset_has(&scan->seen, key) || hashset_has(&scan->seen, failure_key(key));
}

static bool is_new(struct scan *scan, uint64_t key)
{
	return !hashset_has(&scan->seen, key) && hashset_add(&scan->fresh, key);
}

/* Those that no later round found whole. */
static uint32_t never_seen(struct scan *scan, const struct scan_keys *list)
{
	struct hashset distinct = {0};

	for (size_t i = 0; i < list->count; i++)
		if (!hashset_has(&scan->seen, list->keys[i]) &&
			!hashset_has(&scan->fresh, list->keys[i]))
			hashset_add(&distinct, list->keys[i]);
	size_t count = distinct.count;
	hashset_free(&distinct);
	return (uint32_t)count;
}

/* They are for the rounds of one scan. */
static void forget_keys(struct scan *scan)
{
	hashset_free(&scan->seen);
	hashset_free(&scan->fresh);
	free(scan->gone.keys);
	free(scan->unfinished.keys);
	scan->gone = scan->unfinished = (struct scan_keys){0};
}

static void index_cached(
	struct scan *scan, const struct spool *spool, const struct unit *unit, uint32_t row)
{
	if (!is_new(scan, round_identity(spool, unit->name, unit->inode)))
		return;
	snap_add_row(&scan->snap, &scan->cache->snap, row);
	scan->reused++;
}

static void index_one(struct scan *scan, const struct batch *batch, unsigned i)
{
	const struct batch_result *result = &batch->results[i];
	const struct spool *spool = batch->folder->spool;
	const struct record *record = &result->record;
	const struct unit *unit = &batch->units[i];

	switch (result->severity) {
	case SEV_GONE:
		note_key(&scan->gone, round_identity(spool, unit->name, unit->inode));
		break;
	case SEV_SKIP:
		note_key(&scan->unfinished, round_identity(spool, unit->name, unit->inode));
		break;
	case SEV_FAIL:
		if (is_new(scan, failure_key(round_identity(spool, unit->name, unit->inode))))
			note_failure(scan, spool->number,
				xasprintf("%s/%.*s", batch->folder->path, SLICE_ARG(unit->name)),
				result->err);
		break;
	case SEV_OK:
	case SEV_WARN:
		if (result->row != CACHE_NONE) {
			index_cached(scan, spool, unit, result->row);
			break;
		}
		if (!is_new(scan, round_identity(spool, record->queue_id, record->inode)))
			break;
		snap_add(&scan->snap, spool->number, record);
		scan->damaged += record->warnings != 0;
	}
}

static void index_batch(void *ctx, const struct batch *batch)
{
	const struct scan *scan = ctx;

	if (scan->snap.overfull)
		return;
	for (unsigned i = 0; i < batch->count; i++)
		index_one(ctx, batch, i);
}

/* Until the round is over; tells now and then how far it is. */
static void watch_round(struct scan *scan, struct round *round, const struct scan_options *options)
{
	uint64_t listed_before = scan->listed;

	while (!round_wait(round, PROGRESS_MS)) {
		if (!options->progress)
			continue;
		round_pause(round);
		scan->listed = listed_before + round_listed(round);
		options->progress(options->ctx, scan);
		round_resume(round);
	}
	scan->listed = listed_before + round_listed(round);
}

/* A folder fails in every round; it is told once. */
static void note_failed_folders(struct scan *scan, const struct round *round)
{
	for (const struct failed_folder *failed = round->failed; failed; failed = failed->next)
		if (is_new(scan, seeded_hash(failed->path, strlen(failed->path)) + failed->spool))
			note_failure(scan, failed->spool, xstrdup(failed->path), &failed->err);
}

/* The readers tell failures in no order that a second run would repeat. */
static int by_path(const void *a, const void *b)
{
	const struct scan_failure *x = a, *y = b;
	if (x->spool != y->spool)
		return x->spool < y->spool ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Its strings first, so that its rows can be taken over as they are. */
static void begin_with(struct scan *scan, struct cache *cache)
{
	scan->cache = cache;
	intern_free(&scan->snap.strings);
	scan->snap.strings = cache->snap.strings;
	cache->snap.strings = (struct intern){0};
	scan->snap.frozen = true;
}

int scan_run(struct scan *scan, const struct spools *spools, const struct need *need,
	const struct scan_options *options, struct err *err)
{
	int64_t begin = clock_now_ms();
	struct round_setup setup = {
		.spools = spools,
		.need = need,
		.jobs = scan_jobs(options),
		.index = index_batch,
		.ctx = scan,
		.interrupted = options->interrupted,
	};
	int answer = 0;

	snap_init(&scan->snap, (const struct spool *const *)spools->list, spools->count, need);
	scan->snap.keep_reason_text = options->keep_reason_text;
	scan->snap.most = options->most_bytes ? options->most_bytes : LIMIT_INDEX_BYTES;
	scan->began = (int64_t)time(NULL);
	if (options->cache && options->cache->slots)
		begin_with(scan, options->cache);
	setup.cache = scan->cache;
	for (unsigned i = 0; i < MOST_ROUNDS && answer == 0; i++) {
		uint32_t rows = scan->snap.rows;
		int64_t now = (int64_t)time(NULL);
		struct round round;
		answer = round_start(&round, &setup, err);
		if (answer == 0) {
			watch_round(scan, &round, options);
			round_join(&round);
			note_failed_folders(scan, &round);
			round_end(&round);
		}
		if (is_interrupted(options) || scan->snap.overfull ||
			(i > 0 && scan->snap.rows == rows))
			break;
		setup.since = now;
		setup.seen = seen_before;
		hashset_merge(&scan->seen, &scan->fresh);
	}
	if (scan->snap.overfull) {
		/* Columns have to go, and with a cache they cannot. */
		struct scan_options without = *options;
		without.cache = NULL;
		forget_keys(scan);
		scan_free(scan);
		return scan_run(scan, spools, need, &without, err);
	}
	scan->complete = answer == 0 && !is_interrupted(options);
	scan->vanished = never_seen(scan, &scan->gone);
	scan->unready = never_seen(scan, &scan->unfinished);
	forget_keys(scan);
	scan->copies = snap_link_copies(&scan->snap);
	if (scan->nfailures)
		qsort(scan->failures, scan->nfailures, sizeof(*scan->failures), by_path);
	scan->seconds = clock_since(begin);
	return answer;
}

void scan_free(struct scan *scan)
{
	snap_free(&scan->snap);
	for (size_t i = 0; i < scan->nfailures; i++)
		free(scan->failures[i].path);
	free(scan->failures);
	*scan = (struct scan){0};
}

enum severity scan_read_again(const struct snap *snap, uint32_t row, const struct need *need,
	struct arena *arena, struct record *record, struct err *err)
{
	const struct spool *spool = snap->spools[snap->small[row].spool];
	/* Ids are used again: another file under the same name is another message. */
	struct unit unit = {
		.name = snap_text(snap, COL_QUEUE_ID, row),
		.inode = (uint64_t)snap_wide(snap, WIDE_INODE, row),
	};
	enum severity severity = spool->format->find_id(spool, &unit, need, arena, record, err);

	if (severity <= SEV_WARN && (need->parts & NEED_REASONS)) {
		struct buf text = {0};
		batch_normalise(record, arena, &text);
		buf_free(&text);
	}
	return severity;
}
