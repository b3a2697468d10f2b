/* remedy_lines: the lines of a page with the values of a finding in them. */
#ifndef CORE_VERDICT_REMEDY_LINES_H
#define CORE_VERDICT_REMEDY_LINES_H

#include "core/verdict/remedy_values.h"

/* How lines name all values at once. */
struct remedy_place {
	enum remedy_value kind;
	const char *between; /* NULL: one value a line */
};

/* Bytes of the {...} of a value at the start of s, 0 for anything else. */
size_t remedy_place_read(struct slice s, struct remedy_place *place);

/*
 * Fills in text and commands of *remedy. False when the step is none for this finding: all its
 * lines are about values that it does not have.
 */
bool remedy_lines_fill(
	struct remedy *remedy, const struct remedy_page *page, const struct remedy_values *values);

#endif
