#include "core/verdict/remedy.h"

void remedy_make(struct finding *finding, const struct field_env *env, struct arena *arena)
{
	(void)finding, (void)env, (void)arena;
}
