#include <stdlib.h>

#include <jansson.h>

#include "core/base/escape.h"

/*
 * What the escaper promises for any bytes. UTF-8 and JSON are judged by jansson, so
 * that no fault is its own judge.
 */

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool is_utf8(struct slice s)
{
	json_t *string = json_stringn(s.ptr, s.len);
	bool valid = string != NULL;
	json_decref(string);
	return valid;
}

static void check_safe(struct slice text, enum escape_charset charset)
{
	static const char *const dangerous[] = {"\xd8\x9c", "\xe2\x80\x8b", "\xe2\x80\x8e",
		"\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xab",
		"\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7",
		"\xe2\x81\xa8", "\xe2\x81\xa9", "\xef\xbb\xbf", "\xf3\xa0\x80", "\xf3\xa0\x81"};
	check(is_utf8(text));
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		check(c >= 0x20 && c != 0x7f);
		check(c < 0x80 || charset == ESCAPE_UTF8);
		check(c != 0xc2 || (unsigned char)text.ptr[i + 1] >= 0xa0); /* C1 */
	}
	for (size_t i = 0; i < sizeof(dangerous) / sizeof(*dangerous); i++)
		check(slice_find(text, slice_cstr(dangerous[i])) == SIZE_MAX);
}

static void check_fit(struct slice s, size_t columns, enum escape_charset charset)
{
	struct buf out = {0};
	size_t whole = escape_width(s, charset);
	size_t used = escape_fit(&out, s, columns, charset);
	check_safe(buf_slice(&out), charset);
	check(used <= columns);
	check(used == escape_width(buf_slice(&out), charset));
	check(charset == ESCAPE_UTF8 || used == out.len);
	check(whole > columns || used == whole);
	buf_free(&out);
}

static void check_text(struct slice s, size_t columns, enum escape_charset charset)
{
	struct buf out = {0};
	escape_text(&out, s, charset);
	check_safe(buf_slice(&out), charset);
	check(escape_width(buf_slice(&out), charset) == escape_width(s, charset));
	check_fit(s, columns, charset);
	buf_free(&out);
}

static void check_utf8(struct slice s)
{
	struct buf out = {0}, again = {0};
	escape_utf8(&out, s);
	check(out.len == s.len); /* one ? for each bad byte */
	check(is_utf8(buf_slice(&out)));
	check(!is_utf8(s) || slice_eq(buf_slice(&out), s));
	escape_utf8(&again, buf_slice(&out));
	check(slice_eq(buf_slice(&again), buf_slice(&out)));
	buf_free(&out);
	buf_free(&again);
}

static void check_json(struct slice s)
{
	struct buf text = {0}, out = {0};
	escape_utf8(&text, s);
	json_t *string = json_stringn(text.ptr ? text.ptr : "", text.len), *back;
	char *dump = json_dumps(string, JSON_ENCODE_ANY);
	check(dump != NULL);
	escape_json(&out, slice_cstr(dump));
	check_safe(buf_slice(&out), ESCAPE_UTF8);
	back = json_loadb(out.ptr, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	check(json_equal(string, back));
	json_decref(back);
	json_decref(string);
	free(dump);
	buf_free(&text);
	buf_free(&out);
}

static bool may_be_formula(struct slice s)
{
	if (!s.len || slice_index(SLICE("=+-@"), s.ptr[0]) == SIZE_MAX)
		return false;
	if (s.ptr[0] == '=' || s.ptr[0] == '@' || s.len == 1)
		return true;
	for (size_t i = 1; i < s.len; i++)
		if (!ascii_is_digit(s.ptr[i]) && s.ptr[i] != '.')
			return true;
	return false;
}

/* The quoting taken off by RFC 4180 gives the escaped text, but for the ' before a formula. */
static void check_csv(struct slice s)
{
	struct buf cell = {0}, text = {0}, plain = {0};
	escape_csv(&cell, s);
	escape_text(&text, s, ESCAPE_UTF8);
	check_safe(buf_slice(&cell), ESCAPE_UTF8);
	struct slice rest = buf_slice(&cell);
	if (rest.len && rest.ptr[0] == '"') {
		check(rest.len >= 2 && rest.ptr[rest.len - 1] == '"');
		rest = slice_of(rest.ptr + 1, rest.len - 2);
		for (struct slice head, tail; slice_cut(rest, '"', &head, &tail);) {
			check(tail.len && tail.ptr[0] == '"');
			buf_add(&plain, head);
			buf_addc(&plain, '"');
			rest = slice_from(tail, 1);
		}
	} else {
		check(slice_index(rest, '"') == SIZE_MAX && slice_index(rest, ',') == SIZE_MAX);
	}
	buf_add(&plain, rest);
	struct slice got = buf_slice(&plain);
	if (got.len == text.len + 1 && got.ptr[0] == '\'')
		got = slice_from(got, 1);
	else
		check(!may_be_formula(got));
	check(slice_eq(got, buf_slice(&text)));
	buf_free(&cell);
	buf_free(&text);
	buf_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	size_t columns = size ? data[size - 1] % 100 : 0;
	check_text(s, columns, ESCAPE_UTF8);
	check_text(s, columns, ESCAPE_ASCII);
	check_utf8(s);
	check_json(s);
	check_csv(s);
	return 0;
}
