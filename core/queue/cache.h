/*
 * cache: an index as an earlier scan left it, for the rows that have not changed.
 *
 * It spares opening files, never looking at them: every folder is listed and every
 * message's files are looked at as always. A row is taken over only when its driver's stamp
 * is the same and nothing it stands for changed in the two seconds before that scan or
 * since; all others are read. What is in the file are bytes that the queue's owner could
 * have written: nothing in it is believed before it is checked, and a cache that is not as
 * it should be is no cache.
 *
 * Loaded and saved on one thread; cache_find may be called from many.
 */
#ifndef CORE_QUEUE_CACHE_H
#define CORE_QUEUE_CACHE_H

#include "core/base/buf.h"
#include "core/queue/snap.h"
#include "core/queue/spool.h"
#include "core/queue/stamp.h"

#define CACHE_NONE UINT32_MAX

struct cache {
	/* Its strings are the new index's once a scan has begun, so that the ids stay. */
	struct snap snap;
	int64_t began;   /* epoch seconds: the scan that the rows are from */
	uint32_t *slots; /* row + 1 by key, 0 is free */
	size_t mask;
};

/*
 * Reads the cache of these queues, read with that need, from the folder `dir`. ERR_GONE when
 * there is none; otherwise *err says why it is not used, in words. `most`: bytes of the index
 * that is to be made.
 */
int cache_load(struct cache *cache, int dir, const struct spools *spools, const struct need *need,
	bool keep_reason_text, size_t most, struct err *err);
void cache_free(struct cache *cache);

/*
 * The row of a unit whose files look as they did then, or CACHE_NONE. *digest is that of the
 * stamp, for a row that has to be read: 0 when it is not to be kept.
 */
uint32_t cache_find(const struct cache *cache, const struct folder *folder, const struct unit *unit,
	const struct need *need, uint64_t *digest);

/* Writes the rows of a finished scan, which had NEED_STAMP, in place of what was there. */
int cache_save(const struct snap *snap, int64_t began, int dir, const struct spools *spools,
	struct err *err);

/* ---- the bytes of it, for those two and for tests: cache_file.c ---- */

/* What has to be the same for a cache to be of use; never given out to anybody else. */
struct cache_identity {
	uint64_t words[2];
};
struct cache_identity cache_identity(
	const struct spools *spools, const struct need *need, bool keep_reason_text);

/* Into an empty file; -1 with errno. */
int cache_write(
	const struct snap *snap, int64_t began, const struct cache_identity *identity, int fd);
/* The cache is zeroed but for snap, which snap_init made. 0, or -1 with the reason. */
int cache_parse(struct cache *cache, const struct cache_identity *identity, struct slice bytes,
	struct err *err);
/* The row of that name and inode, or CACHE_NONE. */
uint32_t cache_row(const struct cache *cache, unsigned spool, const struct unit *unit);
/* Makes bytes look as if they had been written just now, for those: identity, clock, checksum. */
void cache_seal(char *bytes, size_t len, const struct cache_identity *identity);

#endif
