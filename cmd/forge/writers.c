#include "cmd/forge/forge.h"

#include <string.h>

static const struct writer *const writers[] = {
	&postfix_writer,
};
enum { WRITERS = sizeof(writers) / sizeof(*writers) };

const struct writer *writer_at(size_t n)
{
	return n < WRITERS ? writers[n] : NULL;
}

const struct writer *writer_find(const char *name)
{
	for (size_t i = 0; i < WRITERS; i++)
		if (!strcmp(name, writers[i]->name))
			return writers[i];
	return NULL;
}
