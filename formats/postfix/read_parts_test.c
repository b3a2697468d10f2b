/* What read.c takes from the parts of a message: logs of reasons, header block, content. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mail/marks.h"
#include "formats/postfix/test_spool.h"

#define DEFERRED "deferred/A/" TEST_ID

static void assert_text(struct slice s, const char *text)
{
	if (!slice_known(s) || !slice_eq(s, slice_cstr(text)))
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(s), text);
}

static void reads_both_logs(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	image_free(&test.image);
	test.image = (struct image){0};
	image_begin(&test.image, "a@example.com");
	image_add(&test.image, 'R', "b@example.org");
	image_add(&test.image, 'D', "c@example.org");
	image_add(&test.image, 'R', "d@example.org");
	image_content(&test.image, "hi");
	image_add(&test.image, 'E', "");
	image_finish(&test.image);
	test_spool_add(&test, DEFERRED, 0700);
	tree_file(&test.tree, "defer/A/" TEST_ID,
		SLICE("recipient=d@example.org\nreason=later\n\nrecipient=b@example.org\nreason="
		      "late\n"),
		0600);
	tree_file(&test.tree, "bounce/" TEST_ID, SLICE("recipient=c@example.org\nreason=never\n"),
		0600);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
	const struct rcpt *rcpts = test.record.rcpts;
	assert_text(rcpts[0].reason, "late");
	assert_int_equal(rcpts[0].order, 2);
	assert_text(rcpts[1].reason, "never");
	assert_true(rcpts[1].bounced);
	assert_text(rcpts[2].reason, "later");
	assert_int_equal(rcpts[2].order, 1);
	assert_false(rcpts[2].bounced);

	/* Not asked for. */
	static const struct need nothing = {0};
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &nothing), SEV_OK);
	assert_false(slice_known(test.record.rcpts[0].reason));
	/* A log of a message that has not been tried is another message's. */
	test_spool_add(&test, "maildrop/" TEST_ID, 0700);
	assert_int_equal(test_spool_read(&test, "maildrop/" TEST_ID, DT_REG, &need_all), SEV_OK);
	assert_false(slice_known(test.record.rcpts[0].reason));
	test_spool_free(&test);
}

static void fifo_log(const struct tree *tree, const char *path)
{
	assert_int_equal(mkfifoat(tree->fd, path, 0600), 0);
}

static void link_log(const struct tree *tree, const char *path)
{
	assert_int_equal(symlinkat("/etc/hostname", tree->fd, path), 0);
}

static void loop_log(const struct tree *tree, const char *path)
{
	assert_int_equal(symlinkat(TEST_ID, tree->fd, path), 0);
}

static void huge_log(const struct tree *tree, const char *path)
{
	tree_file(tree, path, SLICE("recipient=b@example.org\nreason=first\n\n"), 0600);
	int fd = openat(tree->fd, path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, LIMIT_REASON_LOG + 1), 0);
	close(fd);
}

static void empty_log(const struct tree *tree, const char *path)
{
	tree_file(tree, path, SLICE(""), 0600);
}

static void binary_log(const struct tree *tree, const char *path)
{
	tree_file(tree, path, SLICE("\0\xff\033[31m\nreason=\n<<<>>>: \n\n=\n"), 0600);
}

static void lives_with_odd_logs(void **state)
{
	static const struct {
		void (*make)(const struct tree *tree, const char *path);
		uint32_t warnings;
		bool known;
	} cases[] = {
		{fifo_log, WARN_BAD_LOG, false},
		{link_log, WARN_BAD_LOG, false},
		{loop_log, WARN_BAD_LOG, false},
		{tree_folder, WARN_BAD_LOG, false},
		{huge_log, WARN_BAD_LOG, true}, /* what was read of it counts */
		{empty_log, 0, false},
		{binary_log, 0, false},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cases[i].make(&test.tree, "defer/A/" TEST_ID);
		test_spool_read(&test, DEFERRED, DT_REG, &need_all);
		if (test.record.warnings != cases[i].warnings ||
			slice_known(test.record.rcpts[0].reason) != cases[i].known)
			fail_msg("case %zu: warnings %#x", i, test.record.warnings);
		if (unlinkat(test.tree.fd, "defer/A/" TEST_ID, 0) != 0)
			unlinkat(test.tree.fd, "defer/A/" TEST_ID, AT_REMOVEDIR);
	}
	test_spool_free(&test);
}

