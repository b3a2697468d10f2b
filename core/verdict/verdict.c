#include "core/verdict/verdict.h"

int verdict_make(struct verdict *verdict, struct field_env *env,
	const struct verdict_options *options, struct err *err)
{
	(void)env, (void)options, (void)err;
	*verdict = (struct verdict){0};
	return 0;
}

void verdict_free(struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->count; i++) {
		bitset_free(&verdict->findings[i].rows);
		bitset_free(&verdict->findings[i].bounces);
	}
	arena_free(&verdict->arena);
	*verdict = (struct verdict){0};
}

const struct finding *verdict_find(const struct verdict *verdict, struct slice id)
{
	static const char behind[] = "-bounces";
	size_t cut = sizeof(behind) - 1;
	if (id.len > cut && slice_eq_fold(slice_from(id, id.len - cut), SLICE("-bounces")))
		id = slice_upto(id, id.len - cut);
	for (size_t i = 0; i < verdict->count; i++)
		if (slice_eq_fold(id, slice_cstr(verdict->findings[i].id)))
			return &verdict->findings[i];
	return NULL;
}
