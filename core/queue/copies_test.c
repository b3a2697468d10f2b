/* Whose mail came back from the content filter without its login. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/queue/snap.h"

#define BOT "203.0.113.7"
#define OTHER "203.0.113.8"

/* One message. Without a log_id it did not come back. */
struct message {
	const char *id, *log_id, *account, *client, *sender;
	const char *lost; /* what it should be linked to */
};

static uint32_t fill(struct snap *snap, const struct message *messages, size_t count)
{
	static struct spool spool;
	static const struct spool *const spools[] = {&spool};
	static const struct need need = {0};

	snap_init(snap, spools, 1, &need);
	for (size_t i = 0; i < count && messages[i].id; i++) {
		struct record record = record_unknown();
		record.queue_id = slice_cstr(messages[i].id);
		record.log_id = slice_cstr(messages[i].log_id);
		record.account = slice_cstr(messages[i].account);
		record.client_ip = slice_cstr(messages[i].client);
		record.peer_ip = SLICE("127.0.0.1");
		if (!messages[i].log_id)
			record.peer_ip = record.client_ip;
		record.sender = slice_cstr(messages[i].sender);
		snap_add(snap, 0, &record);
	}
	return snap_link_copies(snap);
}

static const struct queue {
	const char *what;
	struct message messages[5];
} queues[] = {
	{"the id it had before, and its client",
		{{"FIRST01", NULL, "bob", BOT, "x@example.com", NULL},
			{"COPY01", "FIRST01", NULL, BOT, "y@example.com", "bob"}}},
	{"in any order",
		{{"COPY01", "FIRST01", NULL, BOT, "y@example.com", "bob"},
			{"FIRST01", NULL, "bob", BOT, "x@example.com", NULL}}},
	{"the id was used again by another client",
		{{"FIRST01", NULL, "bob", OTHER, "x@example.com", NULL},
			{"COPY01", "FIRST01", NULL, BOT, "y@example.com", NULL}}},
	{"the id without any client",
		{{"FIRST01", NULL, "bob", NULL, "x@example.com", NULL},
			{"COPY01", "FIRST01", NULL, NULL, "x@example.com", NULL}}},
	{"client and sender of one account only",
		{{"FIRST01", NULL, "bob", BOT, "x@example.com", NULL},
			{"FIRST02", NULL, "bob", BOT, "x@example.com", NULL},
			{"COPY01", "GONE01", NULL, BOT, "X@Example.com", "bob"}}},
	{"client and sender of two accounts",
		{{"FIRST01", NULL, "bob", BOT, "x@example.com", NULL},
			{"FIRST02", NULL, "eve", BOT, "x@example.com", NULL},
			{"FIRST03", NULL, "bob", BOT, "x@example.com", NULL},
			{"COPY01", "GONE01", NULL, BOT, "x@example.com", NULL}}},
	{"two accounts, but the id tells",
		{{"FIRST01", NULL, "bob", BOT, "x@example.com", NULL},
			{"FIRST02", NULL, "eve", BOT, "x@example.com", NULL},
			{"COPY01", "FIRST02", NULL, BOT, "x@example.com", "eve"}}},
	{"the client alone, or the sender alone",
		{{"FIRST01", NULL, "bob", BOT, "x@example.com", NULL},
			{"COPY01", "GONE01", NULL, BOT, "y@example.com", NULL},
			{"COPY02", "GONE02", NULL, OTHER, "x@example.com", NULL}}},
	{"the null sender is everybody's",
		{{"FIRST01", NULL, "bob", BOT, "", NULL},
			{"COPY01", "GONE01", NULL, BOT, "", NULL}}},
	{"what did not come back",
		{{"FIRST01", NULL, "bob", BOT, "x@example.com", NULL},
			{"SECOND1", NULL, NULL, BOT, "x@example.com", NULL}}},
	{"what kept its login",
		{{"FIRST01", NULL, "bob", BOT, "x@example.com", NULL},
			{"COPY01", "FIRST01", "eve", BOT, "x@example.com", NULL}}},
	{"nobody logged in", {{"COPY01", "FIRST01", NULL, BOT, "x@example.com", NULL}}},
	{"nothing at all", {{0}}},
};