/* A message with these lines as its headers, and attributes before its sender. */
static void add_message(struct test_spool *test, const char *path, const char *const *attributes,
	const char *const *lines)
{
	struct image *image = &test->image;

	buf_reset(&image->bytes);
	image_size(image, 6);
	image_add(image, 'T', "1700000000 1");
	for (size_t i = 0; attributes[i]; i++)
		image_add(image, 'A', attributes[i]);
	image_add(image, 'S', "a@example.com");
	image_add(image, 'R', "b@example.org");
	image_add(image, 'M', "");
	for (size_t i = 0; lines[i]; i++)
		image_add(image, 'N', lines[i]);
	image_add(image, 'N', "");
	image_add(image, 'N', "Subject: of the body");
	image_add(image, 'X', "");
	image_add(image, 'E', "");
	image_finish(image);
	test_spool_add(test, path, 0700);
}

static void reads_wanted_headers(void **state)
{
	struct need need = {.parts = NEED_HEADERS,
		.headers = {SLICE("x-mailer"), SLICE("X-None"), SLICE("subject")},
		.nheaders = 3};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	add_message(&test, DEFERRED, (const char *const[]){"sasl_username=bob", NULL},
		(const char *const[]){"Received: from x", "X-MAILER: one", "SUBJECT: first",
			"\tfolded", "Subject: second", "From: Bob", " <bob@example.com>",
			"Message-Id: <1@example.com>", "X-Mailer: two", NULL});
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need), SEV_OK);
	assert_text(test.record.subject, "first\tfolded");
	assert_text(test.record.header_from, "Bob <bob@example.com>");
	assert_text(test.record.message_id, "<1@example.com>");
	assert_text(test.record.extra[0], "one");
	assert_false(slice_known(test.record.extra[1]));
	assert_text(test.record.extra[2], "first\tfolded");
	need.parts = 0;
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need), SEV_OK);
	assert_false(slice_known(test.record.subject));
	test_spool_free(&test);
}

/* What verdicts ask of every message: no header that they did not name. */
static void reads_marks(void **state)
{
	static const struct need need = {.parts = NEED_MARKS};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	add_message(&test, DEFERRED, (const char *const[]){"sasl_username=bob", NULL},
		(const char *const[]){"Received: from x", "Received: from y", "Subject: hi",
			"From: Bob <bob@example.net>", "Precedence: bulk",
			"Message-Id: <1@example.com>", NULL});
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need), SEV_OK);
	assert_text(test.record.subject, "hi");
	assert_text(test.record.message_id, "<1@example.com>");
	assert_int_equal(test.record.marks,
		MARK_READ | MARK_BULK | MARK_FROM_DIFFERS | 2u << MARK_HOPS_SHIFT);
	assert_false(slice_known(test.record.subject_key));
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
	assert_int_equal(test.record.marks, 0);
	test_spool_free(&test);
}

/* A header block without an end, and one longer than is looked at. */
static void bounds_the_headers(void **state)
{
	struct need need = {.parts = NEED_HEADERS | NEED_RCPTS};
	struct test_spool test;
	struct buf line = {0};
	(void)state;

	test_spool_make(&test);
	image_free(&test.image);
	test.image = (struct image){0};
	image_begin(&test.image, "a@example.com");
	image_add(&test.image, 'R', "b@example.org");
	image_add(&test.image, 'M', "");
	image_add(&test.image, 'N', "Subject: before");
	buf_add(&line, SLICE("X-Long: "));
	buf_pad(&line, 'x', 2000);
	for (unsigned i = 0; i < 100; i++)
		image_record(&test.image, 'N', buf_slice(&line));
	image_add(&test.image, 'N', "From: behind@example.com");
	image_add(&test.image, 'X', "");
	image_add(&test.image, 'R', "after@example.org");
	image_add(&test.image, 'E', "");
	image_finish(&test.image);
	test_spool_add(&test, DEFERRED, 0700);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need), SEV_OK);
	assert_text(test.record.subject, "before");
	assert_false(slice_known(test.record.header_from));
	assert_text(test.record.rcpts[1].address, "after@example.org");
	buf_free(&line);
	test_spool_free(&test);
}

