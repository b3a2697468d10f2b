#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/query/field.h"
#include "core/query/test_snap.h"

static struct test_snap snap;

static int set_up(void **state)
{
	(void)state;
	test_snap_fill(&snap);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_snap_free(&snap);
	return 0;
}

/* What each field says of each message, values of one message joined by ", ". */
static const struct {
	const char *name;
	const char *values[6]; /* A to F of test_snap.h */
} prints[] = {
	{"queue_id", {"4A1", "4B2", "4C3", "4D4", "e5", "4F6"}},
	{"queue_name", {"deferred", "active", "hold", "deferred", "-", "incoming"}},
	{"state", {"deferred", "active", "held", "deferred", "-", "incoming"}},
	{"format", {"postfix", "postfix", "postfix", "postfix", "other", "postfix"}},
	{"spool", {"mx", "mx", "mx", "mx", "mx-out", "mx"}},
	{"account", {"bob@example.com", "(no login)", "alice", "(no login)", "\"\"", "(no login)"}},
	{"account_source", {"queue", "-", "received", "-", "log", "-"}},
	{"lost_login", {"-", "-", "-", "-", "-", "bob@example.com"}},
	{"auth_method", {"PLAIN", "-", "-", "-", "-", "-"}},
	{"origin", {"account", "unknown", "account", "local", "account", "unknown"}},
	{"client_ip",
		{"192.0.2.7", "2001:db8:1:2::9", "198.51.100.3", "-", "not an address",
			"192.0.2.7"}},
	{"client_net",
		{"192.0.2.0/24", "2001:db8:1::/48", "198.51.100.0/24", "-", "-", "192.0.2.0/24"}},
	{"client_name", {"host.example.net", "-", "-", "-", "-", "-"}},
	{"protocol", {"ESMTP", "SMTP", "-", "-", "-", "-"}},
	{"uid", {"-", "-", "-", "33", "-", "-"}},
	{"script", {"-", "-", "-", "/srv/www/Mail.php", "-", "-"}},
	{"envelope_sender",
		{"bob@example.com", "<>", "alice@example.com", "www-data",
			"x\xff\x1b[31m\n@evil.test", "bob@example.com"}},
	{"sender_domain", {"example.com", "<>", "example.com", "-", "evil.test", "example.com"}},
	{"rcpt",
		{"xaver@mail.test, yves@example.org", "bob@example.com",
			"a@example.org, b@example.org", "", "<>", "xaver@mail.test"}},
	{"rcpt_domain",
		{"mail.test, example.org", "example.com", "example.org, example.org", "", "<>",
			"mail.test"}},
	{"nrcpt", {"1", "1", "2", "0", "1", "1"}},
	{"message_size", {"10.0 KB", "500 B", "5.0 MB", "-", "0 B", "10.0 KB"}},
	{"arrival_time",
		{"2027-01-15 06:00:00 UTC", "2027-01-15 07:59:00 UTC", "2027-01-12 08:00:00 UTC",
			"-", "2027-01-15 09:00:00 UTC", "2027-01-15 07:30:00 UTC"}},
	{"age", {"2h 00m", "1 m", "3d 00h", "-", "in 60 m", "30 m"}},
	{"next_retry", {"2027-01-15 08:10:00 UTC", "-", "-", "-", "-", "-"}},
	{"attempts", {"3", "0", "-", "-", "-", "-"}},
	{"reason",
		{"451 4.7.1 try later ID, -", "-",
			"550 5.1.1 <addr> unknown user, 550 5.1.1 <addr> unknown user", "", "-",
			"-"}},
	{"subject", {"Invoice 4711", "Undelivered", "hello", "say \"hi\" \\ there", "\"\"", "-"}},
	{"header_from", {"Bob <bob@example.com>", "-", "-", "-", "-", "-"}},
	{"message_id", {"<1@example.com>", "-", "-", "-", "-", "-"}},
	{"header:x-mailer", {"Thunder 1.0", "-", "-", "-", "-", "-"}},
	{"header:List-Id", {"-", "-", "-", "-", "-", "-"}},
	{"warnings", {"", "", "", "truncated, no-time", "", ""}},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prints) / sizeof(*prints); i++) {
		struct need need = snap.need;
		struct field_ref ref;
		struct err err;
		assert_int_equal(field_find(slice_cstr(prints[i].name), &need, &ref, &err), 0);
		for (uint32_t row = 0; row < 6; row++) {
			struct buf out = {0};
			uint32_t count = field_count(ref.field, &snap.env, row);
			for (uint32_t slot = 0; slot < count; slot++) {
				struct buf one = {0};
				field_print(&ref, &snap.env, row, slot, &one);
				if (one.len)
					buf_printf(
						&out, "%s%s", out.len ? ", " : "", buf_str(&one));
				buf_free(&one);
			}
			if (strcmp(buf_str(&out), prints[i].values[row]) != 0)
				fail_msg("%s of %c: %s", prints[i].name, 'A' + (int)row,
					buf_str(&out));
			buf_free(&out);
		}
	}
}

