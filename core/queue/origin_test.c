#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/queue/origin.h"

static void add_net(struct site *site, const char *text)
{
	struct ip_net net;
	assert_true(ip_net_parse(slice_cstr(text), &net));
	site_add_trusted(site, &net);
}

static struct site make_site(struct arena *arena)
{
	static const char *const domains[] = {"example.com", "MX1.Example.Com", ".sub.example.org",
		"localhost", "[192.0.2.1]", "b.test", "a.test"};
	struct site site = {.local_complete = true};
	for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++)
		site_add_local(&site, arena, slice_cstr(domains[i]));
	site_seal(&site);
	add_net(&site, "127.0.0.0/8");
	add_net(&site, "198.51.100.0/24");
	add_net(&site, "2001:db8:1::/48");
	return site;
}

static void knows_local_addresses(void **state)
{
	static const struct {
		const char *address;
		bool local;
	} cases[] = {
		{"anna@example.com", true},
		{"anna@EXAMPLE.Com", true},
		{"anna@mx1.example.com", true},
		{"anna@other.example.com", false}, /* no subdomains without a dot */
		{"anna@a.sub.example.org", true},
		{"anna@b.a.SUB.example.org", true},
		{"anna@sub.example.org", false}, /* the dot is for what is below */
		{"anna@asub.example.org", false},
		{"anna@[192.0.2.1]", true},
		{"a@b@example.com", true},
		{"a@example.com@example.net", false},
		{"anna", true}, /* a bare user */
		{"anna@", true},
		{"", false}, /* the null sender is nobody's */
		{"anna@example.com.", false},
		{"anna@.", false},
		{"anna@\033[31m", false},
	};
	struct arena arena = {0};
	struct site site = make_site(&arena), empty = {0};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (site_is_local(&site, slice_cstr(cases[i].address)) != cases[i].local)
			fail_msg("%s", cases[i].address);
	assert_false(site_is_local(&empty, SLICE("anna@example.com")));
	assert_false(site_is_local(&site, (struct slice){0}));
	/* No name is that long: it is nobody's, whatever it ends in. */
	char longest[400];
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "anna@", 5);
	memcpy(longest + 380, ".sub.example.org", 16);
	assert_false(site_is_local(&site, slice_of(longest, 396)));
	site_free(&site);
	arena_free(&arena);
}

static void knows_trusted_clients(void **state)
{
	static const struct {
		const char *ip;
		bool trusted;
		bool guessed; /* where nobody says which networks are trusted */
	} cases[] = {
		{"127.0.0.1", true, false},
		{"198.51.100.255", true, false},
		{"198.51.101.0", false, false},
		{"2001:db8:1::5", true, false},
		{"2001:db8:2::5", false, false},
		{"10.1.2.3", false, true},
		{"fd00::1", false, true},
	};
	struct arena arena = {0};
	struct site site = make_site(&arena), unknown = {0};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip ip;
		assert_true(ip_parse(slice_cstr(cases[i].ip), &ip));
		if (site_is_trusted(&site, &ip) != cases[i].trusted ||
			site_is_trusted(&unknown, &ip) != cases[i].guessed)
			fail_msg("%s", cases[i].ip);
	}
	site_free(&site);
	arena_free(&arena);
}

struct message {
	const char *what;
	const char *account, *client, *sender;
	int64_t uid;
	bool made_here;
	bool submitted;
	const char *rcpts[3];     /* NULL ends them */
	const char *originals[3]; /* by recipient; NULL unknown */
	enum origin origin;
	enum origin unsure; /* where not all local domains are known */
};

