/*
 * Bytes, against what Postfix 3.7 wrote for the same mail in a laboratory; the
 * message_id attribute is 3.10's. And a small tree, against the file system.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/forge/postfix.h"

#define GOLDEN(literal) (literal), (sizeof(literal) - 1)

static const struct tree_options lab = {
	.now = 1795328000,
	.host = {"mx1.corp.example", 16},
	.address = {"192.0.2.25", 10},
	.hash_depth = 1,
};

static void assert_bytes(struct buf *out, const char *golden, size_t len)
{
	size_t same = 0;
	while (same < out->len && same < len && out->ptr[same] == golden[same])
		same++;
	if (same != len || same != out->len)
		fail_msg("differs at %zu of %zu (golden %zu): ...%.60s", same, out->len, len,
			buf_str(out) + same);
	buf_free(out);
}

static void assert_file(const struct fake_message *message, const char *id, const char *golden,
	size_t len, size_t first)
{
	struct buf out = {0};
	size_t offsets[4];
	postfix_file(&out, &lab, message, slice_cstr(id), message->arrival, offsets);
	assert_int_equal(offsets[0], first);
	assert_bytes(&out, golden, len);
}

static void test_submitted_with_login(void **state)
{
	(void)state;
	struct fake_recipient to[] = {
		{.address = SLICE("x@example.net"), .original = SLICE("x@example.net")},
		{.address = SLICE("y@example.org"),
			.original = SLICE("why@example.org"),
			.notify = NOTIFY_SUCCESS | NOTIFY_FAILURE,
			.fate = FATE_DELIVERED},
	};
	const struct fake_message message = {.queue = FAKE_DEFERRED,
		.entry = ENTRY_SMTP,
		.arrival = 1795327821,
		.arrival_usec = 89828,
		.account = SLICE("bob@example.com"),
		.auth_method = SLICE("LOGIN"),
		.client = {SLICE("203.0.113.77"), SLICE("bot.example.net"), SLICE("friend"), 40123,
			587, false},
		.sender = SLICE("bob@example.com"),
		.recipients = to,
		.nrecipients = 2,
		.message_id = SLICE("<a1@example.com>"),
		.content = SLICE("Subject: hello\n\nline one\n")};
	assert_file(&message, "17025A72322",
		GOLDEN("C\x5f"
		       "            184             813               2              12 "
		       "            184               0"
		       "T\x10"
		       "1795327821 89828"
		       "A\x16"
		       "create_time=1795327821"
		       "A\x15"
		       "log_ident=17025A72322"
		       "A\x16"
		       "rewrite_context=remote"
		       "A\x11"
		       "sasl_method=LOGIN"
		       "A\x1d"
		       "sasl_username=bob@example.com"
		       "S\x0f"
		       "bob@example.com"
		       "A\x1f"
		       "log_client_name=bot.example.net"
		       "A\x1f"
		       "log_client_address=203.0.113.77"
		       "A\x15"
		       "log_client_port=40123"
		       "A\x30"
		       "log_message_origin=bot.example.net[203.0.113.77]"
		       "A\x14"
		       "log_helo_name=friend"
		       "A\x17"
		       "log_protocol_name=ESMTP"
		       "A\x1b"
		       "client_name=bot.example.net"
		       "A\x23"
		       "reverse_client_name=bot.example.net"
		       "A\x1b"
		       "client_address=203.0.113.77"
		       "A\x11"
		       "client_port=40123"
		       "A\x19"
		       "server_address=192.0.2.25"
		       "A\x0f"
		       "server_port=587"
		       "A\x10"
		       "helo_name=friend"
		       "A\x13"
		       "protocol_name=ESMTP"
		       "A\x15"
		       "client_address_type=2"
		       "A\x22"
		       "dsn_orig_rcpt=rfc822;x@example.net"
		       "O\x0d"
		       "x@example.net"
		       "R\x0d"
		       "x@example.net"
		       "A\x0e"
		       "notify_flags=6"
		       "A\x24"
		       "dsn_orig_rcpt=rfc822;why@example.org"
		       "O\x0f"
		       "why@example.org"
		       "D\x0d"
		       "y@example.org"
		       "M\x00"
		       "N\x36"
		       "Received: from friend (bot.example.net [203.0.113.77])"
		       "N\x3a"
		       "\tby mx1.corp.example (Postfix) with ESMTPA id 17025A72322;"
		       "N\x26"
		       "\tSun, 22 Nov 2026 06:10:21 +0000 (UTC)"
		       "N\x0e"
		       "Subject: hello"
		       "N\x00"
		       "N\x08"
		       "line one"
		       "X\x00"
		       "A\x1b"
		       "message_id=<a1@example.com>"
		       "E\x00"),
		710);
}

static void test_local_with_late_recipient(void **state)
{
	(void)state;
	struct fake_recipient to = {
		.address = SLICE("q@example.net"), .original = SLICE("q@example.net")};
	const struct fake_message message = {.queue = FAKE_INCOMING,
		.entry = ENTRY_LOCAL,
		.arrival = 1795327821,
		.arrival_usec = 135088,
		.full_name = SLICE("root"),
		.from_headers = true,
		.sender = SLICE("root@mx1.corp.example"),
		.recipients = &to,
		.nrecipients = 1,
		.content = SLICE("From: www <www@corp.example>\nTo: q@example.net\n"
				 "Subject: t option\n"
				 "Message-Id: <20261122061021.21245A72333@mx1.corp.example>\n"
				 "Date: Sun, 22 Nov 2026 06:10:21 +0000 (UTC)\n\nhi\n")};
	/* This one is Postfix's file, byte for byte. */
	assert_file(&message, "21245A72333",
		GOLDEN("C\x5f"
		       "            290             194               1               0            "
		       " 290"
		       "               0"
		       "T\x11"
		       "1795327821 135088"
		       "A\x16"
		       "create_time=1795327821"
		       "A\x15"
		       "rewrite_context=local"
		       "F\x04"
		       "root"
		       "S\x15"
		       "root@mx1.corp.example"
		       "M\x00"
		       "N\x36"
		       "Received: by mx1.corp.example (Postfix, from userid 0)"
		       "N\x36"
		       "\tid 21245A72333; Sun, 22 Nov 2026 06:10:21 +0000 (UTC)"
		       "N\x1c"
		       "From: www <www@corp.example>"
		       "N\x11"
		       "To: q@example.net"
		       "N\x11"
		       "Subject: t option"
		       "N\x39"
		       "Message-Id: <20261122061021.21245A72333@mx1.corp.example>"
		       "N\x2b"
		       "Date: Sun, 22 Nov 2026 06:10:21 +0000 (UTC)"
		       "N\x00"
		       "N\x02"
		       "hi"
		       "X\x00"
		       "A\x22"
		       "dsn_orig_rcpt=rfc822;q@example.net"
		       "O\x0d"
		       "q@example.net"
		       "R\x0d"
		       "q@example.net"
		       "E\x00"),
		537);
}