/* Every field is complete, and no two answer to one name. */
static void test_table(void **state)
{
	(void)state;
	for (const struct field *field = field_table; field->name; field++) {
		assert_true(field->title && field->help);
		assert_true((field->id != NULL) != (field->number != NULL));
		assert_true((field->type == FIELD_WORD) == (field->word != NULL));
		assert_true(field_is_text(field) == (field->type <= FIELD_NET));
		assert_true(!(field->flags & FIELD_RCPT) || field_is_many(field));
		assert_false(field->other_id && !(field->flags & FIELD_REASON));
		for (const struct field *other = field + 1; other->name; other++) {
			assert_string_not_equal(field->name, other->name);
			if (field->alias)
				assert_string_not_equal(field->alias, other->name);
			if (field->alias && other->alias)
				assert_string_not_equal(field->alias, other->alias);
		}
		if (field->flags & FIELD_PARAM)
			continue;
		const char *names[] = {field->name, field->alias};
		for (int i = 0; i < 2 && names[i]; i++) {
			struct need need = {0};
			struct field_ref ref;
			struct err err;
			assert_int_equal(field_find(slice_cstr(names[i]), &need, &ref, &err), 0);
			assert_ptr_equal(ref.field, field);
			assert_int_equal(need.parts, field->need);
		}
	}
}

/* The names outside scripts rely on. */
static void test_names(void **state)
{
	static const char *const names[] = {"queue_id", "id", "queue_name", "queue", "state",
		"format", "spool", "account", "account_source", "auth_method", "origin",
		"client_ip", "ip", "client_net", "net", "client_name", "helo", "protocol", "uid",
		"script", "envelope_sender", "sender", "sender_domain", "rcpt", "rcpt_domain",
		"nrcpt", "message_size", "size", "arrival_time", "arrival", "age", "next_retry",
		"attempts", "reason", "reason_class", "subject", "header_from", "message_id",
		"header:X-Any", "warnings", "lost_login", "SENDER", "Header:x-any"};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct need need = {0};
		struct field_ref ref;
		struct err err = {0};
		if (field_find(slice_cstr(names[i]), &need, &ref, &err) != 0)
			fail_msg("%s: %s", names[i], err.text);
	}
}

static void test_words(void **state)
{
	static const struct {
		const char *field;
		const char *words;
	} cases[] = {
		{"state", "submitted incoming active deferred held bad corrupt "},
		{"origin", "account local lan relay inbound loopback dsn forward unknown "},
		{"account_source", "queue received log "},
		{"warnings",
			"truncated bad-record bad-pointer no-sender no-time not-ready size "
			"too-many long-value not-regular unreadable bad-name misplaced "
			"bad-log marked-corrupt inode "},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct need need = {0};
		struct field_ref ref;
		struct err err;
		struct buf words = {0};
		assert_int_equal(field_find(slice_cstr(cases[i].field), &need, &ref, &err), 0);
		for (unsigned w = 0; ref.field->word(w); w++)
			buf_printf(&words, "%s ", ref.field->word(w));
		assert_string_equal(buf_str(&words), cases[i].words);
		buf_free(&words);
	}
}

