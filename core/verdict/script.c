#include "core/verdict/script.h"

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
