#include "core/verdict/script.h"

#include <string.h>

struct slice script_name(struct slice script)
{
	size_t bracket = slice_index(script, '('), cut;

	if (bracket != SIZE_MAX)
		script = slice_upto(script, bracket);
	cut = slice_rindex(script, '/');
	script = slice_from(script, cut == SIZE_MAX ? 0 : cut + 1);
	/* PHP writes "33:mailer.php". */
	cut = slice_rindex(script, ':');
	return slice_trim(slice_from(script, cut == SIZE_MAX ? 0 : cut + 1));
}

bool script_is_common(struct slice name)
{
	static const char names[] =
		"class-phpmailer.php class.phpmailer.php phpmailer.php main.inc rcube.php "
		"rcmail.php "
		"mime.php pluggable.php class-wp-phpmailer.php swiftmailer.php mail.php mailer.php "
		"nativemailertransport.php sendmailtransport.php simplemailinvoker.php "
		"phpmailerproxy.php message.php mailtransport.php send_mail.php wc-emails.php "
		"class-wc-email.php drush.php occ cron.php artisan index.php wp-cron.php";
	struct slice word, list = slice_cstr(names);

	while (slice_word(&list, " ", &word))
		if (slice_eq_fold(name, word))
			return true;
	return false;
}

/* Where uploads, caches and hidden files are, nobody installs programs. */
static bool is_odd_place(struct slice script)
{
	static const char *const places[] = {"/uploads/", "/.", "/tmp/", "/cache/", "/images/",
		"/img/", "/css/", "/js/", "/fonts/"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (slice_find(script, slice_cstr(places[i])) != SIZE_MAX)
			return true;
	return false;
}

/* "m1.php", "8.php", "xkqzvt.php": named by nobody who has to find it again. */
static bool is_odd_name(struct slice name)
{
	struct slice stem, rest;
	size_t vowels = 0, letters = 0;

	slice_cut(name, '.', &stem, &rest);
	for (size_t i = 0; i < stem.len; i++) {
		letters += ascii_is_alpha(stem.ptr[i]);
		vowels += memchr("aeiouy", ascii_lower(stem.ptr[i]), 6) != NULL;
	}
	return stem.len <= 2 || (letters >= 4 && vowels == 0);
}

bool script_is_odd(struct slice script)
{
	struct slice name = script_name(script);
	return !script_is_common(name) && (is_odd_place(script) || is_odd_name(name));
}
