#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mail/freemail.h"

static void knows_them_in_every_country(void **state)
{
	static const char *const theirs[] = {"gmail.com", "gmx.net", "yahoo.co.uk", "yahoo.com.br",
		"outlook.de", "web.de", "mail.ru", "qq.com"};
	static const char *const others[] = {"", "gmail", "gmail.", "mail.example.com",
		"web.example.com", "gmail.corp.example", "outlook.corp.uk", "web.com",
		"example.com", "co.uk", "notgmail.com"};
	(void)state;
	for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
		if (!freemail_domain(slice_cstr(theirs[i])))
			fail_msg("%s", theirs[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (freemail_domain(slice_cstr(others[i])))
			fail_msg("%s", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_them_in_every_country),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
