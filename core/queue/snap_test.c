#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/base/escape.h"
#include "core/queue/snap.h"

struct place {
	struct spool spool;
	const struct spool *spools[1];
	struct snap snap;
};

static void begin(struct place *place, unsigned parts)
{
	struct need need = {.parts = parts, .headers = {SLICE("X-Mailer")}, .nheaders = 1};
	*place = (struct place){0};
	place->spools[0] = &place->spool;
	snap_init(&place->snap, place->spools, 1, &need);
}

static void assert_text(const struct snap *snap, enum snap_col col, uint32_t row, const char *text)
{
	struct slice s = snap_text(snap, col, row), wanted = slice_cstr(text);
	if (slice_known(s) != slice_known(wanted) || !slice_eq(s, wanted))
		fail_msg("column %d is \"%.*s\", not \"%s\"", (int)col, SLICE_ARG(s), text);
}

static struct slice rcpt_text(const struct snap *snap, enum snap_rcpt_col col, uint32_t rcpt)
{
	return intern_get(&snap->strings, snap_rcpt(snap, col, rcpt));
}

static void assert_rcpt(
	const struct snap *snap, enum snap_rcpt_col col, uint32_t rcpt, const char *text)
{
	assert_true(slice_eq(rcpt_text(snap, col, rcpt), slice_cstr(text)));
}

static struct record full_record(struct rcpt *rcpts)
{
	struct record record = record_unknown();
	rcpts[0] = (struct rcpt){.address = SLICE("Anna@Example.ORG"),
		.reason = SLICE("host said: 452 Full (id 1)"),
		.reason_key = SLICE("host said: 452 Mailbox full")};
	rcpts[1] = (struct rcpt){.address = SLICE(""), .state = RCPT_DONE};
	rcpts[2] = (struct rcpt){.address = SLICE("c@example.org"), .state = RCPT_CANCELLED};
	record.queue_id = SLICE("4X3vqF3RdBz5Yqn");
	record.queue_name = SLICE("deferred");
	record.state = STATE_DEFERRED;
	record.inode = 77;
	record.warnings = WARN_SIZE;
	record.arrival = 1700000000;
	record.next_retry = 1700000600;
	record.attempts = 0;
	record.size = 4096;
	record.forced_expire = true;
	record.sender = SLICE("Bob@Example.COM");
	record.rcpts = rcpts;
	record.nrcpts = 3;
	record.account = SLICE("BOB");
	record.account_source = SOURCE_QUEUE;
	record.auth_method = SLICE("PLAIN");
	record.client_ip = SLICE("203.0.113.7");
	record.client_name = SLICE("Bot.Example.NET");
	record.client_source = SOURCE_QUEUE;
	record.helo = SLICE("Friend");
	record.protocol = SLICE("ESMTPSA");
	record.uid = 0;
	record.script = SLICE("Form.php");
	record.log_id = SLICE("FIRST01");
	record.peer_ip = SLICE("127.0.0.1");
	record.subject = SLICE("=?utf-8?Q?caf=C3=A9?=");
	record.header_from = SLICE("Bob <bob@example.com>");
	record.message_id = SLICE("<1@example.com>");
	record.extra[0] = SLICE("Mailer 1.0");
	return record;
}

