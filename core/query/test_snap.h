/*
 * test_snap: small snaps made by hand, for the tests and the fuzz target beside
 * this. Six messages, A to F, that between them have every kind of value.
 */
#ifndef CORE_QUERY_TEST_SNAP_H
#define CORE_QUERY_TEST_SNAP_H

#include "core/base/bitset.h"
#include "core/query/field.h"

#define TEST_NOW INT64_C(1800000000) /* 2027-01-15T08:00:00Z */

struct test_snap {
	struct format formats[2];
	char names[2][8];
	struct spool spool[2];
	const struct spool *spools[2];
	struct need need;
	struct snap snap;
	struct field_env env;
};

/* An empty snap that keeps everything, header:X-Mailer too. The struct must not move. */
static inline void test_snap_init(struct test_snap *test)
{
	*test = (struct test_snap){
		.formats = {{.name = "postfix"}, {.name = "other"}},
		.names = {"mx", "mx-out"},
		.need =
			{
				.parts = NEED_ALL,
				.headers = {SLICE("X-Mailer")},
				.nheaders = 1,
			},
	};
	for (int i = 0; i < 2; i++) {
		test->spool[i].format = &test->formats[i];
		test->spool[i].name = test->names[i];
		test->spools[i] = &test->spool[i];
	}
	snap_init(&test->snap, test->spools, 2, &test->need);
	test->snap.keep_reason_text = true;
}

/* After the last message. */
static inline void test_snap_done(struct test_snap *test)
{
	snap_link_copies(&test->snap);
	field_env_init(&test->env, &test->snap, TEST_NOW);
}

static inline void test_snap_free(struct test_snap *test)
{
	field_env_free(&test->env);
	snap_free(&test->snap);
}

/* A message of which nothing is known. */
static inline struct record test_record(void)
{
	return (struct record){.arrival = -1,
		.created = -1,
		.next_retry = -1,
		.attempts = -1,
		.size = -1,
		.uid = -1};
}

static inline void test_add_a(struct test_snap *test)
{
	struct rcpt rcpts[] = {
		{.address = SLICE("Xaver@Mail.Test"),
			.reason = SLICE("451 4.7.1 try later abc123"),
			.reason_key = SLICE("451 4.7.1 try later ID")},
		{.address = SLICE("yves@example.org"), .state = RCPT_DONE},
	};
	struct record a = test_record();
	a.queue_id = SLICE("4A1");
	a.queue_name = SLICE("deferred");
	a.state = STATE_DEFERRED;
	a.arrival = TEST_NOW - 7200;
	a.next_retry = TEST_NOW + 600;
	a.attempts = 3;
	a.size = 10240;
	a.sender = SLICE("Bob@Example.com");
	a.rcpts = rcpts;
	a.nrcpts = 2;
	a.account = SLICE("Bob@Example.com");
	a.account_source = SOURCE_QUEUE;
	a.auth_method = SLICE("PLAIN");
	a.client_ip = SLICE("192.0.2.7");
	a.client_name = SLICE("host.example.net");
	a.client_source = SOURCE_QUEUE;
	a.helo = SLICE("Laptop");
	a.protocol = SLICE("ESMTP");
	a.subject = SLICE("Invoice 4711");
	a.header_from = SLICE("Bob <bob@example.com>");
	a.message_id = SLICE("<1@example.com>");
	a.extra[0] = SLICE("Thunder 1.0");
	snap_add(&test->snap, 0, &a);
}

/* A bounce on its way in: null sender, IPv6. */
static inline void test_add_b(struct test_snap *test)
{
	struct rcpt rcpts[] = {{.address = SLICE("bob@example.com")}};
	struct record b = test_record();
	b.queue_id = SLICE("4B2");
	b.queue_name = SLICE("active");
	b.state = STATE_ACTIVE;
	b.arrival = TEST_NOW - 60;
	b.attempts = 0;
	b.size = 500;
	b.sender = SLICE("");
	b.rcpts = rcpts;
	b.nrcpts = 1;
	b.client_ip = SLICE("2001:db8:1:2::9");
	b.client_source = SOURCE_QUEUE;
	b.protocol = SLICE("SMTP");
	b.subject = SLICE("Undelivered");
	snap_add(&test->snap, 0, &b);
}

