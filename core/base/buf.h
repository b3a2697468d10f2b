/*
 * buf: a byte string that grows. One owner, one thread; buf_free when done.
 * An all-zero buf is empty and ready. There is always room for a NUL behind the
 * bytes, and buf_str puts it there: a C string as long as no NUL was added.
 */
#ifndef CORE_BASE_BUF_H
#define CORE_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "core/base/slice.h"

struct buf {
	char *ptr;
	size_t len;
	size_t cap;
};

void buf_free(struct buf *buf);

static inline void buf_reset(struct buf *buf)
{
	buf->len = 0;
}

/* Room for n more bytes; returns where they go. The caller then raises len. */
char *buf_room(struct buf *buf, size_t n) __attribute__((returns_nonnull));

void buf_add(struct buf *buf, struct slice s);
void buf_addc(struct buf *buf, char c);
void buf_pad(struct buf *buf, char c, size_t count);
/* Keeps at most `most` bytes of the UTF-8 text from `start` on, whole characters. True if it cut. */
bool buf_cut(struct buf *buf, size_t start, size_t most);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static inline struct slice buf_slice(const struct buf *buf)
{
	return slice_of(buf->ptr ? buf->ptr : "", buf->len);
}

/* The content as a C string, never NULL. */
const char *buf_str(struct buf *buf) __attribute__((returns_nonnull));

#endif
