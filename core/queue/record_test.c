#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/queue/record.h"

#define DIGEST_KNOWN UINT64_C(0x90daac3347b2f678)
#define LINEAGE_KNOWN UINT64_C(0xaafcd81b5f1fbe16)
#define DIGEST_NOTHING UINT64_C(0x7992ee0288330c4f)

/* Scripts compare these names: short, lower case, each its own. */
static void assert_short_name(const char *name)
{
	assert_non_null(name);
	assert_true(name[0]);
	for (const char *c = name; *c; c++)
		assert_true((*c >= 'a' && *c <= 'z') || *c == '-');
}

static void names_every_warning_once(void **state)
{
	unsigned named = 0;
	(void)state;

	for (unsigned i = 0; i < 32; i++) {
		enum warning bit = (enum warning)(1u << i);
		const char *name = warning_name(bit);
		assert_int_equal(name == NULL, warning_text(bit) == NULL);
		if (!name)
			continue;
		assert_int_equal(i, named++); /* no gap */
		assert_short_name(name);
		for (unsigned other = 0; other < i; other++)
			assert_string_not_equal(name, warning_name((enum warning)(1u << other)));
	}
	assert_int_equal(1u << (named - 1), WARN_INODE);
	assert_null(warning_name((enum warning)0));
	assert_null(warning_text((enum warning)(WARN_TRUNCATED | WARN_SIZE)));
	assert_string_equal(warning_name(WARN_TRUNCATED), "truncated");
	assert_string_equal(warning_name(WARN_INODE), "inode");
}

static void names_states_and_sources(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MSG_STATES; i++)
		assert_short_name(msg_state_name((enum msg_state)i));
	for (unsigned i = 0; i < RCPT_STATES; i++)
		assert_short_name(rcpt_state_name((enum rcpt_state)i));
	for (unsigned i = SOURCE_NONE + 1; i < SOURCES; i++)
		assert_short_name(source_name((enum source)i));
	assert_string_equal(msg_state_name(STATE_HELD), "held");
	assert_string_equal(rcpt_state_name(RCPT_PENDING), "pending");
	assert_string_equal(source_name(SOURCE_RECEIVED), "received");
	assert_null(source_name(SOURCE_NONE));
}

static void begins_with_nothing_known(void **state)
{
	struct record record = record_unknown();
	(void)state;

	assert_false(slice_known(record.sender));
	assert_false(slice_known(record.account));
	assert_int_equal(record.arrival, -1);
	assert_int_equal(record.created, -1);
	assert_int_equal(record.usec, -1);
	assert_int_equal(record.next_retry, -1);
	assert_int_equal(record.attempts, -1);
	assert_int_equal(record.size, -1);
	assert_int_equal(record.uid, -1);
	assert_int_equal(record.nrcpts, 0);
	assert_int_equal(record.state, STATE_UNKNOWN);
	assert_int_equal(record.account_source, SOURCE_NONE);
	assert_int_equal(record.warnings, 0);
}

static void lists_recipients_by_log_then_file(void **state)
{
	/* As they were read: 900 is in the heap, 100 behind the content. */
	struct rcpt rcpts[] = {
		{.address = SLICE("5"), .offset = 10},
		{.address = SLICE("2"), .offset = 20, .order = 7},
		{.address = SLICE("6"), .offset = 900},
		{.address = SLICE("1"), .offset = 30, .order = 1},
		{.address = SLICE("4"), .offset = 5, .order = 2, .bounced = true},
		{.address = SLICE("3"), .offset = 40, .order = 1, .bounced = true},
		{.address = SLICE("7"), .offset = 100},
	};
	struct record record = record_unknown();
	struct arena arena = {0};
	(void)state;

	assert_non_null(record_listed_rcpts(&record, &arena)); /* of nobody */
	record.rcpts = rcpts;
	record.nrcpts = sizeof(rcpts) / sizeof(*rcpts);
	const struct rcpt **listed = record_listed_rcpts(&record, &arena);
	for (uint32_t i = 0; i < record.nrcpts; i++)
		assert_int_equal(listed[i]->address.ptr[0], '1' + i);
	arena_free(&arena);
}

static struct record digested(void)
{
	struct record record = record_unknown();

	record.queue_id = SLICE("ABCDE1234");
	record.arrival = 1700000000;
	record.created = 1700000001;
	record.sender = SLICE("a@example.com");
	record.account = SLICE("bob@example.com");
	record.client_ip = SLICE("192.0.2.1");
	record.size = 292;
	return record;
}

/* It is in journals: whoever changes what it is made of makes old runs unknown. */
static void digests_the_same_everywhere(void **state)
{
	struct record record = digested(), nothing = record_unknown();
	(void)state;

	assert_true(record_digest(&record) == DIGEST_KNOWN);
	assert_true(record_digest(&nothing) == DIGEST_NOTHING);
}