static void finds_the_local_submitter(void **state)
{
#define BY(uid) "Received: by mx.example.com (Postfix, from userid " uid ")"
#define SENT_ON "Received: by mx.example.com (Postfix)"
	static const struct {
		const char *lines[5];
		int64_t uid;
		const char *script;
	} cases[] = {
		{{BY("3001"), "\tid ABCDE1234; Sun, 22 Nov 2026 06:36:38 +0000 (UTC)",
			 "X-PHP-Originating-Script: 3001:form.php"},
			3001, "form.php"},
		{{BY("77"), BY("3001")}, 3001, NULL}, /* requeued: 77 is the mail owner */
		{{BY("77"), BY("77"), BY("3001")}, 3001, NULL},
		{{BY("77"), BY("77")}, -1, NULL},
		{{BY("77")}, -1, NULL},
		{{BY("77"), "Subject: x", BY("3001")}, 3001, NULL},
		{{SENT_ON, "Delivered-To: x@example.com", BY("3001")}, 3001, NULL},
		{{BY("77"), SENT_ON, SENT_ON, BY("3001")}, 3001, NULL},
		{{SENT_ON}, -1, NULL},
		{{"Received: from other.example.org (other.example.org [192.0.2.1])", BY("3001")},
			-1, NULL}, /* what a stranger's headers say of others */
		{{"Subject: x"}, -1, NULL},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	test.spool->owner = 77;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		add_message(&test, DEFERRED, (const char *const[]){NULL}, cases[i].lines);
		assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
		if (test.record.uid != cases[i].uid)
			fail_msg("case %zu: uid %lld", i, (long long)test.record.uid);
		assert_int_equal(
			test.record.uid_source, cases[i].uid < 0 ? SOURCE_NONE : SOURCE_RECEIVED);
		assert_int_equal(slice_known(test.record.script), cases[i].script != NULL);
		if (cases[i].script)
			assert_text(test.record.script, cases[i].script);
	}
	/* Mail that came by SMTP has no local submitter, whatever it claims. */
	add_message(&test, DEFERRED, (const char *const[]){"log_client_address=192.0.2.1", NULL},
		cases[0].lines);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
	assert_int_equal(test.record.uid, -1);
	assert_false(slice_known(test.record.script));
	/* Nor has what Postfix wrote itself. */
	add_message(&test, DEFERRED, (const char *const[]){"log_message_origin=local", NULL},
		(const char *const[]){SENT_ON, BY("3001"), NULL});
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
	assert_int_equal(test.record.uid, -1);
	test_spool_free(&test);
}

/* smtpd_sasl_authenticated_header: believed in the field with the id from before the filter. */
static void finds_the_login_a_filter_lost(void **state)
{
	static const char *const attributes[] = {"log_ident=FIRST01",
		"log_client_address=192.0.2.1", "client_address=127.0.0.1", NULL};
	static const struct {
		const char *id, *user;
		bool found;
	} cases[] = {
		{"FIRST01", "bob@example.com", true},
		{"FORGED1", "eve@example.com", false},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char user[100], by[100];
		snprintf(user, sizeof(user), "\t(Authenticated sender: %s)", cases[i].user);
		snprintf(by, sizeof(by), "\tby mx.example.com (Postfix) with ESMTPSA id %s; x",
			cases[i].id);
		add_message(&test, DEFERRED, attributes,
			(const char *const[]){"Received: from localhost (localhost [127.0.0.1])",
				"\tby mx.example.com (Postfix) with ESMTP id " TEST_ID "; x",
				"Received: from h (h [192.0.2.1])", user, by, NULL});
		assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
		assert_text(test.record.log_id, "FIRST01");
		assert_int_equal(slice_known(test.record.account), cases[i].found);
		assert_int_equal(
			test.record.account_source, cases[i].found ? SOURCE_RECEIVED : SOURCE_NONE);
		if (cases[i].found)
			assert_text(test.record.account, cases[i].user);
	}
	test_spool_free(&test);
}

