/*
 * test_cache: what a cache that was parsed has to be like, whoever wrote its bytes. For the
 * test and the fuzz target of cache.h.
 */
#ifndef CORE_QUEUE_TEST_CACHE_H
#define CORE_QUEUE_TEST_CACHE_H

#include "core/queue/cache.h"

/* Takes all its rows over, as a scan would, and touches all they refer to. Returns a sum. */
static inline uint64_t cache_touch(struct cache *cache, const struct need *need)
{
	struct snap snap;
	uint64_t sum = 0;

	snap_init(&snap, cache->snap.spools, cache->snap.nspools, need);
	snap.keep_reason_text = cache->snap.keep_reason_text;
	intern_free(&snap.strings);
	snap.strings = cache->snap.strings;
	cache->snap.strings = (struct intern){0};
	for (uint32_t row = 0; row < cache->snap.rows; row++) {
		uint32_t count, at = snap_add_row(&snap, &cache->snap, row);
		uint32_t first = snap_rcpts(&snap, at, &count);
		for (unsigned col = 0; col < SNAP_COLS; col++)
			if (snap_is_string(col) || col == COL_QUEUE_ID)
				sum += snap_text(&snap, col, at).len;
		for (uint32_t i = 0; i < count; i++) {
			for (unsigned col = 0; col < RCPT_COLS; col++)
				sum += snap_rcpt_is_string(col)
					? intern_get(
						  &snap.strings, snap_rcpt(&snap, col, first + i))
						  .len
					: frequent_find(
						  &snap.frequent, snap_rcpt(&snap, col, first + i))
						  .len;
			sum += snap.rcpt_state ? snap.rcpt_state[first + i] : 0;
			sum += snap.rcpt_class ? snap.rcpt_class[first + i] : 0;
		}
		struct unit unit = {.name = snap_text(&cache->snap, COL_QUEUE_ID, row),
			.inode = (uint64_t)snap_wide(&cache->snap, WIDE_INODE, row)};
		sum += cache_row(cache, cache->snap.small[row].spool, &unit) != CACHE_NONE;
	}
	sum += snap_link_copies(&snap);
	snap_free(&snap);
	return sum;
}

#endif
