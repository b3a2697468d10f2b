/*
 * regex: PCRE2, wrapped once. Patterns come from the user, never from a
 * message; subjects come from messages, so every match has a limit on its work,
 * and reaching it is an error, not a "no".
 *
 * A regex keeps its own match memory: one thread at a time.
 */
#ifndef CORE_QUERY_REGEX_H
#define CORE_QUERY_REGEX_H

#include "core/base/err.h"
#include "core/base/slice.h"

struct regex;

/*
 * Compiles a UTF-8 pattern, caseless when `fold`. NULL with *err (ERR_USAGE), and
 * in *at the offset in the pattern where it fails. A subject may hold any bytes:
 * those that are not UTF-8 match nothing, the rest of it still does.
 */
struct regex *regex_new(struct slice pattern, bool fold, size_t *at, struct err *err);
void regex_free(struct regex *regex);

/* 1 found, 0 not found, -1 with *err (ERR_LIMIT) when it takes too much work. */
int regex_match(struct regex *regex, struct slice subject, struct err *err);

#endif
