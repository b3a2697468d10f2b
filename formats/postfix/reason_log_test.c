#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/test_slice.h"
#include "core/base/xalloc.h"
#include "formats/postfix/reason_log.h"

/* As bounce_append_service.c writes it, with the old form first. */
static const char real[] =
	"<anna@example.org>: connect to mx.example.org[192.0.2.1]:25: timed out\n"
	"recipient=anna@example.org\n"
	"offset=520\n"
	"dsn_orig_rcpt=rfc822;anna@example.org\n"
	"status=4.4.1\n"
	"action=delayed\n"
	"reason=connect to mx.example.org[192.0.2.1]:25: timed out\n"
	"\n"
	"recipient=ben@example.org\n"
	"original_recipient=list@example.org\n"
	"offset=560\n"
	"status=4.2.2\n"
	"action=delayed\n"
	"diag_type=smtp\n"
	"diag_text=452 4.2.2 Mailbox full\n"
	"mta_type=dns\n"
	"mta_mname=mx.example.org\n"
	"reason=host mx.example.org[192.0.2.1] said: 452 4.2.2 Mailbox full\n"
	"\n";

static void reads_what_postfix_writes(void **state)
{
	struct slice log = slice_cstr(real);
	struct reason_entry entry;
	(void)state;

	assert_true(reason_log_next(&log, &entry));
	assert_slice(entry.recipient, "anna@example.org");
	assert_false(slice_known(entry.original));
	assert_int_equal(entry.offset, 520);
	assert_slice(entry.status, "4.4.1");
	assert_slice(entry.action, "delayed");
	assert_false(slice_known(entry.reply));
	assert_false(slice_known(entry.host));
	assert_slice(entry.reason, "connect to mx.example.org[192.0.2.1]:25: timed out");
	assert_true(reason_log_next(&log, &entry));
	assert_slice(entry.recipient, "ben@example.org");
	assert_slice(entry.original, "list@example.org");
	assert_int_equal(entry.offset, 560);
	assert_slice(entry.reply, "452 4.2.2 Mailbox full");
	assert_slice(entry.host, "mx.example.org");
	assert_false(reason_log_next(&log, &entry));
	assert_false(reason_log_next(&log, &entry));
}

/* The first entry of each text: recipient, offset and reason. */
static void reads_odd_entries(void **state)
{
	static const struct {
		struct slice log;
		const char *recipient; /* NULL: unknown */
		int64_t offset;
		const char *reason;
	} cases[] = {
		{SLICE("recipient = a@b\noffset = 7\nreason = x = y\n"), "a@b", 7, "x = y"},
		{SLICE("\n\n \t\r\nrecipient=a@b\r\nreason=x\r\n\r\nreason=next\n"), "a@b", -1,
			"x"},
		{SLICE("reason=x"), NULL, -1, "x"},
		{SLICE("<a@b>: old form\n"), "a@b", -1, "old form"},
		{SLICE("<>: to nobody\n"), "", -1, "to nobody"},
		{SLICE("<>: to nobody\nrecipient=<>\nreason=new\n"), "<>", -1, "new"},
		{SLICE("<\"x>: y\"@b>: cut\nrecipient=\"x>: y\"@b\nreason=right\n"), "\"x>: y\"@b",
			-1, "right"},
		{SLICE("<a@b> no colon\n"), NULL, -1, NULL},
		{SLICE("<a@b>:\n"), NULL, -1, NULL},
		{SLICE("<\n"), NULL, -1, NULL},
		{SLICE("<>: "), "", -1, ""},
		{SLICE("offset=x\n"), NULL, -1, NULL},
		{SLICE("offset=5\noffset=99999999999999999999\n"), NULL, -1, NULL},
		{SLICE("offset=-5\n"), NULL, -5, NULL},
		{SLICE("no pair\nunknown=1\n recipient=indented\n=x\n#=x\nreason=r\n"), NULL, -1,
			"r"},
		{SLICE("recipient=\nreason=\n"), "", -1, ""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice log = cases[i].log;
		struct reason_entry entry;
		assert_true(reason_log_next(&log, &entry));
		struct slice recipient = slice_cstr(cases[i].recipient);
		struct slice reason = slice_cstr(cases[i].reason);
		if (slice_known(recipient) != slice_known(entry.recipient) ||
			!slice_eq(recipient, entry.recipient) || entry.offset != cases[i].offset ||
			slice_known(reason) != slice_known(entry.reason) ||
			!slice_eq(reason, entry.reason))
			fail_msg("%.*s: recipient %.*s, offset %lld, reason %.*s",
				SLICE_ARG(cases[i].log), SLICE_ARG(entry.recipient),
				(long long)entry.offset, SLICE_ARG(entry.reason));
	}
	/* Texts without any entry. */
	static const struct slice nothing[] = {SLICE(""), SLICE("\n"), SLICE("\n\r\n \n"),
		SLICE("\0\0\0"), SLICE(" x=y"), SLICE("\xff\xfe=1\n\n\n")};
	for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++) {
		struct slice log = nothing[i];
		struct reason_entry entry;
		assert_false(reason_log_next(&log, &entry));
		assert_int_equal(log.len, 0);
	}
}