static void test_unknown_names(void **state)
{
	static const struct {
		const char *name;
		const char *text;
	} cases[] = {
		{"acount", "unknown field \"acount\": did you mean account?"},
		{"Acocunt", "unknown field \"Acocunt\": did you mean account?"},
		{"sendr", "unknown field \"sendr\": did you mean sender?"},
		{"sneder", "unknown field \"sneder\": did you mean sender?"},
		{"rcp", "unknown field \"rcp\": did you mean rcpt?"},
		{"subjects", "unknown field \"subjects\": did you mean subject?"},
		{"clientip", "unknown field \"clientip\": did you mean client_ip?"},
		{"zz",
			"unknown field \"zz\": a condition is FIELD OPERATOR VALUE, such as "
			"account=bob@example.com"},
		{"",
			"unknown field \"\": a condition is FIELD OPERATOR VALUE, such as "
			"account=bob@example.com"},
		{"to",
			"there is no field \"to\": write rcpt for the envelope recipients, or "
			"header:To"},
		{"User", "there is no field \"user\": write account, or uid for a local user"},
		{"header:",
			"\"header:\" names no header: write the name behind the colon, such as "
			"header:X-Mailer"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct need need = {0};
		struct field_ref ref;
		struct err err;
		assert_int_equal(field_find(slice_cstr(cases[i].name), &need, &ref, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(need.parts, 0);
	}
}

/* Names are bytes of the user's: any length and any byte. */
static void test_hostile_names(void **state)
{
	struct need need = {0};
	struct field_ref ref;
	struct err err;
	struct buf name = {0};
	(void)state;

	buf_pad(&name, 'x', 100 * 1000);
	assert_int_equal(field_find(buf_slice(&name), &need, &ref, &err), -1);
	assert_true(strlen(err.text) < 200);
	assert_int_equal(field_find(SLICE("account\0"), &need, &ref, &err), -1);
	assert_int_equal(field_find(SLICE("header:a\xff"), &need, &ref, &err), -1);
	assert_int_equal(field_find(SLICE("header:a b"), &need, &ref, &err), -1);
	assert_int_equal(field_find(SLICE("headers:a"), &need, &ref, &err), -1);
	buf_free(&name);
}

/* The same header shares its place; a ninth one has none. */
static void test_header_places(void **state)
{
	struct need need = {0};
	struct field_ref ref;
	struct err err;
	char names[LIMIT_EXTRA_HEADERS][20]; /* need keeps pointers to them */
	(void)state;

	for (unsigned i = 0; i < LIMIT_EXTRA_HEADERS; i++) {
		snprintf(names[i], sizeof(names[i]), "header:X%u", i);
		assert_int_equal(field_find(slice_cstr(names[i]), &need, &ref, &err), 0);
		assert_int_equal(ref.param, i);
	}
	assert_int_equal(field_find(SLICE("HEADER:x3"), &need, &ref, &err), 0);
	assert_int_equal(ref.param, 3);
	assert_int_equal(field_find(SLICE("header:X9"), &need, &ref, &err), -1);
	assert_string_equal(err.text,
		"one command can ask for 8 different header:NAME fields, and this is one more");
	assert_int_equal(need.nheaders, LIMIT_EXTRA_HEADERS);
}

static uint32_t add_client(struct test_snap *test, const char *ip)
{
	struct record record = test_record();
	record.client_ip = slice_cstr(ip);
	return snap_add(&test->snap, 0, &record);
}

/* A client is its address, or its /64. */
static void test_clients(void **state)
{
	static const struct {
		const char *ip;
		const char *client;
		const char *net;
	} cases[] = {
		{"192.0.2.7", "192.0.2.7", "192.0.2.0/24"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"},
		{"2001:db8:1:2::1", "2001:db8:1:2::/64", "2001:db8:1::/48"},
		{"2001:db8::", "2001:db8::/64", "2001:db8::/48"},
		{"::1", "::1", "::/48"},
		{"127.0.0.1", "127.0.0.1", "127.0.0.0/24"},
		{"junk", "junk", "-"},
		{"", "\"\"", "-"},
	};
	struct test_snap other;
	(void)state;

	test_snap_init(&other);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		add_client(&other, cases[i].ip);
	test_snap_done(&other);
	struct need need = {0};
	struct field_ref ip, net;
	struct err err;
	field_find(SLICE("ip"), &need, &ip, &err);
	field_find(SLICE("net"), &need, &net, &err);
	for (uint32_t row = 0; row < other.snap.rows; row++) {
		struct buf out = {0};
		uint32_t client = field_client_id(&other.env, row);
		assert_int_equal(client, field_group_id(&ip, &other.env, row, 0));
		field_print_id(ip.field, &other.snap, client, &out);
		assert_string_equal(buf_str(&out), cases[row].client);
		buf_reset(&out);
		field_print(&net, &other.env, row, 0, &out);
		assert_string_equal(buf_str(&out), cases[row].net);
		buf_free(&out);
	}
	assert_int_equal(field_client_id(&other.env, 1), field_client_id(&other.env, 2));
	test_snap_free(&other);
}

/* A domain is made once, also while derived strings make the table of strings grow. */
static void test_many_domains(void **state)
{
	enum { SENDERS = 6000 };
	struct test_snap other;
	struct need need = {0};
	struct field_ref ref;
	struct err err;
	(void)state;

	test_snap_init(&other);
	for (int i = 0; i < SENDERS; i++) {
		char sender[40];
		struct record record = test_record();
		snprintf(sender, sizeof(sender), "u%d@d%d.test", i, i / 2);
		record.sender = slice_cstr(sender);
		snap_add(&other.snap, 0, &record);
	}
	test_snap_done(&other);
	field_find(SLICE("sender_domain"), &need, &ref, &err);
	uint32_t before = other.snap.strings.count;
	for (int round = 0; round < 2; round++) {
		for (uint32_t row = 0; row < SENDERS; row++) {
			char domain[40];
			struct buf out = {0};
			snprintf(domain, sizeof(domain), "d%u.test", row / 2);
			field_print(&ref, &other.env, row, 0, &out);
			assert_string_equal(buf_str(&out), domain);
			buf_free(&out);
		}
	}
	assert_int_equal(other.snap.strings.count, before + SENDERS / 2);
	test_snap_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_unknown_names),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_header_places),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_many_domains),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
