#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mail/address.h"

struct pair {
	const char *raw;
	const char *quoted;
};

static void quotes_as_postqueue_prints(void **state)
{
	static const struct pair pairs[] = {
		{"bob@example.com", "bob@example.com"},
		{"bob", "bob"},
		{"b.o.b+tag=x/y!z@example.com", "b.o.b+tag=x/y!z@example.com"},
		{"a b@example.com", "\"a b\"@example.com"},
		{"a\tb@example.com", "\"a\tb\"@example.com"},
		{"a\x7f"
		 "b@example.com",
			"\"a\x7f"
			"b\"@example.com"},
		{"a\"b\\c@example.com", "\"a\\\"b\\\\c\"@example.com"},
		{"a\rb@example.com", "\"a\\\rb\"@example.com"},
		{"a\nb@example.com", "\"a\nb\"@example.com"},
		{".bob@example.com", "\".bob\"@example.com"},
		{"bob.@example.com", "\"bob.\"@example.com"},
		{"b..ob@example.com", "\"b..ob\"@example.com"},
		{"@example.com", "\"\"@example.com"},
		{"bob@", "bob@"},
		{"a@b@example.com", "\"a@b\"@example.com"},
		{"j\xc3\xb6rg@example.com", "j\xc3\xb6rg@example.com"},
		{"bob@exa mple.com", "bob@exa mple.com"},
		{"bob@[192.0.2.1]", "bob@[192.0.2.1]"},
		{"bob smith", "\"bob smith\""},
		{"@relay.example.net:bob@example.com", "@relay.example.net:bob@example.com"},
		{"@relay.example.net:b b@example.com", "@relay.example.net:\"b b\"@example.com"},
		{"@relay.example.net:", "@relay.example.net:\"\""},
	};
	struct buf out = {0};
	(void)state;
	for (const char *c = "()<>@,;:\\\"[]"; *c; c++) {
		char raw[] = "a?b@x";
		raw[1] = *c;
		buf_reset(&out);
		address_quote(&out, slice_cstr(raw));
		assert_int_equal(buf_slice(&out).ptr[0], '"');
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_reset(&out);
		address_quote(&out, slice_cstr(pairs[i].raw));
		assert_string_equal(buf_str(&out), pairs[i].quoted);
		buf_reset(&out);
		address_unquote(&out, slice_cstr(pairs[i].quoted));
		assert_string_equal(buf_str(&out), pairs[i].raw);
	}
	buf_free(&out);
}

static void unquotes_what_nobody_quoted(void **state)
{
	static const struct pair pairs[] = {
		{"bob@example.com", "\"bob\"@example.com"},
		{"a@b@example.com", "a\\@b@example.com"},
		{"a@b\"c", "a@b\"c"},
		{"a@b", "\"a@b"},
		{"a@b\"c", "\"a@b\\\"c\""},
		{"ab", "a\"b\\"},
		{"a", "a\\"},
		{"a@\\x", "a@\\x"},
		{"", "\""},
		{"", "\"\""},
	};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_reset(&out);
		address_unquote(&out, slice_cstr(pairs[i].quoted));
		assert_string_equal(buf_str(&out), pairs[i].raw);
	}
	buf_free(&out);
}

/* Every short address of bytes that matter to the rules. */
static void unquote_is_the_inverse(void **state)
{
	static const char bytes[] = {'a', '.', '@', '"', '\\', ' ', ':', '\r', '\0', '\x80'};
	enum { BYTES = sizeof(bytes), LENGTH = 5 };
	struct buf quoted = {0}, raw = {0};
	size_t count = 1;
	(void)state;
	for (int i = 0; i < LENGTH; i++)
		count *= BYTES;
	for (size_t n = 0; n < count; n++) {
		char text[LENGTH];
		size_t rest = n;
		for (size_t i = 0; i < LENGTH; i++, rest /= BYTES)
			text[i] = bytes[rest % BYTES];
		buf_reset(&quoted);
		buf_reset(&raw);
		address_quote(&quoted, slice_of(text, LENGTH));
		address_unquote(&raw, buf_slice(&quoted));
		assert_true(slice_eq(buf_slice(&raw), slice_of(text, LENGTH)));
	}
	buf_free(&quoted);
	buf_free(&raw);
}

