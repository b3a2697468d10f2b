#include "core/queue/scan.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/bqueue.h"
#include "core/base/buf.h"
#include "core/base/xalloc.h"
#include "core/queue/batch.h"

enum {
	DEFAULT_JOBS = 16,
	MOST_JOBS = 64,
	QUEUED_BATCHES = 32,
	PROGRESS_MS = 100,
	/* After the first: each later one lists only what changed during the one before. */
	MOST_ROUNDS = 12,
};

/* One pass over all spools, shared by its threads. */
struct round {
	struct walk_sink sink; /* first member: the walk hands it back to us */
	const struct spools *spools;
	const struct need *need;
	struct scan *scan;
	const volatile sig_atomic_t *interrupted;
	int64_t since; /* folders older than this need no listing; 0 for all */
	bool first;
	struct bqueue units;   /* batches to read */
	struct bqueue records; /* batches to index */
	unsigned readers;      /* still running; the last one out closes `records` */
	uint64_t listed;       /* atomic */

	pthread_mutex_t lock; /* of the two below */
	struct batch *spare;
	struct failed_folder {
		struct failed_folder *next;
		struct scan_failure failure;
	} *failed_folders;
};

static double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t identity(const struct spool *spool, struct slice id, uint64_t inode)
{
	char key[sizeof(uint64_t) + sizeof(unsigned) + 256];
	size_t n = 0;
	memcpy(key, &inode, sizeof(inode));
	n += sizeof(inode);
	memcpy(key + n, &spool->number, sizeof(spool->number));
	n += sizeof(spool->number);
	id = slice_upto(id, sizeof(key) - n);
	memcpy(key + n, id.ptr, id.len);
	return seeded_hash(key, n + id.len);
}

/* ---- walker ---- */

static struct batch *take_spare(struct round *round)
{
	pthread_mutex_lock(&round->lock);
	struct batch *batch = round->spare;
	if (batch)
		round->spare = batch->next;
	pthread_mutex_unlock(&round->lock);
	return batch ? batch : xcalloc(1, sizeof(*batch));
}

static void give_back(struct round *round, struct batch *batch)
{
	folder_release(batch->folder);
	arena_reset(&batch->arena);
	batch->count = 0;
	pthread_mutex_lock(&round->lock);
	batch->next = round->spare;
	round->spare = batch;
	pthread_mutex_unlock(&round->lock);
}

static bool is_interrupted(const struct round *round)
{
	return round->interrupted && *round->interrupted;
}

static bool send(struct round *round, struct batch *batch)
{
	__atomic_add_fetch(&round->listed, batch->count, __ATOMIC_RELAXED);
	if (bqueue_put(&round->units, batch))
		return true;
	give_back(round, batch);
	return false;
}

static bool sink_units(struct walk_sink *sink, struct folder *folder, const struct unit *units,
	size_t count)
{
	struct round *round = (struct round *)sink;
	struct batch *batch = NULL;

	for (size_t i = 0; i < count && !is_interrupted(round); i++) {
		/* Nobody writes to `seen` while a later round walks: see run_round. */
		if (!round->first && hashset_has(&round->scan->seen,
					     identity(folder->spool, units[i].name, units[i].inode)))
			continue;
		if (!batch) {
			batch = take_spare(round);
			batch->folder = folder_ref(folder);
		}
		struct unit *unit = &batch->units[batch->count++];
		*unit = units[i];
		unit->name = arena_copy(&batch->arena, units[i].name);
		if (batch->count == BATCH_UNITS) {
			if (!send(round, batch))
				return false;
			batch = NULL;
		}
	}
	return (!batch || send(round, batch)) && !is_interrupted(round);
}

static void sink_failed(struct walk_sink *sink, const struct spool *spool, struct slice path,
	const struct err *err)
{
	struct round *round = (struct round *)sink;
	struct failed_folder *failed = xcalloc(1, sizeof(*failed));

	failed->failure = (struct scan_failure){spool->number, xasprintf("%.*s", SLICE_ARG(path)), *err};
	pthread_mutex_lock(&round->lock);
	failed->next = round->failed_folders;
	round->failed_folders = failed;
	pthread_mutex_unlock(&round->lock);
}

static void *walker_main(void *arg)
{
	struct round *round = arg;
	struct err err;

	for (size_t i = 0; i < round->spools->count && !is_interrupted(round); i++) {
		const struct spool *spool = round->spools->list[i];
		if (spool->format->walk(spool, round->since, &round->sink, &err) != 0)
			sink_failed(&round->sink, spool, SLICE("."), &err);
	}
	bqueue_close(&round->units);
	return NULL;
}

