/*
 * filter_value: what stands on the right of an operator, checked against the
 * field's type. Private to filter_*.c. Faults say what the field does take.
 */
#ifndef CORE_QUERY_FILTER_VALUE_H
#define CORE_QUERY_FILTER_VALUE_H

#include "core/query/filter_ast.h"
#include "core/query/filter_lex.h"

/* Sets the condition's operator from a token of kind TOKEN_EQ ... TOKEN_GE. */
int value_set_op(struct lexer *lexer, struct cond *cond, enum token_kind op, size_t at);

/* Adds the value in a token. `op` is the operator in front of it, TOKEN_OPEN in a list or CIDR. */
int value_add(
	struct lexer *lexer, struct cond *cond, const struct token *token, enum token_kind op);

#endif
