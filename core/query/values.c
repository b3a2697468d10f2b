#include "core/query/values.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

enum { FIRST_VALUES = 256 };

void values_free(struct values *values)
{
	keymap_free(&values->numbers);
	free(values->keys);
	free(values->by_id);
	free(values->places);
	*values = (struct values){0};
}

static uint32_t add(struct values *values, uint64_t key)
{
	if (values->count == values->cap) {
		values->cap = values->cap ? values->cap * 2 : FIRST_VALUES;
		values->keys = xrealloc(values->keys, values->cap, sizeof(*values->keys));
	}
	values->keys[values->count] = key;
	return values->count++;
}

static uint32_t place_of_number(struct values *values, uint64_t number)
{
	uint32_t place = keymap_add(&values->numbers, number);
	return place < values->count ? place : add(values, number);
}

static uint32_t place_of_id(struct values *values, uint32_t id)
{
	if (id >= values->ids) {
		uint32_t ids = values->env->snap->strings.count;
		values->by_id = xrealloc(values->by_id, ids, sizeof(*values->by_id));
		memset(values->by_id + values->ids, 0,
			(ids - values->ids) * sizeof(*values->by_id));
		values->ids = ids;
	}
	if (!values->by_id[id])
		values->by_id[id] = add(values, id) + 1;
	return values->by_id[id] - 1;
}

static uint32_t find_place(struct values *values, uint32_t row, uint32_t slot)
{
	const struct field *field = values->by->field;
	int64_t number;

	if (!field_is_text(field)) {
		bool known = field->number(values->by, values->env, row, &number);
		return place_of_number(values, known ? (uint64_t)number : VALUES_UNKNOWN_NUMBER);
	}
	uint32_t id = field_group_id(values->by, values->env, row, slot);
	return id == FIELD_NO_VALUE ? VALUES_NONE : place_of_id(values, id);
}

uint32_t values_next(struct values *values, uint32_t row, uint32_t slot)
{
	if (values->again)
		return values->places[values->at++];
	if (values->nplaces == values->places_cap) {
		values->places_cap = values->places_cap ? values->places_cap * 2 : FIRST_VALUES;
		values->places =
			xrealloc(values->places, values->places_cap, sizeof(*values->places));
	}
	uint32_t place = find_place(values, row, slot);
	values->places[values->nplaces++] = place;
	return place;
}

void values_again(struct values *values)
{
	values->again = true;
	values->at = 0;
}

uint32_t values_find(const struct values *values, uint32_t id)
{
	return id < values->ids ? values->by_id[id] - 1 : VALUES_NONE; /* 0 is none: it wraps */
}
