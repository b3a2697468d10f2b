/*
 * values: the distinct values that rows have in one field, numbered 0, 1, 2 ... in
 * order of first sight, so that figures about a value can live in a plain array.
 *
 * The rows are asked twice in the same order: the first time the places are
 * found, and kept; the second time they are only read back. One thread.
 */
#ifndef CORE_QUERY_VALUES_H
#define CORE_QUERY_VALUES_H

#include "core/query/field.h"
#include "core/query/keymap.h"

#define VALUES_NONE UINT32_MAX

/* The keys of number fields are the numbers; no accessor ever says that this one is known. */
#define VALUES_UNKNOWN_NUMBER ((uint64_t)WIDE_UNKNOWN)

struct values {
	const struct field_ref *by;
	struct field_env *env;
	uint64_t *keys; /* by place: string id or number */
	uint32_t count;
	uint32_t cap;
	struct keymap numbers;
	uint32_t *by_id; /* place + 1 of a string id: ids are dense, so a table does */
	uint32_t ids;
	uint32_t *places; /* of all slots asked for, in that order */
	size_t nplaces;
	size_t places_cap;
	size_t at;
	bool again;
};

/* values.by and .env set, all else 0. */
void values_free(struct values *values);

/* The place of the value in a slot of a row, or VALUES_NONE when the slot is empty. */
uint32_t values_next(struct values *values, uint32_t row, uint32_t slot);
/* From the first slot on again. */
void values_again(struct values *values);

/* The place of a string, or VALUES_NONE when no row has it. */
uint32_t values_find(const struct values *values, uint32_t id);

#endif
