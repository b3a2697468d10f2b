#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/ip.h"

static void reads_what_mail_software_writes(void **state)
{
	static const struct {
		const char *text;
		unsigned family;
		const char *canonical;
	} cases[] = {
		{"192.0.2.1", 4, "192.0.2.1"},
		{"[192.0.2.1]", 4, "192.0.2.1"},
		{"0.0.0.0", 4, "0.0.0.0"},
		{"255.255.255.255", 4, "255.255.255.255"},
		{"::ffff:192.0.2.1", 4, "192.0.2.1"},
		{"::FFFF:C000:0201", 4, "192.0.2.1"},
		{"[IPv6:::ffff:192.0.2.1]", 4, "192.0.2.1"},
		{"2001:db8::1", 6, "2001:db8::1"},
		{"2001:DB8:0:0:0:0:0:1", 6, "2001:db8::1"},
		{"2001:0db8:0000:0001:0001:0001:0001:0001", 6, "2001:db8:0:1:1:1:1:1"},
		{"[2001:db8::1]", 6, "2001:db8::1"},
		{"IPv6:2001:db8::1", 6, "2001:db8::1"},
		{"[ipv6:2001:db8::1]", 6, "2001:db8::1"},
		{"::", 6, "::"},
		{"::1", 6, "::1"},
		{"2001:db8:0:0:1:0:0:1", 6, "2001:db8::1:0:0:1"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip ip, again;
		struct buf out = {0};
		assert_true(ip_parse(slice_cstr(cases[i].text), &ip));
		assert_int_equal(ip.family, cases[i].family);
		ip_format(&out, &ip);
		assert_string_equal(buf_str(&out), cases[i].canonical);
		assert_true(ip_parse(buf_slice(&out), &again));
		assert_memory_equal(&again, &ip, sizeof(ip));
		buf_free(&out);
	}
}

static void refuses_the_rest(void **state)
{
	static const struct slice bad[] = {{NULL, 0}, {"", 0}, {"[]", 2}, {"[", 1}, {"unknown", 7},
		{"192.0.2", 7}, {"192.0.2.256", 11}, {"192.0.2.1.1", 11}, {" 192.0.2.1", 10},
		{"192.0.2.1 ", 10}, {"192.0.2.1\0", 10}, {"192.0.2.1\0.example", 18},
		{"0x7f.0.0.1", 10}, {"2130706433", 10}, {"192.0.2.01x", 11}, {"2001:db8::1::", 13},
		{"fe80::1%eth0", 12}, {":", 1}, {"12345::", 7}, {"IPv6:", 5}, {"[192.0.2.1", 10},
		{"1:2:3:4:5:6:7:8:9", 17}, {"2001:0db8:0000:0001:0001:0001:0001:0001:0001:00", 47}};
	struct ip ip;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		memset(&ip, 0x55, sizeof(ip));
		assert_false(ip_parse(bad[i], &ip));
		assert_int_equal(ip.family, 0);
	}
	struct buf out = {0};
	ip_format(&out, &ip);
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

static bool in(const char *address, const char *net_text)
{
	struct ip ip;
	struct ip_net net;
	assert_true(ip_parse(slice_cstr(address), &ip));
	assert_true(ip_net_parse(slice_cstr(net_text), &net));
	return ip_in_net(&ip, &net);
}

static void nets_hold_their_addresses(void **state)
{
	(void)state;
	assert_true(in("192.0.2.200", "192.0.2.0/24"));
	assert_false(in("192.0.3.0", "192.0.2.0/24"));
	assert_true(in("192.0.2.129", "192.0.2.200/25")); /* host bits do not matter */
	assert_false(in("192.0.2.127", "192.0.2.200/25"));
	assert_true(in("192.0.2.1", "192.0.2.1"));
	assert_false(in("192.0.2.2", "192.0.2.1"));
	assert_false(in("192.0.2.2", "192.0.2.1/32"));
	assert_true(in("203.0.113.9", "0.0.0.0/0"));
	assert_false(in("2001:db8::1", "0.0.0.0/0"));
	assert_false(in("192.0.2.1", "::/0"));
	assert_true(in("2001:db8:1:2:3::", "[2001:db8:1::]/48"));
	assert_false(in("2001:db8:2::", "2001:db8:1::/48"));
	assert_true(in("::ffff:192.0.2.7", "192.0.2.0/24"));
}

static void mapped_nets_are_ipv4(void **state)
{
	struct ip_net net;
	(void)state;
	/* Stands in the mynetworks that Debian's Postfix comes with. */
	assert_true(in("127.1.2.3", "[::ffff:127.0.0.0]/104"));
	assert_false(in("126.1.2.3", "[::ffff:127.0.0.0]/104"));
	assert_true(in("192.0.2.1", "::ffff:192.0.2.1/128"));
	assert_true(in("192.0.2.1", "::ffff:192.0.2.1"));
	assert_true(in("198.51.100.1", "::ffff:0.0.0.0/96"));
	assert_false(ip_net_parse(SLICE("::ffff:192.0.2.0/95"), &net));
	assert_false(ip_net_parse(SLICE("::ffff:192.0.2.0/24"), &net));
	assert_false(ip_net_parse(SLICE("::ffff:192.0.2.0/129"), &net));
}

static void refuses_nets_that_are_none(void **state)
{
	static const char *const bad[] = {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33",
		"192.0.2.0/-1", "192.0.2.0/-0", "192.0.2.0/ 8", "192.0.2.0/8 ", "192.0.2.0/8/8",
		"192.0.2.0/0x8", "192.0.2.0/255.255.255.0", "2001:db8::/129", "example.com/24",
		"192.0.2.0/18446744073709551640"};
	struct ip_net net;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(ip_net_parse(slice_cstr(bad[i]), &net));
	struct ip none = {0};
	assert_true(ip_net_parse(SLICE("0.0.0.0/0"), &net));
	assert_false(ip_in_net(&none, &net));
}

static void masks_to_the_bit(void **state)
{
	struct ip ones = {.family = 6};
	(void)state;
	memset(ones.bytes, 0xff, sizeof(ones.bytes));
	for (unsigned bits = 0; bits <= 130; bits++) {
		struct ip masked = ip_mask(&ones, bits);
		for (unsigned i = 0; i < 128; i++)
			assert_int_equal(masked.bytes[i / 8] >> (7 - i % 8) & 1, i < bits);
	}
}

static void knows_addresses_no_stranger_has(void **state)
{
	static const struct {
		const char *text;
		bool loopback, private;
	} cases[] = {
		{"127.0.0.1", true, false},
		{"127.255.255.255", true, false},
		{"128.0.0.1", false, false},
		{"::1", true, false},
		{"::2", false, false},
		{"::ffff:127.0.0.1", true, false},
		{"10.255.0.1", false, true},
		{"11.0.0.1", false, false},
		{"172.15.255.255", false, false},
		{"172.16.0.0", false, true},
		{"172.31.255.255", false, true},
		{"172.32.0.0", false, false},
		{"192.168.0.1", false, true},
		{"192.169.0.1", false, false},
		{"169.254.1.1", false, true},
		{"100.63.255.255", false, false},
		{"100.64.0.1", false, true},
		{"100.127.255.255", false, true},
		{"100.128.0.0", false, false},
		{"203.0.113.5", false, false},
		{"fc00::1", false, true},
		{"fdff::1", false, true},
		{"fe00::1", false, false},
		{"fe80::1", false, true},
		{"febf::1", false, true},
		{"fec0::1", false, false},
		{"2001:db8::1", false, false},
	};
	struct ip ip;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(ip_parse(slice_cstr(cases[i].text), &ip));
		assert_int_equal(ip_is_loopback(&ip), cases[i].loopback);
		assert_int_equal(ip_is_private(&ip), cases[i].private);
	}
	ip = (struct ip){.bytes = {127}};
	assert_false(ip_is_loopback(&ip));
	ip = (struct ip){.bytes = {10}};
	assert_false(ip_is_private(&ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_mail_software_writes),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(nets_hold_their_addresses),
		cmocka_unit_test(mapped_nets_are_ipv4),
		cmocka_unit_test(refuses_nets_that_are_none),
		cmocka_unit_test(masks_to_the_bit),
		cmocka_unit_test(knows_addresses_no_stranger_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
