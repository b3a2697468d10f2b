#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mail/marks.h"

enum { PLAIN = MARK_READ | MARK_NO_MESSAGE_ID };

static uint32_t marks(const char *block, const char *sender)
{
	struct marked marked;
	return marks_of(slice_cstr(block), slice_cstr(sender), &marked);
}

static void assert_marks(const char *block, const char *sender, uint32_t wanted)
{
	uint32_t found = marks(block, sender);
	if (found != wanted)
		fail_msg("%x, not %x: %s", found, wanted, block);
}

static void marks_each_field(void **state)
{
	static const struct {
		const char *field;
		uint32_t mark;
	} cases[] = {
		{"List-Id: <news.example.com>", MARK_LIST_ID},
		{"list-unsubscribe: <https://example.com/u>", MARK_UNSUBSCRIBE},
		{"List-Unsubscribe-Post: List-Unsubscribe=One-Click", MARK_UNSUBSCRIBE},
		{"Feedback-ID: 1:2:3:esp", MARK_UNSUBSCRIBE},
		{"Precedence: bulk", MARK_BULK},
		{"Precedence: List", MARK_BULK},
		{"Precedence: junk", MARK_BULK},
		{"Precedence: first-class", 0},
		{"Auto-Submitted: auto-replied", MARK_AUTO},
		{"Auto-Submitted: no", 0},
		{"Auto-Submitted: No (a person)", 0},
		{"Auto-Submitted: notification", MARK_AUTO},
		{"X-Autoreply: yes", MARK_AUTO},
		{"X-Auto-Response-Suppress: All", MARK_AUTO},
		{"Content-Type: multipart/report; report-type=delivery-status", MARK_REPORT},
		{"Content-Type: multipart/mixed", 0},
		{"X-Failed-Recipients: a@example.org", MARK_REPORT},
		{"Resent-From: a@example.org", MARK_RESENT},
		{"Resent-: x", 0},
		{"X-Forwarded-To: a@example.org", MARK_RESENT},
		{"Delivered-To: a@example.org", MARK_RESENT},
		{"In-Reply-To: <1@example.org>", MARK_REPLY},
		{"References:\n <1@example.org>\n <2@example.org>", MARK_REPLY},
		{"References:", 0},
		{"User-Agent: Mutt/2", MARK_MAILER},
		{"X-Mailer: Mailer", MARK_MAILER},
		{"X-Mailer-Daemon: x", 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_marks(cases[i].field, "a@example.com", PLAIN | cases[i].mark);
}

static void tells_whether_there_is_a_message_id(void **state)
{
	(void)state;
	assert_marks("", "", PLAIN);
	assert_marks("Message-ID:\n", "", PLAIN);
	assert_marks("Message-ID: <>\n", "", PLAIN);
	assert_marks("Message-Id: <1@example.com>\n", "", MARK_READ);
	assert_marks("\nMessage-Id: <of the body>\n", "", PLAIN);
}

static void counts_hops(void **state)
{
	struct buf block = {0};
	(void)state;

	assert_int_equal(marks_hops(marks("Received: a\nreceived: b\nX-Received: c\n", "")), 2);
	for (unsigned i = 0; i < 1000; i++)
		buf_add(&block, SLICE("Received: from a by b\n"));
	uint32_t most = marks(buf_str(&block), "");
	assert_int_equal(marks_hops(most), MARK_HOPS_MOST);
	assert_int_equal(most & ~((uint32_t)MARK_HOPS_MOST << MARK_HOPS_SHIFT), PLAIN);
	buf_free(&block);
}

static void compares_domains(void **state)
{
	static const struct {
		const char *block, *sender;
		uint32_t mark;
	} cases[] = {
		{"From: Bob <bob@EXAMPLE.com>", "bob@example.com", 0},
		{"From: bob@example.com", "bob@example.org", MARK_FROM_DIFFERS},
		{"From: bob@example.com", "", 0},
		{"From: bob@example.com", "root", 0},
		{"From: bob", "bob@example.org", 0},
		{"From: news@example.com", "x+a=b@bounce.example.com", 0},
		{"From: a@mail.example.com", "a@example.com", 0},
		{"From: a@badexample.com", "a@example.com", MARK_FROM_DIFFERS},
		{"From: bob@example.com (a@example.org)", "bob@example.com", 0},
		{"From: (a@example.org) bob@example.com", "bob@example.com", 0},
		{"From: \"a@example.org, <b>\" <bob@example.com>", "bob@example.com", 0},
		{"From: \"a\\\"<c@example.org>\" <bob@example.com>", "bob@example.com", 0},
		{"From: a@example.org <bob@example.com>", "bob@example.com", 0},
		{"From: Bob\n <bob@example.com>", "bob@example.com", 0},
		{"From: bob@example.com, carol@example.org", "bob@example.com", 0},
		{"From: bob@example.com\nFrom: carol@example.org", "bob@example.com", 0},
		{"From: \"never ends <bob@example.com>", "bob@example.com", 0},
		{"From: (never ends\\", "bob@example.org", 0},
		{"From: <", "bob@example.org", 0},
		{"From: a@example.com\nReply-To: b@example.com", "", 0},
		{"Reply-To: b@example.net\nFrom: a@example.com", "", MARK_REPLY_TO_DIFFERS},
		{"Reply-To: b@example.net", "", 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_marks(cases[i].block, cases[i].sender, PLAIN | cases[i].mark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_each_field),
		cmocka_unit_test(tells_whether_there_is_a_message_id),
		cmocka_unit_test(counts_hops),
		cmocka_unit_test(compares_domains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
