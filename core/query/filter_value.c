#include "core/query/filter_value.h"

#include "core/base/buf.h"
#include "core/base/units.h"

enum {
	SHOWN = 40, /* bytes of a value that an error repeats */
	NET_BITS_4 = 24,
	NET_BITS_6 = 48,
	FIRST_VALUES = 4,
};

static const struct type_words {
	const char *is;    /* "nrcpt is ..." */
	const char *takes; /* operators */
	const char *like;  /* examples of a value */
	bool ordered;
} types[] = {
#define TEXT_OPERATORS "= != ~ !~ or in (a, b)"
#define NUMBER_OPERATORS "= != < <= > >= or in (1, 2)"
	[FIELD_TEXT] = {"text", TEXT_OPERATORS, NULL, false},
	[FIELD_NAME] = {"text", TEXT_OPERATORS, NULL, false},
	[FIELD_WORD] = {"a word", TEXT_OPERATORS, NULL, false},
	[FIELD_IP] = {"an address", "= != ~ !~ or in 192.0.2.0/24",
		"an address such as 192.0.2.1 or 2001:db8::1", false},
	[FIELD_NET] = {"a network", "= != ~ !~ or in 192.0.2.0/24",
		"a network such as 192.0.2.0/24 or 2001:db8:1::/48", false},
	[FIELD_NUMBER] = {"a number", NUMBER_OPERATORS, "a whole number", true},
	[FIELD_SIZE] = {"a size", NUMBER_OPERATORS, "a size such as 512, 10k, 5M or 1.5G", true},
	[FIELD_TIME] = {"a time", NUMBER_OPERATORS,
		"a time such as 2026-11-22, 2026-11-22T03:07, epoch seconds or -2h (two hours "
		"ago)",
		true},
	[FIELD_DURATION] = {"a time span", NUMBER_OPERATORS,
		"a time span such as 90s, 15m, 4h, 2d or 1d12h", true},
};

static const char *name_of(const struct cond *cond)
{
	return cond->ref.field->name;
}

int value_set_op(struct lexer *lexer, struct cond *cond, enum token_kind op, size_t at)
{
	static const struct {
		enum cond_op op;
		bool negate;
	} ops[] = {
		[TOKEN_EQ] = {COND_IN, false},
		[TOKEN_NE] = {COND_IN, true},
		[TOKEN_MATCH] = {COND_MATCH, false},
		[TOKEN_NO_MATCH] = {COND_MATCH, true},
		[TOKEN_LT] = {COND_LT, false},
		[TOKEN_LE] = {COND_LE, false},
		[TOKEN_GT] = {COND_GT, false},
		[TOKEN_GE] = {COND_GE, false},
	};
	const struct type_words *type = &types[cond->ref.field->type];

	cond->op = ops[op].op;
	cond->negate = ops[op].negate;
	if (cond->op == COND_IN || (cond->op == COND_MATCH) != type->ordered)
		return 0;
	return lex_fault(lexer, at, "%s is %s, which has %s: write %s", name_of(cond), type->is,
		type->ordered ? "no text to match" : "no order", type->takes);
}

/* Room for one more value in an array of `count`, which doubles at powers of two. */
static void *room(struct arena *arena, void *values, size_t count, size_t size)
{
	if (count && (count < FIRST_VALUES || (count & (count - 1))))
		return values;
	void *more = arena_alloc(arena, (count < FIRST_VALUES ? FIRST_VALUES : count * 2) * size);
	if (count)
		memcpy(more, values, count * size);
	return more;
}

static void add_text(struct lexer *lexer, struct cond *cond, struct slice text)
{
	cond->texts = room(lexer->arena, cond->texts, cond->count, sizeof(*cond->texts));
	cond->texts[cond->count++] = text;
}

/* FIELD_NAME values are kept in lower case. */
static struct slice fold(struct arena *arena, struct slice text)
{
	char *lower = arena_alloc(arena, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		lower[i] = ascii_lower(text.ptr[i]);
	return slice_of(lower, text.len);
}

static int bad_value(struct lexer *lexer, const struct cond *cond, const struct token *token)
{
	return lex_fault(lexer, lex_offset(lexer, token), "%s takes %s, not \"%.*s\"",
		name_of(cond), types[cond->ref.field->type].like,
		SLICE_ARG(slice_upto(token->value, SHOWN)));
}

static int bad_word(struct lexer *lexer, const struct field *field, const struct token *token)
{
	size_t at = lex_offset(lexer, token);
	if (slice_eq_fold(token->value, SLICE("unknown")))
		return lex_fault(lexer, at, "what is not known is no word: write %s is unknown",
			field->name);

	struct buf list = {0};
	for (unsigned i = 0; field->word(i); i++)
		buf_printf(&list, "%s%s", i ? ", " : "", field->word(i));
	lex_fault(lexer, at, "%s cannot be \"%.*s\": it is one of %s", field->name,
		SLICE_ARG(slice_upto(token->value, SHOWN)), buf_str(&list));
	buf_free(&list);
	return -1;
}

static int add_word(struct lexer *lexer, struct cond *cond, const struct token *token)
{
	const struct field *field = cond->ref.field;
	for (unsigned i = 0; field->word(i); i++) {
		struct slice word = slice_cstr(field->word(i));
		if (slice_eq_fold(word, token->value)) {
			add_text(lexer, cond, word);
			return 0;
		}
	}
	return bad_word(lexer, field, token);
}

static int add_regex(struct lexer *lexer, struct cond *cond, const struct token *token)
{
	size_t at = 0;
	bool caseless = cond->ref.field->type == FIELD_NAME;

	cond->regex = regex_new(token->value, caseless, &at, lexer->err);
	if (!cond->regex)
		return lex_fault_at(lexer, lex_value_offset(lexer, token, at));
	add_text(lexer, cond, token->value);
	return 0;
}

static unsigned all_bits(const struct ip_net *net)
{
	return net->base.family == 4 ? 32 : 128;
}

/* A network can only be equal to one of its own width, and only hold narrower ones. */
static int check_width(struct lexer *lexer, const struct token *token, const struct ip_net *net,
	enum token_kind op)
{
	unsigned width = net->base.family == 4 ? NET_BITS_4 : NET_BITS_6;
	struct slice shown = slice_upto(token->value, SHOWN);
	size_t at = lex_offset(lexer, token);

