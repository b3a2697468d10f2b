/*
 * batch: some units of one folder on their way through a scan, and what was
 * read of them. Made by the walker, filled and indexed by a reader, used again.
 * Owned by whoever holds it.
 */
#ifndef CORE_QUEUE_BATCH_H
#define CORE_QUEUE_BATCH_H

#include "core/queue/cache.h"
#include "core/queue/format.h"

enum {
	BATCH_UNITS = 128,
	/* What a batch holds before it is handed on with fewer: lists of many recipients. */
	BATCH_BYTES = 1024 * 1024,
};

struct batch {
	struct folder *folder; /* one reference */
	struct arena arena;    /* names, and all that the records point to */
	unsigned count;
	struct unit units[BATCH_UNITS];
	struct batch_result {
		enum severity severity;
		struct record record;
		struct err *err; /* of SEV_FAIL, in the arena */
		uint32_t row;    /* of the cache, in place of a record; or CACHE_NONE */
	} results[BATCH_UNITS];
	struct batch *next; /* in the list of spare ones */
};

/* The working memory of one thread that reads batches; all-zero is ready. */
struct batch_reader {
	struct buf text, decoded;
	void *inspecting; /* of need.inspector */
};

/*
 * With NEED_STAMP what has not changed is not read but found in the cache (NULL: none).
 * Reads the units of the batch until it holds BATCH_BYTES. Returns how many were
 * read, at least one. A reader is always used with the same need.
 */
unsigned batch_read(struct batch *batch, const struct need *need, const struct cache *cache,
	struct batch_reader *reader);
void batch_reader_free(struct batch_reader *reader, const struct need *need);

/* Has the questions answered, and gives back the content: the newest allocation in the arena. */
void batch_inspect(struct record *record, struct arena *arena, const struct need *need,
	struct batch_reader *reader);

/* Moves the units from `at` on into `rest`, an empty batch. */
void batch_split(struct batch *batch, unsigned at, struct batch *rest);

/* Puts the countable form of every reason into the record. */
void batch_normalise(struct record *record, struct arena *arena, struct buf *text);

/* Puts the countable form of its subject into the record, as far as that was read. */
void batch_subject_key(struct record *record, struct arena *arena, struct batch_reader *reader);

#endif