/* ---- readers ---- */

static void *reader_main(void *arg)
{
	struct round *round = arg;
	struct buf text = {0};
	struct batch *batch;

	while ((batch = bqueue_take(&round->units))) {
		batch_read(batch, round->need, &text);
		bqueue_put(&round->records, batch);
	}
	buf_free(&text);
	if (__atomic_sub_fetch(&round->readers, 1, __ATOMIC_ACQ_REL) == 0)
		bqueue_close(&round->records);
	return NULL;
}

/* ---- indexer ---- */

static void note_failure(struct scan *scan, unsigned spool, char *path, const struct err *err)
{
	scan->failed++;
	scan->denied |= err->code == ERR_PERMISSION;
	if (scan->nfailures == LIMIT_NAMED_FAILURES) {
		free(path);
		return;
	}
	scan->failures =
		xrealloc(scan->failures, scan->nfailures + 1, sizeof(*scan->failures));
	scan->failures[scan->nfailures++] = (struct scan_failure){spool, path, *err};
}

static void note_key(struct scan_keys *list, uint64_t key)
{
	if ((list->count & (list->count - 1)) == 0) /* full at every power of two */
		list->keys = xrealloc(list->keys, list->count ? list->count * 2 : 1, sizeof(key));
	list->keys[list->count++] = key;
}

/* Those that no later round found whole. */
static uint32_t never_seen(const struct scan *scan, const struct scan_keys *list)
{
	struct hashset distinct = {0};
	for (size_t i = 0; i < list->count; i++)
		if (!hashset_has(&scan->seen, list->keys[i]))
			hashset_add(&distinct, list->keys[i]);
	size_t count = distinct.count;
	hashset_free(&distinct);
	return (uint32_t)count;
}

static void index_one(struct scan *scan, const struct batch *batch, unsigned i)
{
	const struct batch_result *result = &batch->results[i];
	const struct spool *spool = batch->folder->spool;
	const struct record *record = &result->record;
	const struct unit *unit = &batch->units[i];

	switch (result->severity) {
	case SEV_GONE:
		note_key(&scan->gone, identity(spool, unit->name, unit->inode));
		break;
	case SEV_SKIP:
		note_key(&scan->unfinished, identity(spool, unit->name, unit->inode));
		break;
	case SEV_FAIL:
		if (hashset_add(&scan->seen, identity(spool, unit->name, unit->inode)))
			note_failure(scan, spool->number,
				xasprintf("%s/%.*s", batch->folder->path, SLICE_ARG(unit->name)),
				&result->err);
		break;
	case SEV_OK:
	case SEV_WARN:
		if (!hashset_add(&scan->seen, identity(spool, record->queue_id, record->inode)))
			break;
		snap_add(&scan->snap, spool->number, record);
		scan->damaged += record->warnings != 0;
	}
}

static void index_records(struct round *round, const struct scan_options *options)
{
	struct scan *scan = round->scan;
	double told = seconds_now();
	bool closed = false;
	uint64_t listed_before = scan->listed;

	while (!closed) {
		struct batch *batch = bqueue_take_for(&round->records, PROGRESS_MS, &closed);
		for (unsigned i = 0; batch && i < batch->count; i++)
			index_one(scan, batch, i);
		if (batch)
			give_back(round, batch);
		scan->listed = listed_before + __atomic_load_n(&round->listed, __ATOMIC_RELAXED);
		if (options->progress && seconds_now() - told > PROGRESS_MS / 1000.0) {
			options->progress(options->ctx, scan);
			told = seconds_now();
		}
	}
}

/* ---- rounds ---- */

static void collect_failed_folders(struct round *round)
{
	while (round->failed_folders) {
		struct failed_folder *failed = round->failed_folders;
		round->failed_folders = failed->next;
		struct scan_failure *failure = &failed->failure;
		/* A folder fails in every round; it is told once. */
		if (hashset_add(&round->scan->seen,
			    seeded_hash(failure->path, strlen(failure->path)) + failure->spool))
			note_failure(round->scan, failure->spool, failure->path, &failure->err);
		else
			free(failure->path);
		free(failed);
	}
}

static void free_spare(struct round *round)
{
	while (round->spare) {
		struct batch *batch = round->spare;
		round->spare = batch->next;
		arena_free(&batch->arena);
		free(batch);
	}
}