	if (net->bits > width)
		return lex_fault(lexer, at,
			"client_net is a /%u and so never inside of %.*s: write client_ip in %.*s",
			width, SLICE_ARG(shown), SLICE_ARG(shown));
	if (net->bits < width && op != TOKEN_OPEN)
		return lex_fault(lexer, at,
			"client_net is a /%u and never equal to %.*s: write client_net in %.*s",
			width, SLICE_ARG(shown), SLICE_ARG(shown));
	return 0;
}

static int add_net(
	struct lexer *lexer, struct cond *cond, const struct token *token, enum token_kind op)
{
	struct ip_net net;

	if (!ip_net_parse(token->value, &net))
		return bad_value(lexer, cond, token);
	if (cond->ref.field->type == FIELD_NET) {
		if (check_width(lexer, token, &net, op) != 0)
			return -1;
	} else if (op != TOKEN_OPEN && net.bits != all_bits(&net)) {
		struct slice shown = slice_upto(token->value, SHOWN);
		return lex_fault(lexer, lex_offset(lexer, token),
			"%.*s is a network: write %s in %.*s", SLICE_ARG(shown), name_of(cond),
			SLICE_ARG(shown));
	}
	cond->nets = room(lexer->arena, cond->nets, cond->count, sizeof(*cond->nets));
	cond->nets[cond->count++] = net;
	return 0;
}

/* "-2h": a sign and a time span. */
static bool parse_relative(struct slice text, int64_t *seconds)
{
	if (!text.len || (text.ptr[0] != '-' && text.ptr[0] != '+') ||
		ascii_is_digit(text.ptr[text.len - 1]))
		return false;
	if (!units_parse_duration(slice_from(text, 1), seconds))
		return false;
	if (text.ptr[0] == '-')
		*seconds = -*seconds;
	return true;
}

static int parse_time(
	struct lexer *lexer, struct cond *cond, const struct token *token, int64_t *value)
{
	struct slice text = token->value;
	size_t at = lex_offset(lexer, token);

	if (parse_relative(text, value)) {
		cond->relative = true;
		if (cond->op != COND_IN)
			return 0;
		return lex_fault(lexer, at,
			"\"%.*s\" is a single second: write %s > %.*s, or < <= >=",
			SLICE_ARG(slice_upto(text, SHOWN)), name_of(cond),
			SLICE_ARG(slice_upto(text, SHOWN)));
	}
	/* Below 0 is rather a time span that lost its unit than mail from before 1970. */
	if (units_parse_time(text, value) && *value >= 0)
		return 0;
	if (units_parse_duration(text, value))
		return lex_fault(lexer, at,
			"is that %.*s ago or from now? write -%.*s or +%.*s; for how old a message "
			"is, "
			"write age",
			SLICE_ARG(slice_upto(text, SHOWN)), SLICE_ARG(slice_upto(text, SHOWN)),
			SLICE_ARG(slice_upto(text, SHOWN)));
	return bad_value(lexer, cond, token);
}

static int add_number(struct lexer *lexer, struct cond *cond, const struct token *token)
{
	int64_t value = 0;
	bool ok;

	switch (cond->ref.field->type) {
	case FIELD_TIME:
		if (parse_time(lexer, cond, token, &value) != 0)
			return -1;
		ok = true;
		break;
	case FIELD_SIZE:
		ok = units_parse_size(token->value, &value);
		break;
	case FIELD_DURATION:
		ok = units_parse_duration(token->value, &value);
		break;
	default:
		ok = slice_to_i64(token->value, &value);
	}
	if (!ok)
		return bad_value(lexer, cond, token);
	cond->numbers = room(lexer->arena, cond->numbers, cond->count, sizeof(*cond->numbers));
	cond->numbers[cond->count++] = value;
	return 0;
}

int value_add(struct lexer *lexer, struct cond *cond, const struct token *token, enum token_kind op)
{
	if (cond->op == COND_MATCH)
		return add_regex(lexer, cond, token);
	switch (cond->ref.field->type) {
	case FIELD_WORD:
		return add_word(lexer, cond, token);
	case FIELD_NAME:
		add_text(lexer, cond, fold(lexer->arena, token->value));
		return 0;
	case FIELD_TEXT:
		add_text(lexer, cond, token->value);
		return 0;
	case FIELD_IP:
	case FIELD_NET:
		return add_net(lexer, cond, token, op);
	default:
		return add_number(lexer, cond, token);
	}
}
