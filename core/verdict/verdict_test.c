#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/query/filter.h"
#include "core/verdict/test_queue.h"

/* Spam of one login from `clients` addresses; the owner's mail beside it. */
static const struct test_mail spam = {.count = 300,
	.account = "bob@example.com",
	.client = "198.51.100.%u",
	.clients = 40,
	.sender = "x%u@forged.test",
	.senders = 60,
	.rcpt = "victim%u@provider.test",
	.subject = "unpaid invoice #",
	.reason = REASON_UNKNOWN_USER,
	.begin = 7200,
	.every = 20,
	.size = 2640};
static const struct test_mail owner = {.count = 8,
	.account = "bob@example.com",
	.client = "10.0.0.99",
	.sender = "bob@example.com",
	.rcpt = "customer%u@partner.test",
	.subject = "offer number %u to you",
	.reason = REASON_NETWORK,
	.begin = 80000,
	.every = 9000};

static void check_filter(struct test_queue *queue, const struct finding *finding)
{
	struct need need = {0};
	struct err err;
	struct filter *filter = filter_parse(finding->filter, &need, &err);
	struct bitset rows = bitset_new(queue->snap.rows);

	assert_non_null(filter);
	assert_int_equal(filter_run(filter, &queue->env, &rows, &err), 0);
	for (uint32_t row = 0; row < queue->snap.rows; row++)
		assert_int_equal(bitset_has(&rows, row), bitset_has(&finding->rows, row));
	assert_int_equal(bitset_count(&rows), finding->messages);
	bitset_free(&rows);
	filter_free(filter);
}

static const struct evidence *find(const struct finding *finding, enum rule_id rule)
{
	for (size_t i = 0; i < finding->nevidence; i++)
		if (!strcmp(finding->evidence[i].rule->name, rule_table[rule].name))
			return &finding->evidence[i];
	return NULL;
}

static void tells_a_stolen_account_from_its_owner(void **state)
{
	struct test_queue queue;
	(void)state;
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &owner);
	test_mail(&queue, &spam);
	test_judge(&queue);
	const struct finding *finding = test_finding(&queue, CLASS_STOLEN_ACCOUNT);
	assert_non_null(finding);
	assert_int_equal(queue.verdict.count, 1);
	assert_int_equal(finding->level, LEVEL_CONFIRMED);
	assert_int_equal(finding->messages, 300);
	assert_int_equal(finding->nstays, 8);
	assert_int_equal(finding->nwho, 1);
	assert_true(slice_eq(finding->who[0].value, SLICE("bob@example.com")));
	assert_int_equal(finding->who[0].messages, 300);
	assert_int_equal(finding->nfrom, 1);
	assert_true(slice_eq(finding->from[0].value, SLICE("198.51.100.0/24")));
	assert_int_equal(finding->last - finding->first, 299 * 20);
	check_filter(&queue, finding);
	const struct evidence *evidence = find(finding, RULE_UNKNOWN_USERS);
	assert_non_null(evidence);
	assert_int_equal(evidence->n, 300);
	assert_true(evidence->value > 0.33 && evidence->value < 0.34);
	assert_true(evidence->low < evidence->value && evidence->value < evidence->high);
	assert_int_equal(evidence->nexamples, 3);
	/* The other ten logins have one address each. */
	evidence = find(finding, RULE_CLIENT_IPS);
	assert_non_null(evidence);
	assert_true(evidence->value == 40 && evidence->median == 1 && evidence->p99 == 1);
	assert_ptr_equal(verdict_find(&queue.verdict, slice_cstr(finding->id)), finding);
	test_queue_free(&queue);
}

static void leaves_an_ordinary_day_alone(void **state)
{
	struct test_queue queue;
	(void)state;
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &owner);
	test_judge(&queue);
	assert_int_equal(queue.verdict.count, 0);
	assert_false(queue.verdict.too_little);
	test_queue_free(&queue);
}

static void says_when_there_is_too_little(void **state)
{
	struct test_queue queue;
	struct test_mail few = spam;
	(void)state;
	few.count = 12;
	test_queue_init(&queue, true);
	test_mail(&queue, &few);
	test_judge(&queue);
	assert_true(queue.verdict.too_little);
	assert_int_equal(queue.verdict.count, 0);
	test_queue_free(&queue);
}