static void test_maildrop(void **state)
{
	(void)state;
	struct fake_recipient to = {
		.address = SLICE("q@example.net"), .original = SLICE("q@example.net")};
	const struct fake_message message = {.queue = FAKE_SUBMITTED,
		.entry = ENTRY_LOCAL,
		.arrival = 1795327832,
		.arrival_usec = 451614,
		.full_name = SLICE("root"),
		.sender = SLICE("www@corp.example"),
		.recipients = &to,
		.nrecipients = 1,
		.message_id = SLICE("<not.there@example.com>"),
		.content = SLICE("From: www <www@corp.example>\nTo: q@example.net\n"
				 "Subject: in maildrop\n\nhi\n")};
	assert_file(&message, "4jXJbD3C2Xz1bYGQ",
		GOLDEN("T\x11"
		       "1795327832 451614"
		       "A\x15"
		       "rewrite_context=local"
		       "F\x04"
		       "root"
		       "S\x10"
		       "www@corp.example"
		       "R\x0d"
		       "q@example.net"
		       "M\x00"
		       "N\x1c"
		       "From: www <www@corp.example>"
		       "N\x11"
		       "To: q@example.net"
		       "N\x14"
		       "Subject: in maildrop"
		       "N\x00"
		       "N\x02"
		       "hi"
		       "X\x00"
		       "E\x00"),
		66);
}

