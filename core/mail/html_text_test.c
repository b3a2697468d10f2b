#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mail/html_text.h"

struct page {
	const char *html;
	const char *text;
};

static void check(bool for_matching, const struct page *cases, size_t count)
{
	struct buf out = {0};
	for (size_t i = 0; i < count; i++) {
		buf_reset(&out);
		buf_add(&out, SLICE("|"));
		struct flow flow = flow_new(&out, for_matching);
		html_text(slice_cstr(cases[i].html), &flow);
		assert_string_equal(buf_str(&out) + 1, cases[i].text);
	}
	buf_free(&out);
}

#define CHECK(for_matching, cases) check(for_matching, cases, sizeof(cases) / sizeof(*(cases)))

static void tags_go_and_text_stays(void **state)
{
	static const struct page cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"<b>bold</b> and <I>not</I>", "bold and not"},
		{"in<b>with</b>in", "inwithin"},
		{"  much \t white\r\n\r\n space  ", "much white space"},
		{"1 < 2 <3 </ no> a<", "1 < 2 <3 a<"},
		{"<unknown x=y>z", "z"},
		{"<br/>a<br / >b", "a\nb"},
		{"<p>one</p>\n<p>two</p>", "one\n\ntwo"},
		{"<div>a</div><div><div>b</div></div>c", "a\nb\nc"},
		{"<table><tr><td>1</td><td>2</td></tr><tr><th>3</th></tr></table>", "1 2\n3"},
		{"<PRE>a  b\nc\n\n\nd</PRE>e\nf", "a b\nc\n\nd\ne f"},
	};
	(void)state;
	CHECK(false, cases);
}

static void what_is_not_shown_is_dropped(void **state)
{
	static const struct page cases[] = {
		{"a<!-- <b>no</b> -- > -->b", "ab"},
		{"a<!-->b", "ab"},
		{"a<!doctype html>b<?xml a?>c", "abc"},
		{"a<!-- open", "a"},
		{"a<![if !mso]>b<![endif]>c", "abc"},
		{"a<script>if (a</b) x</script>b", "ab"},
		{"a<STYLE type=x>p{}</Style >b", "ab"},
		{"a<script>open", "a"},
		{"a<style></stylex></style>b", "ab"},
		{"<title>no</title>b", "b"},
		{"a<b", "a"},
		{"a<b c=\"open>d", "a"},
		{"a<b c='>'>d", "ad"},
		{"a<b c=\">\" d>e", "ae"},
		{"a</b c>d", "ad"},
	};
	(void)state;
	CHECK(false, cases);
}

static void targets_stand_behind_links(void **state)
{
	static const struct page cases[] = {
		{"<a href=\"https://x.test/a?b&amp;c\">here</a>!", "here <https://x.test/a?b&c>!"},
		{"<a class=y HREF=https://x.test>here</a>", "here <https://x.test>"},
		{"<a href='https://x.test'>https://x.test</a> b", "https://x.test b"},
		{"<a href='ht\ntps://x.test'>go</a>", "go <https://x.test>"},
		{"<a href=\"#top\">top</a> <a name=x>no</a>", "top no"},
		{"<a href=x>one<a href=y>two", "one <x>two <y>"},
		{"<a href=x><img alt=\"the &amp; logo\" src=y></a>", "the & logo <x>"},
		{"<a href=x><p>text</p></a>", "text\n\n<x>"},
		{"<a href=x></a>", "<x>"},
		{"<a href=x href=y>z</a>", "z <x>"},
		{"<a href>z</a><a href=>z</a>", "zz"},
	};
	(void)state;
	CHECK(false, cases);
}

static void entities_are_what_they_stand_for(void **state)
{
	static const struct page cases[] = {
		{"&lt;b&gt; &amp;amp; &quot;", "<b> &amp; \""},
		{"&eacute;&Eacute;&euro;&apos;", "\xc3\xa9\xc3\x89\xe2\x82\xac'"},
		{"&#233;&#xE9;&#XE9 &#8364;", "\xc3\xa9\xc3\xa9\xc3\xa9 \xe2\x82\xac"},
		{"&#146;&#129;", "\xe2\x80\x99\xef\xbf\xbd"},
		{"a&#0;b&#xD800;&#99999999999;", "a b\xef\xbf\xbd\xef\xbf\xbd"},
		{"&nothing; &# &#x; &; &", "&nothing; &# &#x; &; &"},
		{"a&nbsp;&nbsp;b &copy 1", "a b \xc2\xa9 1"},
		{"&thetasymb", "&thetasymb"},
	};
	(void)state;
	CHECK(false, cases);
}

static void for_matching_it_is_one_line(void **state)
{
	static const struct page cases[] = {
		{"<p>one</p><p>two<br>three", "one two three"},
		{"cas&#8203;i&shy;no\xc2\xa0"
		 "bonus\xe2\x80\x8d",
			"casino bonus"},
		{"<pre>a\nb</pre>", "a b"},
	};
	(void)state;
	CHECK(true, cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_go_and_text_stays),
		cmocka_unit_test(what_is_not_shown_is_dropped),
		cmocka_unit_test(targets_stand_behind_links),
		cmocka_unit_test(entities_are_what_they_stand_for),
		cmocka_unit_test(for_matching_it_is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
