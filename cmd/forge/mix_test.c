/*
 * The mix, given to a writer that keeps what it is told instead of writing it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cmd/forge/mix.h"
#include "core/base/intern.h"

enum { NOW = 1795327800 };

struct tree {
	uint64_t messages;
	uint64_t recipients;
	uint64_t with_login; /* of the victim */
	uint64_t strange;    /* of those, not from the usual place */
	uint64_t lost_login; /* copies behind the filter */
	uint64_t multiple;
	uint64_t digest;
	struct hashset senders, addressees, ids, reasons, subjects;
	bool distinct;
	bool refuse;
};

static uint64_t hash(struct slice s)
{
	return seeded_hash(s.ptr, s.len);
}

static void add_new(struct hashset *set, struct slice s, bool distinct)
{
	bool is_new = hashset_add(set, hash(s));
	if (distinct && !is_new)
		fail_msg("twice: %.*s", SLICE_ARG(s));
}

static void look_at_recipient(
	struct tree *tree, const struct fake_message *m, const struct fake_recipient *to)
{
	assert_true(slice_rindex(to->address, '@') != SIZE_MAX);
	assert_true(to->original.len > 0);
	add_new(&tree->addressees, to->address, tree->distinct);
	if (to->reason.text.len) {
		add_new(&tree->reasons, to->reason.text, tree->distinct);
		assert_int_equal(to->reason.status.ptr[0], to->fate == FATE_PENDING ? '4' : '5');
		assert_int_equal(to->reason.reply.len > 0, to->reason.mta.len > 0);
		assert_int_equal(slice_find(to->reason.text, SLICE("$")), SIZE_MAX);
	}
	if (m->queue == FAKE_DEFERRED && to->fate == FATE_PENDING)
		assert_true(to->reason.text.len > 0);
	if (m->queue == FAKE_INCOMING || m->queue == FAKE_SUBMITTED)
		assert_true(to->reason.text.len == 0 && to->fate == FATE_PENDING);
}

static void look_at_content(struct slice content)
{
	assert_true(content.len > 0);
	assert_int_equal(content.ptr[content.len - 1], '\n');
	assert_true(slice_find(content, SLICE("\n\n")) != SIZE_MAX);
	assert_true(slice_find(content, SLICE("\nSubject: ")) != SIZE_MAX);
	for (size_t i = 0; i < content.len; i++)
		assert_true(content.ptr[i] != '\0' && content.ptr[i] != '\r');
}

static void look_at_times(const struct fake_message *m)
{
	assert_in_range(m->arrival, NOW - 99 * 3600, NOW);
	if (m->queue != FAKE_DEFERRED)
		return;
	assert_true(m->next_retry > NOW);
	assert_in_range(m->last_attempt, m->arrival, NOW);
	assert_in_range(m->next_retry - m->last_attempt, 300, 4000);
}

static int look_at(struct tree *tree, const struct fake_message *m, struct buf *id, struct err *err)
{
	if (tree->refuse && tree->messages == 10)
		return err_set(err, ERR_IO, 0, "the disk is full");
	assert_int_equal(m->number, tree->messages++);
	look_at_times(m);
	look_at_content(m->content);
	unsigned pending = 0;
	for (size_t i = 0; i < m->nrecipients; i++) {
		look_at_recipient(tree, m, &m->recipients[i]);
		pending += m->recipients[i].fate == FATE_PENDING;
	}
	assert_true(pending > 0);
	if (m->sender.len)
		add_new(&tree->senders, m->sender, tree->distinct);
	add_new(&tree->ids, m->message_id, tree->distinct);
	size_t subject = slice_find(m->content, SLICE("\nSubject: "));
	struct slice line = slice_from(m->content, subject + 1);
	hashset_add(&tree->subjects, hash(slice_upto(line, slice_index(line, '\n'))));

	tree->recipients += pending;
	tree->multiple += m->nrecipients > 1;
	if (slice_eq(m->account, SLICE("bob@example.com"))) {
		tree->with_login++;
		tree->strange += slice_starts(m->client.address, SLICE("198.1"));
	}
	tree->lost_login += m->entry == ENTRY_SMTP && slice_known(m->previous_id);
	tree->digest = rng_mix(tree->digest ^ hash(m->content), m->queue);
	tree->digest = rng_mix(tree->digest ^ hash(m->sender), m->arrival_usec);
	buf_reset(id);
	buf_printf(id, "ID%lu", (unsigned long)m->number);
	return 0;
}

