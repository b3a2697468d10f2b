#include "cmd/forge/forge.h"

#include <string.h>

static const struct writer *const writers[] = {
	&postfix_writer, NULL, /* the end */
};

const struct writer *writer_at(size_t n)
{
	size_t i = 0;
	while (i < n && writers[i])
		i++;
	return writers[i];
}

const struct writer *writer_find(const char *name)
{
	size_t i = 0;
	while (writers[i] && strcmp(name, writers[i]->name) != 0)
		i++;
	return writers[i];
}
