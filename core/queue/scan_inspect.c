/*
 * One more pass over the queues, in which only the files of some rows are read. Which row a
 * file is of is told by what makes it the same file (round_identity).
 */
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/queue/round.h"
#include "core/queue/scan.h"

enum { LOOK_MS = 100 };

struct wanted {
	uint64_t key;
	uint32_t row;
};

struct inspection {
	struct snap *snap;
	struct wanted *wanted; /* by key */
	size_t count;
	uint32_t read;
};

static int by_key(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

static struct wanted *find(const struct inspection *inspection, uint64_t key)
{
	struct wanted wanted = {.key = key};
	return inspection->count
		? bsearch(&wanted, inspection->wanted, inspection->count, sizeof(wanted), by_key)
		: NULL;
}

/* Asked by the walker. Rows and their keys do not change meanwhile. */
static bool is_unwanted(void *ctx, uint64_t key)
{
	return !find(ctx, key);
}

static void note_answers(void *ctx, const struct batch *batch)
{
	struct inspection *inspection = ctx;

	for (unsigned i = 0; i < batch->count; i++) {
		const struct batch_result *result = &batch->results[i];
		const struct unit *unit = &batch->units[i];
		const struct wanted *wanted = find(
			inspection, round_identity(batch->folder->spool, unit->name, unit->inode));
		if (!wanted || result->severity > SEV_WARN)
			continue;
		snap_set_answers(inspection->snap, wanted->row, result->record.answers);
		inspection->read++;
	}
}

static struct inspection list_wanted(struct snap *snap, const struct bitset *rows)
{
	struct inspection inspection = {.snap = snap};

	inspection.wanted = xcalloc(bitset_count(rows) + 1, sizeof(*inspection.wanted));
	for (uint32_t row = 0; row < snap->rows; row++) {
		if (!bitset_has(rows, row))
			continue;
		inspection.wanted[inspection.count++] =
			(struct wanted){round_identity(snap->spools[snap->small[row].spool],
						snap_text(snap, COL_QUEUE_ID, row),
						(uint64_t)snap_wide(snap, WIDE_INODE, row)),
				row};
	}
	if (inspection.count)
		qsort(inspection.wanted, inspection.count, sizeof(*inspection.wanted), by_key);
	return inspection;
}

static bool is_interrupted(const struct scan_options *options)
{
	return options->interrupted && __atomic_load_n(options->interrupted, __ATOMIC_RELAXED);
}

/* Those that moved between two folders while these were listed, and those that left. */
static bool read_rest(const struct inspection *inspection, const struct need *need,
	const struct scan_options *options)
{
	struct snap *snap = inspection->snap;
	struct batch_reader reader = {0};
	struct arena arena = {0};
	struct record record;
	struct err err;
	size_t i = 0;

	for (; i < inspection->count && !is_interrupted(options); i++) {
		uint32_t row = inspection->wanted[i].row;
		if (snap_col(snap, COL_ANSWERS, row))
			continue;
		if (scan_read_again(snap, row, need, &arena, &record, &err) > SEV_WARN)
			record_clear(&record);
		batch_inspect(&record, &arena, need, &reader);
		snap_set_answers(snap, row, record.answers);
		arena_reset(&arena);
	}
	batch_reader_free(&reader, need);
	arena_free(&arena);
	return i == inspection->count;
}

int scan_inspect(struct scan *scan, const struct spools *spools, const struct bitset *rows,
	const struct inspector *inspector, const struct scan_options *options, struct err *err)
{
	const struct need need = {.inspector = inspector};
	struct inspection inspection = list_wanted(&scan->snap, rows);
	struct round_setup setup = {
		.spools = spools,
		.need = &need,
		.jobs = scan_jobs(options),
		.index = note_answers,
		.seen = is_unwanted,
		.ctx = &inspection,
		.interrupted = options->interrupted,
	};
	struct round round;
	int answer = round_start(&round, &setup, err);

	if (answer == 0) {
		while (!round_wait(&round, LOOK_MS)) {
			round_pause(&round);
			if (options->inspected)
				options->inspected(
					options->ctx, inspection.read, (uint32_t)inspection.count);
			round_resume(&round);
		}
		round_join(&round);
		round_end(&round);
		scan->complete &= read_rest(&inspection, &need, options);
	}
	free(inspection.wanted);
	return answer;
}