static void tells_how_a_message_entered(void **state)
{
#define LOCAL "anna@example.com"
#define FOREIGN "zoe@example.net"
	static const struct message cases[] = {
		{"a login, from anywhere", "bob", "203.0.113.7", "", -1, true, true, {FOREIGN}, {0},
			ORIGIN_ACCOUNT, ORIGIN_ACCOUNT},
		{"an empty login is one", "", NULL, NULL, -1, false, false, {0}, {0},
			ORIGIN_ACCOUNT, ORIGIN_ACCOUNT},
		{"a bounce of our own", NULL, NULL, "", -1, true, false, {FOREIGN}, {0}, ORIGIN_DSN,
			ORIGIN_DSN},
		{"a probe of our own", NULL, NULL, "double-bounce@example.com", -1, true, false,
			{FOREIGN}, {0}, ORIGIN_DSN, ORIGIN_DSN},
		{"by a user here", NULL, NULL, "a@example.com", 0, false, false, {FOREIGN}, {0},
			ORIGIN_LOCAL, ORIGIN_LOCAL},
		{"in maildrop", NULL, NULL, "a@example.com", -1, false, true, {FOREIGN}, {0},
			ORIGIN_LOCAL, ORIGIN_LOCAL},
		{"nobody knows", NULL, NULL, "a@example.com", -1, false, false, {FOREIGN}, {0},
			ORIGIN_UNKNOWN, ORIGIN_UNKNOWN},
		{"no address at all", NULL, "unknown", "", -1, true, true, {LOCAL}, {0},
			ORIGIN_UNKNOWN, ORIGIN_UNKNOWN},
		{"a filter", NULL, "127.0.0.1", "", -1, false, false, {FOREIGN}, {0},
			ORIGIN_LOOPBACK, ORIGIN_LOOPBACK},
		{"a filter, IPv6", NULL, "::1", "", -1, false, false, {FOREIGN}, {0},
			ORIGIN_LOOPBACK, ORIGIN_LOOPBACK},
		{"our network", NULL, "198.51.100.9", "", -1, false, false, {FOREIGN}, {0},
			ORIGIN_LAN, ORIGIN_LAN},
		{"a stranger to us", NULL, "203.0.113.7", FOREIGN, -1, false, false, {LOCAL, LOCAL},
			{0}, ORIGIN_INBOUND, ORIGIN_UNKNOWN},
		{"a stranger to strangers", NULL, "203.0.113.7", LOCAL, -1, false, false, {FOREIGN},
			{0}, ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"a stranger to both", NULL, "203.0.113.7", "", -1, false, false, {LOCAL, FOREIGN},
			{0}, ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"sent on by one of us", NULL, "203.0.113.7", "", -1, false, false, {FOREIGN},
			{LOCAL}, ORIGIN_FORWARD, ORIGIN_UNKNOWN},
		{"sent on and kept", NULL, "203.0.113.7", "", -1, false, false, {LOCAL, FOREIGN},
			{NULL, LOCAL}, ORIGIN_FORWARD, ORIGIN_UNKNOWN},
		{"sent on and relayed", NULL, "203.0.113.7", "", -1, false, false,
			{FOREIGN, FOREIGN}, {LOCAL, NULL}, ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"by way of us", NULL, "203.0.113.7", "", -1, false, false, {FOREIGN},
			{"zoe%example.net@example.com"}, ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"by way of us, in quotes", NULL, "203.0.113.7", "", -1, false, false, {FOREIGN},
			{"\"zoe@example.net\"@example.com"}, ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"by way of us, not yet resolved", NULL, "203.0.113.7", "", -1, false, false,
			{"example.net!zoe@example.com"}, {0}, ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"by way of two of us", NULL, "203.0.113.7", "", -1, false, false, {FOREIGN},
			{"zoe%example.net%b.test@example.com"}, ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"by way of us to us", NULL, "203.0.113.7", "", -1, false, false,
			{"anna%b.test@example.com"}, {0}, ORIGIN_INBOUND, ORIGIN_UNKNOWN},
		{"sent on, its route is of no account", NULL, "203.0.113.7", "", -1, false, false,
			{FOREIGN}, {"@example.net:anna@example.com"}, ORIGIN_FORWARD,
			ORIGIN_UNKNOWN},
		{"sent on, the sender is ours now", NULL, "203.0.113.7",
			"SRS0=HHH=TT=example.org=eve@example.com", -1, false, false, {FOREIGN}, {0},
			ORIGIN_FORWARD, ORIGIN_UNKNOWN},
		{"sent on by others", NULL, "203.0.113.7",
			"SRS0=HHH=TT=example.org=eve@example.net", -1, false, false, {FOREIGN}, {0},
			ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"a stranger's bounce", NULL, "203.0.113.7", "", -1, true, false, {LOCAL}, {0},
			ORIGIN_INBOUND, ORIGIN_UNKNOWN},
		{"renamed abroad", NULL, "203.0.113.7", "", -1, false, false, {FOREIGN}, {FOREIGN},
			ORIGIN_RELAY, ORIGIN_UNKNOWN},
		{"to nobody", NULL, "203.0.113.7", "", -1, false, false, {0}, {0}, ORIGIN_UNKNOWN,
			ORIGIN_UNKNOWN},
	};
	struct arena arena = {0};
	struct site site = make_site(&arena);
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct message *m = &cases[i];
		struct rcpt rcpts[3] = {0};
		struct record record = record_unknown();
		record.account = slice_cstr(m->account);
		record.client_ip = slice_cstr(m->client);
		record.sender = slice_cstr(m->sender);
		record.uid = m->uid;
		record.made_here = m->made_here;
		record.state = m->submitted ? STATE_SUBMITTED : STATE_DEFERRED;
		record.rcpts = rcpts;
		for (; record.nrcpts < 3 && m->rcpts[record.nrcpts]; record.nrcpts++) {
			rcpts[record.nrcpts].address = slice_cstr(m->rcpts[record.nrcpts]);
			rcpts[record.nrcpts].original = slice_cstr(m->originals[record.nrcpts]);
		}
		for (unsigned sure = 0; sure < 2; sure++) {
			site.local_complete = sure;
			enum origin origin = origin_of(&record, &site);
			if (origin != (sure ? m->origin : m->unsure))
				fail_msg("%s, %s: %s", m->what, sure ? "sure" : "unsure",
					origin_name(origin));
		}
	}
	site_free(&site);
	arena_free(&arena);
}

