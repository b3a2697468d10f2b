#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>

#include "core/base/escape.h"

static struct slice text_of(struct buf *out, struct slice s, enum escape_charset charset)
{
	buf_reset(out);
	escape_text(out, s, charset);
	return slice_cstr(buf_str(out));
}

static void utf8_reads_back(void **state)
{
	static const uint32_t none[] = {0xd800, 0xdfff, 0x110000, UINT32_MAX};
	struct buf out = {0};
	uint32_t read;
	(void)state;
	for (uint32_t c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 0x1ff) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		buf_reset(&out);
		utf8_encode(&out, c);
		assert_int_equal(utf8_decode(buf_slice(&out), &read), out.len);
		assert_int_equal(read, c);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		buf_reset(&out);
		utf8_encode(&out, none[i]);
		assert_string_equal(buf_str(&out), "\xef\xbf\xbd");
	}
	buf_free(&out);
}

static void decodes_utf8_strictly(void **state)
{
	static const struct {
		struct slice bytes;
		size_t len;
		uint32_t code_point;
	} cases[] = {
		{{"", 0}, 0, 0},
		{{NULL, 0}, 0, 0},
		{{"\0", 1}, 1, 0},
		{{"ab", 2}, 1, 'a'},
		{{"\x7f", 1}, 1, 0x7f},
		{{"\x80", 1}, 0, 0},
		{{"\xbf\xbf", 2}, 0, 0},
		{{"\xc2\x80", 2}, 2, 0x80},
		{{"\xc1\xbf", 2}, 0, 0}, /* overlong */
		{{"\xc0\x80", 2}, 0, 0},
		{{"\xdf\xbf", 2}, 2, 0x7ff},
		{{"\xe0\x9f\xbf", 3}, 0, 0}, /* overlong */
		{{"\xe0\xa0\x80", 3}, 3, 0x800},
		{{"\xed\x9f\xbf", 3}, 3, 0xd7ff},
		{{"\xed\xa0\x80", 3}, 0, 0}, /* surrogates */
		{{"\xed\xbf\xbf", 3}, 0, 0},
		{{"\xee\x80\x80", 3}, 3, 0xe000},
		{{"\xef\xbf\xbf", 3}, 3, 0xffff},
		{{"\xf0\x8f\xbf\xbf", 4}, 0, 0}, /* overlong */
		{{"\xf0\x90\x80\x80", 4}, 4, 0x10000},
		{{"\xf4\x8f\xbf\xbf", 4}, 4, 0x10ffff},
		{{"\xf4\x90\x80\x80", 4}, 0, 0}, /* beyond Unicode */
		{{"\xf8\x88\x80\x80\x80", 5}, 0, 0},
		{{"\xfe", 1}, 0, 0},
		{{"\xff", 1}, 0, 0},
		{{"\xc3", 1}, 0, 0}, /* ends too early */
		{{"\xe2\x82", 2}, 0, 0},
		{{"\xf0\x9f\x98", 3}, 0, 0},
		{{"\xc3(", 2}, 0, 0},
		{{"\xe2\x82(", 3}, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t code_point = 0;
		assert_int_equal(utf8_decode(cases[i].bytes, &code_point), cases[i].len);
		assert_int_equal(code_point, cases[i].code_point);
	}
}

static void escapes_what_a_terminal_would_obey(void **state)
{
	static const struct {
		struct slice in;
		const char *utf8, *ascii; /* ascii NULL: the same */
	} cases[] = {
		{{NULL, 0}, "", NULL},
		{{"", 0}, "", NULL},
		{{" plain ~ text \\ ", 16}, " plain ~ text \\ ", NULL},
		{{"a\0b", 3}, "a\\x00b", NULL},
		{{"\x1b[2J", 4}, "\\x1B[2J", NULL},
		{{"a\tb\r\nc\x7f", 7}, "a\\x09b\\x0D\\x0Ac\\x7F", NULL},
		{{"\xc3\xa4", 2}, "ä", "\\u{00E4}"},
		{{"\xe4", 1}, "\\xE4", NULL},
		{{"\xf0\x9f\x98\x80", 4}, "😀", "\\u{1F600}"},
		{{"\xc2\x9b"
		  "31m",
			 5},
			"\\u{009B}31m", NULL}, /* CSI as one character */
		{{"\x9b"
		  "31m",
			 4},
			"\\x9B31m", NULL}, /* and as a byte */
		{{"\xe2\x80\xae"
		  "gpj.exe",
			 10},
			"\\u{202E}gpj.exe", NULL},
		{{"\xe2\x81\xa6", 3}, "\\u{2066}", NULL},
		{{"\xd8\x9c", 2}, "\\u{061C}", NULL},
		{{"\xe2\x80\xa8", 3}, "\\u{2028}", NULL},
		{{"\xe2\x80\x8b", 3}, "\\u{200B}", NULL},
		{{"\xc2\xad", 2}, "\\u{00AD}", NULL},
		{{"\xef\xbb\xbf", 3}, "\\u{FEFF}", NULL},
		{{"\xf3\xa0\x81\x81", 4}, "\\u{E0041}", NULL}, /* a tag character */
		{{"\xf4\x8f\xbf\xbd", 4}, "\xf4\x8f\xbf\xbd", "\\u{10FFFD}"},
		{{"\xed\xa0\x80", 3}, "\\xED\\xA0\\x80", NULL},
		{{"\xc3\xa4\xc3", 3}, "ä\\xC3", "\\u{00E4}\\xC3"},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *ascii = cases[i].ascii ? cases[i].ascii : cases[i].utf8;
		assert_string_equal(text_of(&out, cases[i].in, ESCAPE_UTF8).ptr, cases[i].utf8);
		assert_string_equal(text_of(&out, cases[i].in, ESCAPE_ASCII).ptr, ascii);
	}
	buf_free(&out);
}

static void no_byte_gets_through_alone(void **state)
{
	struct buf out = {0};
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		struct slice text = text_of(&out, slice_of(&c, 1), ESCAPE_UTF8);
		assert_int_equal(text.len, byte >= 0x20 && byte <= 0x7e ? 1 : 4);
	}
	buf_free(&out);
}