/* Every prefix ends, and keeps the entries that are whole. */
static void survives_truncation_at_every_byte(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(real); n++) {
		char *exact = xcalloc(n + 1, 1);
		memcpy(exact, real, n);
		char *end = xrealloc(exact, n ? n : 1, 1);
		struct slice log = slice_of(end, n);
		struct reason_entry entry;
		unsigned entries = 0;
		while (reason_log_next(&log, &entry)) {
			assert_true(++entries <= 2);
			assert_true(!entry.reason.len ||
				(entry.reason.ptr >= end &&
					entry.reason.ptr + entry.reason.len <= end + n));
		}
		free(end);
	}
}

/* Recipients of a message, by address and offset. */
static struct record record_with(struct rcpt *rcpts, uint32_t count)
{
	struct record record = record_unknown();
	record.rcpts = rcpts;
	record.nrcpts = count;
	return record;
}

static struct rcpt rcpt(const char *address, uint64_t offset)
{
	return (struct rcpt){.address = slice_cstr(address), .offset = offset};
}

/* What logs add to records lives here until the end. */
static struct arena added;

static void apply(struct slice log, bool bounced, struct record *record)
{
	reason_log_apply(log, bounced, &added, record);
}

static void gives_reasons_by_offset(void **state)
{
	/* The same address twice, as an alias makes it: only the offset tells them apart. */
	struct rcpt rcpts[] = {
		rcpt("zoe@example.org", 400),
		rcpt("anna@example.org", 480),
		rcpt("anna@example.org", 520),
		rcpt("ben@example.org", 560),
	};
	struct record record = record_with(rcpts, 4);
	(void)state;

	apply(slice_cstr(real), false, &record);
	assert_false(slice_known(rcpts[0].reason));
	assert_int_equal(rcpts[0].order, 0);
	assert_false(slice_known(rcpts[1].reason));
	assert_slice(rcpts[2].reason, "connect to mx.example.org[192.0.2.1]:25: timed out");
	assert_slice(rcpts[2].status, "4.4.1");
	assert_false(slice_known(rcpts[2].host));
	assert_int_equal(rcpts[2].order, 1);
	assert_slice(rcpts[3].host, "mx.example.org");
	assert_slice(rcpts[3].reply, "452 4.2.2 Mailbox full");
	assert_int_equal(rcpts[3].order, 2);
	assert_false(rcpts[3].bounced);
}