/* A filter that passes no client on, and webmail: what the fields of this host say. */
static void finds_who_was_before_a_filter(void **state)
{
#define FROM(client) "Received: from h (h [" client "])"
#define STAMP(id) "\tby mx.example.com (Postfix) with ESMTPA id " id "; x"
#define LOGIN "\t(Authenticated sender: bob)"
#define AMAVIS                                                                                     \
	"\tby localhost (mx.example.com [127.0.0.1]) (amavisd-new, port 10024) with ESMTP id 1"
	static const struct {
		const char *lines[8], *client, *account;
	} cases[] = {
		{{FROM("127.0.0.1"), STAMP(TEST_ID), FROM("192.0.2.1"), STAMP("FIRST01")},
			"192.0.2.1", NULL},
		{{FROM("127.0.0.1"), STAMP(TEST_ID), FROM("192.0.2.1"), LOGIN, STAMP("FIRST01")},
			"192.0.2.1", "bob"},
		{{FROM("::1"), STAMP(TEST_ID), FROM("127.0.0.1"), AMAVIS, FROM("IPv6:2001:db8::1"),
			 STAMP("FIRST01")},
			"2001:db8::1", NULL},
		{{FROM("127.0.0.1"), STAMP(TEST_ID), "Received: from h (unknown [192.0.2.1])",
			 STAMP("FIRST01")},
			"192.0.2.1", NULL},
		/* Sent by a program here, and what another host stamped before. */
		{{FROM("127.0.0.1"), STAMP(TEST_ID)}, "127.0.0.1", NULL},
		{{FROM("127.0.0.1"), STAMP(TEST_ID), FROM("192.0.2.1"), LOGIN,
			 "\tby mx.example.net (Postfix) with ESMTPA id 1; x"},
			"127.0.0.1", NULL},
		/* Webmail keeps its own address. */
		{{FROM("127.0.0.1"), STAMP(TEST_ID), "Received: from [192.0.2.7]",
			 "\tby mx.example.com with HTTP (HTTP/1.1 POST); x"},
			"127.0.0.1", NULL},
		{{FROM("127.0.0.1"), STAMP(TEST_ID), "Received: from 192.0.2.7",
			 "\t(SquirrelMail authenticated user bob) by web.example.com with HTTP; x"},
			"127.0.0.1", "bob"},
		/* The topmost is not ours: all of it was written by the sender. */
		{{FROM("127.0.0.1"), STAMP("OTHER01"), FROM("192.0.2.1"), LOGIN, STAMP("FIRST01")},
			"127.0.0.1", NULL},
		{{"Subject: x"}, "127.0.0.1", NULL},
	};
	static const struct need nothing = {0};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		add_message(&test, DEFERRED,
			(const char *const[]){
				"log_client_address=127.0.0.1", "client_address=127.0.0.1", NULL},
			cases[i].lines);
		assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &nothing), SEV_OK);
		assert_text(test.record.client_ip, cases[i].client);
		bool told = strcmp(cases[i].client, "127.0.0.1") != 0;
		assert_int_equal(test.record.client_source, told ? SOURCE_RECEIVED : SOURCE_QUEUE);
		assert_text(test.record.peer_ip, "127.0.0.1");
		assert_false(slice_eq(test.record.client_name, SLICE("unknown")));
		assert_int_equal(slice_known(test.record.account), cases[i].account != NULL);
		if (cases[i].account) {
			assert_text(test.record.account, cases[i].account);
			assert_int_equal(test.record.account_source, SOURCE_RECEIVED);
		}
	}
	/* A login that the queue names is not asked about again. */
	add_message(&test, DEFERRED,
		(const char *const[]){"log_client_address=127.0.0.1", "sasl_username=carol", NULL},
		cases[1].lines);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
	assert_text(test.record.account, "carol");
	assert_int_equal(test.record.account_source, SOURCE_QUEUE);
	assert_text(test.record.client_ip, "127.0.0.1");
	test_spool_free(&test);
}