static void gone_id(struct tree *tree, const struct fake_message *message, struct buf *id)
{
	(void)tree;
	(void)message;
	buf_reset(id);
	buf_add(id, SLICE("GONE"));
}

static void received(struct buf *out, const struct tree_options *options,
	const struct fake_message *message, struct slice id)
{
	(void)options;
	(void)message;
	buf_printf(out, "Received: id %.*s\n", SLICE_ARG(id));
}

static const struct writer looker = {.add = look_at, .gone_id = gone_id, .received = received};
static const struct tree_options tree_options;

static void forget(struct tree *tree, struct mix_result *result)
{
	hashset_free(&tree->senders);
	hashset_free(&tree->addressees);
	hashset_free(&tree->ids);
	hashset_free(&tree->reasons);
	hashset_free(&tree->subjects);
	incident_truth_free(&result->truth);
}

static struct mix_options usual_options(uint64_t messages)
{
	return (struct mix_options){.messages = messages,
		.seed = 42,
		.now = NOW,
		.incident = incident_find("stolen-account"),
		.body_size = 200,
		.held = HELD_DEFAULT};
}

static void run(struct tree *tree, const struct mix_options *options, struct mix_result *result)
{
	struct err err;
	tree->distinct = options->distinct;
	assert_int_equal(mix_write(options, &tree_options, &looker, tree, result, &err), 0);
}

static void test_any_number_is_exact(void **state)
{
	(void)state;
	static const uint64_t numbers[] = {1, 2, 3, 10, 49, 50, 51, 99, 100, 101, 1000, 3000};
	for (size_t i = 0; i < 2 * sizeof(numbers) / sizeof(*numbers); i++) {
		struct mix_options options = usual_options(numbers[i / 2]);
		if (i % 2)
			options.incident = NULL;
		struct tree tree = {0};
		struct mix_result result;
		run(&tree, &options, &result);
		assert_int_equal(tree.messages, options.messages);
		uint64_t sum = 0;
		for (unsigned q = 0; q < FAKE_QUEUES; q++)
			sum += result.queues[q];
		assert_int_equal(sum, options.messages);
		forget(&tree, &result);
	}
}

static void test_truth(void **state)
{
	(void)state;
	struct mix_options options = usual_options(5000);
	struct tree tree = {0};
	struct mix_result result;
	run(&tree, &options, &result);
	const struct incident_truth *truth = &result.truth;
	assert_int_equal(truth->messages, 3000);
	assert_int_equal(truth->messages, tree.strange);
	assert_int_equal(truth->messages + truth->usual, tree.with_login);
	assert_int_equal(truth->usual, 14);
	assert_int_equal(truth->copies, tree.lost_login);
	assert_int_equal(truth->addresses.count, 41);
	assert_int_equal(truth->networks.count, 19);
	assert_int_equal(truth->senders.count, 1500);
	assert_in_range(truth->recipients, 3000 * 19 / 10, 3000 * 21 / 10);
	assert_int_equal(truth->last, NOW - 3);
	assert_in_range(truth->first, NOW - 6 * 3600, NOW - 6 * 3600 + 120);
	assert_true(result.queues[FAKE_HELD] > 0 && result.queues[FAKE_INCOMING] > 0);
	assert_in_range(result.queues[FAKE_ACTIVE], 800, 1200);
	assert_int_equal(result.queues[FAKE_CORRUPT], 2);

	struct buf text = {0};
	incident_tell(&text, options.incident, truth);
	assert_non_null(strstr(buf_str(&text),
		"class=stolen-account account=bob@example.com messages=3000 recipients="));
	assert_non_null(strstr(buf_str(&text), " addresses=41 networks=19 senders=1500 "));
	buf_free(&text);
	forget(&tree, &result);
}

