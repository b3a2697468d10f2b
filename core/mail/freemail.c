#include "core/mail/freemail.h"

static bool has_word(const char *words, struct slice wanted)
{
	struct slice word, rest = slice_cstr(words);

	while (slice_word(&rest, " ", &word))
		if (slice_eq(word, wanted))
			return true;
	return false;
}

/* What is behind a name: "de", "co.uk", "com.br". */
static bool is_country(struct slice rest)
{
	struct slice first, last;

	if (!slice_cut(rest, '.', &first, &last))
		return rest.len > 0;
	return last.len == 2 && has_word("co com net ne", first);
}

bool freemail_domain(struct slice domain)
{
	/* Names that are theirs in every country, and those that are common words. */
	static const char names[] = "gmail googlemail hotmail outlook msn yahoo ymail rocketmail "
				    "aol icloud gmx t-online freenet yandex rambler proton "
				    "protonmail zoho comcast verizon att sbcglobal bellsouth "
				    "wanadoo laposte sfr libero virgilio tiscali btinternet "
				    "talktalk ntlworld qq 163 126 sina naver daum hanmail "
				    "rediffmail uol bol terra seznam wp onet interia fastmail "
				    "tutanota hushmail";
	static const char whole[] = "live.com live.co.uk live.fr live.nl mail.ru mail.com web.de "
				    "me.com mac.com ya.ru bk.ru list.ru inbox.ru inbox.com "
				    "orange.fr free.fr cox.net charter.net o2.pl o2.co.uk pm.me "
				    "sky.com";
	struct slice name, rest;

	slice_cut(domain, '.', &name, &rest);
	return (is_country(rest) && has_word(names, name)) || has_word(whole, domain);
}
