/*
 * filter_ast: a parsed filter. Private to filter_*.c.
 *
 * Nodes and values live in the filter's arena; regexes are the only things that
 * must be freed one by one, so the filter lists its conditions.
 */
#ifndef CORE_QUERY_FILTER_AST_H
#define CORE_QUERY_FILTER_AST_H

#include "core/base/ip.h"
#include "core/query/filter.h"
#include "core/query/regex.h"

/* What is asked about one value of a row. != !~ "not in" and "is not" are the same, negated. */
enum cond_op {
	COND_IN,      /* equal to one of the values; in one of the networks */
	COND_MATCH,   /* ~ */
	COND_UNKNOWN, /* is unknown */
	COND_LT,
	COND_LE,
	COND_GT,
	COND_GE,
};

struct cond {
	struct cond *next; /* of all conditions of the filter */
	struct field_ref ref;
	struct slice param; /* header:NAME */
	unsigned question;  /* FIELD_CONTENT: its place among the answers */
	enum cond_op op;
	bool negate;
	bool all;      /* every value instead of any */
	bool relative; /* the number is added to now */

	/* The values, in order and each once (filter_set.h), as the field's type needs them. */
	size_t count;
	struct slice *texts; /* text fields but IP and NET; of a regex its pattern */
	struct ip_net *nets; /* IP and NET */
	int64_t *numbers;
	struct regex *regex;
};

enum node_kind { NODE_COND, NODE_NOT, NODE_AND, NODE_OR };

struct node {
	enum node_kind kind;
	unsigned depth;     /* of AND and OR below and including this */
	struct node *next;  /* next operand of the parent */
	struct node *first; /* NOT: its operand; AND, OR: two or more */
	struct node *last;
	struct cond *cond;
};

struct filter {
	struct arena arena;
	struct node *root; /* NULL selects everything */
	struct cond *conds;
	unsigned questions;             /* conditions on content among them */
	struct filter_content *content; /* filter_content.c; NULL before it is asked for */
};

/* filter_content.c: what was too much work for a regex where messages were read; or NULL. */
const struct err *filter_content_failed(const struct filter *filter);
void filter_content_free(struct filter *filter);

#endif