static void keeps_what_a_record_says(void **state)
{
	struct place p;
	struct rcpt rcpts[3];
	struct record record = full_record(rcpts);
	(void)state;

	begin(&p, NEED_ALL);
	p.snap.keep_reason_text = true;
	assert_int_equal(snap_add(&p.snap, 0, &record), 0);
	assert_int_equal(p.snap.rows, 1);
	assert_text(&p.snap, COL_QUEUE_ID, 0, "4X3vqF3RdBz5Yqn");
	assert_text(&p.snap, COL_QUEUE_NAME, 0, "deferred");
	assert_text(&p.snap, COL_ACCOUNT, 0, "bob");
	assert_text(&p.snap, COL_LOST_LOGIN, 0, NULL);
	assert_text(&p.snap, COL_AUTH_METHOD, 0, "PLAIN");
	assert_text(&p.snap, COL_CLIENT_IP, 0, "203.0.113.7");
	assert_text(&p.snap, COL_CLIENT_NAME, 0, "bot.example.net");
	assert_text(&p.snap, COL_HELO, 0, "friend");
	assert_text(&p.snap, COL_PROTOCOL, 0, "ESMTPSA");
	assert_text(&p.snap, COL_SENDER, 0, "bob@example.com");
	assert_text(&p.snap, COL_SCRIPT, 0, "Form.php");
	assert_text(&p.snap, COL_SUBJECT, 0, "café");
	assert_text(&p.snap, COL_HEADER_FROM, 0, "Bob <bob@example.com>");
	assert_text(&p.snap, COL_MESSAGE_ID, 0, "<1@example.com>");
	assert_text(&p.snap, COL_LOG_ID, 0, "FIRST01");
	assert_text(&p.snap, COL_EXTRA, 0, "Mailer 1.0");
	assert_text(&p.snap, COL_EXTRA + 1, 0, NULL);
	assert_int_equal(snap_col(&p.snap, COL_UID, 0), 1);
	assert_int_equal(snap_col(&p.snap, COL_ATTEMPTS, 0), 1);
	assert_int_equal(snap_col(&p.snap, COL_WARNINGS, 0), WARN_SIZE);
	assert_int_equal(snap_col(&p.snap, COL_NRCPT, 0), 1);
	assert_int_equal(snap_wide(&p.snap, WIDE_ARRIVAL, 0), 1700000000);
	assert_int_equal(snap_wide(&p.snap, WIDE_NEXT_RETRY, 0), 1700000600);
	assert_int_equal(snap_wide(&p.snap, WIDE_SIZE, 0), 4096);
	assert_int_equal(snap_wide(&p.snap, WIDE_INODE, 0), 77);
	assert_int_equal(p.snap.small[0].state, STATE_DEFERRED);
	assert_int_equal(p.snap.small[0].origin, ORIGIN_ACCOUNT);
	assert_int_equal(p.snap.small[0].account_source, SOURCE_QUEUE);
	assert_int_equal(p.snap.small[0].client_source, SOURCE_QUEUE);
	assert_int_equal(p.snap.small[0].flags, SNAP_REINJECTED | SNAP_FORCED_EXPIRE);

	uint32_t count;
	assert_int_equal(snap_rcpts(&p.snap, 0, &count), 0);
	assert_int_equal(count, 3);
	assert_rcpt(&p.snap, RCPT_ADDRESS, 0, "anna@example.org");
	assert_true(slice_eq(rcpt_text(&p.snap, RCPT_REASON, 0), rcpts[0].reason_key));
	assert_true(slice_eq(rcpt_text(&p.snap, RCPT_REASON_TEXT, 0), rcpts[0].reason));
	assert_int_equal(p.snap.rcpt_class[0], REASON_MAILBOX_FULL);
	assert_int_equal(snap_rcpt(&p.snap, RCPT_ADDRESS, 1), INTERN_EMPTY);
	assert_int_equal(p.snap.rcpt_state[1], RCPT_DONE);
	assert_int_equal(snap_rcpt(&p.snap, RCPT_REASON, 1), INTERN_UNKNOWN);
	assert_int_equal(p.snap.rcpt_class[1], REASON_UNKNOWN);
	assert_int_equal(p.snap.rcpt_state[2], RCPT_CANCELLED);
	snap_free(&p.snap);
}

