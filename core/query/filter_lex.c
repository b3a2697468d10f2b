#include "core/query/filter_lex.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/escape.h"

enum {
	/* Of the text, on each side of a fault; halved while it shows as more than LINE_MOST. */
	WINDOW = 36,
	LINE_MOST = 110,
	/* So that all three lines fit struct err. */
	MESSAGE_MOST = 300,
};

static bool is_space(char c)
{
	return ascii_is_space(c) || c == '\v' || c == '\f';
}

bool lex_is_bare(char c)
{
	return !is_space(c) && (c == '\0' || !strchr("()\",=<>~!", c));
}

bool lex_is_key(const struct lexer *lexer, const char *key)
{
	return lexer->now.kind == TOKEN_WORD && slice_eq_fold(lexer->now.value, slice_cstr(key));
}

size_t lex_offset(const struct lexer *lexer, const struct token *token)
{
	return (size_t)(token->raw.ptr - lexer->text.ptr);
}

static bool is_escape(struct slice s, size_t at)
{
	return s.ptr[at] == '\\' && at + 1 < s.len &&
		(s.ptr[at + 1] == '"' || s.ptr[at + 1] == '\\');
}

size_t lex_value_offset(const struct lexer *lexer, const struct token *token, size_t i)
{
	size_t at = 0;
	if (token->kind == TOKEN_STRING)
		for (at = 1; i > 0 && at < token->raw.len; i--)
			at += is_escape(token->raw, at) ? 2 : 1;
	return lex_offset(lexer, token) + at + i;
}

static int take(struct lexer *lexer, enum token_kind kind, size_t len)
{
	struct slice raw = slice_of(lexer->text.ptr + lexer->at, len);
	lexer->now = (struct token){kind, raw, raw};
	lexer->at += len;
	return 0;
}

/* Offset of the closing quote, or SIZE_MAX. */
static size_t string_end(struct slice text, size_t open)
{
	for (size_t at = open + 1; at < text.len; at++) {
		if (text.ptr[at] == '"')
			return at;
		at += is_escape(text, at);
	}
	return SIZE_MAX;
}

static struct slice unescape(struct arena *arena, struct slice s)
{
	char *out = arena_alloc(arena, s.len + 1); /* + 1: an empty string is known, too */
	size_t len = 0;
	for (size_t at = 0; at < s.len; at++) {
		at += is_escape(s, at);
		out[len++] = s.ptr[at];
	}
	return slice_of(out, len);
}

static int take_string(struct lexer *lexer)
{
	size_t open = lexer->at;
	size_t end = string_end(lexer->text, open);
	if (end == SIZE_MAX)
		return lex_fault(lexer, open, "this quote is never closed");
	take(lexer, TOKEN_STRING, end + 1 - open);
	struct slice inside = slice_of(lexer->text.ptr + open + 1, end - open - 1);
	lexer->now.value = unescape(lexer->arena, inside);
	return 0;
}

static int take_operator(struct lexer *lexer, char c, char second)
{
	switch (c) {
	case '=':
		return take(lexer, TOKEN_EQ, 1);
	case '~':
		return take(lexer, TOKEN_MATCH, 1);
	case '<':
		return second == '=' ? take(lexer, TOKEN_LE, 2) : take(lexer, TOKEN_LT, 1);
	case '>':
		return second == '=' ? take(lexer, TOKEN_GE, 2) : take(lexer, TOKEN_GT, 1);
	default:
		if (second == '=')
			return take(lexer, TOKEN_NE, 2);
		if (second == '~')
			return take(lexer, TOKEN_NO_MATCH, 2);
		return lex_fault(
			lexer, lexer->at, "\"!\" alone is no operator: write not, != or !~");
	}
}

static int take_word(struct lexer *lexer)
{
	struct slice rest = slice_from(lexer->text, lexer->at);
	size_t len = 0;
	while (len < rest.len && lex_is_bare(rest.ptr[len]))
		len++;
	return take(lexer, TOKEN_WORD, len);
}

int lex_next(struct lexer *lexer)
{
	struct slice text = lexer->text;

	while (lexer->at < text.len && is_space(text.ptr[lexer->at]))
		lexer->at++;
	if (lexer->at == text.len)
		return take(lexer, TOKEN_END, 0);
	char c = text.ptr[lexer->at];
	char second = lexer->at + 1 < text.len ? text.ptr[lexer->at + 1] : '\0';
	switch (c) {
	case '(':
		return take(lexer, TOKEN_OPEN, 1);
	case ')':
		return take(lexer, TOKEN_CLOSE, 1);
	case ',':
		return take(lexer, TOKEN_COMMA, 1);
	case '"':
		return take_string(lexer);
	default:
		return lex_is_bare(c) ? take_word(lexer) : take_operator(lexer, c, second);
	}
}

/* Whether a UTF-8 sequence goes on at `at`, so that a cut there would halve it. */
static bool is_inside_sequence(struct slice text, size_t at)
{
	return at > 0 && at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

/* Appends the text around `at`, escaped; returns the columns in front of `at`. */
static size_t draw_window(struct buf *out, struct slice text, size_t at, size_t radius)
{
	size_t from = at > radius ? at - radius : 0;
	size_t to = text.len - at > radius ? at + radius : text.len;
	for (int i = 0; i < 3 && is_inside_sequence(text, from); i++)
		from--;
	for (int i = 0; i < 3 && is_inside_sequence(text, to); i++)
		to++;

	struct slice before = slice_of(text.ptr + from, at - from);
	if (from)
		buf_add(out, SLICE("..."));
	escape_text(out, before, ESCAPE_UTF8);
	escape_text(out, slice_of(text.ptr + at, to - at), ESCAPE_UTF8);
	if (to < text.len)
		buf_add(out, SLICE("..."));
	return (from ? 3 : 0) + escape_width(before, ESCAPE_UTF8);
}

int lex_fault_at(const struct lexer *lexer, size_t at)
{
	struct buf message = {0}, line = {0};
	size_t columns = 0;

	/* It may repeat a value with line breaks, and has to stay one line. */
	escape_text(&message, slice_cstr(lexer->err->text), ESCAPE_UTF8);
	for (size_t radius = WINDOW; radius > 0; radius /= 2) {
		buf_reset(&line);
		columns = draw_window(&line, lexer->text, at, radius);
		if (line.len <= LINE_MOST)
			break;
	}
	err_set(lexer->err, ERR_USAGE, 0, "%.*s\n  %s\n  %*s^", MESSAGE_MOST, buf_str(&message),
		buf_str(&line), (int)columns, "");
	buf_free(&message);
	buf_free(&line);
	return -1;
}

int lex_fault(const struct lexer *lexer, size_t at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(lexer->err->text, sizeof(lexer->err->text), format, args);
	va_end(args);
	return lex_fault_at(lexer, at);
}
