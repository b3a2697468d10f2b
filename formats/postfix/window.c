#include "formats/postfix/window.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/xalloc.h"

/* All members but the room, which need not be clean. */
static void window_clear(struct window *window)
{
	memset(window, 0, offsetof(struct window, room));
	window->fd = -1;
	window->piece = LIMIT_NEXT_READ;
}

void window_memory(struct window *window, struct slice image)
{
	window_clear(window);
	window->size = image.len;
	window->first = (const uint8_t *)image.ptr;
	window->first_len = image.len;
}

static ssize_t read_at(int fd, uint64_t offset, uint8_t *to, size_t n)
{
	size_t got = 0;
	while (got < n) {
		ssize_t r = pread(fd, to + got, n - got, (off_t)(offset + got));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

int window_open(struct window *window, int fd)
{
	ssize_t got;

	window_clear(window);
	do /* a plain file gives less only at its end */
		got = pread(fd, window->room, LIMIT_FIRST_READ, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	window->fd = fd;
	window->first = window->room;
	window->size = window->first_len = (size_t)got;
	if (got < LIMIT_FIRST_READ)
		return 0;
	struct stat st;
	if (fstat(fd, &st) != 0)
		return -1;
	if ((uint64_t)st.st_size > window->size)
		window->size = (uint64_t)st.st_size;
	return 0;
}

void window_close(struct window *window)
{
	free(window->later);
	window->later = NULL;
	window->later_len = window->later_room = 0;
}

static bool load(struct window *window, uint64_t offset, size_t least)
{
	uint64_t left = window->size - offset;
	size_t n = least > window->piece ? least : window->piece;

	if (n > left)
		n = (size_t)left;
	if (n > window->later_room) {
		free(window->later);
		window->later = xrealloc(NULL, n, 1);
		window->later_room = n;
	}
	window->later_len = 0;
	ssize_t got = read_at(window->fd, offset, window->later, n);
	if (got < 0) {
		window->sys = errno;
		return false;
	}
	window->later_start = offset;
	window->later_len = (size_t)got;
	return (size_t)got >= least;
}

const uint8_t *window_load(struct window *window, uint64_t offset, size_t n)
{
	if (window->fd < 0 || offset > window->size || window->size - offset < n ||
		!load(window, offset, n))
		return NULL;
	return window->later;
}
