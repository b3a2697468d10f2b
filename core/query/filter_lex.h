/*
 * filter_lex: the words of a filter, and errors that point at them. Private to
 * filter_*.c. Any bytes are safe.
 */
#ifndef CORE_QUERY_FILTER_LEX_H
#define CORE_QUERY_FILTER_LEX_H

#include "core/base/arena.h"
#include "core/base/err.h"

enum token_kind {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_MATCH,
	TOKEN_NO_MATCH,
	TOKEN_LT,
	TOKEN_LE,
	TOKEN_GT,
	TOKEN_GE,
	TOKEN_WORD,   /* bare */
	TOKEN_STRING, /* in quotes */
};

struct token {
	enum token_kind kind;
	struct slice raw;   /* as it stands in the text */
	struct slice value; /* without quotes and their backslashes */
};

struct lexer {
	struct slice text;
	struct arena *arena; /* for strings with backslashes */
	struct err *err;
	size_t at; /* behind `now` */
	struct token now;
};

/* Steps to the next token. -1 with *err for a character or a quote that cannot be. */
int lex_next(struct lexer *lexer);

/* Whether a byte can be part of a bare word. */
bool lex_is_bare(char c);

/* Whether `now` is this bare word, in any case. */
bool lex_is_key(const struct lexer *lexer, const char *key);

/* Where the token starts, and where byte `i` of its value stands, as offsets in the text. */
size_t lex_offset(const struct lexer *lexer, const struct token *token);
size_t lex_value_offset(const struct lexer *lexer, const struct token *token, size_t i);

/*
 * Fills *err: the message, the text around offset `at`, and a caret under it.
 * Returns -1. The second takes the message that is in *err already.
 */
int lex_fault(const struct lexer *lexer, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int lex_fault_at(const struct lexer *lexer, size_t at);

#endif
