/*
 * filter_set: the values of a condition as a set, sorted so that ten thousand
 * queue ids in a list cost no more than a handful. Private to filter_*.c.
 */
#ifndef CORE_QUERY_FILTER_SET_H
#define CORE_QUERY_FILTER_SET_H

#include "core/query/filter_ast.h"

/* After the last value: in order, each once. */
void filter_set_seal(struct cond *cond);

/* Whether a text is one of the values; FIELD_NAME ignores ASCII case. */
bool filter_set_has_text(const struct cond *cond, struct slice text);
bool filter_set_has_number(const struct cond *cond, int64_t number);
/*
 * Whether an address lies in one of the networks. A network does when its first
 * address does: a condition holds none that are narrower than client_net is.
 */
bool filter_set_has_ip(const struct cond *cond, const struct ip *ip);

#endif