static void links_copies_beyond_doubt(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(queues) / sizeof(*queues); i++) {
		struct snap snap;
		uint32_t wanted = 0;
		uint32_t linked = fill(&snap, queues[i].messages, 5);
		for (uint32_t row = 0; row < snap.rows; row++) {
			const struct message *message = &queues[i].messages[row];
			struct slice lost = snap_text(&snap, COL_LOST_LOGIN, row);
			struct slice right = slice_cstr(message->lost);
			if (slice_known(lost) != slice_known(right) || !slice_eq(lost, right))
				fail_msg("%s: %s has \"%.*s\"", queues[i].what, message->id,
					SLICE_ARG(lost));
			wanted += slice_known(right);
			assert_int_equal(
				snap_is_copy(&snap, row), message->log_id && !message->account);
		}
		assert_int_equal(linked, wanted);
		snap_free(&snap);
	}
}

/* Enough that rows and slots grow: each copy finds its own account. */
static void links_many(void **state)
{
	enum { MANY = 6000 };
	static char ids[MANY][16], logins[MANY][16];
	static struct message messages[2 * MANY];
	struct snap snap;
	(void)state;

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof(ids[i]), "FIRST%05u", i);
		snprintf(logins[i], sizeof(logins[i]), "user%u", i);
		messages[i] = (struct message){ids[i], NULL, logins[i], BOT, "x@example.com", NULL};
		messages[2 * MANY - 1 - i] =
			(struct message){"COPY", ids[i], NULL, BOT, "x@example.com", logins[i]};
	}
	assert_int_equal(fill(&snap, messages, 2 * MANY), MANY);
	for (uint32_t row = MANY; row < 2 * MANY; row++)
		assert_true(slice_eq(
			snap_text(&snap, COL_LOST_LOGIN, row), slice_cstr(messages[row].lost)));
	snap_free(&snap);
}

/* Whoever sends from this machine can write bob's address into a Received field. */
static void believes_no_received_field(void **state)
{
	static const struct message messages[] = {
		{"FIRST01", NULL, "bob", BOT, "bob@example.com", NULL}};
	struct record copy = record_unknown();
	struct snap snap;
	(void)state;

	fill(&snap, messages, 1);
	copy.queue_id = SLICE("COPY01");
	copy.log_id = SLICE("FIRST01");
	copy.client_ip = SLICE(BOT);
	copy.peer_ip = SLICE("127.0.0.1");
	copy.sender = SLICE("bob@example.com");
	copy.client_source = SOURCE_RECEIVED;
	uint32_t row = snap_add(&snap, 0, &copy);
	assert_true(snap_is_copy(&snap, row));
	assert_int_equal(snap_link_copies(&snap), 0);
	copy.client_source = SOURCE_QUEUE;
	snap_add(&snap, 0, &copy);
	assert_int_equal(snap_link_copies(&snap), 1);
	snap_free(&snap);
}

static void takes_a_login_by_hand(void **state)
{
	static const struct message messages[] = {
		{"COPY01", "FIRST01", NULL, BOT, "x@example.com", NULL},
		{"COPY02", "FIRST02", NULL, BOT, "x@example.com", NULL},
	};
	struct snap snap;
	(void)state;

	assert_int_equal(fill(&snap, messages, 2), 0);
	snap_set_lost_login(&snap, 1, SLICE("bob"));
	assert_false(slice_known(snap_text(&snap, COL_LOST_LOGIN, 0)));
	assert_true(slice_eq(snap_text(&snap, COL_LOST_LOGIN, 1), SLICE("bob")));
	snap_free(&snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_copies_beyond_doubt),
		cmocka_unit_test(links_many),
		cmocka_unit_test(believes_no_received_field),
		cmocka_unit_test(takes_a_login_by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
