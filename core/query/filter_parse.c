#include "core/query/filter.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/xalloc.h"
#include "core/query/filter_parser.h"

enum { SHOWN = 40 /* bytes of a word that an error repeats */ };

static struct node *parse_or(struct parser *parser);

struct node *parser_node(struct parser *parser, enum node_kind kind)
{
	struct node *node = arena_alloc(&parser->filter->arena, sizeof(*node));
	*node = (struct node){.kind = kind};
	return node;
}

/* What is wrong with a token that neither joins conditions nor ends them. */
static int bad_join(struct parser *parser)
{
	const struct token *now = &parser->lexer.now;
	size_t at = parser_at(parser);

	if (slice_eq(now->value, SLICE("&&")) || slice_eq(now->value, SLICE("||")))
		return lex_fault(&parser->lexer, at, "\"%.*s\" is written %s",
			SLICE_ARG(now->value), now->value.ptr[0] == '&' ? "and" : "or");
	if (now->kind == TOKEN_CLOSE)
		return lex_fault(&parser->lexer, at, "there is no \"(\" for this \")\"");
	if (now->kind == TOKEN_WORD || now->kind == TOKEN_STRING)
		return lex_fault(&parser->lexer, at,
			"and/or is missing before \"%.*s\"; a value with white space goes in "
			"quotes",
			SLICE_ARG(slice_upto(now->value, SHOWN)));
	return lex_fault(&parser->lexer, at,
		"here \"and\" or \"or\" belongs; a value with any of ( ) , = < > ~ ! goes in "
		"quotes");
}

static struct node *parse_parens(struct parser *parser)
{
	size_t open = parser_at(parser);

	if (parser->depth == LIMIT_FILTER_DEPTH) {
		lex_fault(
			&parser->lexer, open, "parentheses go deeper than %d", LIMIT_FILTER_DEPTH);
		return NULL;
	}
	parser->depth++;
	struct node *node = parser_step(parser) == 0 ? parse_or(parser) : NULL;
	parser->depth--;
	if (!node)
		return NULL;
	if (parser->lexer.now.kind == TOKEN_CLOSE)
		return parser_step(parser) == 0 ? node : NULL;
	if (parser->lexer.now.kind == TOKEN_END)
		lex_fault(&parser->lexer, open, "this \"(\" is never closed");
	else
		bad_join(parser);
	return NULL;
}

static struct node *negated(struct parser *parser, struct node *operand)
{
	if (operand->kind == NODE_NOT)
		return operand->first;
	struct node *node = parser_node(parser, NODE_NOT);
	node->first = operand;
	node->depth = operand->depth;
	return node;
}

/* A loop: each "not" would cost stack otherwise, and only their number matters. */
static struct node *parse_not(struct parser *parser)
{
	bool negate = false;
	int taken;

	while ((taken = parser_take(parser, "not")) > 0)
		negate = !negate;
	if (taken < 0)
		return NULL;
	struct node *node = parser->lexer.now.kind == TOKEN_OPEN ? parse_parens(parser)
								 : parser_condition(parser);
	return node && negate ? negated(parser, node) : node;
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

/* Adds an operand; those of an operand of the same kind join one by one. */
static struct node *join(
	struct parser *parser, enum node_kind kind, struct node *left, struct node *right)
{
	if (left->kind != kind) {
		struct node *node = parser_node(parser, kind);
		node->first = node->last = left;
		node->depth = left->depth + 1;
		left = node;
	}
	bool same = right->kind == kind;
	left->last->next = same ? right->first : right;
	left->last = same ? right->last : right;
	left->depth = larger(left->depth, right->depth + !same);
	/* One more than parentheses, since the outermost needs none: so the print parses again. */
	if (left->depth <= LIMIT_FILTER_DEPTH + 1)
		return left;
	lex_fault(&parser->lexer, parser_at(parser), "conditions are nested deeper than %d",
		LIMIT_FILTER_DEPTH);
	return NULL;
}

static struct node *parse_chain(struct parser *parser, enum node_kind kind, const char *key,
	struct node *(*operand)(struct parser *parser))
{
	struct node *node = operand(parser);
	int taken = 0;

	while (node && (taken = parser_take(parser, key)) > 0) {
		struct node *right = operand(parser);
		node = right ? join(parser, kind, node, right) : NULL;
	}
	return taken < 0 ? NULL : node;
}

static struct node *parse_and(struct parser *parser)
{
	return parse_chain(parser, NODE_AND, "and", parse_not);
}

static struct node *parse_or(struct parser *parser)
{
	return parse_chain(parser, NODE_OR, "or", parse_and);
}

static int parse_all(struct parser *parser)
{
	if (parser_step(parser) != 0)
		return -1;
	if (parser->lexer.now.kind == TOKEN_END)
		return 0;
	parser->filter->root = parse_or(parser);
	if (!parser->filter->root)
		return -1;
	return parser->lexer.now.kind == TOKEN_END ? 0 : bad_join(parser);
}

struct filter *filter_parse(struct slice text, struct need *need, struct err *err)
{
	if (text.len > LIMIT_FILTER) {
		err_set(err, ERR_USAGE, 0, "the filter has %zu bytes, and %d are the most",
			text.len, LIMIT_FILTER);
		return NULL;
	}
	struct filter *filter = xcalloc(1, sizeof(*filter));
	struct parser parser = {
		.lexer = {.text = text.len ? text : SLICE(""), .arena = &filter->arena, .err = err},
		.filter = filter,
		.need = need,
	};
	if (parse_all(&parser) == 0)
		return filter;
	filter_free(filter);
	return NULL;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (struct cond *cond = filter->conds; cond; cond = cond->next)
		regex_free(cond->regex);
	filter_content_free(filter);
	arena_free(&filter->arena);
	free(filter);
}

bool filter_wants_reason_text(const struct filter *filter)
{
	for (const struct cond *cond = filter->conds; cond; cond = cond->next)
		if ((cond->ref.field->flags & FIELD_REASON) && cond->op != COND_UNKNOWN)
			return true;
	return false;
}

bool filter_each_value(const struct filter *filter, const char *field,
	bool (*each)(void *ctx, struct slice value), void *ctx)
{
	for (const struct cond *cond = filter->conds; cond; cond = cond->next) {
		if (cond->op != COND_IN || !cond->texts ||
			strcmp(cond->ref.field->name, field) != 0)
			continue;
		for (size_t i = 0; i < cond->count; i++)
			if (!each(ctx, cond->texts[i]))
				return false;
	}
	return true;
}

bool filter_only_values(const struct filter *filter, const char *field)
{
	for (const struct cond *cond = filter->conds; cond; cond = cond->next)
		if (cond->op != COND_IN && strcmp(cond->ref.field->name, field) == 0)
			return false;
	return true;
}

bool filter_is_specific(const struct filter *filter)
{
	for (const struct cond *cond = filter->conds; cond; cond = cond->next)
		if (!(cond->ref.field->flags & FIELD_ANYBODY))
			return true;
	return false;
}