static void keeps_unknown_apart_from_empty(void **state)
{
	struct place p;
	struct record unknown = record_unknown(), empty = record_unknown();
	(void)state;

	begin(&p, NEED_ALL);
	empty.sender = empty.account = empty.helo = empty.subject = SLICE("");
	empty.arrival = empty.size = empty.uid = empty.attempts = 0;
	snap_add(&p.snap, 0, &unknown);
	snap_add(&p.snap, 0, &empty);
	for (unsigned col = 0; col < SNAP_COLS; col++)
		assert_int_equal(snap_col(&p.snap, col, 0), 0);
	assert_int_equal(snap_wide(&p.snap, WIDE_ARRIVAL, 0), WIDE_UNKNOWN);
	assert_int_equal(snap_wide(&p.snap, WIDE_NEXT_RETRY, 0), WIDE_UNKNOWN);
	assert_int_equal(snap_wide(&p.snap, WIDE_SIZE, 0), WIDE_UNKNOWN);
	assert_text(&p.snap, COL_SENDER, 1, "");
	assert_text(&p.snap, COL_ACCOUNT, 1, "");
	assert_text(&p.snap, COL_HELO, 1, "");
	assert_text(&p.snap, COL_SUBJECT, 1, "");
	assert_int_equal(snap_wide(&p.snap, WIDE_ARRIVAL, 1), 0);
	assert_int_equal(snap_wide(&p.snap, WIDE_SIZE, 1), 0);
	assert_int_equal(snap_col(&p.snap, COL_UID, 1), 1);
	assert_int_equal(snap_col(&p.snap, COL_ATTEMPTS, 1), 1);
	snap_free(&p.snap);
}

