/*
 * scan: from open spools to a finished index.
 *
 *   walker --batches of units--> readers --records--> index
 *
 * One walker lists folders, many readers open and parse, and append to the index
 * one at a time (round.h). The readers are two while files come from memory, and
 * more as they have to wait for a disk, which answers sixteen questions at a time
 * faster than one.
 *
 * A message that is in the queue from start to end of the scan appears in the
 * index exactly once, also when it moves between folders meanwhile: readers
 * follow a file that moved, the index drops what it has already, and further
 * rounds list the folders that changed until nothing new turns up.
 */
#ifndef CORE_QUEUE_SCAN_H
#define CORE_QUEUE_SCAN_H

#include <signal.h>

#include "core/base/bitset.h"
#include "core/base/hashset.h"
#include "core/queue/cache.h"
#include "core/queue/snap.h"
#include "core/queue/spool.h"

struct scan;

struct scan_options {
	unsigned jobs; /* reader threads; 0 for the default */
	bool keep_reason_text;
	size_t most_bytes; /* that the index may take; 0 for LIMIT_INDEX_BYTES */
	/*
	 * With NEED_STAMP: rows of an earlier scan, or NULL. Its strings become the new index's,
	 * so it is of use once.
	 */
	struct cache *cache;
	/* Called on the calling thread about ten times a second, between two batches. */
	void (*progress)(void *ctx, const struct scan *scan);
	/* The same of scan_inspect: how many of the rows were read so far. */
	void (*inspected)(void *ctx, uint32_t done, uint32_t count);
	void *ctx;
	const volatile sig_atomic_t *interrupted; /* or NULL; set: the scan ends early */
};

struct scan_failure {
	unsigned spool;
	char *path; /* relative to the spool */
	struct err err;
};

struct scan {
	struct snap snap;
	bool complete; /* false: interrupted */
	double seconds;
	int64_t began;   /* epoch seconds */
	uint32_t reused; /* rows that came from the cache */
	struct cache *cache;
	uint64_t listed;               /* units the walk found so far */
	uint32_t vanished;             /* messages that left while we read */
	uint32_t unready;              /* files that the MTA was still writing */
	uint32_t damaged;              /* rows with warnings */
	uint32_t copies;               /* rows that lost their login behind a content filter */
	uint32_t failed;               /* units and folders that could not be read */
	bool denied;                   /* at least one of them for want of permission */
	struct scan_failure *failures; /* the first LIMIT_NAMED_FAILURES of them, by path */
	size_t nfailures;

	/* Keys (round_identity) of what was read, while the scan goes on. */
	struct hashset seen;  /* up to the round that runs, which does not read it again */
	struct hashset fresh; /* since then */
	struct scan_keys {    /* of what was gone or unfinished when we came */
		uint64_t *keys;
		size_t count;
	} gone, unfinished;
};

/* Scans all spools. The scan must be zero. -1 with *err when nothing could be started. */
int scan_run(struct scan *scan, const struct spools *spools, const struct need *need,
	const struct scan_options *options, struct err *err);
void scan_free(struct scan *scan);

/* How many readers the options ask for. */
unsigned scan_jobs(const struct scan_options *options);

/*
 * Asks about the content of these rows, in parallel; the index keeps the answers. None of the
 * rows is left unread, whatever became of its message since the scan; but for an interrupted
 * scan, which then is not complete. -1 with *err when nothing could be started.
 */
int scan_inspect(struct scan *scan, const struct spools *spools, const struct bitset *rows,
	const struct inspector *inspector, const struct scan_options *options, struct err *err);

/*
 * Reads the message of a row once more, to the letter and with all that `need`
 * asks for. SEV_GONE when it left the queue since the scan.
 */
enum severity scan_read_again(const struct snap *snap, uint32_t row, const struct need *need,
	struct arena *arena, struct record *record, struct err *err);

#endif
