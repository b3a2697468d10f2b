/*
 * phrases: words that the user looks for in subjects and headers, each with a weight.
 *
 * What they match is told as a note of a finding. They never make a finding, nor change its
 * class, its level or its messages: a word list is the user's own suspicion, not a measurement.
 * One thread at a time.
 */
#ifndef CORE_VERDICT_PHRASES_H
#define CORE_VERDICT_PHRASES_H

#include "core/verdict/verdict.h"

struct phrases;

struct phrases *phrases_new(void);
void phrases_free(struct phrases *phrases); /* NULL is none */
bool phrases_any(const struct phrases *phrases);

/*
 * Adds a regex (PCRE2, any case) on a field: "subject" or "header:NAME". -1 with *err when it
 * is none, when the weight is no number, or when there are LIMIT_PHRASES already.
 */
int phrases_add(struct phrases *phrases, struct slice field, struct slice weight,
	struct slice pattern, struct err *err);

/* Adds to *need what they look at. -1 with *err when that are too many headers for one command. */
int phrases_need(const struct phrases *phrases, struct need *need, struct err *err);

/*
 * Adds the note to each finding with a message that any of them matches. -1 with *err when a
 * regex hits its limit.
 */
int phrases_note(const struct phrases *phrases, struct field_env *env, struct verdict *verdict,
	struct err *err);

#endif