static void keeps_only_what_was_asked_for(void **state)
{
	struct place p;
	struct rcpt rcpts[3];
	struct record record = full_record(rcpts);
	uint32_t count;
	(void)state;

	begin(&p, 0);
	snap_add(&p.snap, 0, &record);
	assert_text(&p.snap, COL_SUBJECT, 0, NULL);
	assert_text(&p.snap, COL_EXTRA, 0, NULL);
	assert_int_equal(snap_col(&p.snap, COL_NRCPT, 0), 1);
	snap_rcpts(&p.snap, 0, &count);
	assert_int_equal(count, 0);
	snap_free(&p.snap);

	begin(&p, NEED_REASONS);
	snap_add(&p.snap, 0, &record);
	assert_int_equal(snap_rcpts(&p.snap, 0, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(snap_rcpt(&p.snap, RCPT_ADDRESS, 0), INTERN_UNKNOWN);
	assert_int_not_equal(snap_rcpt(&p.snap, RCPT_REASON, 0), INTERN_UNKNOWN);
	assert_int_equal(snap_rcpt(&p.snap, RCPT_REASON_TEXT, 0), INTERN_UNKNOWN);
	snap_free(&p.snap);

	begin(&p, NEED_HEADERS | NEED_SUBJECT);
	snap_add(&p.snap, 0, &record);
	assert_int_not_equal(snap_col(&p.snap, COL_SUBJECT, 0), INTERN_UNKNOWN);
	assert_text(&p.snap, COL_HEADER_FROM, 0, NULL);
	assert_text(&p.snap, COL_MESSAGE_ID, 0, NULL);
	snap_free(&p.snap);
}

/* To whom a bounce goes matters where whom a flood goes to does not. */
static void keeps_addresses_of_bounces(void **state)
{
	static const struct {
		unsigned need;
		const char *to, *bounced_to;
	} cases[] = {
		{NEED_RCPTS, "example.org", "example.org"},
		{NEED_RCPTS | NEED_BOUNCED, "example.org", "a@example.org"},
		{NEED_RCPTS | NEED_ADDRESSES, "a@example.org", "a@example.org"},
	};
	struct rcpt rcpt = {.address = SLICE("a@example.org")};
	struct place p;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record record = record_unknown();
		record.rcpts = &rcpt;
		record.nrcpts = 1;
		begin(&p, cases[i].need);
		snap_add(&p.snap, 0, &record); /* of an unknown sender */
		record.sender = SLICE("");
		snap_add(&p.snap, 0, &record);
		assert_rcpt(&p.snap, RCPT_ADDRESS, 0, cases[i].to);
		assert_rcpt(&p.snap, RCPT_ADDRESS, 1, cases[i].bounced_to);
		assert_int_equal(
			snap_has_addresses(&p.snap, 1), strchr(cases[i].bounced_to, '@') != NULL);
		snap_free(&p.snap);
	}
}

/* Numbers that do not fit are unknown, texts are cut, and nothing wraps. */
static void bounds_what_it_keeps(void **state)
{
	struct place p;
	struct record record = record_unknown();
	char text[LIMIT_HEADER_VALUE + 10];
	(void)state;

	begin(&p, NEED_ALL);
	memset(text, 'x', sizeof(text));
	record.uid = (int64_t)UINT32_MAX - 1;
	record.attempts = UINT32_MAX;
	record.arrival = record.size = INT64_MAX;
	record.inode = UINT64_MAX;
	record.subject = record.message_id = record.extra[0] = slice_of(text, sizeof(text));
	snap_add(&p.snap, 0, &record);
	assert_int_equal(snap_col(&p.snap, COL_UID, 0), UINT32_MAX);
	assert_int_equal(snap_col(&p.snap, COL_ATTEMPTS, 0), 0);
	assert_int_equal(snap_wide(&p.snap, WIDE_ARRIVAL, 0), INT64_MAX);
	assert_int_equal(snap_wide(&p.snap, WIDE_SIZE, 0), INT64_MAX);
	assert_int_equal((uint64_t)snap_wide(&p.snap, WIDE_INODE, 0), UINT64_MAX);
	assert_int_equal(snap_text(&p.snap, COL_SUBJECT, 0).len, LIMIT_HEADER_VALUE);
	assert_int_equal(snap_text(&p.snap, COL_MESSAGE_ID, 0).len, LIMIT_HEADER_VALUE);
	assert_int_equal(snap_text(&p.snap, COL_EXTRA, 0).len, LIMIT_HEADER_VALUE);
	snap_free(&p.snap);
}

/* What verdicts look at: with what they need, and without. */
static void keeps_marks_and_hashes(void **state)
{
	struct rcpt rcpts[3];
	struct record record = full_record(rcpts), other = record_unknown();
	uint32_t hash = frequent_hash(SLICE("anna@example.org"));
	struct place p;
	(void)state;

	record.marks = 5;
	record.subject_key = SLICE("hello #");
	begin(&p, NEED_RCPTS | NEED_MARKS);
	snap_add(&p.snap, 0, &record);
	other.message_id = SLICE(" ");
	other.subject_key = SLICE("");
	snap_add(&p.snap, 0, &other);
	snap_add(&p.snap, 0, &record);
	assert_text(&p.snap, COL_SUBJECT_KEY, 0, "hello #");
	assert_text(&p.snap, COL_SUBJECT_KEY, 1, "");
	assert_text(&p.snap, COL_SUBJECT, 0, NULL);
	assert_int_equal(snap_col(&p.snap, COL_MARKS, 0), 5);
	assert_int_equal(snap_col(&p.snap, COL_MARKS, 1), 0);
	assert_int_equal(snap_col(&p.snap, COL_MESSAGE_HASH, 0), frequent_hash(record.message_id));
	assert_int_equal(snap_col(&p.snap, COL_MESSAGE_HASH, 1), 0);
	/* The whole address of each, also of the cancelled, where only domains are kept. */
	assert_rcpt(&p.snap, RCPT_ADDRESS, 0, "example.org");
	assert_int_equal(snap_rcpt(&p.snap, RCPT_HASH, 0), hash);
	assert_int_equal(snap_rcpt(&p.snap, RCPT_HASH, 1), frequent_hash(SLICE("")));
	assert_int_equal(snap_rcpt(&p.snap, RCPT_HASH, 2), frequent_hash(SLICE("c@example.org")));
	assert_true(slice_eq(frequent_find(&p.snap.frequent, hash), SLICE("anna@example.org")));

	/* A row that is taken over brings its addresses along, as far as they are known. */
	struct place q;
	begin(&q, NEED_RCPTS | NEED_MARKS);
	intern_free(&q.snap.strings);
	q.snap.strings = p.snap.strings;
	snap_add_row(&q.snap, &p.snap, 0);
	snap_add_row(&q.snap, &p.snap, 2);
	assert_text(&q.snap, COL_SUBJECT_KEY, 0, "hello #");
	assert_int_equal(snap_rcpt(&q.snap, RCPT_HASH, 0), hash);
	assert_true(slice_eq(frequent_find(&q.snap.frequent, hash), SLICE("anna@example.org")));
	q.snap.strings = (struct intern){0};
	snap_free(&q.snap);
	snap_free(&p.snap);

	begin(&p, NEED_ALL);
	snap_add(&p.snap, 0, &record);
	assert_null(p.snap.cols[COL_SUBJECT_KEY]);
	assert_null(p.snap.cols[COL_MARKS]);
	assert_null(p.snap.cols[COL_MESSAGE_HASH]);
	assert_null(p.snap.rcpts[RCPT_HASH]);
	assert_null(p.snap.frequent.slots);
	snap_free(&p.snap);
	/* Recipients that nobody asked for were not read. */
	begin(&p, NEED_REASONS | NEED_MARKS);
	snap_add(&p.snap, 0, &record);
	assert_null(p.snap.rcpts[RCPT_HASH]);
	snap_free(&p.snap);
}

/* Of each of two spools only where its domains are not all known. */
static void keeps_what_a_guess_needs(void **state)
{
	struct rcpt alias = {.address = SLICE("ben@home.test"), .original = SLICE("ben@Us.test")};
	struct rcpt routed[] = {{.address = SLICE("ann@us.test")},
		{.address = SLICE("zoe%far.test@us.test"),
			.original = SLICE("zoe%far.test@us.test")}};
	struct record first = record_unknown(), second = record_unknown();
	struct need need = {.parts = NEED_RCPTS};
	struct spool unknown = {0}, known = {.site.local_complete = true};
	const struct spool *spools[] = {&unknown, &known};
	struct snap snap;
	(void)state;

	first.rcpts = &alias;
	first.nrcpts = 1;
	first.stamped_by = second.stamped_by = SLICE("MX1.Us.test");
	second.rcpts = routed;
	second.nrcpts = 2;
	for (unsigned pass = 0; pass < 2; pass++) {
		snap_init(&snap, spools, 2, &need);
		for (unsigned i = 0; i < 400; i++) {
			uint32_t row = snap_add(&snap, i % 2, i % 4 < 2 ? &first : &second);
			bool wanted = i % 2 == 0 && need.parts;
			assert_text(&snap, COL_STAMPED_BY, row, wanted ? "mx1.us.test" : NULL);
			assert_text(
				&snap, COL_REWRITTEN, row, wanted && i % 4 < 2 ? "us.test" : NULL);
			assert_int_equal(
				(snap.small[row].flags & SNAP_ROUTED) != 0, wanted && i % 4 >= 2);
		}
		/* Without recipients there is no guess. */
		assert_int_equal(snap.cols[COL_STAMPED_BY] != NULL, pass == 0);
		snap_free(&snap);
		need.parts = 0;
	}
}

/* Over several growths: columns that begin late, rows without recipients in between. */
static void grows(void **state)
{
	enum { ROWS = 20000, LATE = 9000 };
	struct place p;
	struct rcpt rcpts[2];
	char id[32], address[32];
	(void)state;

	begin(&p, NEED_RCPTS | NEED_ADDRESSES);
	for (uint32_t i = 0; i < ROWS; i++) {
		struct record record = record_unknown();
		snprintf(id, sizeof(id), "ID%u", i);
		snprintf(address, sizeof(address), "rcpt%u@example.org", i);
		record.queue_id = slice_cstr(id);
		record.inode = i;
		if (i >= LATE)
			record.account = SLICE("bob");
		rcpts[0] = rcpts[1] = (struct rcpt){.address = slice_cstr(address)};
		record.rcpts = rcpts;
		record.nrcpts = i % 3;
		assert_int_equal(snap_add(&p.snap, 0, &record), i);
	}
	for (uint32_t i = 0; i < ROWS; i++) {
		uint32_t count;
		snprintf(id, sizeof(id), "ID%u", i);
		snprintf(address, sizeof(address), "rcpt%u@example.org", i);
		assert_text(&p.snap, COL_QUEUE_ID, i, id);
		assert_text(&p.snap, COL_ACCOUNT, i, i < LATE ? NULL : "bob");
		assert_int_equal(snap_wide(&p.snap, WIDE_INODE, i), i);
		assert_int_equal(snap_col(&p.snap, COL_NRCPT, i), i % 3);
		uint32_t first = snap_rcpts(&p.snap, i, &count);
		assert_int_equal(count, i % 3);
		for (uint32_t n = 0; n < count; n++)
			assert_rcpt(&p.snap, RCPT_ADDRESS, first + n, address);
	}
	snap_free(&p.snap);
}

static void tells_mail_that_came_back(void **state)
{
	static const struct {
		const char *client, *peer, *log_id;
		bool back;
	} cases[] = {
		{"203.0.113.7", "127.0.0.1", NULL, true},
		{"203.0.113.7", "203.0.113.7", NULL, false},
		{"203.0.113.7", "203.0.113.7", "FIRST01", true},
		{"203.0.113.7", NULL, NULL, false},
		{"203.0.113.7", NULL, "FIRST01", false},
		{NULL, "127.0.0.1", NULL, false},
		{NULL, NULL, NULL, false},
	};
	struct place p;
	(void)state;

	begin(&p, 0);
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record record = record_unknown();
		record.client_ip = slice_cstr(cases[i].client);
		record.peer_ip = slice_cstr(cases[i].peer);
		record.log_id = slice_cstr(cases[i].log_id);
		snap_add(&p.snap, 0, &record);
		assert_int_equal(p.snap.small[i].flags, cases[i].back ? SNAP_REINJECTED : 0);
	}
	snap_free(&p.snap);
}

