/*
 * journal_names: what the names in a journal stand for. Those of operations and outcomes
 * are in journal.h.
 */
#ifndef CORE_ACT_JOURNAL_NAMES_H
#define CORE_ACT_JOURNAL_NAMES_H

#include "core/act/journal.h"

/* NULL when there is none of that name. */
const struct format *format_find(const struct format *const *formats, struct slice name);
/* The driver's number of a queue. */
bool queue_find(const struct format *format, struct slice name, unsigned *queue);

#endif