static void round_init(struct round *round)
{
	round->sink = (struct walk_sink){sink_units, sink_failed};
	bqueue_init(&round->units, round->first ? QUEUED_BATCHES : BQUEUE_UNBOUNDED);
	bqueue_init(&round->records, QUEUED_BATCHES);
	pthread_mutex_init(&round->lock, NULL);
}

static void round_free(struct round *round)
{
	collect_failed_folders(round);
	free_spare(round);
	pthread_mutex_destroy(&round->lock);
	bqueue_free(&round->units);
	bqueue_free(&round->records);
}

/* How many of the wanted readers could be started; fewer do the work as well. */
static unsigned start_readers(struct round *round, pthread_t *readers, unsigned wanted)
{
	unsigned started = 0;

	round->readers = wanted;
	while (started < wanted &&
		pthread_create(&readers[started], NULL, reader_main, round) == 0)
		started++;
	if (__atomic_sub_fetch(&round->readers, wanted - started, __ATOMIC_ACQ_REL) == 0)
		bqueue_close(&round->records);
	return started;
}

/*
 * Lists, reads and indexes once. In the first round walker and indexer run side
 * by side. A later round looks up what was seen, so it lists to the end before
 * anything is indexed.
 */
static int run_round(struct round *round, unsigned jobs, const struct scan_options *options,
	struct err *err)
{
	pthread_t walker, readers[MOST_JOBS];
	int answer = 0;

	round_init(round);
	int r = pthread_create(&walker, NULL, walker_main, round);
	if (r != 0) {
		round_free(round);
		return err_set(err, ERR_IO, r, "cannot start a thread");
	}
	if (!round->first)
		pthread_join(walker, NULL);
	unsigned started = start_readers(round, readers, jobs);
	if (started == 0) {
		bqueue_close(&round->units);
		answer = err_set(err, ERR_IO, 0, "cannot start a thread");
	}
	index_records(round, options);
	for (unsigned i = 0; i < started; i++)
		pthread_join(readers[i], NULL);
	if (round->first)
		pthread_join(walker, NULL);
	round_free(round);
	return answer;
}

int scan_run(struct scan *scan, const struct spools *spools, const struct need *need,
	const struct scan_options *options, struct err *err)
{
	double begin = seconds_now();
	unsigned jobs = options->jobs ? options->jobs : DEFAULT_JOBS;
	int64_t since = 0;
	int answer = 0;

	if (jobs > MOST_JOBS)
		jobs = MOST_JOBS;
	snap_init(&scan->snap, (const struct spool *const *)spools->list, spools->count, need);
	scan->snap.keep_reason_text = options->keep_reason_text;
	for (unsigned i = 0; i < MOST_ROUNDS && answer == 0; i++) {
		struct round round = {
			.spools = spools,
			.need = need,
			.scan = scan,
			.interrupted = options->interrupted,
			.since = since,
			.first = i == 0,
		};
		uint32_t rows = scan->snap.rows;
		since = (int64_t)time(NULL);
		answer = run_round(&round, jobs, options, err);
		if (is_interrupted(&round) || (i > 0 && scan->snap.rows == rows))
			break;
	}
	scan->complete = answer == 0 && !(options->interrupted && *options->interrupted);
	scan->vanished = never_seen(scan, &scan->gone);
	scan->unready = never_seen(scan, &scan->unfinished);
	scan->copies = snap_link_copies(&scan->snap);
	scan->seconds = seconds_now() - begin;
	return answer;
}

void scan_free(struct scan *scan)
{
	snap_free(&scan->snap);
	hashset_free(&scan->seen);
	free(scan->gone.keys);
	free(scan->unfinished.keys);
	for (size_t i = 0; i < scan->nfailures; i++)
		free(scan->failures[i].path);
	free(scan->failures);
	*scan = (struct scan){0};
}

enum severity scan_read_again(const struct snap *snap, uint32_t row, const struct need *need,
	struct arena *arena, struct record *record, struct err *err)
{
	const struct spool *spool = snap->spools[snap->small[row].spool];
	enum severity severity = spool->format->find_id(spool, snap_text(snap, COL_QUEUE_ID, row), need,
		arena, record, err);

	/* Ids are used again: another file under the same name is another message. */
	if (severity <= SEV_WARN && (int64_t)record->inode != snap_wide(snap, WIDE_INODE, row))
		return SEV_GONE;
	if (severity <= SEV_WARN && (need->parts & NEED_REASONS)) {
		struct buf text = {0};
		batch_normalise(record, arena, &text);
		buf_free(&text);
	}
	return severity;
}