static void test_none_is_nobody(void **state)
{
	(void)state;
	struct mix_options options = usual_options(2000);
	options.incident = NULL;
	struct tree tree = {0};
	struct mix_result result;
	run(&tree, &options, &result);
	assert_int_equal(tree.with_login, 0);
	assert_int_equal(result.truth.messages, 0);
	assert_true(tree.lost_login > 0);
	assert_in_range(tree.multiple, 2000 * 4 / 100, 2000 * 12 / 100);
	forget(&tree, &result);
}

static void test_seed_decides(void **state)
{
	(void)state;
	uint64_t digests[3];
	for (unsigned i = 0; i < 3; i++) {
		struct mix_options options = usual_options(500);
		options.seed = i < 2 ? 1 : 2;
		struct tree tree = {0};
		struct mix_result result;
		run(&tree, &options, &result);
		digests[i] = tree.digest;
		forget(&tree, &result);
	}
	assert_int_equal(digests[0], digests[1]);
	assert_int_not_equal(digests[0], digests[2]);
}

static void test_distinct(void **state)
{
	(void)state;
	struct mix_options options = usual_options(3000);
	options.distinct = true;
	options.recipients = 350;
	struct tree tree = {0};
	struct mix_result result;
	run(&tree, &options, &result);
	assert_in_range(tree.recipients, 3000 * 27 / 10, 3000 * 37 / 10);
	assert_in_range(tree.subjects.count, 3000 * 28 / 100, 3000 * 60 / 100);
	assert_int_equal(tree.lost_login, 0);
	forget(&tree, &result);
}

static void test_held_share(void **state)
{
	(void)state;
	struct mix_options options = usual_options(2000);
	options.held = 10000;
	struct tree tree = {0};
	struct mix_result result;
	run(&tree, &options, &result);
	assert_true(result.queues[FAKE_HELD] > 1900);
	forget(&tree, &result);
}

static void test_failure_stops(void **state)
{
	(void)state;
	struct mix_options options = usual_options(1000);
	struct tree tree = {.refuse = true};
	struct mix_result result;
	struct err err;
	assert_int_equal(mix_write(&options, &tree_options, &looker, &tree, &result, &err), -1);
	assert_string_equal(err.text, "the disk is full");
	assert_int_equal(tree.messages, 10);
	forget(&tree, &result);
}

static void test_people(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct hashset logins = {0}, forged = {0};
	for (unsigned n = 0; n < SITE_LOGINS; n++)
		assert_true(hashset_add(&logins, hash(people_login(&arena, n).address)));
	for (unsigned n = 0; n < 2000; n++)
		assert_true(hashset_add(&forged, hash(people_forged(&arena, n).address)));
	assert_true(slice_eq(people_login(&arena, SITE_VICTIM).address, SLICE("bob@example.com")));
	hashset_free(&logins);
	hashset_free(&forged);
	arena_free(&arena);
}

static void test_header_text(void **state)
{
	(void)state;
	struct rng rng = rng_start(1, 1);
	struct buf out = {0};
	letter_header_text(&out, &rng, SLICE("plain text"));
	assert_string_equal(buf_str(&out), "plain text");
	bool b = false, q = false;
	for (unsigned i = 0; i < 64 && !(b && q); i++) {
		buf_reset(&out);
		letter_header_text(&out, &rng,
			SLICE("Gr\xc3\xbc\xc3\x9f"
			      "e aus"));
		const char *text = buf_str(&out);
		b = b || !strcmp(text, "=?UTF-8?B?R3LDvMOfZSBhdXM=?=");
		q = q || !strcmp(text, "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus?=");
	}
	assert_true(b && q);
	buf_free(&out);
}

static void test_dates(void **state)
{
	(void)state;
	struct buf out = {0};
	letter_date(&out, 1795327821, 0);
	buf_addc(&out, '|');
	letter_date(&out, 1795327821, 330);
	buf_addc(&out, '|');
	letter_date(&out, 1795327821, -480);
	assert_string_equal(buf_str(&out),
		"Sun, 22 Nov 2026 06:10:21 +0000|Sun, 22 Nov 2026 11:40:21 +0530|"
		"Sat, 21 Nov 2026 22:10:21 -0800");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_number_is_exact),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_none_is_nobody),
		cmocka_unit_test(test_seed_decides),
		cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_held_share),
		cmocka_unit_test(test_failure_stops),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_header_text),
		cmocka_unit_test(test_dates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