static void appends(void **state)
{
	struct buf out = {0};
	(void)state;
	buf_add(&out, SLICE("> "));
	escape_text(&out, SLICE("a\n"), ESCAPE_UTF8);
	escape_fit(&out, SLICE("abcdef"), 3, ESCAPE_UTF8);
	escape_utf8(&out, SLICE("\xff"));
	assert_string_equal(buf_str(&out), "> a\\x0Aab…?");
	buf_free(&out);
}

static void counts_columns(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {{"", 0}, {"abc", 3}, {"ä", 1}, {"日本", 4}, {"Ａ", 2}, {"한", 2}, {"😀", 2},
		{"e\xcc\x81", 1}, {"\x1b", 4}, {"\xe2\x80\xae", 8}, {"…", 1}, {"я", 1}, {"→", 1},
		{"\xee\x80\x80", 1}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(
			escape_width(slice_cstr(cases[i].text), ESCAPE_UTF8), cases[i].columns);
	assert_int_equal(escape_width(SLICE("ä"), ESCAPE_ASCII), 8);
	assert_int_equal(escape_width((struct slice){0}, ESCAPE_UTF8), 0);
}

static void columns_do_not_follow_the_locale(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_ALL, "C"));
	counts_columns(state);
	if (setlocale(LC_ALL, "C.UTF-8"))
		counts_columns(state);
	setlocale(LC_ALL, "C");
}

static void cuts_to_fit(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		enum escape_charset charset;
		const char *out;
		size_t used;
	} cases[] = {
		{"abcdef", 0, ESCAPE_UTF8, "", 0},
		{"abcdef", 1, ESCAPE_UTF8, "…", 1},
		{"abcdef", 2, ESCAPE_UTF8, "a…", 2},
		{"abcdef", 5, ESCAPE_UTF8, "abcd…", 5},
		{"abcdef", 6, ESCAPE_UTF8, "abcdef", 6},
		{"abcdef", SIZE_MAX, ESCAPE_UTF8, "abcdef", 6},
		{"abcdef", 5, ESCAPE_ASCII, "abcd~", 5},
		{"", 5, ESCAPE_UTF8, "", 0},
		{"日本語", 6, ESCAPE_UTF8, "日本語", 6},
		{"日本語", 5, ESCAPE_UTF8, "日本…", 5},
		{"日本語", 4, ESCAPE_UTF8, "日…", 3}, /* half a character is none */
		{"日本語", 1, ESCAPE_UTF8, "…", 1},
		{"ab\x1b"
		 "cd",
			8, ESCAPE_UTF8, "ab\\x1Bcd", 8},
		{"ab\x1b"
		 "cd",
			7, ESCAPE_UTF8, "ab\\x1B…", 7},
		{"ab\x1b"
		 "cd",
			6, ESCAPE_UTF8, "ab…", 3},                 /* nor half an escape */
		{"abe\xcc\x81", 3, ESCAPE_UTF8, "abe\xcc\x81", 3}, /* the mark costs nothing */
		{"e\xcc\x81"
		 "bcd",
			3, ESCAPE_UTF8,
			"e\xcc\x81"
			"b…",
			3},
		{"ää", 8, ESCAPE_ASCII, "~", 1},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&out);
		size_t used = escape_fit(
			&out, slice_cstr(cases[i].text), cases[i].columns, cases[i].charset);
		assert_string_equal(buf_str(&out), cases[i].out);
		assert_int_equal(used, cases[i].used);
	}
	buf_free(&out);
}

