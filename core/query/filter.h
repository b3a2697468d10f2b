/*
 * filter: the language that selects messages.
 *
 *   expr = and {"or" and}
 *   and  = not {"and" not}
 *   not  = ["not"] prim
 *   prim = "(" expr ")" | FIELD OP VALUE | FIELD ["not"] "in" ("(" list ")" | CIDR)
 *        | FIELD "is" ["not"] "unknown" | "all" FIELD ...
 *   OP   = = != ~ !~ < <= > >=  eq ne lt le gt ge
 *
 * Key words and field names may be in any case. A value is a bare word without
 * white space and without any of ( ) " , = < > ~ ! or a "quoted string" with \"
 * and \\; any other backslash stands for itself, so "\d+" is a regex as it looks.
 *
 * A condition on an unknown value is neither true nor false, and so is its
 * negation (three-valued logic, Kleene's); a message is selected only by
 * "true". `origin` says "unknown" as a word: origin=unknown and origin is
 * unknown are the same, and no other condition on origin takes such a message.
 * A many-valued field matches when any of its values does, with "all" in front
 * when every one does and there is at least one; that holds for != and "is
 * unknown" too, so "no recipient at x" is `not rcpt_domain = x`.
 *
 * Times relative to now have a sign: arrival_time > -2h, next_retry < +10m.
 *
 * Evaluated by column: each condition is decided once for each distinct string.
 * A filter keeps working memory: one thread at a time.
 */
#ifndef CORE_QUERY_FILTER_H
#define CORE_QUERY_FILTER_H

#include "core/base/bitset.h"
#include "core/query/field.h"

struct filter;

/*
 * Parses text; an empty text selects everything. Adds to *need what must be
 * read; the names of header:NAME fields in it point into text. NULL with *err
 * (ERR_USAGE), whose text is three lines: what is wrong and what to write, the
 * filter (cut around the fault, escaped), a caret under the column at fault.
 */
struct filter *filter_parse(struct slice text, struct need *need, struct err *err);
void filter_free(struct filter *filter);

/* Sets the bits of the rows it selects. -1 with *err when a regex hits its limit. */
int filter_run(struct filter *filter, struct field_env *env, struct bitset *rows, struct err *err);

/*
 * The conditions on content (body, attachment) are decided where messages are read, by this;
 * NULL when there is none. It lives as long as the filter and serves many threads, once
 * filter_prepare has been called.
 */
const struct inspector *filter_inspector(struct filter *filter);
/*
 * Makes ready what these conditions need, while the process has one thread; the second time
 * nothing. -1 with *err when attachments are asked about and no child can be had to look at them.
 */
int filter_prepare(struct filter *filter, struct err *err);
/* Whether content is all the filter asks about, so that every message has to be read. */
bool filter_is_content_only(const struct filter *filter);
/*
 * Sets the bits of the rows whose content has to be read before filter_run can tell whether it
 * selects them: what is not read is unknown to it. Errors as filter_run.
 */
int filter_unread(
	struct filter *filter, struct field_env *env, struct bitset *rows, struct err *err);

/* Whether the filter asks about reasons, so that their full text must be kept. */
bool filter_wants_reason_text(const struct filter *filter);

/* Whether a condition says anything but age, size or queue: which mail, not only how much. */
bool filter_is_specific(const struct filter *filter);

/*
 * Calls `each` with every value that a condition compares the field to, by = != and in, until
 * it returns false; false then.
 */
bool filter_each_value(const struct filter *filter, const char *field,
	bool (*each)(void *ctx, struct slice value), void *ctx);

/* Whether all conditions on the field compare it by = != and in, so that the values tell all. */
bool filter_only_values(const struct filter *filter, const char *field);

/*
 * Appends the filter as it was understood, fully parenthesised, for --explain.
 * It is a filter again, of the same meaning; nothing for one that selects everything.
 */
void filter_print(const struct filter *filter, struct buf *out);

/* Appends a value as a filter takes it: bare where it can be, else in quotes. */
void filter_add_value(struct buf *out, struct slice value);

#endif