/* Held; its account and client are only known from a Received line. */
static inline void test_add_c(struct test_snap *test)
{
	struct rcpt rcpts[] = {
		{.address = SLICE("a@Example.ORG"),
			.reason = SLICE("550 5.1.1 a@Example.ORG unknown user"),
			.reason_key = SLICE("550 5.1.1 <addr> unknown user")},
		{.address = SLICE("b@example.org"),
			.reason = SLICE("550 5.1.1 b@example.org unknown user"),
			.reason_key = SLICE("550 5.1.1 <addr> unknown user")},
		{.address = SLICE("zoe@cancelled.test"), .state = RCPT_CANCELLED},
	};
	struct record c = test_record();
	c.queue_id = SLICE("4C3");
	c.queue_name = SLICE("hold");
	c.state = STATE_HELD;
	c.arrival = TEST_NOW - 3 * 86400;
	c.size = 5 * 1024 * 1024;
	c.sender = SLICE("alice@example.com");
	c.rcpts = rcpts;
	c.nrcpts = 3;
	c.account = SLICE("alice");
	c.account_source = SOURCE_RECEIVED;
	c.client_ip = SLICE("198.51.100.3");
	c.client_source = SOURCE_RECEIVED;
	c.subject = SLICE("hello");
	snap_add(&test->snap, 0, &c);
}

/* From a script on this machine, and its file is cut: no time, no size, no recipients. */
static inline void test_add_d(struct test_snap *test)
{
	struct record d = test_record();
	d.queue_id = SLICE("4D4");
	d.queue_name = SLICE("deferred");
	d.state = STATE_DEFERRED;
	d.warnings = WARN_TRUNCATED | WARN_NO_TIME;
	d.sender = SLICE("www-data");
	d.uid = 33;
	d.script = SLICE("/srv/www/Mail.php");
	d.subject = SLICE("say \"hi\" \\ there");
	snap_add(&test->snap, 0, &d);
}

/* As a stranger would like to have it, of another queue, and from the future. */
static inline void test_add_e(struct test_snap *test)
{
	struct rcpt rcpts[] = {{.address = SLICE("")}};
	struct record e = test_record();
	e.queue_id = SLICE("e5");
	e.arrival = TEST_NOW + 3600;
	e.size = 0;
	e.sender = SLICE("x\xff\x1b[31m\n@evil.test");
	e.rcpts = rcpts;
	e.nrcpts = 1;
	e.account = SLICE("");
	e.account_source = SOURCE_LOG;
	e.client_ip = SLICE("not an address");
	e.client_source = SOURCE_QUEUE;
	e.helo = SLICE("a\0b");
	e.subject = SLICE("");
	snap_add(&test->snap, 1, &e);
}

/* A's copy, back from a content filter without its login. */
static inline void test_add_f(struct test_snap *test)
{
	struct rcpt rcpts[] = {{.address = SLICE("xaver@mail.test")}};
	struct record f = test_record();
	f.queue_id = SLICE("4F6");
	f.queue_name = SLICE("incoming");
	f.state = STATE_INCOMING;
	f.arrival = TEST_NOW - 1800;
	f.size = 10240;
	f.sender = SLICE("bob@example.com");
	f.rcpts = rcpts;
	f.nrcpts = 1;
	f.client_ip = SLICE("192.0.2.7");
	f.client_source = SOURCE_QUEUE;
	f.peer_ip = SLICE("127.0.0.1");
	f.log_id = SLICE("4A1");
	snap_add(&test->snap, 0, &f);
}

static inline void test_snap_fill(struct test_snap *test)
{
	test_snap_init(test);
	test_add_a(test);
	test_add_b(test);
	test_add_c(test);
	test_add_d(test);
	test_add_e(test);
	test_add_f(test);
	test_snap_done(test);
}

/* The letters of the set rows: row 0 is A. */
static inline void test_letters(const struct bitset *rows, char letters[27])
{
	size_t n = 0;
	for (size_t row = bitset_next(rows, 0); row != SIZE_MAX; row = bitset_next(rows, row + 1))
		letters[n++] = (char)('A' + row);
	letters[n] = '\0';
}

#endif
