#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mail/received.h"

/* NULL stands for unknown, uid 0 for -1. */
static const struct row {
	const char *value;
	const char *by, *id, *helo, *client_name, *client_ip, *protocol, *auth_user;
	int64_t uid;
} rows[] = {
	{.value = "from pc7 (dsl-7.example.net [203.0.113.7])\tby mx1.example.com (Postfix) with"
		  " ESMTP id 4X3vQq1Kz2z9\tfor <ann@example.org>; Sun, 22 Nov 2026 03:07:00 +0000"
		  " (UTC)",
		.by = "mx1.example.com",
		.id = "4X3vQq1Kz2z9",
		.helo = "pc7",
		.client_name = "dsl-7.example.net",
		.client_ip = "203.0.113.7",
		.protocol = "ESMTP"},
	{.value = "from [192.168.7.2] (unknown [IPv6:2001:db8::7])\t(using TLSv1.3 with cipher"
		  " TLS_AES_256_GCM_SHA384 (256/256 bits)\t key-exchange X25519 server-signature"
		  " RSA-PSS (2048 bits) server-digest SHA256)\t(Client CN \"Bob (home)\", Issuer"
		  " \"CA [192.0.2.9]\" (verified OK))\t(Authenticated sender: bob@example.com)\tby"
		  " mx1.example.com (Postfix) with ESMTPSA id 4F2A61B2C3;\tSun, 22 Nov 2026"
		  " 03:07:00 +0000 (UTC)",
		.by = "mx1.example.com",
		.id = "4F2A61B2C3",
		.helo = "[192.168.7.2]",
		.client_name = "unknown",
		.client_ip = "IPv6:2001:db8::7",
		.protocol = "ESMTPSA",
		.auth_user = "bob@example.com"},
	{.value = "by mx1.example.com (Postfix, from userid 1000)\tid 4F2A61B2C3; Sun, 22 Nov 2026"
		  " 03:07:00 +0000 (UTC)",
		.by = "mx1.example.com",
		.id = "4F2A61B2C3",
		.uid = 1000},
	/* smtpd_hide_client_session */
	{.value = "by mx1.example.com (Postfix) with ESMTPSA id 4X3vQq1Kz2z9;\tSun, 22 Nov 2026",
		.by = "mx1.example.com",
		.id = "4X3vQq1Kz2z9",
		.protocol = "ESMTPSA"},
	/* mail_name may be anything; a proxy has no id yet */
	{.value = "from a (a.example.net [192.0.2.1])\tby mx1.example.com (Our Mail (2))",
		.by = "mx1.example.com",
		.helo = "a",
		.client_name = "a.example.net",
		.client_ip = "192.0.2.1"},
	{.value = "from a (a.example.net [192.0.2.1]) (Authenticated sender: b (c)) by d",
		.by = "d",
		.helo = "a",
		.client_name = "a.example.net",
		.client_ip = "192.0.2.1",
		.auth_user = "b (c)"},
	/* a content filter */
	{.value = "from mx1.example.com ([127.0.0.1]) by localhost (mx1.example.com [127.0.0.1])"
		  " (amavisd-new, port 10024) with ESMTP id aB3-x_Yz for <ann@example.org>",
		.by = "localhost",
		.id = "aB3-x_Yz",
		.helo = "mx1.example.com",
		.client_ip = "127.0.0.1",
		.protocol = "ESMTP"},
	/* no address where one should be, and a login that looks like one */
	{.value = "from a (unknown [unknown]) (Authenticated sender: x [192.0.2.9]) by b",
		.by = "b",
		.helo = "a",
		.auth_user = "x [192.0.2.9]"},
	/* only what stands in its own comment counts */
	{.value = "from a (Client CN \"Authenticated sender: eve\") by b (Authenticated sender:"
		  " eve) with SMTP (Postfix, from userid 0)",
		.by = "b",
		.helo = "a",
		.protocol = "SMTP"},
	{.value = "FROM a BY b WITH c ID d", .by = "b", .id = "d", .helo = "a", .protocol = "c"},
	{.value = "from by by by", .by = "by", .helo = "by"},
	{.value = "by a by b", .by = "a"},
	{.value = "by a(Postfix, from userid 7)id b;", .by = "a", .id = "b", .uid = 7},
	{.value = "by a (X, from userid 1) (Y, from userid 4294967296)", .by = "a", .uid = 1},
	{.value = "by a (Postfix, from userid -5)", .by = "a"},
	{.value = "by a (Postfix, from userid 12x)", .by = "a"},
	{.value = "by a (Postfix, from userid 99999999999999999999)", .by = "a"},
	{.value = "by a (never ends", .by = "a"},
	{.value = "by a (", .by = "a"},
	{.value = "by a for <\"x;y\"@example.com> with z", .by = "a"},
};

static void assert_member(struct slice got, const char *want)
{
	assert_int_equal(slice_known(got), want != NULL);
	assert_true(slice_eq(got, slice_cstr(want)));
}

static void forms_that_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct received got;
		assert_true(received_parse(slice_cstr(rows[i].value), &got));
		assert_member(got.by, rows[i].by);
		assert_member(got.id, rows[i].id);
		assert_member(got.helo, rows[i].helo);
		assert_member(got.client_name, rows[i].client_name);
		assert_member(got.client_ip, rows[i].client_ip);
		assert_member(got.protocol, rows[i].protocol);
		assert_member(got.auth_user, rows[i].auth_user);
		assert_int_equal(got.uid, rows[i].uid ? rows[i].uid : -1);
	}
}

static void root_is_a_user_too(void **state)
{
	struct received got;
	(void)state;
	assert_true(received_parse(SLICE("by a (Postfix, from userid 0) id b; now"), &got));
	assert_int_equal(got.uid, 0);
}

static void without_a_host_it_says_nothing(void **state)
{
	static const char *const values[] = {"", " ", ";", "(", ")", "from a (b [192.0.2.1])", "by",
		"by ;", "by (Postfix)", "(by a) x", "; by a", "(qmail 123 invoked by uid 7)",
		"x by a", "from a x by b"};
	struct received got;
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_false(received_parse(slice_cstr(values[i]), &got));
	assert_false(received_parse((struct slice){0}, &got));
	assert_int_equal(got.uid, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_that_are_known),
		cmocka_unit_test(root_is_a_user_too),
		cmocka_unit_test(without_a_host_it_says_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