/* Behind a content filter: the filter is the client, the first one is in log_*. */
static void test_copy_behind_filter(void **state)
{
	(void)state;
	struct fake_recipient to = {
		.address = SLICE("a b@example.net"), .original = SLICE("a b@example.net")};
	const struct fake_message message = {.queue = FAKE_ACTIVE,
		.entry = ENTRY_SMTP,
		.arrival = 1795328139,
		.client = {SLICE("2001:db8::5"), SLICE("v6.example.net"), SLICE("friend"), 1, 587,
			true},
		.previous_id = SLICE("ABCDE12345"),
		.sender = SLICE(""),
		.recipients = &to,
		.nrecipients = 1,
		.content = SLICE("\n")};
	static const char *const parts[] = {
		"A\x14log_ident=ABCDE12345",
		"A\x16rewrite_context=remote",
		"A\x23log_client_address=IPv6:2001:db8::5",
		"A\x2elog_message_origin=v6.example.net[2001:db8::5]",
		"A\x18"
		"client_address=127.0.0.1",
		"A\x11server_port=10025",
		"A\x15"
		"client_address_type=2",
		"A\x26"
		"dsn_orig_rcpt=rfc822;\"a b\"@example.net",
		"R\x0f"
		"a b@example.net",
		"N\x30Received: from localhost (localhost [127.0.0.1])",
		"\tfor <\"a b\"@example.net>; ",
	};
	struct buf out = {0};
	size_t offset;
	postfix_file(&out, &lab, &message, SLICE("DBF40A722E1"), message.arrival, &offset);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (slice_find(buf_slice(&out), slice_cstr(parts[i])) == SIZE_MAX)
			fail_msg("missing: %s", parts[i]);
	assert_int_equal(slice_find(buf_slice(&out), SLICE("sasl_")), SIZE_MAX);
	assert_int_equal(slice_find(buf_slice(&out), SLICE("ESMTPS")), SIZE_MAX);
	buf_free(&out);
}

