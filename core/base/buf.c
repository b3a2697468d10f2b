#include "core/base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/xalloc.h"

void buf_free(struct buf *buf)
{
	free(buf->ptr);
	*buf = (struct buf){0};
}

char *buf_room(struct buf *buf, size_t n)
{
	if (buf->cap - buf->len <= n) {
		size_t cap = buf->cap ? buf->cap : 64, need;
		if (__builtin_add_overflow(buf->len, n, &need) || need > SIZE_MAX / 4)
			need = SIZE_MAX / 4; /* more than any machine has: xrealloc will say so */
		while (cap <= need)
			cap *= 2;
		buf->ptr = xrealloc(buf->ptr, cap, 1);
		buf->cap = cap;
	}
	return buf->ptr + buf->len;
}

void buf_add(struct buf *buf, struct slice s)
{
	if (!s.len)
		return;
	memcpy(buf_room(buf, s.len), s.ptr, s.len);
	buf->len += s.len;
}

void buf_addc(struct buf *buf, char c)
{
	*buf_room(buf, 1) = c;
	buf->len++;
}

void buf_pad(struct buf *buf, char c, size_t count)
{
	memset(buf_room(buf, count), c, count);
	buf->len += count;
}

bool buf_cut(struct buf *buf, size_t start, size_t most)
{
	size_t end = start + most;

	if (buf->len <= end)
		return false;
	while (end > start && (buf->ptr[end] & 0xc0) == 0x80)
		end--;
	buf->len = end;
	return true;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	if (n > 0) {
		vsnprintf(buf_room(buf, (size_t)n), (size_t)n + 1, format, again);
		buf->len += (size_t)n;
	}
	va_end(again);
}

const char *buf_str(struct buf *buf)
{
	*buf_room(buf, 0) = '\0';
	return buf->ptr;
}
