#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/verdict/lookup.h"
#include "core/verdict/test_queue.h"

static void begin(struct test_queue *queue, struct lookup *lookup)
{
	test_queue_init(queue, true);
	field_env_init(&queue->env, &queue->snap, TEST_NOW);
	lookup_init(lookup, &queue->env);
}

static uint32_t id(struct test_queue *queue, const char *text)
{
	return intern_add(&queue->snap.strings, slice_cstr(text));
}

static void finds_the_sender_behind_a_list(void **state)
{
	static const struct {
		const char *sender, *base;
		bool verp;
	} cases[] = {
		{"anna@example.com", "anna@example.com", false},
		{"anna+shop@example.com", "anna@example.com", false},
		{"list-bounces+joe=x.test@lists.example.com", "list-bounces@lists.example.com",
			true},
		{"news-joe=x.test@example.com", "news@example.com", true},
		{"bounce-4711-22@example.com", "bounce@example.com", true},
		{"prvs=1234abcdef=anna@example.com", "anna@example.com", false},
		{"btv1==055a==anna@example.com", "anna@example.com", false},
		{"srs0=abc=de=x.test=joe@example.com", "srs@example.com", false},
		{"+odd@example.com", "+odd@example.com", false},
		{"nodomain", "nodomain", false},
		{"@", "@", false},
	};
	struct test_queue queue;
	struct lookup lookup;
	(void)state;
	begin(&queue, &lookup);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (int again = 0; again < 2; again++) {
			bool verp;
			uint32_t base =
				lookup_sender_base(&lookup, id(&queue, cases[i].sender), &verp);
			if (base != id(&queue, cases[i].base) || verp != cases[i].verp)
				fail_msg("%s", cases[i].sender);
		}
	lookup_free(&lookup);
	test_queue_free(&queue);
}

static void knows_the_sites_domains_and_hosts(void **state)
{
	struct test_queue queue;
	struct lookup lookup;
	(void)state;
	begin(&queue, &lookup);
	assert_true(lookup_local(&lookup, id(&queue, "example.com")));
	assert_true(lookup_local(&lookup, id(&queue, "lists.example.com")));
	assert_false(lookup_local(&lookup, id(&queue, "notexample.com")));
	assert_false(lookup_local(&lookup, id(&queue, "com")));
	assert_false(lookup_local(&lookup, INTERN_EMPTY));
	assert_false(lookup_local(&lookup, INTERN_UNKNOWN));
	assert_true(lookup_freemail(&lookup, id(&queue, "gmail.com")));
	assert_true(lookup_freemail(&lookup, id(&queue, "yahoo.co.uk")));
	assert_false(lookup_freemail(&lookup, id(&queue, "gmail")));
	assert_true(lookup_trusted(&lookup, id(&queue, "10.1.2.3")));
	assert_true(lookup_trusted(&lookup, id(&queue, "127.0.0.1")));
	assert_true(lookup_loopback(&lookup, id(&queue, "::1")));
	assert_false(lookup_trusted(&lookup, id(&queue, "198.51.100.3")));
	assert_false(lookup_trusted(&lookup, id(&queue, "no address")));
	lookup_free(&lookup);
	test_queue_free(&queue);
}

static void knows_what_malware_calls_itself(void **state)
{
	static const char *const odd[] = {
		"User", "ylmf-pc", "WIN-8K2LD93PQ1F", "198.51.100.7", "localhost"};
	static const char *const usual[] = {"[192.168.1.5]", "mail.example.org", "DESKTOP-AB12CD3",
		"iPhone", "BRN001BA9", "annas-laptop", "win-server.example.org"};
	struct test_queue queue;
	struct lookup lookup;
	(void)state;
	begin(&queue, &lookup);
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		if (!lookup_odd_helo(&lookup, id(&queue, odd[i])))
			fail_msg("%s", odd[i]);
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (lookup_odd_helo(&lookup, id(&queue, usual[i])))
			fail_msg("%s", usual[i]);
	lookup_free(&lookup);
	test_queue_free(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_sender_behind_a_list),
		cmocka_unit_test(knows_the_sites_domains_and_hosts),
		cmocka_unit_test(knows_what_malware_calls_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
