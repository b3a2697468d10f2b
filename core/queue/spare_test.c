#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/queue/snap.h"

enum { ROWS = 5000, NAMES = 12, NAME_SIZE = 80 };

/* The same messages, in an index with room and in one without. */
struct place {
	struct spool spool;
	const struct spool *spools[1];
	struct snap whole, small;
	char names[NAMES][NAME_SIZE];
};

static struct slice name(
	struct place *place, unsigned which, const char *begin, uint32_t i, const char *end)
{
	char *room = place->names[which];
	return slice_of(room, (size_t)snprintf(room, NAME_SIZE, "%s%u%s", begin, i, end));
}

/* All different, but for what is never given up. Every ninth is a bounce. */
static void add(struct place *place, uint32_t i)
{
	struct rcpt rcpts[2] = {
		{.address = name(place, 0, "User", i, "@Shop.example"),
			.reason = name(place, 1, "452 4.2.2 full (id ", i, ")"),
			.reason_key = name(place, 2, "452 4.2.2 mailbox full ", i, "")},
		{.address = name(place, 3, "other", i, ""), .state = RCPT_DONE},
	};
	struct record record = record_unknown();
	record.queue_id = name(place, 4, "4X3vqF3RdBz5", i, "");
	record.queue_name = SLICE("deferred");
	record.account = i % 3 ? SLICE("bob") : (struct slice){0};
	record.client_ip = SLICE("203.0.113.7");
	record.sender = i % 9 ? name(place, 5, "Sender", i, "@Example.COM") : SLICE("");
	record.subject = name(place, 6, "Hello number ", i, "");
	record.header_from = name(place, 7, "Bob ", i, " <bob@example.com>");
	record.message_id = name(place, 8, "<", i, ".4711@example.com>");
	record.helo = name(place, 9, "host", i, ".example.net");
	record.client_name = name(place, 10, "client", i, ".example.net");
	record.subject_key = record.subject;
	record.marks = i;
	record.extra[0] = name(place, 11, "Mailer ", i, "");
	record.rcpts = rcpts;
	record.nrcpts = 2;
	snap_add(&place->whole, 0, &record);
	snap_add(&place->small, 0, &record);
}

static void fill(struct place *place, unsigned parts, size_t most, bool keep_reason_text)
{
	struct need need = {.parts = parts, .headers = {SLICE("X-Mailer")}, .nheaders = 1};
	*place = (struct place){0};
	place->spools[0] = &place->spool;
	snap_init(&place->whole, place->spools, 1, &need);
	snap_init(&place->small, place->spools, 1, &need);
	place->small.most = most;
	place->whole.keep_reason_text = place->small.keep_reason_text = keep_reason_text;
	for (uint32_t i = 0; i < ROWS; i++)
		add(place, i);
	assert_int_equal(place->whole.given_up, 0);
	assert_int_equal(place->small.need.parts & place->small.given_up, 0);
}

static void end(struct place *place)
{
	snap_free(&place->whole);
	snap_free(&place->small);
}

static struct slice rcpt_text(const struct snap *snap, enum snap_rcpt_col col, uint32_t rcpt)
{
	return intern_get(&snap->strings, snap_rcpt(snap, col, rcpt));
}

/* What a part was, what it has to be when it was given up. */
static void compare_text(struct place *place, unsigned need, struct slice whole, struct slice small,
	bool keeps_domain)
{
	if (place->small.given_up & need)
		whole = keeps_domain
			? intern_get(&place->whole.strings, snap_domain(&place->whole, whole))
			: (struct slice){0};
	if (slice_known(whole) != slice_known(small) || !slice_eq(whole, small))
		fail_msg("\"%.*s\" became \"%.*s\"", SLICE_ARG(whole), SLICE_ARG(small));
}

static void compare_rcpts(struct place *place, uint32_t row)
{
	uint32_t count, again;
	uint32_t whole = snap_rcpts(&place->whole, row, &count);
	uint32_t small = snap_rcpts(&place->small, row, &again);

	assert_int_equal(count, again);
	for (uint32_t i = 0; i < count; i++) {
		bool had = snap_has_addresses(&place->whole, row);
		compare_text(place, had ? NEED_ADDRESSES | NEED_BOUNCED : 0,
			rcpt_text(&place->whole, RCPT_ADDRESS, whole + i),
			rcpt_text(&place->small, RCPT_ADDRESS, small + i), true);
		for (unsigned col = RCPT_REASON; col <= RCPT_REASON_TEXT; col++)
			compare_text(place, NEED_WORDS, rcpt_text(&place->whole, col, whole + i),
				rcpt_text(&place->small, col, small + i), false);
		assert_int_equal(
			place->whole.rcpt_state[whole + i], place->small.rcpt_state[small + i]);
		assert_int_equal(snap_rcpt(&place->whole, RCPT_HASH, whole + i),
			snap_rcpt(&place->small, RCPT_HASH, small + i));
		if (place->whole.need.parts & NEED_REASONS)
			assert_int_equal(place->whole.rcpt_class[whole + i],
				place->small.rcpt_class[small + i]);
	}
}

