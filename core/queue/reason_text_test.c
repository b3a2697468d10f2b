#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/queue/reason.h"

struct pair {
	const char *text;
	const char *plain;
};

static void check(const struct pair *pairs, size_t count)
{
	struct buf out = {0};
	for (size_t i = 0; i < count; i++) {
		buf_reset(&out);
		reason_normalise(&out, slice_cstr(pairs[i].text));
		assert_string_equal(buf_str(&out), pairs[i].plain);
	}
	buf_free(&out);
}

#define CHECK(pairs) check(pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void addresses(void **state)
{
	static const struct pair pairs[] = {
		{"<bob@example.com> bob@example.com", "<addr> <addr>"},
		{"to=<\"a b\"@example.com>,", "to=<addr>,"},
		{"'joe@example.org' (ann@example.net)", "'<addr>' (<addr>)"},
		{"postmaster@[192.0.2.1] and x@[IPv6:2001:db8::1]:", "<addr> and <addr>:"},
		{"SRS0=ab1=cd=example.com=bob@example.net.", "<addr>."},
		{"bounce-123+bob=example.com@list.example.org;", "<addr>;"},
		{"j\xc3\xb6rg@b\xc3\xbc"
		 "cher.example said",
			"<addr> said"},
		{"mailto:bob@example.com?x", "mailto:<addr>?x"},
		{"bob@localhost", "<addr>"},
		{"<bob@example.com", "<<addr>"},
		{"<bob smith@example.com> <a> b@example.com> c@example.com>",
			"<addr> <addr> <addr>> <addr>>"},
		{"<bob> <bob.smith> <~bob.smith> <> < a>", "<addr> <HOST> <addr> <> < a>"},
		{"unknown user: \"bob smith\" x", "unknown user: <addr> x"},
		{"unknown user: \"bob", "unknown user: \"bob"},
		{"\"procmail\" died", "\"procmail\" died"},
		{"@ a@ @b @@ a@@b \"@b", "@ a@ @b @@ a@@b \"@b"},
		{"a@b@c", "<addr>@c"},
		{"''@example.com", "''@HOST"},
	};
	(void)state;
	CHECK(pairs);
}

static void ip_addresses(void **state)
{
	static const struct pair pairs[] = {
		{"192.0.2.1, 192.0.2.1. (192.0.2.1)", "IP, IP. (IP)"},
		{"[192.0.2.1] [IPv6:2001:db8::1] [2001:db8::1]", "[IP] [IP] [IP]"},
		{"2001:db8::1: fe80:: abcd::1.", "IP: IP IP."},
		{"IPv6:2001:db8::19 IPv6: no", "IP IPv6: no"},
		{"::ffff:192.0.2.1 ::1 127.0.0.1", "IP ::1 127.0.0.1"},
		{"at 10:11:12 or 9:05, 1:2:3", "at N or N, 1:2:3"},
		{"192.0.2.256 192.0.2", "192.0.2.256 192.0.2"},
		{"mx[192.0.2.1]:25: mx-1.example.com[2001:db8::2]:465",
			"HOST[IP]:25: HOST[IP]:465"},
		{"unknown[unknown] a[1] b[", "unknown[unknown] a[1] b["},
		{"localhost[127.0.0.1]:10024: refused", "HOST[127.0.0.1]:10024: refused"},
		{"x[private/lmtp] y[/run/lmtp.sock]:", "HOST[private/lmtp] HOST[/run/lmtp.sock]:"},
		{"said:2001:db8::1", "said:IP"},
		{"a[192.0.2.1]:25. a[192.0.2.1]:25x a[192.0.2.1]: a[192.0.2.1]:10025:",
			"HOST[IP]:25. HOST[IP]:25x HOST[IP]: HOST[IP]:10025:"},
		{"HOST[IP]:10025 e[IPv6:::1]:24", "HOST[IP]:10025 HOST[IPv6:::1]:24"},
		{"a[b c/d] ::1x", "a[b c/d] ::1x"},
		{"10:11:12.345, 10:11x 1:00:0012", "N, 10:11x 1:00:N"},
		{"deadbeef::1x", "deadbeef::1x"},
	};
	(void)state;
	CHECK(pairs);
}

static void host_names(void **state)
{
	static const struct pair pairs[] = {
		{"mx.example.com mx.example.com. MX-1.EXAMPLE.COM:", "HOST HOST. HOST:"},
		{"a.b.xn--p1ai 192-0-2-1.dyn.example.net", "HOST HOST"},
		{"b\xc3\xbc"
		 "cher.example _dmarc.example.com",
			"HOST HOST"},
		{"name=dead name=dead.test. name= x=y", "name=HOST name=HOST name= x=y"},
		{"e.g. i.e. a..b .com ... x.1", "e.g. i.e. a..b .com ... x.1"},
		{"was rejected.Please call", "was rejected.Please call"},
		{"blocked using bl.example.org; see dnsbl.example.org",
			"blocked using bl.example.org; see HOST"},
		{"bl.spamcop.net 2.0.0.127.zen.spamhaus.org SpamHaus.org",
			"bl.spamcop.net HOST SpamHaus.org"},
		{"https://www.example.com/a?b=c#d, (http://192.0.2.1/x) ftp://example.org/.",
			"https://www.example.com/..., (http://IP/...) ftp://example.org/."},
		{"see https://example.org/?to=bob@example.com&x=1 now",
			"see https://example.org/... now"},
		{"http://example.org/using mx.example.com", "http://example.org/... HOST"},
		{"http:// ://x http:///y", "http:// ://x http:///y"},
		{"open /etc/postfix/main.cf: no, /tmp and/or /a//b",
			"open /etc/...: no, /tmp and/or /a/..."},
	};
	(void)state;
	CHECK(pairs);
}

