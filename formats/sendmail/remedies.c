/*
 * What an admin of Sendmail 8 does against an incident, by cf/README. The access map has to be
 * there (FEATURE access_db), as it is by default on Debian and Red Hat.
 */
#include "formats/sendmail/remedies.h"

#include <stddef.h>

#define MAKE_ACCESS "makemap hash {config}/access <{config}/access"
#define RESTART "service sendmail restart"

static const struct remedy_page pages[] = {
	{STEP_LOCK_LOGIN, "lock the login where sasldb has its password; saslauthd: next step",
		{"saslpasswd2 -d {login}"}},
	{STEP_DROP_SESSIONS, "end the sessions that are open; honest clients come back",
		{"service saslauthd restart", RESTART}},
	{STEP_BLOCK_CLIENTS,
		"let Sendmail refuse its addresses (with FEATURE delay_checks logins pass)",
		{"printf 'Connect:%s REJECT\\n' {client_prefix...} >>{config}/access",
			MAKE_ACCESS}},
	{STEP_CLOSE_RELAY,
		"close the relay: take out what names strangers, in sendmail.mc the features; then "
		"build it again",
		{"grep -n relay {config}/sendmail.mc", "grep -n RELAY {config}/access",
			"cat {config}/relay-domains", MAKE_ACCESS, "make -C {config}", RESTART}},
	{STEP_KNOW_RECIPIENTS,
		"refuse unknown users while mail is offered: of domains that are relayed or "
		"virtual, list the users, and '@DOMAIN error:nouser' last; catch-alls are here",
		{"grep -n '^@' {config}/virtusertable",
			"cat {config}/relay-domains {config}/local-host-names"}},
	{STEP_PAUSE_RECIPIENT,
		"let mail to it wait at its senders for a while (FEATURE blocklist_recipients, "
		"before 8.16 blacklist_recipients)",
		{"printf 'To:%s ERROR:4.2.1:450 too much mail for this address\\n' {rcpt...} "
		 ">>{config}/access",
			MAKE_ACCESS}},
	{STEP_BREAK_LOOP,
		"find what sends it round: an alias or .forward that points back, or a domain that "
		"points here and is not in local-host-names",
		{"sendmail -bv {rcpt}", "cat {config}/local-host-names"}},
	{STEP_THROTTLE,
		"or allow fewer recipients a message, until the next make (in sendmail.mc: "
		"confMAX_RCPTS_PER_MESSAGE)",
		{"sed -i 's/^#*O MaxRecipientsPerMessage=.*/O MaxRecipientsPerMessage=25/' "
		 "{config}/sendmail.cf",
			RESTART}},
	{0},
};

const struct remedy_book sendmail_remedies = {"/etc/mail", "/var/spool/mqueue", pages};
