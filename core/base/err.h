/*
 * err: what went wrong, as a value.
 *
 * The function that knows the path and the cause fills it in, once; callers
 * pass it up; only cmd/ and tui/ print it. Functions that take a struct err
 * return -1 (or NULL, or false) when they filled it. The text is a sentence
 * without a final full stop, may hold bytes from a queue, and is escaped where
 * it is printed, not here.
 */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

enum err_code {
	ERR_NONE,
	ERR_USAGE,      /* the user asked for something that makes no sense */
	ERR_IO,         /* the system failed us; `sys` says how */
	ERR_PERMISSION, /* another user could do it */
	ERR_GONE,       /* what was named is not there (any more) */
	ERR_DAMAGED,    /* read, and not what it should be */
	ERR_LIMIT,      /* a bound of limits.h, or of a regex, was hit */
};

struct err {
	enum err_code code;
	int sys; /* errno, or 0 */
	char text[512];
};

/* Fills *err and returns -1. With sys, ": " and the system's words are appended. */
int err_set(struct err *err, enum err_code code, int sys, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* err_set with the code that fits errno: EACCES and EPERM, ENOENT and the like, the rest. */
int err_sys(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
