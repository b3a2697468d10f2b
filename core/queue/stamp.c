#include "core/queue/stamp.h"

#include <assert.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void stamp_number(struct stamp *stamp, uint64_t value)
{
	assert(stamp->count < sizeof(stamp->words) / sizeof(*stamp->words));
	stamp->words[stamp->count++] = value;
}

static void stamp_time(struct stamp *stamp, const struct timespec *time)
{
	stamp_number(stamp, (uint64_t)time->tv_sec);
	stamp_number(stamp, (uint64_t)time->tv_nsec);
}

void stamp_file(struct stamp *stamp, const struct stat *st)
{
	if (!st) {
		stamp_number(stamp, 0);
		return;
	}
	stamp_number(stamp, st->st_ino);
	stamp_number(stamp, st->st_dev);
	stamp_number(stamp, (uint64_t)st->st_size);
	stamp_number(stamp, st->st_mode);
	stamp_number(stamp, (uint64_t)st->st_uid << 32 | st->st_gid);
	stamp_time(stamp, &st->st_mtim);
	stamp_time(stamp, &st->st_ctim);
	if (st->st_ctim.tv_sec > stamp->changed)
		stamp->changed = st->st_ctim.tv_sec;
}

uint64_t stamp_digest(const struct stamp *stamp)
{
	uint64_t digest = XXH3_64bits(stamp->words, stamp->count * sizeof(*stamp->words));
	return digest ? digest : 1;
}