static void nobody_stays_nothing(void **state)
{
	struct buf out = {0};
	(void)state;
	address_quote(&out, SLICE(""));
	address_quote(&out, (struct slice){0});
	address_unquote(&out, SLICE(""));
	address_unquote(&out, (struct slice){0});
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

static void domains(void **state)
{
	(void)state;
	assert_true(slice_eq(address_domain(SLICE("a@b@example.com")), SLICE("example.com")));
	assert_true(slice_eq(address_domain(SLICE("bob@")), SLICE("")));
	assert_true(slice_eq(address_domain(SLICE("bob")), SLICE("")));
	assert_true(slice_known(address_domain(SLICE(""))));
	assert_false(slice_known(address_domain((struct slice){0})));
}

static void finds_routes_in_local_parts(void **state)
{
	static const struct {
		const char *address, *hosts[3], *local;
	} cases[] = {
		{"bob@example.com", {0}, "bob"},
		{"zoe@example.net@example.com", {"example.net"}, "zoe"},
		{"\"zoe@example.net\"@example.com", {"example.net"}, "zoe"},
		{"zoe%example.net@example.com", {"example.net"}, "zoe"},
		{"\"zoe%example.net\"@example.com", {"example.net"}, "zoe"},
		{"example.net!zoe@example.com", {"example.net"}, "zoe"},
		{"a.test!b.test!zoe@example.com", {"a.test", "b.test"}, "zoe"},
		{"zoe%b.test%a.test@example.com", {"a.test", "b.test"}, "zoe"},
		{"a.test!zoe%b.test@c.test@example.com", {"c.test", "a.test", "b.test"}, "zoe"},
		{"zoe%example.net", {"example.net"}, "zoe"}, /* of a bare user */
		{"@a.test,@b.test:bob@example.com", {0}, "bob"},
		{"@a.test:zoe%example.net@example.com", {"example.net"}, "zoe"},
		/* What no server could send on. */
		{"50%off@example.com", {0}, "50%off"},
		{"a@b@example.com", {0}, NULL},
		{"!zoe@example.com", {0}, NULL},
		{"zoe%@example.com", {0}, NULL},
		{"@example.com", {0}, ""},
		{"", {0}, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice host, local = address_local(slice_cstr(cases[i].address)),
				   before = local;
		unsigned n = 0;
		for (; address_next_host(&local, &host); n++) {
			before = local;
			if (n == 3 || !slice_eq(host, slice_cstr(cases[i].hosts[n])))
				fail_msg("%s: %.*s", cases[i].address, SLICE_ARG(host));
		}
		if ((n < 3 && cases[i].hosts[n]) ||
			(cases[i].local && !slice_eq(before, slice_cstr(cases[i].local))))
			fail_msg("%s: %u, %.*s", cases[i].address, n, SLICE_ARG(before));
	}
}

static void knows_rewritten_senders(void **state)
{
	(void)state;
	assert_true(address_is_srs(SLICE("SRS0=HHH=TT=example.net=zoe@example.com")));
	assert_true(address_is_srs(SLICE("srs0+HHH=TT=example.net=zoe@example.com")));
	assert_true(
		address_is_srs(SLICE("SRS1=HHH=other.test==HHH=TT=example.net=zoe@example.com")));
	assert_false(address_is_srs(SLICE("SRS0=zoe@example.com")));
	assert_false(address_is_srs(SLICE("SRS2=HHH=TT=example.net=zoe@example.com")));
	assert_false(address_is_srs(SLICE("SRS0@example.com")));
	assert_false(address_is_srs(SLICE("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_as_postqueue_prints),
		cmocka_unit_test(unquotes_what_nobody_quoted),
		cmocka_unit_test(unquote_is_the_inverse),
		cmocka_unit_test(nobody_stays_nothing),
		cmocka_unit_test(domains),
		cmocka_unit_test(finds_routes_in_local_parts),
		cmocka_unit_test(knows_rewritten_senders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
