#include "core/query/filter_parser.h"
#include "core/query/filter_set.h"
#include "core/query/filter_value.h"

/* In front of the conditions that are there: filter_free and others need no order. */
static struct cond *new_cond(struct parser *parser)
{
	struct cond *cond = arena_alloc(&parser->filter->arena, sizeof(*cond));
	*cond = (struct cond){.next = parser->filter->conds};
	parser->filter->conds = cond;
	return cond;
}

static int expect_value(struct parser *parser, const struct cond *cond)
{
	enum token_kind kind = parser->lexer.now.kind;
	if (kind == TOKEN_WORD || kind == TOKEN_STRING)
		return 0;
	if (kind >= TOKEN_EQ && kind <= TOKEN_GE)
		return lex_fault(&parser->lexer, parser_at(parser),
			"two operators in a row: write one of = != ~ !~ < <= > >=");
	return lex_fault(&parser->lexer, parser_at(parser),
		"here a value for %s is missing; the empty one is \"\"", cond->ref.field->name);
}

/* Takes the value that stands here. */
static int parse_value(struct parser *parser, struct cond *cond, enum token_kind op)
{
	if (expect_value(parser, cond) != 0)
		return -1;
	struct token token = parser->lexer.now;
	if (value_add(&parser->lexer, cond, &token, op) != 0)
		return -1;
	return parser_step(parser);
}

/* VALUE {"," VALUE} ")" */
static int parse_list(struct parser *parser, struct cond *cond)
{
	for (;;) {
		if (parse_value(parser, cond, TOKEN_OPEN) != 0)
			return -1;
		if (parser->lexer.now.kind == TOKEN_CLOSE)
			return parser_step(parser);
		if (parser->lexer.now.kind != TOKEN_COMMA)
			return lex_fault(&parser->lexer, parser_at(parser),
				"a list goes on with \",\" or ends with \")\"");
		if (parser_step(parser) != 0)
			return -1;
	}
}

/* Behind "in". */
static int parse_in(struct parser *parser, struct cond *cond, bool negate)
{
	enum field_type type = cond->ref.field->type;

	cond->op = COND_IN;
	cond->negate = negate;
	if (parser->lexer.now.kind == TOKEN_OPEN)
		return parser_step(parser) == 0 ? parse_list(parser, cond) : -1;
	if (type == FIELD_IP || type == FIELD_NET)
		return parse_value(parser, cond, TOKEN_OPEN);
	return lex_fault(&parser->lexer, parser_at(parser),
		"after \"in\" comes a list: %s in (a, b)", cond->ref.field->name);
}

/* Behind "is". */
static int parse_is(struct parser *parser, struct cond *cond)
{
	int negate = parser_take(parser, "not");
	if (negate < 0)
		return -1;
	cond->op = COND_UNKNOWN;
	cond->negate = negate > 0;
	int unknown = parser_take(parser, "unknown");
	if (unknown == 0)
		return lex_fault(&parser->lexer, parser_at(parser),
			"after \"is\" comes unknown or not unknown; for a value write %s = VALUE",
			cond->ref.field->name);
	return unknown < 0 ? -1 : 0;
}

/* The operator in `now`, also as a word; TOKEN_END when it is none. */
static enum token_kind operator_of(const struct lexer *lexer)
{
	static const struct {
		const char *word;
		enum token_kind op;
	} words[] = {
		{"eq", TOKEN_EQ},
		{"ne", TOKEN_NE},
		{"lt", TOKEN_LT},
		{"le", TOKEN_LE},
		{"gt", TOKEN_GT},
		{"ge", TOKEN_GE},
	};
	if (lexer->now.kind >= TOKEN_EQ && lexer->now.kind <= TOKEN_GE)
		return lexer->now.kind;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (lex_is_key(lexer, words[i].word))
			return words[i].op;
	return TOKEN_END;
}

static int parse_compare(struct parser *parser, struct cond *cond)
{
	enum token_kind op = operator_of(&parser->lexer);

	if (op == TOKEN_END)
		return lex_fault(&parser->lexer, parser_at(parser),
			"after %s comes one of = != ~ !~ < <= > >= in is", cond->ref.field->name);
	if (value_set_op(&parser->lexer, cond, op, parser_at(parser)) != 0 ||
		parser_step(parser) != 0)
		return -1;
	return parse_value(parser, cond, op);
}

/* What is asked about the field, which `now` stands behind. */
static int parse_question(struct parser *parser, struct cond *cond)
{
	int is = parser_take(parser, "is");
	if (is)
		return is < 0 ? -1 : parse_is(parser, cond);
	int negate = parser_take(parser, "not");
	int in = negate < 0 ? -1 : parser_take(parser, "in");
	if (in)
		return in < 0 ? -1 : parse_in(parser, cond, negate > 0);
	if (negate)
		return lex_fault(&parser->lexer, parser_at(parser),
			"\"not\" stands in front of a condition, or as %s not in (a, b)",
			cond->ref.field->name);
	return parse_compare(parser, cond);
}

static int expect_field(struct parser *parser)
{
	const struct token *now = &parser->lexer.now;

	if (now->kind == TOKEN_STRING)
		return lex_fault(&parser->lexer, parser_at(parser),
			"here a field name belongs, without quotes");
	if (now->kind != TOKEN_WORD || lex_is_key(&parser->lexer, "and") ||
		lex_is_key(&parser->lexer, "or") || slice_eq(now->value, SLICE("&&")) ||
		slice_eq(now->value, SLICE("||")))
		return lex_fault(&parser->lexer, parser_at(parser),
			"here a condition is missing, such as account=bob@example.com");
	return 0;
}

/* Finds the field that `now` names. */
static int parse_field(struct parser *parser, struct cond *cond)
{
	struct slice name = parser->lexer.now.value;

	if (expect_field(parser) != 0)
		return -1;
	if (field_find(name, parser->need, &cond->ref, parser->lexer.err) != 0)
		return lex_fault_at(&parser->lexer, parser_at(parser));
	if (cond->ref.field->flags & FIELD_CONTENT) {
		if (parser->filter->questions == LIMIT_QUESTIONS)
			return lex_fault(&parser->lexer, parser_at(parser),
				"one filter can ask %d times about body and attachment: join words "
				"as in body ~ \"one|two\"",
				LIMIT_QUESTIONS);
		cond->question = parser->filter->questions++;
	}
	if (cond->ref.field->flags & FIELD_PARAM)
		cond->param = parser->need->headers[cond->ref.param];
	return parser_step(parser);
}

struct node *parser_condition(struct parser *parser)
{
	int all = parser_take(parser, "all");
	struct cond *cond = new_cond(parser);

	if (all < 0 || parse_field(parser, cond) != 0 || parse_question(parser, cond) != 0)
		return NULL;
	cond->all = all && field_is_many(cond->ref.field);
	filter_set_seal(cond);
	struct node *node = parser_node(parser, NODE_COND);
	node->cond = cond;
	return node;
}
