/*
 * told: which findings a cron job has told already, from one run to the next.
 *
 * A small text file "told" in the state folder (state.h), the queue owner's: a line with the
 * version, then for each finding who asked, id, level, messages, when it was told and when it
 * was last seen. Whatever else it holds is an error, and then nothing counts as told: silence
 * must never come from a damaged file. Bounded; written anew and renamed into place.
 */
#ifndef CORE_ACT_TOLD_H
#define CORE_ACT_TOLD_H

#include <stdbool.h>

#include "core/base/err.h"
#include "core/base/slice.h"

enum { TOLD_QUIET = 7 * 24 * 60 * 60 }; /* not seen for so long, it is forgotten */

struct told_entry {
	uint64_t asker; /* told_asker */
	char id[16];
	unsigned level; /* as it was told; higher is worse */
	uint32_t messages;
	int64_t told, seen;
};

struct told {
	struct told_entry *list;
	size_t count;
};

/* Tells cron jobs apart that share the folder: a hash of the queues they read. */
uint64_t told_asker(const char *const *paths, size_t count);

/* Reads the file; without one nothing was told. -1 with *err, and *told is empty. */
int told_read(int dir, struct told *told, struct err *err);
int told_write(int dir, const struct told *told, struct err *err);
void told_free(struct told *told);

/* Never told, or since then its level rose, or its messages at least doubled. */
bool told_is_news(
	const struct told *told, uint64_t asker, const char *id, unsigned level, uint32_t messages);
/*
 * It was seen now, and told if it was news. Where there is no room left, the one that was seen
 * longest ago is forgotten.
 */
void told_note(struct told *told, uint64_t asker, const char *id, unsigned level, uint32_t messages,
	bool news, int64_t now);
/* Forgets what was not seen for TOLD_QUIET. A clock that went back makes nothing older. */
void told_forget(struct told *told, int64_t now);

#endif
