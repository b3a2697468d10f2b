#include "formats/postfix/test_spool.h"

/* Settings that need nobody but us to be understood; tables and scanners: live/hold_test.py. */
static void knows_settings_that_hold_all_mail(void **state)
{
	static const struct {
		const char *setting, *value;
		bool holds;
	} cases[] = {
		{"smtpd_recipient_restrictions", "permit_mynetworks, static:HOLD", true},
		{"smtpd_sender_restrictions", "check_sender_access\tstatic:hold", true},
		{"header_checks", "static:HOLD", true},
		{"header_checks", "", false},
		{"smtpd_recipient_restrictions", "static:OK reject", false},
		{"smtpd_recipient_restrictions", "static:HOLDER", false},
		{"smtpd_recipient_restrictions", "hash:/etc/static:HOLD", false},
		/* Of a database nobody asks, and a file that is not there holds nothing. */
		{"header_checks", "mysql:/no/such/file, regexp:/no/such/file", false},
	};
	struct test_spool test;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		test_spool_make(&test);
		assert_null(test.spool->hold_user);
		postfix_look_at_hold_setting(
			test.spool, cases[i].setting, slice_cstr(cases[i].value));
		if (!test.spool->hold_user == cases[i].holds)
			fail_msg("%s = %s", cases[i].setting, cases[i].value);
		if (cases[i].holds)
			assert_non_null(strstr(test.spool->hold_reason, cases[i].setting));
		test_spool_free(&test);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(knows_settings_that_hold_all_mail)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
