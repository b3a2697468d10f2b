/*
 * What an admin of Postfix does against an incident. live/verdict_test.py pastes the lines.
 *
 * Two things make the lines work on any site. A texthash: table needs no postmap(1) and no
 * database library. And smtpd_data_restrictions is the one list that the submission services of
 * master.cf leave alone: what stands there holds for all ports, before any permit.
 */
#include <stddef.h>

#include "core/verdict/remedy_book.h"
#include "formats/postfix/postfix.h"

/* Puts a restriction in front of those that are in force. */
#define PUT_FIRST(list, what) "postconf {-c}-e \"" list "=" what ", $(postconf {-c}-h " list ")\""
#define RELOAD "postfix {-c}reload"

static const struct remedy_page pages[] = {
	{STEP_LOCK_LOGIN, "lock the login; taking its line out again unlocks it",
		{"printf '%s REJECT this login is locked\\n' {login...} >>{config}/locked_logins",
			PUT_FIRST("smtpd_data_restrictions",
				"check_sasl_access texthash:{config}/locked_logins"),
			RELOAD}},
	{STEP_DROP_SESSIONS,
		"end the sessions that are open, they go by the old rules; honest clients come "
		"back",
		{"pkill -x -P $(cat {spool}/pid/master.pid) smtpd"}},
	{STEP_BLOCK_CLIENTS, "let Postfix refuse its addresses",
		{"printf '%s REJECT\\n' {client...} >>{config}/banned_clients",
			PUT_FIRST("smtpd_data_restrictions",
				"check_client_access cidr:{config}/banned_clients"),
			RELOAD}},
	{STEP_STOP_USER, "take no more mail from this user of the machine, honest mail neither",
		{PUT_FIRST("authorized_submit_users", "!$(getent passwd {uid} | cut -d: -f1)")}},
	{STEP_CLOSE_RELAY,
		"close the relay: strangers may write to your domains only; then look for other "
		"ways in: networks too wide, rules in master.cf",
		{"postconf {-c}-e 'smtpd_relay_restrictions=permit_mynetworks, "
		 "permit_sasl_authenticated, reject_unauth_destination'",
			RELOAD,
			"postconf {-c}mynetworks relay_domains smtpd_recipient_restrictions",
			"postconf {-c}-P | grep -E 'restrictions|mynetworks'"}},
	{STEP_KNOW_RECIPIENTS,
		"refuse unknown users while mail is offered, instead of bouncing it; empty maps "
		"are those to fill (450 for a start: nothing is lost if a list is wrong)",
		{"postconf {-c}-e smtpd_reject_unlisted_recipient=yes "
		 "unknown_local_recipient_reject_code=450 unknown_relay_recipient_reject_code=450 "
		 "unknown_virtual_mailbox_reject_code=450 unknown_virtual_alias_reject_code=450",
			RELOAD,
			"postconf {-c}local_recipient_maps relay_domains relay_recipient_maps "
			"virtual_mailbox_maps virtual_alias_maps"}},
	{STEP_FILTER_BOUNCES,
		"nobody here sent what they bounce, and these addresses exist: sign senders (BATV, "
		"a milter), or refuse by header and body checks of what the bounces quote "
		"(BACKSCATTER_README); give a mailbox that fills more room",
		{"spoolsweep top rcpt finding={id}", "spoolsweep show {example}",
			"postconf {-c}smtpd_milters header_checks nested_header_checks "
			"body_checks"}},
	{STEP_PAUSE_RECIPIENT,
		"let mail to it wait at its senders for a while (take out its line afterwards)",
		{"printf '%s DEFER too much mail for this address\\n' {rcpt...} "
		 ">>{config}/paused_recipients",
			PUT_FIRST("smtpd_recipient_restrictions",
				"check_recipient_access texthash:{config}/paused_recipients"),
			RELOAD}},
	/* Not by retry(8): smtpd(8) would refuse new mail to the domain. */
	{STEP_PAUSE_DOMAIN,
		"if the attempts hold up other mail, make none for a while (take out its line "
		"afterwards)",
		{"printf '%s paused:\\n' {domain...} >>{config}/paused_domains",
			"postconf {-c}-M 'paused/unix=paused unix - - n - - smtp'",
			PUT_FIRST("defer_transports", "paused"),
			PUT_FIRST("transport_maps", "texthash:{config}/paused_domains"), RELOAD}},
	{STEP_BREAK_LOOP,
		"find what sends it round: an alias or .forward that points back, or a domain that "
		"points here and is not among these",
		{"postconf {-c}mydestination relay_domains virtual_alias_domains "
		 "virtual_mailbox_domains",
			"postconf {-c}alias_maps virtual_alias_maps transport_maps relayhost"}},
	{STEP_THROTTLE,
		"or let it go slower: all mail then leaves at one message a second and destination",
		{"postconf {-c}-e default_destination_rate_delay=1s", RELOAD}},
	{0},
};

const struct remedy_book postfix_remedies = {"/etc/postfix", "/var/spool/postfix", pages};