static void test_long_lines(void **state)
{
	(void)state;
	static const struct {
		size_t length;
		const char *types; /* of the records the line becomes */
	} cases[] = {{0, "N"}, {127, "N"}, {128, "N"}, {2047, "N"}, {2048, "LN"}, {4100, "LLN"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf text = {0}, out = {0};
		buf_pad(&text, 'x', cases[i].length);
		buf_addc(&text, '\n');
		const struct fake_message message = {.queue = FAKE_SUBMITTED,
			.entry = ENTRY_LOCAL,
			.full_name = SLICE("r"),
			.sender = SLICE("r"),
			.content = buf_slice(&text)};
		postfix_file(&out, &lab, &message, SLICE("1"), 0, NULL);
		const unsigned char *at = (unsigned char *)out.ptr +
			slice_find(buf_slice(&out), slice_of("M\0", 2)) + 2;
		size_t total = 0;
		for (const char *type = cases[i].types; *type; type++) {
			assert_int_equal(*at, *type);
			size_t len = at[1] & 0x7f;
			bool two = at[1] & 0x80;
			len |= two ? (size_t)at[2] << 7 : 0;
			assert_int_equal(two, len >= 128);
			at += len + (two ? 3 : 2);
			total += len;
		}
		assert_int_equal(total, cases[i].length);
		assert_int_equal(*at, 'X');
		buf_free(&text);
		buf_free(&out);
	}
}

static void test_log_entries(void **state)
{
	(void)state;
	const struct fake_recipient said = {.address = SLICE("someone@example.net"),
		.original = SLICE("fwd@corp.example"),
		.reason = {
			.text = SLICE("host mx.example.net[192.0.2.1] said: 450 4.2.0 Greylisted "
				      "(in reply to RCPT TO command)"),
			.status = SLICE("4.2.0"),
			.reply = SLICE("450 4.2.0 Greylisted"),
			.mta = SLICE("mx.example.net")}};
	struct buf out = {0};
	postfix_log_entry(&out, &said, 427);
	assert_bytes(&out,
		GOLDEN("\n<someone@example.net>: host mx.example.net[192.0.2.1] said: 450 4.2.0 "
		       "Greylisted (in reply to RCPT TO command)\n"
		       "recipient=someone@example.net\n"
		       "original_recipient=fwd@corp.example\n"
		       "offset=427\n"
		       "dsn_orig_rcpt=rfc822;fwd@corp.example\n"
		       "status=4.2.0\n"
		       "action=delayed\n"
		       "diag_type=smtp\n"
		       "diag_text=450 4.2.0 Greylisted\n"
		       "mta_type=dns\n"
		       "mta_mname=mx.example.net\n"
		       "reason=host mx.example.net[192.0.2.1] said: 450 4.2.0 Greylisted (in reply "
		       "to "
		       "RCPT TO command)\n\n"));

	const struct fake_recipient silent = {.address = SLICE("a b@example.net"),
		.original = SLICE("a b@example.net"),
		.notify = NOTIFY_NEVER,
		.fate = FATE_BOUNCED,
		.reason = {.text = SLICE("mail transport unavailable"), .status = SLICE("5.3.0")}};
	postfix_log_entry(&out, &silent, 9);
	assert_bytes(&out,
		GOLDEN("\n<\"a b\"@example.net>: mail transport unavailable\n"
		       "recipient=\"a b\"@example.net\n"
		       "offset=9\n"
		       "dsn_orig_rcpt=rfc822;\"a b\"@example.net\n"
		       "notify_flags=1\n"
		       "status=5.3.0\n"
		       "action=failed\n"
		       "reason=mail transport unavailable\n\n"));
}

static void test_ids(void **state)
{
	(void)state;
	static const struct {
		int64_t seconds;
		unsigned usec;
		uint64_t inode;
		const char *short_id, *long_id, *path;
	} cases[] = {
		{1300631508, 353025, 5536956, "56301547CBC", "3Pt2mN2VXxznjll", "5/6/3/"},
		{1726092537, 485742, 740918, "7696EB4E36", "4X3vqF3RdBz5Yqn", "7/6/9/"},
		{1726092537, 802002, 2047632, "C3CD21F3E90", NULL, "C/3/C/"},
		{1726092537, 5, 1, "000051", NULL, "0/0/0/"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = {0};
		postfix_short_id(&out, cases[i].usec, cases[i].inode);
		assert_string_equal(buf_str(&out), cases[i].short_id);
		buf_reset(&out);
		postfix_hash_path(&out, cases[i].usec, 3);
		assert_string_equal(buf_str(&out), cases[i].path);
		buf_reset(&out);
		postfix_long_id(&out, cases[i].seconds, cases[i].usec, cases[i].inode);
		if (cases[i].long_id)
			assert_string_equal(buf_str(&out), cases[i].long_id);
		buf_free(&out);
	}
}

static char *in_tree(const char *dir, const char *path, const char *id)
{
	static char text[4096];
	snprintf(text, sizeof(text), "%s/%s%s", dir, path, id);
	return text;
}

static void remove_tree(const char *dir)
{
	char command[4200];
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

static void test_tree(void **state)
{
	(void)state;
	char dir[] = "/tmp/forge-test-XXXXXX";
	assert_non_null(mkdtemp(dir));
	struct tree_options options = lab;
	options.dir = dir;
	options.hash_depth = 2;
	struct fake_recipient to = {.address = SLICE("x@example.net"),
		.original = SLICE("x@example.net"),
		.reason = {.text = SLICE("why"), .status = SLICE("4.0.0")}};
	struct fake_message message = {.queue = FAKE_DEFERRED,
		.entry = ENTRY_LOCAL,
		.arrival = lab.now - 1000,
		.arrival_usec = 0x17000,
		.last_attempt = lab.now - 500,
		.next_retry = lab.now + 400,
		.full_name = SLICE("root"),
		.sender = SLICE("r@example.com"),
		.recipients = &to,
		.nrecipients = 1,
		.content = SLICE("\n")};
	struct err err;
	struct buf id = {0};
	struct stat st;

	struct tree *tree = postfix_writer.open(&options, &err);
	assert_non_null(tree);
	assert_int_equal(postfix_writer.add(tree, &message, &id, &err), 0);
	/* The id tells where the file is and which inode it has. */
	struct buf path = {0};
	buf_printf(&path, "%.1s/%.1s/", buf_str(&id), buf_str(&id) + 1);
	char hashed[64];
	snprintf(hashed, sizeof(hashed), "deferred/%s", buf_str(&path));
	assert_int_equal(stat(in_tree(dir, hashed, buf_str(&id)), &st), 0);
	assert_int_equal(strtoul(buf_str(&id) + 5, NULL, 16), st.st_ino);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(st.st_mtime, message.next_retry);
	snprintf(hashed, sizeof(hashed), "defer/%s", buf_str(&path));
	assert_int_equal(stat(in_tree(dir, hashed, buf_str(&id)), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_mtime, message.last_attempt);

	message.number = 1;
	message.queue = FAKE_ACTIVE;
	assert_int_equal(postfix_writer.add(tree, &message, &id, &err), 0);
	assert_int_equal(stat(in_tree(dir, "active/", buf_str(&id)), &st), 0);
	assert_int_equal(st.st_mtime, message.arrival);
	message.number = 2;
	message.queue = FAKE_SUBMITTED;
	assert_int_equal(postfix_writer.add(tree, &message, &id, &err), 0);
	assert_int_equal(stat(in_tree(dir, "maildrop/", buf_str(&id)), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0744);
	assert_int_equal(postfix_writer.close(tree, &err), 0);
	assert_int_equal(stat(in_tree(dir, "maildrop", ""), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0730);
	assert_int_equal(st.st_mtime, lab.now);

	/* What stands there is never written over. */
	tree = postfix_writer.open(&options, &err);
	assert_null(tree);
	assert_non_null(strstr(err.text, dir));
	buf_free(&path);
	buf_free(&id);
	remove_tree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_submitted_with_login),
		cmocka_unit_test(test_local_with_late_recipient),
		cmocka_unit_test(test_maildrop),
		cmocka_unit_test(test_copy_behind_filter),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_log_entries),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