static void names_every_origin(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ORIGINS; i++) {
		assert_non_null(origin_name((enum origin)i));
		for (unsigned other = 0; other < i; other++)
			assert_string_not_equal(
				origin_name((enum origin)i), origin_name((enum origin)other));
	}
	assert_string_equal(origin_name(ORIGIN_UNKNOWN), "unknown");
	assert_string_equal(origin_name(ORIGIN_DSN), "dsn");
}

static struct site_guess *one_guess(void)
{
	struct site_guess *guess = calloc(1, sizeof(*guess));
	assert_non_null(guess);
	*guess = (struct site_guess){strdup("us.test"), CLUE_HOST};
	return guess;
}

static void tells_how_good_a_guess_is(void **state)
{
	static const struct {
		struct site_writers writers;
		bool weak;
	} cases[] = {{{0, 0}, true}, {{1, 0}, true}, {{1, 1}, false}, {{2, 1}, false},
		{{3, 1}, true}, {{UINT32_MAX, UINT32_MAX / 2}, true},
		{{UINT32_MAX, UINT32_MAX}, false}};
	struct site site = {0};
	(void)state;

	/* What is known is no guess. */
	for (enum origin origin = ORIGIN_UNKNOWN; origin < ORIGINS; origin++)
		assert_false(site_guess_is_weak(&site, origin));
	site_set_guess(&site, one_guess(), 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		site.writers[ORIGIN_LAN] = cases[i].writers;
		assert_int_equal(site_guess_is_weak(&site, ORIGIN_LAN), cases[i].weak);
		assert_true(site_guess_is_weak(&site, ORIGIN_ACCOUNT));
	}
	/* Strangers may be customers where nobody says which networks are trusted. */
	assert_true(site_guess_is_weak(&site, ORIGIN_RELAY));
	site.trusted_known = true;
	assert_false(site_guess_is_weak(&site, ORIGIN_RELAY));
	/* An empty guess says nothing at all, unless some domains are known. */
	site_set_guess(&site, calloc(1, sizeof(struct site_guess)), 0);
	assert_true(site_guess_is_weak(&site, ORIGIN_LAN));
	assert_true(site_guess_is_weak(&site, ORIGIN_RELAY));
	site.nlocal = 1;
	assert_false(site_guess_is_weak(&site, ORIGIN_RELAY));
	site.nlocal = 0;
	site_set_guess(&site, NULL, 0);
	assert_false(site_guess_is_weak(&site, ORIGIN_LAN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_local_addresses),
		cmocka_unit_test(knows_trusted_clients),
		cmocka_unit_test(tells_how_a_message_entered),
		cmocka_unit_test(names_every_origin),
		cmocka_unit_test(tells_how_good_a_guess_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