static void digests_what_never_changes(void **state)
{
	struct record base = digested(), other = base;
	struct rcpt rcpt = {.state = RCPT_DONE};
	(void)state;

	other.queue_name = SLICE("active");
	other.state = STATE_ACTIVE;
	other.inode = 7;
	other.identity = 8;
	other.warnings = WARN_NOT_READY;
	other.next_retry = 1700000900;
	other.attempts = 3;
	other.forced_expire = true;
	other.rcpts = &rcpt;
	other.nrcpts = 1;
	other.subject = SLICE("hi");
	assert_true(record_digest(&other) == record_digest(&base));

	/* The time of the file stands in for the arrival: the next attempt changes it. */
	base.warnings = other.warnings = WARN_NO_TIME;
	other.arrival += 300;
	assert_true(record_digest(&other) == record_digest(&base));
}

static void digests_every_part(void **state)
{
	enum { CHANGES = 12 };
	struct record records[CHANGES];
	(void)state;

	for (unsigned i = 0; i < CHANGES; i++)
		records[i] = digested();
	records[1].queue_id = SLICE("ABCDE1235");
	records[2].arrival++;
	records[3].created = -1;
	records[4].sender = SLICE("");
	records[5].sender = (struct slice){0};
	records[6].account = SLICE("");
	records[7].account = (struct slice){0};
	records[8].client_ip = SLICE("192.0.2.10");
	records[9].size = INT64_MAX;
	records[10].log_id = SLICE("");
	/* The same bytes, parted elsewhere. */
	records[11].sender = SLICE("a@example.combob@example.com");
	records[11].account = SLICE("");
	for (unsigned i = 0; i < CHANGES; i++)
		for (unsigned k = 0; k < i; k++)
			if (record_digest(&records[i]) == record_digest(&records[k]))
				fail_msg("%u and %u have one digest", i, k);
}

static struct record arrived(void)
{
	struct record record = digested();

	record.usec = 123456;
	record.first_id = SLICE("ABCDE1234");
	record.account_source = SOURCE_QUEUE;
	return record;
}

/* It is in journals too. */
static void the_lineage_is_the_same_everywhere(void **state)
{
	struct record record = arrived();
	(void)state;

	assert_true(record_lineage(&record) == LINEAGE_KNOWN);
}

/* Everything that a requeue changes, and what no requeue does. */
static void the_lineage_outlives_a_requeue(void **state)
{
	enum { CHANGES = 6 };
	struct record base = arrived(), other = base, records[CHANGES];
	(void)state;

	other.queue_id = SLICE("BCDEF2345");
	other.log_id = SLICE("ABCDE1234");
	other.created += 900;
	other.size += 120;
	other.sender = SLICE("rewritten@example.com");
	assert_true(record_lineage(&other) == record_lineage(&base));
	assert_true(record_digest(&other) != record_digest(&base));
	for (unsigned i = 0; i < CHANGES; i++)
		records[i] = arrived();
	records[1].first_id = SLICE("ABCDE1235");
	records[2].arrival++;
	records[3].usec++;
	records[4].account = SLICE("eve@example.com");
	records[5].client_ip = SLICE("192.0.2.2");
	for (unsigned i = 0; i < CHANGES; i++)
		for (unsigned k = 0; k < i; k++)
			if (record_lineage(&records[i]) == record_lineage(&records[k]))
				fail_msg("%u and %u have one lineage", i, k);
}

static void the_lineage_may_be_unknown(void **state)
{
	struct record exact = arrived(), named = arrived(), header = arrived(), none = header;
	(void)state;

	exact.usec = -1; /* Postfix before 2.3 */
	named.first_id = (struct slice){0};
	assert_true(record_lineage(&exact) == 0);
	assert_true(record_lineage(&named) == 0);
	/* A login that a header named is not there after a requeue. */
	header.account_source = SOURCE_RECEIVED;
	none.account = (struct slice){0};
	none.account_source = SOURCE_NONE;
	assert_true(record_lineage(&header) == record_lineage(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_every_warning_once),
		cmocka_unit_test(names_states_and_sources),
		cmocka_unit_test(begins_with_nothing_known),
		cmocka_unit_test(lists_recipients_by_log_then_file),
		cmocka_unit_test(digests_the_same_everywhere),
		cmocka_unit_test(digests_what_never_changes),
		cmocka_unit_test(digests_every_part),
		cmocka_unit_test(the_lineage_is_the_same_everywhere),
		cmocka_unit_test(the_lineage_outlives_a_requeue),
		cmocka_unit_test(the_lineage_may_be_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
