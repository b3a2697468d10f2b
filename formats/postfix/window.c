#include "formats/postfix/window.h"

#include <errno.h>
#include <unistd.h>

#include "core/base/limits.h"

void window_memory(struct window *window, struct slice image, struct arena *arena)
{
	*window = (struct window){
		.size = image.len,
		.data = (const uint8_t *)image.ptr,
		.len = image.len,
		.fd = -1,
		.arena = arena,
	};
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

int window_open(struct window *window, int fd, uint64_t size, struct arena *arena)
{
	size_t n = size < LIMIT_FIRST_READ ? (size_t)size : LIMIT_FIRST_READ;
	uint8_t *data = arena_alloc(arena, n);
	ssize_t got = read_at(fd, 0, data, n);
	if (got < 0)
		return -1;
	*window = (struct window){
		.size = size,
		.data = data,
		.len = (size_t)got,
		.fd = fd,
		.arena = arena,
		.piece = LIMIT_NEXT_READ,
		.kept = n,
	};
	return 0;
}

static uint8_t *room(struct window *window, size_t n)
{
	if (window->passing) {
		if (!window->scratch)
			window->scratch = arena_alloc(window->arena, LIMIT_NEXT_READ + LIMIT_VALUE);
		return window->scratch;
	}
	if (window->kept + n > LIMIT_ENVELOPE) {
		window->over_limit = true;
		return NULL;
	}
	window->kept += n;
	return arena_alloc(window->arena, n);
}

static bool load(struct window *window, uint64_t offset, size_t least)
{
	uint64_t left = window->size - offset;
	size_t n = least > window->piece ? least : window->piece;
	if (n > left)
		n = (size_t)left;
	uint8_t *to = room(window, n);
	if (!to)
		return false;
	ssize_t got = read_at(window->fd, offset, to, n);
	if (got < 0) {
		window->sys = errno;
		return false;
	}
	window->data = to;
	window->start = offset;
	window->len = (size_t)got;
	return (size_t)got >= least;
}

const uint8_t *window_at(struct window *window, uint64_t offset, size_t n)
{
	if (offset > window->size || window->size - offset < n)
		return NULL;
	/* The scratch buffer is overwritten by the next content: its bytes are no good to keep. */
	bool lasting = window->passing || window->data != window->scratch;
	bool here = offset >= window->start && offset - window->start <= window->len &&
		window->len - (size_t)(offset - window->start) >= n;
	if (!(here && lasting) && (window->fd < 0 || !load(window, offset, n)))
		return NULL;
	return window->data + (offset - window->start);
}
