#include "core/base/units.h"
#include "core/query/field.h"

static void print_unknown(const struct field *field, struct buf *out)
{
	buf_add(out, slice_cstr(field->unknown ? field->unknown : "-"));
}

void field_print_id(
	const struct field *field, const struct snap *snap, uint32_t id, struct buf *out)
{
	if (id == FIELD_NO_VALUE)
		return;
	if (id == INTERN_UNKNOWN)
		print_unknown(field, out);
	else if (id == INTERN_EMPTY)
		buf_add(out, slice_cstr(field->empty ? field->empty : "\"\""));
	else
		buf_add(out, intern_get(&snap->strings, id));
}

void field_print_number(const struct field *field, int64_t value, struct buf *out)
{
	switch (field->type) {
	case FIELD_SIZE:
		units_size(out, value);
		break;
	case FIELD_TIME:
		units_time(out, value);
		break;
	case FIELD_DURATION:
		units_age(out, value);
		break;
	default:
		buf_printf(out, "%lld", (long long)value);
	}
}

void field_print(const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i,
	struct buf *out)
{
	const struct field *field = ref->field;
	int64_t value;

	if (field_is_text(field))
		field_print_id(field, env->snap, field->id(ref, env, row, i), out);
	else if (field->number(ref, env, row, &value))
		field_print_number(field, value, out);
	else
		print_unknown(field, out);
}