/* What a requeue keeps: log_ident for what came by SMTP, else the id in the Received fields. */
static void finds_the_first_id(void **state)
{
#define AS(id) "\tid " id "; Sun, 22 Nov 2026 06:36:38 +0000 (UTC)"
	static const struct {
		const char *lines[8];
		const char *first;
	} cases[] = {
		{{BY("3001"), AS(TEST_ID)}, TEST_ID},
		{{BY("77"), AS(TEST_ID), BY("3001"), AS("FIRST01")}, "FIRST01"},
		{{BY("77"), AS(TEST_ID), BY("77"), AS("SECOND2"), BY("3001"), AS("FIRST01")},
			"FIRST01"},
		{{BY("77"), AS(TEST_ID), "Subject: x", BY("3001"), AS("FIRST01")}, "FIRST01"},
		{{"Received: by mx.example.com (Postfix)", AS(TEST_ID)}, TEST_ID},
		{{BY("77"), AS(TEST_ID), "Received: from h (h [192.0.2.1])",
			 "\tby mx.example.com (Postfix) with ESMTP id FIRST01; x"},
			"FIRST01"},
		/* Submitted by the mail owner. */
		{{BY("77"), AS(TEST_ID)}, TEST_ID},
		/* Header checks took Postfix's own away: what is left the sender wrote. */
		{{BY("3001"), AS("FORGED1")}, NULL},
		{{BY("77"), AS("FORGED1"), BY("3001"), AS(TEST_ID)}, NULL},
		{{"Received: nonsense", BY("77"), AS(TEST_ID)}, NULL},
		{{"Subject: x"}, NULL},
	};
	static const char *const none[] = {"rewrite_context=local", NULL};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	test.spool->owner = 77;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		add_message(&test, DEFERRED, none, cases[i].lines);
		assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
		if (slice_known(test.record.first_id) != (cases[i].first != NULL))
			fail_msg("case %zu", i);
		if (cases[i].first)
			assert_text(test.record.first_id, cases[i].first);
	}
	add_message(
		&test, DEFERRED, (const char *const[]){"log_ident=FIRST01", NULL}, cases[0].lines);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need_all), SEV_OK);
	assert_text(test.record.first_id, "FIRST01");
	test_spool_free(&test);
}

/* Where the site's domains are not known, what the server calls itself shows one of them. */
static void finds_its_own_name(void **state)
{
	static const struct {
		const char *lines[6];
		const char *name;
	} cases[] = {
		{{"Received: by mx.example.com (Postfix)", AS(TEST_ID)}, "mx.example.com"},
		{{"X-Spam: no", FROM("192.0.2.1"), STAMP(TEST_ID), FROM("192.0.2.9"),
			 "\tby other.example.net with ESMTP id 1; x"},
			"mx.example.com"},
		/* Not the topmost, or not by the id: a stranger's word. */
		{{FROM("192.0.2.1"), STAMP("FORGED1"), FROM("192.0.2.1"), STAMP(TEST_ID)}, NULL},
		{{"Received: nonsense", FROM("192.0.2.1"), STAMP(TEST_ID)}, NULL},
		{{"Subject: x"}, NULL},
	};
	static const char *const attributes[] = {"log_client_address=192.0.2.1", NULL};
	struct need need = {.parts = NEED_RCPTS}, other = {.parts = NEED_MARKS};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		add_message(&test, DEFERRED, attributes, cases[i].lines);
		assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need), SEV_OK);
		if (slice_known(test.record.stamped_by) != (cases[i].name != NULL))
			fail_msg("case %zu", i);
		if (cases[i].name)
			assert_text(test.record.stamped_by, cases[i].name);
	}
	/* Nobody asks for it. */
	add_message(&test, DEFERRED, attributes, cases[0].lines);
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &other), SEV_OK);
	assert_false(slice_known(test.record.stamped_by));
	test.spool->site.local_complete = true;
	assert_int_equal(test_spool_read(&test, DEFERRED, DT_REG, &need), SEV_OK);
	assert_false(slice_known(test.record.stamped_by));
	test_spool_free(&test);
}

