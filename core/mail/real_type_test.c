#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/mail/real_type.h"

static void bytes_tell_what_they_are(void **state)
{
	struct real_type real_type;
	(void)state;

	real_type_open(&real_type);
	assert_non_null(real_type.magic);
	assert_true(slice_eq(
		real_type_of(&real_type, SLICE("%PDF-1.4\n%....\n")), SLICE("application/pdf")));
	assert_true(slice_eq(
		real_type_of(&real_type, SLICE("GIF89a\1\0\1\0\0\0\0;")), SLICE("image/gif")));
	assert_true(slice_eq(real_type_of(&real_type, SLICE("only words\n")), SLICE("text/plain")));
	assert_false(slice_known(real_type_of(&real_type, SLICE(""))));
	real_type_close(&real_type);
	assert_false(slice_known(real_type_of(&real_type, SLICE("%PDF-1.4\n"))));
}

static void a_name_fits_or_is_a_lie(void **state)
{
	static const struct {
		const char *declared;
		const char *real;
		bool fits;
	} cases[] = {
		{"image/png", "image/png", true},
		{"image/jpg", "image/jpeg", true},
		{"image/png", "image/jpeg", false},
		{"IMAGE/PNG", "image/png", true},
		{"application/octet-stream", "application/x-dosexec", true},
		{"application/pdf", "application/octet-stream", true},
		{"application/pdf", NULL, true},
		{"application/pdf", "application/x-dosexec", false},
		{"application/pdf", "text/html", false},
		{"application/pdf", "application/zip", false},
		{"application/pgp-signature", "text/plain", true},
		{"application/json", "text/plain", true},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			"application/zip", true},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			"application/x-dosexec", false},
		{"application/msword", "application/x-ole-storage", true},
		{"text/plain", "text/x-c", true},
		{"text/plain", "application/json", true},
		{"text/plain", "application/x-dosexec", false},
		{"text/html", "application/zip", false},
		{"image/png", "text/html", false},
		{"image/svg+xml", "text/xml", true},
		{"audio/mpeg", "video/mp4", true},
		{"audio/mpeg", "application/x-dosexec", false},
		{"message/delivery-status", "text/plain", true},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (real_type_fits(slice_cstr(cases[i].declared), slice_cstr(cases[i].real)) !=
			cases[i].fits)
			fail_msg("%s as %s", cases[i].real, cases[i].declared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_tell_what_they_are),
		cmocka_unit_test(a_name_fits_or_is_a_lie),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
