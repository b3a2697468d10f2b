/*
 * run: another program's output, for the configuration that only it can tell.
 *
 * No shell: the arguments are given one by one, the program is found in the
 * system's own folders (RUN_PATH) and not through the caller's PATH, its
 * environment is empty but for what is listed in run.c. Standard error is
 * dropped, the output and the time are bounded.
 */
#ifndef CORE_BASE_RUN_H
#define CORE_BASE_RUN_H

#include "core/base/buf.h"
#include "core/base/err.h"

/* The full path of a program, or NULL when this machine has none. To be freed. */
char *run_find(const char *program);

/*
 * Runs argv (argv[0] a full path, ended by NULL) and appends what it prints, at
 * most 16 MiB within 20 seconds. Returns its exit status, or -1 with *err.
 */
int run_capture(const char *const *argv, struct buf *out, struct err *err);

#endif