/* The same mail, by its owner, from where he always is: bulk mail at most. */
static void does_not_accuse_a_newsletter(void **state)
{
	struct test_queue queue;
	(void)state;
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &owner);
	test_mail(&queue,
		&(struct test_mail){.count = 400,
			.account = "news@example.com",
			.client = "10.0.0.80",
			.sender = "news@example.com",
			.rcpt = "reader%u@provider.test",
			.subject = "our autumn letter",
			.reason = REASON_NETWORK,
			.begin = 7200,
			.every = 18,
			.size = 18000,
			.marks = MARK_LIST_ID | MARK_UNSUBSCRIBE});
	test_judge(&queue);
	assert_int_equal(queue.verdict.count, 1);
	assert_int_equal(queue.verdict.findings[0].class, CLASS_BULK_MAIL);
	assert_int_equal(queue.verdict.findings[0].level, LEVEL_NOTE);
	assert_true(queue.verdict.findings[0].ncounter > 0);
	test_queue_free(&queue);
}

static void finds_a_relay_and_not_a_backup_mx(void **state)
{
	struct test_queue queue;
	(void)state;
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue,
		&(struct test_mail){.count = 200,
			.client = "203.0.113.9",
			.sender = "a%u@spam.test",
			.rcpt = "b%u@provider%u.test",
			.rcpts = 5,
			.helo = "User",
			.subject = "cheap watches",
			.begin = 3600,
			.every = 10});
	test_judge(&queue);
	const struct finding *finding = test_finding(&queue, CLASS_OPEN_RELAY);
	assert_non_null(finding);
	assert_int_equal(finding->messages, 200);
	assert_true(slice_eq(finding->who[0].value, SLICE("203.0.113.0/24")));
	check_filter(&queue, finding);
	test_queue_free(&queue);
}

static void joins_logins_of_one_campaign(void **state)
{
	struct test_queue queue;
	struct test_mail other = spam;
	(void)state;
	other.account = "carl@example.com";
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &spam);
	test_mail(&queue, &other);
	test_judge(&queue);
	assert_int_equal(queue.verdict.count, 1);
	const struct finding *finding = &queue.verdict.findings[0];
	assert_int_equal(finding->messages, 600);
	assert_int_equal(finding->nwho, 2);
	assert_non_null(find(finding, RULE_SHARED_CLIENT));
	check_filter(&queue, finding);
	test_queue_free(&queue);
}

static void keeps_two_incidents_apart(void **state)
{
	struct test_queue queue;
	struct test_mail other = spam;
	(void)state;
	other.account = "carl@example.com";
	other.client = "203.0.113.%u";
	other.subject = "you have won";
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &spam);
	test_mail(&queue, &other);
	test_judge(&queue);
	assert_int_equal(queue.verdict.count, 2);
	assert_string_not_equal(queue.verdict.findings[0].id, queue.verdict.findings[1].id);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(queue.verdict.findings[i].messages, 300);
	test_queue_free(&queue);
}

static void counts_the_bounces_as_its_own(void **state)
{
	struct test_queue queue;
	(void)state;
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &spam);
	test_mail(&queue,
		&(struct test_mail){.count = 50,
			.sender = "",
			.rcpt = "x%u@forged.test",
			.subject = "undelivered mail returned to sender",
			.begin = 3600,
			.every = 10,
			.marks = MARK_REPORT,
			.made_here = true});
	test_judge(&queue);
	const struct finding *finding = test_finding(&queue, CLASS_STOLEN_ACCOUNT);
	assert_int_equal(queue.verdict.count, 1);
	assert_int_equal(finding->messages, 300);
	assert_int_equal(finding->nbounces, 50);
	assert_int_equal(bitset_count(&finding->bounces), 50);
	assert_non_null(find(finding, RULE_BOUNCES_BACK));
	test_queue_free(&queue);
}

static void finds_mail_that_goes_round(void **state)
{
	struct test_queue queue;
	struct test_mail way = {.count = 40,
		.account = "ticket@example.com",
		.client = "10.0.0.50",
		.sender = "ticket@example.com",
		.rcpt = "auto@partner.test",
		.subject = "your request [#]",
		.begin = 7200,
		.every = 60,
		.marks = MARK_AUTO};
	(void)state;
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &way);
	way.account = NULL;
	way.client = "203.0.113.20";
	way.sender = "auto@partner.test";
	way.rcpt = "ticket@example.com";
	test_mail(&queue, &way);
	test_judge(&queue);
	const struct finding *finding = test_finding(&queue, CLASS_MAIL_LOOP);
	assert_non_null(finding);
	assert_int_equal(queue.verdict.count, 1);
	assert_int_equal(finding->messages, 80);
	check_filter(&queue, finding);
	test_queue_free(&queue);
}

