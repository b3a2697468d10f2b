/*
 * window: a file of any size, seen through the pieces that were read.
 *
 * The parser asks for bytes at an offset; nearly always the first read, 8 KiB at
 * offset 0, holds them. It lies in the window itself, on the reader's stack: the
 * same memory for every message, so it stays in the processor's cache. What lies
 * behind is read into one later piece. Nothing that is handed out outlives the
 * next question: who keeps a value copies it. Tests and fuzz targets give the
 * whole image and no file. One thread. A window points
 * into itself: it cannot be copied.
 */
#ifndef FORMATS_POSTFIX_WINDOW_H
#define FORMATS_POSTFIX_WINDOW_H

#include "core/base/limits.h"
#include "core/base/slice.h"

struct window {
	uint64_t size; /* of the file */
	int fd;        /* -1: the first piece is the whole file */
	int sys;       /* errno of a read that failed, or 0 */
	const uint8_t *first;
	size_t first_len;
	uint8_t *later; /* owned; NULL before it is needed */
	size_t later_room;
	uint64_t later_start; /* its offset in the file */
	size_t later_len;
	size_t piece; /* bytes of one later read: LIMIT_NEXT_READ, less in tests */
	uint8_t room[LIMIT_FIRST_READ];
};

/* The whole file in memory. */
void window_memory(struct window *window, struct slice image);

/* An open file: makes the first read. -1 with errno set. */
int window_open(struct window *window, int fd);

/* Frees what the window owns. The file stays open. */
void window_close(struct window *window);

/* window_at for what no piece holds yet. */
const uint8_t *window_load(struct window *window, uint64_t offset, size_t n);

/*
 * n bytes at offset, until the next call; NULL when the file ends before or cannot
 * be read (sys). n is at most LIMIT_VALUE + 8.
 */
static inline const uint8_t *window_at(struct window *window, uint64_t offset, size_t n)
{
	if (n <= window->first_len && offset <= window->first_len - n)
		return window->first + offset;
	if (n <= window->later_len && offset >= window->later_start &&
		offset - window->later_start <= window->later_len - n)
		return window->later + (offset - window->later_start);
	return window_load(window, offset, n);
}

/* What is in memory from an offset on, in one piece; empty when nothing is. */
static inline struct slice window_piece(const struct window *window, uint64_t offset)
{
	if (offset < window->first_len)
		return slice_of(window->first + offset, window->first_len - (size_t)offset);
	if (offset >= window->later_start && offset - window->later_start < window->later_len)
		return slice_from(slice_of(window->later, window->later_len),
			(size_t)(offset - window->later_start));
	return slice_of("", 0);
}

#endif
