/*
 * regex: PCRE2, wrapped once. Patterns come from the user, never from a
 * message; subjects come from messages, so every match has a limit on its work,
 * and reaching it is an error, not a "no".
 */
#ifndef CORE_QUERY_REGEX_H
#define CORE_QUERY_REGEX_H

#include "core/base/err.h"
#include "core/base/slice.h"

struct regex;

/* Compiles (UTF-8 where the subject is valid, ASCII caseless when `fold`). NULL with *err. */
struct regex *regex_new(struct slice pattern, bool fold, struct err *err);
void regex_free(struct regex *regex);

/* 1 found, 0 not found, -1 with *err (ERR_LIMIT). One thread at a time. */
int regex_match(struct regex *regex, struct slice subject, struct err *err);

#endif
