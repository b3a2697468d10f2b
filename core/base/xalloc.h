/*
 * xalloc: memory that is either there or the end of the process.
 *
 * Sizes that an attacker could choose are capped before they come here (see
 * limits.h), so running out means the machine is out of memory, and no code
 * above has anything better to do than to say so. Memory comes back zeroed.
 */
#ifndef CORE_BASE_XALLOC_H
#define CORE_BASE_XALLOC_H

#include <stddef.h>

/* The exit status of that end. */
enum { XALLOC_EXIT = 74 };

void *xcalloc(size_t count, size_t size) __attribute__((returns_nonnull, malloc));
/*
 * The same for a hash table, which is read at a place before it is written there: a
 * page that was only read is given out twice, and the second time stops all threads.
 */
void *xtable(size_t count, size_t size) __attribute__((returns_nonnull, malloc));
/* Grows or shrinks; what is new is not zeroed. */
void *xrealloc(void *ptr, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull, malloc));
char *xasprintf(const char *format, ...)
	__attribute__((returns_nonnull, malloc, format(printf, 1, 2)));

#endif
