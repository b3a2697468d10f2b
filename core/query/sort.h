/*
 * sort: rows in the order of a field. Equal values keep the order of arrival,
 * then of queue id, so that the same queue always prints the same.
 */
#ifndef CORE_QUERY_SORT_H
#define CORE_QUERY_SORT_H

#include "core/base/bitset.h"
#include "core/query/field.h"

/*
 * The set rows in order (xcalloc'd; count in *count). Numbers and addresses
 * sort by size, text by bytes, a many-valued field by its first value.
 * Unknown values come last either way.
 */
uint32_t *sort_rows(const struct field_ref *by, bool descending, struct field_env *env,
	const struct bitset *rows, size_t *count);

#endif
