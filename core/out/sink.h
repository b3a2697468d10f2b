/*
 * sink: where a command's data goes, as values rather than as text.
 *
 * A command says "object, member, value"; the sink makes JSON of it. Tables of
 * rows go through table.h to text or CSV. Neither knows any mail term. JSON is
 * written as it comes, however long: a million members take no memory. JSON Lines
 * is a sequence of outermost objects. Strings may hold any bytes (escape_utf8).
 *
 * Misuse of the call order is a bug and asserts. Write errors are kept and
 * told by sink_flush.
 */
#ifndef CORE_OUT_SINK_H
#define CORE_OUT_SINK_H

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/slice.h"

struct sink;

enum sink_style {
	SINK_LINES,  /* one outermost value a line, ", " and ": " as postqueue -j */
	SINK_PRETTY, /* indented, for one big object */
};

/* `ascii`: everything beyond ASCII as \uNNNN, for terminals that know no UTF-8. */
struct sink *sink_json(FILE *out, enum sink_style style, bool ascii);
void sink_free(struct sink *sink);

/* `name` is the member's name inside an object and NULL inside an array or outermost. */
void sink_object(struct sink *sink, const char *name);
void sink_array(struct sink *sink, const char *name);
void sink_end(struct sink *sink); /* of the innermost object or array */

void sink_text(struct sink *sink, const char *name, struct slice value); /* unknown: null */
void sink_int(struct sink *sink, const char *name, int64_t value);
void sink_real(struct sink *sink, const char *name, double value);
void sink_bool(struct sink *sink, const char *name, bool value);
void sink_null(struct sink *sink, const char *name);

/* -1 with *err when anything could not be written. */
int sink_flush(struct sink *sink, struct err *err);

#endif
