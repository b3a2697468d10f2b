#include "core/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct err *err, enum err_code code, int sys, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

static void fill(struct err *err, enum err_code code, int sys, const char *format, va_list args)
{
	err->code = code;
	err->sys = sys;
	err->text[0] = '\0';
	vsnprintf(err->text, sizeof(err->text), format, args);
	if (!sys)
		return;
	/* A long path may be cut, the cause behind it not. */
	const char *cause = strerror(sys);
	size_t most = sizeof(err->text) - sizeof(": ") - strlen(cause);
	size_t len = strlen(err->text);
	if (len > most) {
		len = most;
		memcpy(err->text + len - 3, "...", 3);
	}
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", cause);
}

int err_set(struct err *err, enum err_code code, int sys, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fill(err, code, sys, format, args);
	va_end(args);
	return -1;
}

static enum err_code code_of(int sys)
{
	switch (sys) {
	case EACCES:
	case EPERM:
		return ERR_PERMISSION;
	case ENOENT:
	case ENOTDIR:
	case ESTALE:
		return ERR_GONE;
	default:
		return ERR_IO;
	}
}

int err_sys(struct err *err, const char *format, ...)
{
	int sys = errno;
	va_list args;
	va_start(args, format);
	fill(err, code_of(sys), sys, format, args);
	va_end(args);
	return -1;
}