static void gives_the_content(void **state)
{
	struct test_spool test;
	struct buf text = {0};
	(void)state;

	test_spool_make(&test);
	test_spool_add(&test, DEFERRED, 0700);
	struct slice id = SLICE(TEST_ID);
	assert_int_equal(test_spool_content(&test, id, false, 1000, &text), SEV_OK);
	assert_string_equal(buf_str(&text), "Subject: hi\n\nHello.\n");
	assert_int_equal(test_spool_content(&test, id, true, 1000, &text), SEV_OK);
	assert_string_equal(buf_str(&text), "Subject: hi\n\nHello.\nSubject: hi\n\n");
	buf_reset(&text);
	assert_int_equal(test_spool_content(&test, id, false, 15, &text), SEV_WARN);
	assert_string_equal(buf_str(&text), "Subject: hi\n\n");
	buf_reset(&text);

	/* Cut behind the headers: what is there. */
	test.image.bytes.len = test.image.extracted;
	test_spool_add(&test, DEFERRED, 0700);
	assert_int_equal(test_spool_content(&test, id, false, 1000, &text), SEV_WARN);
	assert_string_equal(buf_str(&text), "Subject: hi\n\nHello.\n");
	buf_reset(&text);

	assert_int_equal(unlinkat(test.tree.fd, DEFERRED, 0), 0);
	tree_folder(&test.tree, DEFERRED);
	assert_int_equal(test_spool_content(&test, id, false, 1000, &text), SEV_FAIL);
	assert_string_equal(test.err.text, "not a plain file");
	buf_free(&text);
	test_spool_free(&test);
}

/* The whole way from a large submission to what is behind its content. */
static void keeps_recipients_behind_large_content(void **state)
{
	struct test_spool test;
	struct buf line = {0};
	(void)state;

	test_spool_make(&test);
	struct image *image = &test.image;
	buf_reset(&image->bytes);
	image_add(image, 'T', "1700000000 5");
	image_add(image, 'S', "alice");
	image_add(image, 'M', "");
	image_add(image, 'N', "Subject: large");
	image_add(image, 'N', "");
	buf_pad(&line, 'x', 900);
	for (unsigned i = 0; i < 400; i++)
		image_record(image, 'N', buf_slice(&line));
	image_add(image, 'X', "");
	image_add(image, 'R', "b@example.org");
	image_add(image, 'R', "c@example.org");
	image_add(image, 'E', "");
	test_spool_add(&test, "maildrop/" TEST_ID, 0700);
	assert_int_equal(test_spool_read(&test, "maildrop/" TEST_ID, DT_REG, &need_all), SEV_OK);
	assert_text(test.record.subject, "large");
	assert_int_equal(test.record.nrcpts, 2);
	assert_text(test.record.rcpts[0].address, "b@example.org");
	assert_text(test.record.rcpts[1].address, "c@example.org");
	/* There is no size record: the size is the file's. */
	assert_int_equal(test.record.size, image->bytes.len);
	buf_free(&line);
	test_spool_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_logs),
		cmocka_unit_test(lives_with_odd_logs),
		cmocka_unit_test(reads_wanted_headers),
		cmocka_unit_test(reads_marks),
		cmocka_unit_test(bounds_the_headers),
		cmocka_unit_test(finds_the_local_submitter),
		cmocka_unit_test(finds_the_login_a_filter_lost),
		cmocka_unit_test(finds_who_was_before_a_filter),
		cmocka_unit_test(finds_the_first_id),
		cmocka_unit_test(finds_its_own_name),
		cmocka_unit_test(gives_the_content),
		cmocka_unit_test(keeps_recipients_behind_large_content),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