/* Whatever was given up, the rest is as it was: row by row. */
static void compare(struct place *place)
{
	static const struct {
		enum snap_col col;
		unsigned need;
	} columns[] = {{COL_QUEUE_ID, 0}, {COL_QUEUE_NAME, 0}, {COL_ACCOUNT, 0}, {COL_CLIENT_IP, 0},
		{COL_SENDER, NEED_SENDERS}, {COL_SUBJECT, NEED_SUBJECT},
		{COL_HEADER_FROM, NEED_FROM}, {COL_MESSAGE_ID, NEED_MESSAGE_ID},
		{COL_EXTRA, NEED_EXTRA}, {COL_HELO, NEED_SESSION}, {COL_CLIENT_NAME, NEED_SESSION},
		{COL_SUBJECT_KEY, NEED_SUBJECT_KEYS}};

	for (uint32_t row = 0; row < ROWS; row++) {
		for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
			compare_text(place, columns[i].need,
				snap_text(&place->whole, columns[i].col, row),
				snap_text(&place->small, columns[i].col, row),
				columns[i].col == COL_SENDER);
		assert_int_equal(snap_col(&place->whole, COL_MARKS, row),
			snap_col(&place->small, COL_MARKS, row));
		compare_rcpts(place, row);
	}
}

static void nothing_is_given_up_in_time(void **state)
{
	struct place p;
	(void)state;
	fill(&p, NEED_ALL | NEED_MARKS, 64 * 1024 * 1024, true);
	assert_int_equal(p.small.given_up, 0);
	compare(&p);
	end(&p);
}

static void everything_goes_in_the_end(void **state)
{
	struct place p;
	(void)state;
	fill(&p, NEED_ALL | NEED_MARKS, 1000, true);
	assert_int_equal(p.small.given_up,
		NEED_MESSAGE_ID | NEED_FROM | NEED_EXTRA | NEED_SUBJECT | NEED_SUBJECT_KEYS |
			NEED_SESSION | NEED_SENDERS | NEED_ADDRESSES | NEED_BOUNCED | NEED_WORDS);
	compare(&p);
	end(&p);
}

/* A bound of every size between gives up something else, and never half of it. */
static void any_bound(void **state)
{
	unsigned before = 0, kinds = 0;
	struct place p;
	(void)state;
	for (size_t most = 300 * 1000; most < 6 * 1000 * 1000; most += 900 * 1000) {
		fill(&p, NEED_ALL, most, most % 200000);
		compare(&p);
		kinds += p.small.given_up != before;
		before = p.small.given_up;
		end(&p);
	}
	assert_in_range(kinds, 4, 100);
	assert_int_equal(before, 0);
}

/* Of each set of columns: what nobody asked for goes first. */
static void what_was_asked_for_stays_longer(void **state)
{
	struct place p;
	(void)state;
	fill(&p, NEED_HEADERS | NEED_SUBJECT, 700 * 1000, false);
	assert_int_equal(p.small.given_up, NEED_SENDERS);
	compare(&p);
	end(&p);
	/* Message-IDs cost more than senders do, here. */
	fill(&p, NEED_HEADERS | NEED_MESSAGE_ID, 700 * 1000, false);
	assert_int_equal(p.small.given_up, NEED_SENDERS);
	compare(&p);
	end(&p);
	fill(&p, NEED_HEADERS | NEED_FROM | NEED_SENDERS, 650 * 1000, false);
	assert_int_equal(p.small.given_up, NEED_FROM);
	compare(&p);
	end(&p);
	fill(&p, NEED_RCPTS | NEED_BOUNCED | NEED_REASONS, 1000, false);
	compare(&p);
	end(&p);
}

/* A copy is linked by its sender, where that is kept, and never by its domain alone. */
static void a_domain_links_nothing(void **state)
{
	struct place p;
	struct record copy = record_unknown();
	(void)state;
	fill(&p, 0, 1000, false);
	copy.queue_id = SLICE("COPY");
	copy.client_ip = SLICE("203.0.113.7");
	copy.peer_ip = SLICE("127.0.0.1");
	copy.sender = SLICE("sender1@example.com");
	uint32_t row = snap_add(&p.whole, 0, &copy);
	snap_add(&p.small, 0, &copy);
	assert_int_equal(snap_link_copies(&p.whole), 1);
	assert_true(slice_eq(snap_text(&p.whole, COL_LOST_LOGIN, row), SLICE("bob")));
	assert_int_equal(p.small.given_up, NEED_SENDERS);
	assert_int_equal(snap_link_copies(&p.small), 0);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_given_up_in_time),
		cmocka_unit_test(everything_goes_in_the_end),
		cmocka_unit_test(any_bound),
		cmocka_unit_test(what_was_asked_for_stays_longer),
		cmocka_unit_test(a_domain_links_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