static void ids_and_numbers(void **state)
{
	static const struct pair pairs[] = {
		{"4F2A61B2C3 as 4X3vQq1Kz2z9 1rXyZ0-000abc-Ab", "ID as ID ID"},
		{"d75a77b69052e-42f93d0a1b2si123456cf.123 - gsmtp", "ID - gsmtp"},
		{"2026-11-22T03:07:00.123Z 2026-11-22 03:07:00", "ID N N"},
		{"[AM4PEPF00027A6A] bcdfghjk5m abcdefgh12", "[ID] ID ID"},
		{"JFE040006 S3150 (S775) TLSv1.3 ESMTP2 abcdefghi5",
			"JFE040006 S3150 (S775) TLSv1.3"
			" ESMTP2 abcdefghi5"},
		{"DEADBEEF FACADE1 ABC12", "DEADBEEF ID ABC12"},
		{"1234 123 99999999999999999999", "N 123 N"},
		{"450 4.7.1 421-4.7.28 5.7.606 550-mx.example.com 8.14.4",
			"450 4.7.1 421-4.7.28 5.7.606 550-HOST 8.14.4"},
		{"203-0-113-9.example.com", "HOST"},
		{"score 15.3 of 5.0", "score N of N"},
		{"[192.0.2.1      19] [19]", "[IP N] [19]"},
		{"in 299 seconds, 5 min, 1  day. 550 Security 451 hours 5",
			"in N seconds, N min, N day. 550 Security N hours 5"},
		{"1-2 1.2.3.4.5 12345-67", "1-2 1.2.3.4.5 N"},
	};
	(void)state;
	CHECK(pairs);
}

static void white_space_and_controls(void **state)
{
	static const char hostile[] = "\0 \x1b a\0b\t\t c  d \r\n 192.0.2.1\x7f  ";
	static const struct pair pairs[] = {
		{"", ""},
		{" \t \n", ""},
		{"  a  b ", "a b"},
		{"a \t b\n\nc", "a b c"},
		{"\r1234\t\t", "N"},
	};
	struct buf out = {0};
	(void)state;
	CHECK(pairs);
	buf_add(&out, SLICE("kept "));
	reason_normalise(&out, slice_of(hostile, sizeof(hostile) - 1));
	assert_string_equal(buf_str(&out), "kept a b c d IP");
	reason_normalise(&out, (struct slice){0});
	assert_string_equal(buf_str(&out), "kept a b c d IP");
	buf_free(&out);
}

/* Two texts that differ in what is put in are equal when counted. */
static void what_differs_by_message_does_not_count(void **state)
{
	static const char *const forms[] = {
		"host %h[%i] said: 450 4.2.0 <%a>: try again %q (in reply to RCPT TO command)",
		"connect to %h[%i]:25: Connection timed out",
		"Host or domain name not found. Name service error for name=%h type=MX: x",
		"451 %a via %h, %i (%i): see http://www.example.org/x/%q?a=b&i=%i",
		"delivery to %a; %q at %h. [%i] <%h>, '%a' %n %n",
	};
	static const char *const values[][5] = {
		/* host, IP, address, queue id, number */
		{"mx1.example.com", "192.0.2.1", "bob@example.com", "4F2A61B2C3", "1234"},
		{"mail.example.org", "2001:db8::25", "\"a b\"@example.net", "4X3vQq1Kz2z9",
			"98765"},
		{"192-0-2-7.dyn.example.net", "203.0.113.250", "x+y=z@[192.0.2.1]",
			"1rXyZ0-000abc-Ab", "4000000000"},
		{"a.test", "2001:db8:0:1:2:3:4:5", "j\xc3\xb6@b\xc3\xbc.example", "ABCDEF012345",
			"0000"},
	};
	struct buf first = {0}, plain = {0}, text = {0};
	(void)state;
	for (size_t form = 0; form < sizeof(forms) / sizeof(forms[0]); form++) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			buf_reset(&text);
			buf_reset(&plain);
			for (const char *p = forms[form]; *p; p++) {
				if (*p == '%')
					buf_add(&text,
						slice_cstr(values[i][strchr("hiaqn", *++p) -
							"hiaqn"]));
				else
					buf_addc(&text, *p);
			}
			reason_normalise(i ? &plain : &first, buf_slice(&text));
			if (i)
				assert_string_equal(buf_str(&plain), buf_str(&first));
		}
		buf_reset(&first);
	}
	buf_free(&first);
	buf_free(&plain);
	buf_free(&text);
}

/* Cost and length stay in proportion, whatever a stranger writes. */
static void long_texts_of_one_kind(void **state)
{
	static const char *const units[] = {"a@", "\"@", "::", "a:", "[", "<", "1.", ".", "/a",
		"a@b ", "http://", "1:2:", "=", "name=", "\t", "  ", "0", "-", "[1]",
		"f:", "user: \""};
	enum { LENGTH = 200 * 1000 };
	struct buf text = {0}, out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		buf_reset(&text);
		buf_reset(&out);
		while (text.len < LENGTH)
			buf_add(&text, slice_cstr(units[i]));
		reason_normalise(&out, buf_slice(&text));
		assert_true(out.len <= 3 * text.len);
	}
	buf_free(&text);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(ip_addresses),
		cmocka_unit_test(host_names),
		cmocka_unit_test(ids_and_numbers),
		cmocka_unit_test(white_space_and_controls),
		cmocka_unit_test(what_differs_by_message_does_not_count),
		cmocka_unit_test(long_texts_of_one_kind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