/* What a log says of others than the recipient at its offset is not believed. */
static void needs_the_address_to_fit(void **state)
{
	struct rcpt rcpts[] = {
		rcpt("ben@example.org", 400),
		rcpt("other@example.org", 520),
		rcpt("third@example.org", 560),
	};
	struct record record = record_with(rcpts, 3);
	(void)state;

	apply(slice_cstr(real), true, &record);
	assert_false(slice_known(rcpts[1].reason));
	assert_false(slice_known(rcpts[2].reason));
	/* Its offset is another's: by the address. */
	assert_slice(rcpts[0].status, "4.2.2");
	assert_true(rcpts[0].bounced);
	/* anna, whom no record names, comes first in the log: mail redirected to her. */
	assert_int_equal(rcpts[0].order, 2);
	assert_int_equal(record.nrcpts, 4);
	assert_slice(record.rcpts[3].address, "anna@example.org");
	assert_int_equal(record.rcpts[3].order, 1);
	assert_true(record.rcpts[3].logged_only);
	assert_false(record.rcpts[0].logged_only);
}

static void finds_recipients_of_the_heap(void **state)
{
	/* In the order a milter leaves them: the heap is behind the rest, but read before. */
	struct rcpt rcpts[] = {
		rcpt("x@example.org", 900),
		rcpt("anna@example.org", 520),
		rcpt("ben@example.org", 560),
	};
	struct record record = record_with(rcpts, 3);
	(void)state;

	apply(slice_cstr(real), false, &record);
	assert_slice(rcpts[1].status, "4.4.1");
	assert_slice(rcpts[2].status, "4.2.2");
}

