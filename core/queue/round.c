#include "core/queue/round.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/intern.h"
#include "core/base/xalloc.h"

/* Enough to keep the readers busy while the walker is slow; they hold memory. */
enum {
	QUEUED_BATCHES = 8,
	FIRST_READERS = 2,
};

uint64_t round_identity(const struct spool *spool, struct slice id, uint64_t inode)
{
	char key[sizeof(inode) + sizeof(spool->number) + 256];
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

static bool is_interrupted(const struct round *round)
{
	const volatile sig_atomic_t *flag = round->setup.interrupted;
	return flag && __atomic_load_n(flag, __ATOMIC_RELAXED);
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

static struct batch *take_spare(struct round *round)
{
	pthread_mutex_lock(&round->lock);
	struct batch *batch = round->spare;
	if (batch)
		round->spare = batch->next;
	pthread_mutex_unlock(&round->lock);
	return batch ? batch : xcalloc(1, sizeof(*batch));
}

static bool send(struct round *round, struct batch *batch)
{
	__atomic_add_fetch(&round->listed, batch->count, __ATOMIC_RELAXED);
	if (bqueue_put(&round->units, batch))
		return true;
	give_back(round, batch);
	return false;
}

static bool is_seen(const struct round *round, const struct spool *spool, const struct unit *unit)
{
	const struct round_setup *setup = &round->setup;
	return setup->seen &&
		setup->seen(setup->ctx, round_identity(spool, unit->name, unit->inode));
}

static bool sink_units(
	struct walk_sink *sink, struct folder *folder, const struct unit *units, size_t count)
{
	struct round *round = (struct round *)sink;
	struct batch *batch = NULL;

	for (size_t i = 0; i < count && !is_interrupted(round); i++) {
		if (is_seen(round, folder->spool, &units[i]))
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

static void sink_failed(
	struct walk_sink *sink, const struct spool *spool, struct slice path, const struct err *err)
{
	struct round *round = (struct round *)sink;
	struct failed_folder *failed = xcalloc(1, sizeof(*failed));

	*failed = (struct failed_folder){
		round->failed, spool->number, xasprintf("%.*s", SLICE_ARG(path)), *err};
	round->failed = failed;
}

static void *walker_main(void *arg)
{
	struct round *round = arg;
	const struct spools *spools = round->setup.spools;
	struct err err;

	for (size_t i = 0; i < spools->count && !is_interrupted(round); i++) {
		const struct spool *spool = spools->list[i];
		if (spool->format->walk(spool, round->setup.since, &round->sink, &err) != 0)
			sink_failed(&round->sink, spool, SLICE("."), &err);
	}
	bqueue_close(&round->units);
	return NULL;
}

/* ---- readers ---- */

static void *reader_main(void *arg);

/* With the lock held. False when there are as many as wanted, or can be. */
static bool add_reader(struct round *round)
{
	if (round->started == round->setup.jobs)
		return false;
	if (pthread_create(&round->threads[round->started], NULL, reader_main, round) != 0)
		return false;
	round->started++;
	round->running++;
	return true;
}

/* How often this thread had to wait: for the disk, while it reads a batch. */
static long waits(void)
{
	struct rusage usage;
	return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

/*
 * Files in memory are read fastest by as many threads as there are processors; a
 * disk answers many questions at a time faster than one. So a reader that had to
 * wait for one file in sixteen calls another to its side.
 */
static void read_batch(struct round *round, struct batch *batch, struct batch_reader *reader)
{
	while (batch) {
		long before = waits();
		unsigned done = batch_read(batch, round->setup.need, round->setup.cache, reader);
		if ((waits() - before) * 16 > done) {
			pthread_mutex_lock(&round->lock);
			add_reader(round);
			pthread_mutex_unlock(&round->lock);
		}
		struct batch *rest = done < batch->count ? take_spare(round) : NULL;
		if (rest)
			batch_split(batch, done, rest);
		pthread_mutex_lock(&round->index_lock);
		round->setup.index(round->setup.ctx, batch);
		pthread_mutex_unlock(&round->index_lock);
		give_back(round, batch);
		batch = rest;
	}
}

static void *reader_main(void *arg)
{
	struct round *round = arg;
	struct batch_reader reader = {0};
	struct batch *batch;

	while ((batch = bqueue_take(&round->units)))
		read_batch(round, batch, &reader);
	batch_reader_free(&reader, round->setup.need);
	pthread_mutex_lock(&round->lock);
	if (--round->running == 0)
		pthread_cond_signal(&round->over);
	pthread_mutex_unlock(&round->lock);
	return NULL;
}

/* The first readers; fewer than wanted do the work as well. Returns how many. */
static unsigned start_readers(struct round *round)
{
	unsigned first = 0;

	pthread_mutex_lock(&round->lock);
	while (first < FIRST_READERS && add_reader(round))
		first++;
	pthread_mutex_unlock(&round->lock);
	return first; /* round->started may be more by now */
}

/* ---- the caller's side ---- */

int round_start(struct round *round, const struct round_setup *setup, struct err *err)
{
	*round = (struct round){.sink = {sink_units, sink_failed}, .setup = *setup};
	bqueue_init(&round->units, QUEUED_BATCHES);
	pthread_mutex_init(&round->index_lock, NULL);
	pthread_mutex_init(&round->lock, NULL);
	clock_cond_init(&round->over);
	int r = pthread_create(&round->walker, NULL, walker_main, round);
	if (r != 0) {
		round_end(round);
		return err_set(err, ERR_IO, r, "cannot start a thread");
	}
	if (start_readers(round) > 0)
		return 0;
	bqueue_close(&round->units);
	round_join(round);
	round_end(round);
	return err_set(err, ERR_IO, 0, "cannot start a thread");
}

bool round_wait(struct round *round, int milliseconds)
{
	struct timespec until = clock_after(milliseconds);
	int r = 0;

	pthread_mutex_lock(&round->lock);
	while (round->running && r == 0)
		r = pthread_cond_timedwait(&round->over, &round->lock, &until);
	bool over = round->running == 0;
	pthread_mutex_unlock(&round->lock);
	return over;
}

void round_pause(struct round *round)
{
	pthread_mutex_lock(&round->index_lock);
}

void round_resume(struct round *round)
{
	pthread_mutex_unlock(&round->index_lock);
}

uint64_t round_listed(const struct round *round)
{
	return __atomic_load_n(&round->listed, __ATOMIC_RELAXED);
}

void round_join(struct round *round)
{
	struct batch *left;

	for (unsigned i = 0; i < round->started; i++)
		pthread_join(round->threads[i], NULL);
	pthread_join(round->walker, NULL);
	while ((left = bqueue_take(&round->units))) /* only without any reader */
		give_back(round, left);
}

void round_end(struct round *round)
{
	while (round->failed) {
		struct failed_folder *failed = round->failed;
		round->failed = failed->next;
		free(failed->path);
		free(failed);
	}
	while (round->spare) {
		struct batch *batch = round->spare;
		round->spare = batch->next;
		arena_free(&batch->arena);
		free(batch);
	}
	pthread_cond_destroy(&round->over);
	pthread_mutex_destroy(&round->lock);
	pthread_mutex_destroy(&round->index_lock);
	bqueue_free(&round->units);
}
