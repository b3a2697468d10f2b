/*
 * mark: findings as the field `finding` of a message.
 *
 * A message is part of each finding whose rows it is among: the value is the finding's id, or
 * for a bounce that the incident caused the id with "-bounces" behind it.
 */
#ifndef CORE_VERDICT_MARK_H
#define CORE_VERDICT_MARK_H

#include "core/verdict/verdict.h"

#define MARK_BOUNCES "-bounces"

/* Fills in env's sets, anew when there are some. The verdict must outlive them. */
void verdict_mark(const struct verdict *verdict, struct field_env *env);
/* One more set; `name` is copied into the index. */
void mark_add(struct field_env *env, struct slice name, const struct bitset *rows);

/* Whether an id names bounces: it ends in MARK_BOUNCES, in any case. */
bool mark_is_bounces(struct slice id);

#endif
