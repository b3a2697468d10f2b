#include "core/verdict/mark.h"

#include <stdio.h>

void mark_add(struct field_env *env, struct slice name, const struct bitset *rows)
{
	env->sets = xrealloc(env->sets, env->nsets + 1, sizeof(*env->sets));
	env->sets[env->nsets++] = (struct field_set){intern_add(&env->snap->strings, name), rows};
}

void verdict_mark(const struct verdict *verdict, struct field_env *env)
{
	char name[sizeof(verdict->findings->id) + sizeof(MARK_BOUNCES)];

	env->nsets = 0;
	for (size_t i = 0; i < verdict->count; i++) {
		const struct finding *finding = &verdict->findings[i];
		mark_add(env, slice_cstr(finding->id), &finding->rows);
		if (!finding->nbounces)
			continue;
		snprintf(name, sizeof(name), "%s" MARK_BOUNCES, finding->id);
		mark_add(env, slice_cstr(name), &finding->bounces);
	}
}

bool mark_is_bounces(struct slice id)
{
	return slice_ends_fold(id, SLICE(MARK_BOUNCES));
}