static void utf8_keeps_what_is_valid(void **state)
{
	static const struct {
		struct slice in, out;
	} cases[] = {
		{{NULL, 0}, {"", 0}},
		{{"bob@example.com", 15}, {"bob@example.com", 15}},
		{{"a\0\n\x7f", 4}, {"a\0\n\x7f", 4}},
		{{"ä\xff\xfe", 4}, {"ä??", 4}},
		{{"\xe2\x82"
		  "x",
			 3},
			{"??x", 3}},
		{{"\xc0\x80", 2}, {"??", 2}},
		{{"\xed\xa0\x80", 3}, {"???", 3}},
		{{"\xf0\x9f\x98", 3}, {"???", 3}},
		{{"😀", 4}, {"😀", 4}},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&out);
		escape_utf8(&out, cases[i].in);
		assert_true(slice_eq(buf_slice(&out), cases[i].out));
	}
	buf_free(&out);
}

static void json_is_made_safe_and_stays_the_same(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""}, {"{\"a\": [1, \"ä 日\"]}\n", "{\"a\": [1, \"ä 日\"]}\n"},
		{"\"\x7f\"", "\"\\u007F\""}, {"\"\xc2\x9b\"", "\"\\u009B\""},
		{"\"\xe2\x80\xae\"", "\"\\u202E\""}, {"\"\xf3\xa0\x81\x81\"", "\"\\uDB40\\uDC41\""},
		{"\"\xff\"", "\"\xff\""}, /* not ours to mend: escape_utf8 comes before */
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&out);
		escape_json(&out, slice_cstr(cases[i].in));
		assert_string_equal(buf_str(&out), cases[i].out);
	}
	buf_free(&out);
}

static void csv_cells(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"two words", "two words"},
		{" edge", "\" edge\""},
		{"edge ", "\"edge \""},
		{"a,b", "\"a,b\""},
		{"a;b", "\"a;b\""},
		{"say \"hi\"", "\"say \"\"hi\"\"\""},
		{"\"", "\"\"\"\""},
		{"a\nb\r", "a\\x0Ab\\x0D"},
		{"\x1b\xff", "\\x1B\\xFF"},
		{"ä", "ä"},
		{"=1+1", "'=1+1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"},
		{"-2+3", "'-2+3"},
		{"=a,\"b\"", "\"'=a,\"\"b\"\"\""},
		{"\xef\xbc\x9d"
		 "1",
			"'\xef\xbc\x9d"
			"1"},
		{"-5", "-5"},
		{"+4.25", "+4.25"},
		{"-.5", "-.5"},
		{"-", "'-"},
		{"-.", "'-."},
		{"-1.2.3", "'-1.2.3"},
		{"-1e5", "'-1e5"},
		{"a=b", "a=b"},
		{"\t=1", "\\x09=1"},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&out);
		escape_csv(&out, slice_cstr(cases[i].in));
		assert_string_equal(buf_str(&out), cases[i].out);
	}
	buf_reset(&out);
	escape_csv(&out, (struct slice){0});
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_utf8_strictly),
		cmocka_unit_test(utf8_reads_back),
		cmocka_unit_test(escapes_what_a_terminal_would_obey),
		cmocka_unit_test(no_byte_gets_through_alone),
		cmocka_unit_test(appends),
		cmocka_unit_test(columns_do_not_follow_the_locale),
		cmocka_unit_test(cuts_to_fit),
		cmocka_unit_test(utf8_keeps_what_is_valid),
		cmocka_unit_test(json_is_made_safe_and_stays_the_same),
		cmocka_unit_test(csv_cells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