static void compares_raw_with_quoted_addresses(void **state)
{
	static const struct {
		const char *logged;
		const char *raw;
		bool same;
	} cases[] = {
		{"a@example.org", "a@example.org", true},
		{"\"two words\"@example.org", "two words@example.org", true},
		{"\"a\\\"b\"@example.org", "a\"b@example.org", true},
		{"\"a\\\\b\"@example.org", "a\\b@example.org", true},
		{"\"x@y\"@example.org", "x@y@example.org", true},
		{"\"\"@example.org", "@example.org", true},
		{"\".dot\"@example.org", ".dot@example.org", true},
		{"<>", "", true},
		{"", "", true},
		{"a@example.org", "A@example.org", false},
		{"\"two words\"@example.org", "twowords@example.org", false},
		{"<>", "a@example.org", false},
		{"\"", "a@example.org", false},
		{"\\", "a@example.org", false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		/* With its offset, and without. */
		for (unsigned with = 0; with < 2; with++) {
			struct rcpt one = rcpt(cases[i].raw, 7);
			struct record record = record_with(&one, 1);
			struct buf log = {0};
			buf_printf(&log, "recipient=%s\n%sreason=x\n", cases[i].logged,
				with ? "offset=7\n" : "");
			apply(buf_slice(&log), false, &record);
			if (slice_known(one.reason) != cases[i].same)
				fail_msg("%s and %s, %s offset", cases[i].logged, cases[i].raw,
					with ? "with" : "without");
			buf_free(&log);
		}
	}
}

static void believes_the_newest_entry(void **state)
{
	struct rcpt rcpts[] = {rcpt("a@example.org", 10), rcpt("b@example.org", 20)};
	struct record record = record_with(rcpts, 2);
	(void)state;

	apply(SLICE("recipient=a@example.org\nreason=old\nstatus=4.0.0\n\n"
		    "recipient=b@example.org\nreason=b\n\n"
		    "recipient=c@example.org\nreason=of nobody here\n\n"
		    "recipient=a@example.org\nreason=new\n\n"
		    "recipient=b@example.org\n\n" /* no reason: says nothing */
		    "reason=of nobody\n"),
		false, &record);
	assert_slice(rcpts[0].reason, "new");
	assert_false(slice_known(rcpts[0].status));
	assert_slice(rcpts[1].reason, "b");
	assert_true(rcpts[0].order > rcpts[1].order);
}

/* Without offsets nothing tells equal recipients apart: the first one has the reason. */
static void gives_equal_recipients_one_reason(void **state)
{
	struct rcpt rcpts[] = {
		rcpt("a@example.org", 10), rcpt("b@example.org", 20), rcpt("a@example.org", 30)};
	struct record record = record_with(rcpts, 3);
	(void)state;

	apply(SLICE("recipient=a@example.org\nreason=x\n"), false, &record);
	assert_slice(record.rcpts[0].reason, "x");
	assert_false(slice_known(record.rcpts[2].reason));
}

static void cuts_what_is_long(void **state)
{
	struct rcpt one = rcpt("a@example.org", 10);
	struct record record = record_with(&one, 1);
	struct buf log = {0};
	(void)state;

	static const char *const names[] = {"reason", "diag_text", "mta_mname", "status"};
	buf_add(&log, SLICE("recipient=a@example.org\n"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		buf_printf(&log, "%s=", names[i]);
		buf_pad(&log, 'x', LIMIT_REASON + 1);
		buf_addc(&log, '\n');
	}
	apply(buf_slice(&log), false, &record);
	assert_int_equal(one.reason.len, LIMIT_REASON);
	assert_int_equal(one.reply.len, LIMIT_REASON);
	assert_int_equal(one.host.len, LIMIT_REASON);
	assert_int_equal(one.status.len, LIMIT_REASON);
	buf_free(&log);
}

static void does_without_recipients(void **state)
{
	struct record record = record_with(NULL, 0);
	(void)state;

	apply((struct slice){0}, false, &record);
	assert_int_equal(record.nrcpts, 0);
	apply(slice_cstr(real), false, &record);
	apply(slice_cstr(real), false, &record);
	assert_int_equal(record.nrcpts, 2); /* the same two both times */
	assert_int_equal(record.warnings, 0);
}

/*
 * A log without offsets over very many recipients, in the other order, with an
 * addresses that no record names: each finds its own, the others are bounded, and
 * it does not take for ever.
 */
static void pairs_very_many_without_offsets(void **state)
{
	enum { MANY = 50000, LONG = 200 };
	struct rcpt *rcpts = xcalloc(MANY, sizeof(*rcpts));
	struct record record = record_with(rcpts, MANY);
	char(*names)[LONG + 32] = xcalloc(MANY, sizeof(*names));
	struct buf log = {0};
	(void)state;

	for (unsigned i = 0; i < MANY; i++) {
		memset(names[i], 'x', LONG);
		snprintf(names[i] + LONG, 32, "%06u y@example.org", i);
		rcpts[i] = rcpt(names[i], 1000 + i);
	}
	for (unsigned i = MANY; i-- > 0;)
		buf_printf(&log,
			"recipient=\"%.*s\"@example.org\nreason=reason %u\n\n"
			"recipient=\"%.*s\"@example.net\nreason=never\n\n",
			LONG + 8, names[i], i, LONG + 8, names[i]);
	apply(buf_slice(&log), false, &record);
	for (unsigned i = 0; i < MANY; i++) {
		char reason[32];
		snprintf(reason, sizeof(reason), "reason %u", i);
		assert_slice(rcpts[i].reason, reason);
		assert_true(i == 0 || rcpts[i].order < rcpts[i - 1].order);
	}
	assert_true(record.nrcpts > MANY && record.nrcpts <= MANY + 100);
	assert_true(record.warnings & WARN_BAD_LOG);
	buf_free(&log);
	free(names);
	free(rcpts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_postfix_writes),
		cmocka_unit_test(reads_odd_entries),
		cmocka_unit_test(survives_truncation_at_every_byte),
		cmocka_unit_test(gives_reasons_by_offset),
		cmocka_unit_test(needs_the_address_to_fit),
		cmocka_unit_test(finds_recipients_of_the_heap),
		cmocka_unit_test(compares_raw_with_quoted_addresses),
		cmocka_unit_test(believes_the_newest_entry),
		cmocka_unit_test(gives_equal_recipients_one_reason),
		cmocka_unit_test(cuts_what_is_long),
		cmocka_unit_test(does_without_recipients),
		cmocka_unit_test(pairs_very_many_without_offsets),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(&added);
	return failed;
}
