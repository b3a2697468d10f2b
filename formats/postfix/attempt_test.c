#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/postfix/test_spool.h"

/* A long one: a short id would have to name the inode of its file. */
#define LONG_ID "4jXQSc1r3Wz1dkbp"

static void add(struct test_spool *test, enum postfix_queue queue)
{
	char path[POSTFIX_PATH_MAX];
	assert_true(postfix_path(postfix_of(test->spool), queue, SLICE(LONG_ID), path));
	test_spool_add(test, path, 0700);
}

/* A queue with one message, with records before its content: their types, their text. */
static void make(
	struct test_spool *test, enum postfix_queue queue, const char *types, const char *text)
{
	struct image image = {0};

	test_spool_make(test);
	image_begin(&image, "a@example.com");
	for (size_t i = 0; types[i]; i++)
		image_add(&image, types[i], text);
	image_add(&image, 'R', "b@example.org");
	image_content(&image, "hi");
	image_add(&image, 'E', "");
	image_finish(&image);
	image_free(&test->image);
	test->image = image;
	add(test, queue);
	test->spool->mta = MTA_UNKNOWN;
}

static enum severity pin_it(struct test_spool *test, struct pin *pin)
{
	struct unit unit = {.name = SLICE(LONG_ID)};
	return format_postfix.pin(test->spool, &unit, &test->arena, pin, &test->err);
}

static void moves_when_no_report_is_due(void **state)
{
	static const struct {
		enum postfix_queue queue;
		const char *types, *text;
	} cases[] = {
		{PQ_ACTIVE, "", ""},
		{PQ_ACTIVE, "W", "0"},          /* it was sent */
		{PQ_ACTIVE, "W", "4000000000"}, /* it is due later */
		{PQ_ACTIVE, "A", "trace_flags=0"},
		{PQ_ACTIVE, "A", "trace_flags=x"},
		{PQ_ACTIVE, "K", "trace_flags=1024"}, /* the report of the first attempt was sent */
		{PQ_DEFERRED, "W", "1700000000"},
		{PQ_DEFERRED, "A", "trace_flags=1024"},
		{PQ_INCOMING, "A", "trace_flags=1024"},
		{PQ_HOLD, "A", "trace_flags=1024"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct test_spool test;
		struct pin pin;
		make(&test, cases[i].queue, cases[i].types, cases[i].text);
		add(&test, PQ_DEFER);
		if (pin_it(&test, &pin) > SEV_WARN || !format_postfix.in_place(&pin))
			fail_msg("%s with %s %s: %s", postfix_queues[cases[i].queue].name,
				cases[i].types, cases[i].text, test.err.text);
		format_postfix.unpin(&pin);
		test_spool_free(&test);
	}
}

/* Until somebody was deferred no warning will be sent, however late it is. */
static void waits_with_a_delay_warning(void **state)
{
	struct test_spool test;
	struct pin pin;
	(void)state;

	make(&test, PQ_ACTIVE, "W", "1700000000");
	assert_true(pin_it(&test, &pin) <= SEV_WARN);
	assert_true(format_postfix.in_place(&pin));
	add(&test, PQ_DEFER);
	assert_false(format_postfix.in_place(&pin));
	test.spool->mta = MTA_STOPPED;
	assert_true(format_postfix.in_place(&pin));
	format_postfix.unpin(&pin);
	test.spool->mta = MTA_RUNNING;
	assert_int_equal(pin_it(&test, &pin), SEV_SKIP);
	assert_non_null(strstr(test.err.text, "try again"));
	test_spool_free(&test);
}

/* The report of sendmail -v is sent after a success as well, which leaves no log. */
static void leaves_verbose_mail_in_active(void **state)
{
	struct test_spool test;
	struct pin pin;
	(void)state;

	make(&test, PQ_ACTIVE, "A", "trace_flags=1024");
	assert_int_equal(pin_it(&test, &pin), SEV_SKIP);
	test.spool->mta = MTA_STOPPED;
	assert_true(pin_it(&test, &pin) <= SEV_WARN);
	format_postfix.unpin(&pin);
	/* In the trash it is active no more. */
	test.spool->mta = MTA_UNKNOWN;
	test.spool->view_of = test.spool;
	assert_true(pin_it(&test, &pin) <= SEV_WARN);
	format_postfix.unpin(&pin);
	test.spool->view_of = NULL;
	test_spool_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_when_no_report_is_due),
		cmocka_unit_test(waits_with_a_delay_warning),
		cmocka_unit_test(leaves_verbose_mail_in_active),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