/* Equal header values are decoded once, and mean the same string. */
static void decodes_each_value_once(void **state)
{
	struct place p;
	struct record record = record_unknown();
	(void)state;

	begin(&p, NEED_HEADERS | NEED_SUBJECT | NEED_FROM);
	for (unsigned i = 0; i < 3; i++) {
		record.subject =
			i == 1 ? SLICE("=?utf-8?B?Y2Fmw6k=?=") : SLICE("=?utf-8?Q?caf=C3=A9?=");
		record.header_from = SLICE("\xff\xfe");
		snap_add(&p.snap, 0, &record);
		assert_text(&p.snap, COL_SUBJECT, i, "café");
		assert_int_equal(
			snap_col(&p.snap, COL_SUBJECT, i), snap_col(&p.snap, COL_SUBJECT, 0));
	}
	/* Whatever bytes come in, a name is valid UTF-8. */
	struct slice from = snap_text(&p.snap, COL_HEADER_FROM, 0);
	uint32_t code;
	assert_true(slice_known(from) && !slice_eq(from, SLICE("\xff\xfe")));
	while (from.len) {
		size_t n = utf8_decode(from, &code);
		assert_true(n > 0);
		from = slice_from(from, n);
	}
	snap_free(&p.snap);
}

static void classes_reasons(void **state)
{
	struct place p;
	(void)state;

	begin(&p, NEED_REASONS);
	assert_int_equal(snap_reason_class(&p.snap, (struct slice){0}), REASON_UNKNOWN);
	for (unsigned i = 0; i < 2; i++) /* asked, then remembered */
		assert_int_equal(snap_reason_class(&p.snap, SLICE("452 4.2.2 Mailbox full")),
			REASON_MAILBOX_FULL);
	snap_free(&p.snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_a_record_says),
		cmocka_unit_test(keeps_unknown_apart_from_empty),
		cmocka_unit_test(keeps_only_what_was_asked_for),
		cmocka_unit_test(keeps_addresses_of_bounces),
		cmocka_unit_test(bounds_what_it_keeps),
		cmocka_unit_test(keeps_marks_and_hashes),
		cmocka_unit_test(keeps_what_a_guess_needs),
		cmocka_unit_test(grows),
		cmocka_unit_test(tells_mail_that_came_back),
		cmocka_unit_test(decodes_each_value_once),
		cmocka_unit_test(classes_reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