/* Rows in another order, with the strings of the index numbered otherwise. */
static void does_not_depend_on_the_order(void **state)
{
	static const struct test_mail *const orders[2][3] = {
		{&owner, &spam, NULL}, {&spam, &owner, NULL}};
	char ids[2][16], filters[2][1000], texts[2][4000];
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct test_queue queue;
		test_queue_init(&queue, true);
		if (i)
			test_ordinary(&queue);
		for (unsigned k = 0; orders[i][k]; k++)
			test_mail(&queue, orders[i][k]);
		if (!i)
			test_ordinary(&queue);
		test_judge(&queue);
		const struct finding *finding = test_finding(&queue, CLASS_STOLEN_ACCOUNT);
		assert_non_null(finding);
		strcpy(ids[i], finding->id);
		snprintf(filters[i], sizeof(filters[i]), "%.*s", SLICE_ARG(finding->filter));
		int len = 0;
		for (size_t k = 0; k < finding->nevidence; k++)
			len += snprintf(texts[i] + len, sizeof(texts[i]) - (size_t)len,
				"%.1f %.*s\n", finding->evidence[k].points,
				SLICE_ARG(finding->evidence[k].text));
		test_queue_free(&queue);
	}
	assert_string_equal(ids[0], ids[1]);
	assert_string_equal(filters[0], filters[1]);
	assert_string_equal(texts[0], texts[1]);
}

static void needs_a_stranger_and_harm(void **state)
{
	struct test_queue queue;
	struct test_mail mail = spam;
	(void)state;
	/* One usual address, the login's own name, other words: only the outcome speaks. */
	mail.client = "10.0.0.99";
	mail.clients = 1;
	mail.sender = "bob@example.com";
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &owner);
	test_mail(&queue, &mail);
	test_judge(&queue);
	for (size_t i = 0; i < queue.verdict.count; i++)
		assert_true(queue.verdict.findings[i].level <= LEVEL_PROBABLE);
	test_queue_free(&queue);
}

static void takes_thresholds_as_they_are_set(void **state)
{
	struct test_queue queue;
	struct rules rules;
	struct err err;
	struct verdict verdict;
	(void)state;
	rules_default(&rules);
	assert_int_equal(rules_set(&rules, SLICE("client_ips"), SLICE("100"), &err), 0);
	assert_int_equal(rules_set(&rules, SLICE("client_ips.strong"), SLICE("0"), &err), 0);
	assert_int_equal(rules_set(&rules, SLICE("client_ip"), SLICE("1"), &err), -1);
	assert_int_equal(rules_set(&rules, SLICE("client_ips.low"), SLICE("1"), &err), -1);
	assert_int_equal(rules_set(&rules, SLICE("rate"), SLICE("many"), &err), -1);
	assert_int_equal(rules_set(&rules, SLICE("rate"), SLICE("inf"), &err), -1);
	test_queue_init(&queue, true);
	test_ordinary(&queue);
	test_mail(&queue, &spam);
	test_judge(&queue);
	assert_non_null(find(&queue.verdict.findings[0], RULE_CLIENT_IPS));
	const struct verdict_options options = {.rules = &rules};
	assert_int_equal(verdict_make(&verdict, &queue.env, &options, &err), 0);
	assert_null(find(&verdict.findings[0], RULE_CLIENT_IPS));
	verdict_free(&verdict);
	test_queue_free(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_a_stolen_account_from_its_owner),
		cmocka_unit_test(leaves_an_ordinary_day_alone),
		cmocka_unit_test(says_when_there_is_too_little),
		cmocka_unit_test(does_not_accuse_a_newsletter),
		cmocka_unit_test(finds_a_relay_and_not_a_backup_mx),
		cmocka_unit_test(joins_logins_of_one_campaign),
		cmocka_unit_test(keeps_two_incidents_apart),
		cmocka_unit_test(counts_the_bounces_as_its_own),
		cmocka_unit_test(finds_mail_that_goes_round),
		cmocka_unit_test(does_not_depend_on_the_order),
		cmocka_unit_test(needs_a_stranger_and_harm),
		cmocka_unit_test(takes_thresholds_as_they_are_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
