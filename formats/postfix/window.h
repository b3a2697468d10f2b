/*
 * window: a file of any size, seen through the pieces that were read.
 *
 * The parser asks for bytes at an offset; nearly always the first read, 8 KiB
 * at offset 0, holds them. What is handed out stays valid as long as the arena,
 * so records may point into it; with `passing` set, pieces go through one
 * buffer that is used again, for content that is only passed over. Tests and
 * fuzz targets give the whole image and no file.
 */
#ifndef FORMATS_POSTFIX_WINDOW_H
#define FORMATS_POSTFIX_WINDOW_H

#include "core/base/arena.h"
#include "core/base/err.h"

struct window {
	uint64_t size;        /* of the file */
	const uint8_t *data;  /* the piece at hand */
	uint64_t start;       /* its offset in the file */
	size_t len;
	int fd;               /* -1: data is the whole file */
	struct arena *arena;
	bool passing;         /* do not keep the pieces */
	uint8_t *scratch;     /* the buffer for that, in the arena */
	size_t piece;         /* bytes of one later read: LIMIT_NEXT_READ, less in tests */
	uint64_t kept;        /* bytes of pieces kept, bounded by LIMIT_ENVELOPE */
	bool over_limit;
	int sys;              /* errno of a read that failed, or 0 */
};

/* The whole file in memory. */
void window_memory(struct window *window, struct slice image, struct arena *arena);

/* An open file of `size` bytes: makes the first read. -1 with errno set. */
int window_open(struct window *window, int fd, uint64_t size, struct arena *arena);

/*
 * n bytes at offset, or NULL when the file ends before, cannot be read (sys), or
 * holds more than we keep (over_limit). n is at most LIMIT_VALUE + 8.
 */
const uint8_t *window_at(struct window *window, uint64_t offset, size_t n);

#endif
