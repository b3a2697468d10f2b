/*
 * filter_parser: what the two halves of the parser share: filter_parse.c joins
 * conditions, filter_cond.c reads one. Private to filter_*.c.
 *
 * Functions return -1 or NULL when lexer.err was filled.
 */
#ifndef CORE_QUERY_FILTER_PARSER_H
#define CORE_QUERY_FILTER_PARSER_H

#include "core/query/filter_ast.h"
#include "core/query/filter_lex.h"

struct parser {
	struct lexer lexer;
	struct filter *filter;
	struct need *need;
	unsigned depth; /* of parentheses */
};

/* Where the token in hand starts. */
static inline size_t parser_at(const struct parser *parser)
{
	return lex_offset(&parser->lexer, &parser->lexer.now);
}

static inline int parser_step(struct parser *parser)
{
	return lex_next(&parser->lexer);
}

/* Steps over the token in hand if it is this word: 1, else 0; -1 if what follows is no token. */
static inline int parser_take(struct parser *parser, const char *key)
{
	if (!lex_is_key(&parser->lexer, key))
		return 0;
	return parser_step(parser) == 0 ? 1 : -1;
}

struct node *parser_node(struct parser *parser, enum node_kind kind);

/* ["all"] FIELD and what is asked about it. */
struct node *parser_condition(struct parser *parser);

#endif
