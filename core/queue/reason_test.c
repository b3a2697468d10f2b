#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/queue/reason.h"

/* Reasons as MTAs and large providers word them; plain is the countable form, where stated. */
static const struct row {
	enum reason_class class;
	const char *text;
	const char *plain;
} rows[] = {
	/* A route that leads back here. */
	{REASON_LOCAL_LOOP, "mail for loop.example.org loops back to myself",
		"mail for HOST loops back to myself"},
	{REASON_LOCAL_LOOP,
		"host mx.example.com[192.0.2.1] said: 554 5.4.6 Too many hops"
		" (in reply to end of DATA command)",
		"host HOST[IP] said: 554 5.4.6 Too many hops (in reply to end of DATA command)"},
	{REASON_LOCAL_LOOP, "mail forwarding loop for bob@example.com",
		"mail forwarding loop for <addr>"},
	{REASON_LOCAL_LOOP,
		"host 192.0.2.8[192.0.2.8] said: 554 5.4.14 Hop count exceeded -"
		" possible mail loop ATTR34 [AM4PEPF00027A6A.example.net]",
		NULL},
	{REASON_LOCAL_LOOP, "this message already has my Delivered-To line", NULL},
	{REASON_LOCAL_LOOP, "lowest numbered MX record points to local host", NULL},
	{REASON_LOCAL_LOOP, "554 5.4.6 refused", NULL},

	/* What is in the message. */
	{REASON_SPAM_CONTENT,
		"host mx.example.com[192.0.2.1] said: 550-5.7.1 [198.51.100.7] Our"
		" system has detected that this 550-5.7.1 message is likely"
		" unsolicited mail. To reduce the amount of spam 550-5.7.1 sent"
		" to us, this message has been blocked. Please visit 550 5.7.1"
		" https://support.example.com/mail/?p=UnsolicitedMessageError"
		" 4fb4d7f45d1cf-56a1f2b3c4dsi123456a12.34 - gsmtp",
		"host HOST[IP] said: 550-5.7.1 [IP] Our system has detected that this 550-5.7.1"
		" message is likely unsolicited mail. To reduce the amount of spam 550-5.7.1 sent"
		" to us, this message has been blocked. Please visit 550 5.7.1"
		" https://support.example.com/... ID - gsmtp"},
	{REASON_SPAM_CONTENT, "451 4.7.1 This message looks like spam, try again later", NULL},
	{REASON_SPAM_CONTENT, "550 5.7.1 Message content rejected, UBE, id=12345-06", NULL},
	{REASON_SPAM_CONTENT, "550 Blocked by SpamAssassin, score 15.3",
		"550 Blocked by SpamAssassin, score N"},
	{REASON_SPAM_CONTENT, "554 5.6.0 Message filtered. Please see the FAQs", NULL},
	{REASON_SPAM_CONTENT, "554 JFE040006 sorry, refused", "554 JFE040006 sorry, refused"},
	{REASON_SPAM_CONTENT,
		"550 5.7.520 Access denied, Your organization does not allow"
		" external forwarding. AS(7555)",
		NULL},
	{REASON_SPAM_CONTENT, "554 Message contained unsafe content", NULL},
	{REASON_SPAM_CONTENT, "552 5.7.0 This mail is infected with Eicar-Test", NULL},
	{REASON_SPAM_CONTENT, "550 Contains a URL listed in URIBL", NULL},
	{REASON_SPAM_CONTENT, "451 4.7.0 Message deferred - [TSS17] unsolicited mail", NULL},
	{REASON_SPAM_CONTENT, "550 5.1.1 no, spam", NULL},

	/* What others think of our address. */
	{REASON_IP_REPUTATION,
		"host mx[198.51.100.9] said: 554 5.7.1 Service unavailable; Client host"
		" [192.0.2.1] blocked using zen.spamhaus.org;"
		" https://www.spamhaus.org/query/ip/192.0.2.1 (in reply to RCPT TO command)",
		"host HOST[IP] said: 554 5.7.1 Service unavailable; Client host [IP] blocked using"
		" zen.spamhaus.org; https://www.spamhaus.org/... (in reply to RCPT TO command)"},
	{REASON_IP_REPUTATION, "550 rejected: 192.0.2.1 is listed at bl.example.org",
		"550 rejected: IP is listed at HOST"},
	{REASON_IP_REPUTATION, "450 4.7.1 spamhaus says no", NULL},
	{REASON_IP_REPUTATION,
		"421 4.7.0 [TSS04] Messages from 198.51.100.7 temporarily deferred due to"
		" unexpected volume or user complaints - 4.16.55.1; see"
		" https://postmaster.example.com/error-codes",
		"421 4.7.0 [TSS04] Messages from IP temporarily deferred due to unexpected volume"
		" or user complaints - IP; see https://postmaster.example.com/..."},
	{REASON_IP_REPUTATION,
		"550 5.7.1 Unfortunately, messages from [198.51.100.7] weren't sent. Please"
		" contact your Internet service provider since part of their network is on our"
		" block list (S3150). [BN8NAM11FT049.eop-nam11.prod.protection.example.com]",
		"550 5.7.1 Unfortunately, messages from [IP] weren't sent. Please contact your"
		" Internet service provider since part of their network is on our block list"
		" (S3150). [HOST]"},
	{REASON_IP_REPUTATION,
		"451 4.7.650 The mail server [198.51.100.7] has been temporarily rate limited due"
		" to IP reputation. For e-mail delivery information, see"
		" https://postmaster.example.com (S775)"
		" [AM4PEPF00027A6A.eurprd04.prod.example.com 2026-11-22T03:07:00.123Z"
		" 08DC0A1B2C3D4E5F]",
		"451 4.7.650 The mail server [IP] has been temporarily rate limited due to IP"
		" reputation. For e-mail delivery information, see https://postmaster.example.com"
		" (S775) [HOST ID ID]"},
	{REASON_IP_REPUTATION,
		"421-4.7.28 [198.51.100.7      19] Our system has detected an unusual 421-4.7.28"
		" rate of unsolicited mail originating from your IP address. To protect our users"
		" 421-4.7.28 from spam, mail sent from your IP address has been temporarily 421"
		" 4.7.28 rate limited. d75a77b69052e-42f93d0a1b2si12345671cf.123 - gsmtp",
		NULL},
	{REASON_IP_REPUTATION, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", NULL},
	{REASON_IP_REPUTATION,
		"554 Your access to this mail system has been rejected due to the"
		" sending MTA's poor reputation",
		NULL},
	{REASON_IP_REPUTATION, "421 not currently accepting mail from your ip", NULL},
	{REASON_IP_REPUTATION, "550 found in a local RBL", NULL},
	{REASON_IP_REPUTATION, "554 refused, see https://www.barracudacentral.org/lookups?ip=1",
		"554 refused, see https://www.barracudacentral.org/..."},
	{REASON_IP_REPUTATION,
		"host mx.example.com[192.0.2.1] refused to talk to me: 554-mx.example.com 554 Your"
		" IP address is on our blacklist",
		NULL},

	/* How fast we are. */
	{REASON_RATE,
		"host mx.example.com[192.0.2.1] refused to talk to me: 421 4.7.0 Too many"
		" connections from your IP address",
		"host HOST[IP] refused to talk to me: 421 4.7.0 Too many connections from your IP"
		" address"},
	{REASON_RATE,
		"450-4.2.1 The user you are trying to contact is receiving mail at a rate"
		" that 450-4.2.1 prevents additional messages from being delivered.",
		NULL},
	{REASON_RATE, "452 4.5.3 Error: too many recipients", NULL},
	{REASON_RATE, "450 4.7.1 Error: rate limit exceeded", NULL},
	{REASON_RATE, "421 4.7.0 Try again slower", NULL},
	{REASON_RATE, "550 5.4.5 Daily user sending limit exceeded", NULL},
	{REASON_RATE, "451 4.4.4 You have exceeded 100 messages per hour", NULL},
	{REASON_RATE, "452 You have exceeded your hourly quota", NULL},
	{REASON_RATE, "421 4.3.0 throttled", NULL},
	{REASON_RATE, "421 only 20 connections", NULL},
	{REASON_RATE, "450 4.7.1 Error: too much mail from 198.51.100.7",
		"450 4.7.1 Error: too much mail from IP"},
	{REASON_RATE,
		"450-Requested mail action not taken: mailbox unavailable 450 Mail send limit"
		" exceeded. For explanation visit https://postmaster.example.net/x?c=ss",
		NULL},
	{REASON_RATE,
		"host mx[192.0.2.1] said: 451 4.7.1 You have exceeded your messages per hour"
		" limit, try again later (aB3xYz12345)",
		NULL},
	{REASON_RATE, "421 4.7.28 later", NULL},
	{REASON_RATE, "550 too many bad commands", NULL},

	/* Who may send what. */
	{REASON_AUTH_POLICY,
		"550-5.7.26 This mail has been blocked because the sender is unauthenticated."
		" 550 5.7.26 SPF [example.com] with ip: [192.0.2.1] = did not pass",
		NULL},
	{REASON_AUTH_POLICY, "450 4.1.8 <bob@dead.test>: Sender address rejected: Domain not found",
		"450 4.1.8 <addr>: Sender address rejected: Domain not found"},
	{REASON_AUTH_POLICY,
		"553 5.7.1 <a@example.com>: Sender address rejected: not owned by user bob", NULL},
	{REASON_AUTH_POLICY, "554 5.7.1 <a@example.net>: Relay access denied",
		"554 5.7.1 <addr>: Relay access denied"},
	{REASON_AUTH_POLICY, "550 5.7.1 Relaying denied. Proper authentication required.", NULL},
	{REASON_AUTH_POLICY, "550 5.7.1 Null sender is not allowed here", NULL},
	{REASON_AUTH_POLICY, "550 no third-party DSNs", NULL},
	{REASON_AUTH_POLICY,
		"550 5.7.509 Access denied, sending domain example.com does not pass"
		" DMARC verification and has a DMARC policy of reject.",
		NULL},
	{REASON_AUTH_POLICY, "450 4.7.1 <mx1.example.com>: Helo command rejected: Host not found",
		"450 4.7.1 <HOST>: Helo command rejected: Host not found"},
	{REASON_AUTH_POLICY,
		"450 4.7.25 Client host rejected: cannot find your hostname,"
		" [198.51.100.7]",
		"450 4.7.25 Client host rejected: cannot find your hostname, [IP]"},
	{REASON_AUTH_POLICY, "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
		"554 5.7.1 <HOST[IP]>: Client host rejected: Access denied"},
	{REASON_AUTH_POLICY, "550 Sender verify failed", NULL},
	{REASON_AUTH_POLICY, "554 5.7.9 Message not accepted for policy reasons", NULL},
	{REASON_AUTH_POLICY, "554 5.7.1 Message rejected by policy", NULL},
	{REASON_AUTH_POLICY, "550 5.7.1 bad DKIM signature", NULL},
	{REASON_AUTH_POLICY,
		"451 4.7.24 The SPF record of the sending domain could not be checked;"
		" try later",
		NULL},
	{REASON_AUTH_POLICY,
		"421-4.7.26 This mail has been rate limited because it is unauthenticated."
		" 421-4.7.26 All senders must authenticate with either SPF or DKIM. 421 4.7.26"
		" 4fb4d7f45d1cf-56a1f2b3c4dsi123456a12.34 - gsmtp",
		NULL},

	/* Addresses that are not there. */
	{REASON_UNKNOWN_USER,
		"host mx.example.com[192.0.2.1] said: 550 5.1.1 <bob@example.com>: Recipient"
		" address rejected: User unknown in virtual mailbox table (in reply to RCPT TO"
		" command)",
		"host HOST[IP] said: 550 5.1.1 <addr>: Recipient address rejected: User unknown in"
		" virtual mailbox table (in reply to RCPT TO command)"},
	{REASON_UNKNOWN_USER, "unknown user: \"bob\"", "unknown user: <addr>"},
	{REASON_UNKNOWN_USER,
		"550-5.1.1 The email account that you tried to reach does not exist."
		" Please try 550-5.1.1 double-checking 550 5.1.1",
		NULL},
	{REASON_UNKNOWN_USER, "550 No such user here", NULL},
	{REASON_UNKNOWN_USER,
		"554 delivery error: dd This user doesn't have an example.com"
		" account (bob@example.com) [0] - mta1.example.com",
		"554 delivery error: dd This user doesn't have an HOST account (<addr>) [0] -"
		" HOST"},
	{REASON_UNKNOWN_USER, "550 5.2.1 The email account that you tried to reach is disabled",
		NULL},
	{REASON_UNKNOWN_USER, "450 4.1.1 <bob>: Recipient address rejected: unverified address",
		"450 4.1.1 <addr>: Recipient address rejected: unverified address"},
	{REASON_UNKNOWN_USER, "550 5.4.1 Recipient address rejected: Access denied. AS201806281",
		NULL},
	{REASON_UNKNOWN_USER, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", NULL},
	{REASON_UNKNOWN_USER, "550 Requested action not taken: mailbox unavailable", NULL},
	{REASON_UNKNOWN_USER, "554 account is suspended", NULL},
	{REASON_UNKNOWN_USER, "550 5.1.1 <bob@example.com>", "550 5.1.1 <addr>"},

	/* Addresses that are full. */
	{REASON_MAILBOX_FULL,
		"host mail.example.com[private/dovecot-lmtp] said: 452 4.2.2 <bob@example.com>"
		" Quota exceeded (mailbox for user is full) (in reply to end of DATA command)",
		"host HOST[private/dovecot-lmtp] said: 452 4.2.2 <addr> Quota exceeded (mailbox"
		" for user is full) (in reply to end of DATA command)"},
	{REASON_MAILBOX_FULL, "452-4.2.2 The email account that you tried to reach is over quota",
		NULL},
	{REASON_MAILBOX_FULL, "552 5.2.2 Mailbox full", NULL},
	{REASON_MAILBOX_FULL, "450 the recipient's inbox is out of storage space", NULL},
	{REASON_MAILBOX_FULL, "552 5.2.2 sorry", NULL},
	{REASON_MAILBOX_FULL, "451 quota problem", NULL},
	{REASON_MAILBOX_FULL,
		"cannot update mailbox /var/mail/bob for user bob. error writing"
		" message: Disk quota exceeded",
		"cannot update mailbox /var/... for user bob. error writing message: Disk quota"
		" exceeded"},

	/* Domains that are not there. */
	{REASON_NO_DOMAIN,
		"Host or domain name not found. Name service error for name=dead.test type=MX:"
		" Host not found, try again",
		"Host or domain name not found. Name service error for name=HOST type=MX: Host"
		" not found, try again"},
	{REASON_NO_DOMAIN,
		"Host or domain name not found. Name service error for name=localbox type=A: Host"
		" found but no data record of requested type",
		"Host or domain name not found. Name service error for name=HOST type=A: Host"
		" found but no data record of requested type"},
	{REASON_NO_DOMAIN, "Domain example.com does not accept mail (nullMX)",
		"Domain HOST does not accept mail (nullMX)"},
	{REASON_NO_DOMAIN, "Name server: mx.example.com.: host name lookup failure", NULL},
	{REASON_NO_DOMAIN, "550 Unrouteable address", NULL},
	{REASON_NO_DOMAIN, "451 4.4.0 DNS query failed", NULL},
	{REASON_NO_DOMAIN, "450 4.1.2 <a@dead.test>: Recipient address rejected: Domain not found",
		NULL},
	{REASON_NO_DOMAIN, "all relevant MX records point to non-existent hosts", NULL},

	/* Come again. */
	{REASON_GREYLIST,
		"host mx1.example.com[192.0.2.1] said: 450 4.2.0 <bob@example.com>: Recipient"
		" address rejected: Greylisted (in reply to RCPT TO command)",
		"host HOST[IP] said: 450 4.2.0 <addr>: Recipient address rejected: Greylisted (in"
		" reply to RCPT TO command)"},
	{REASON_GREYLIST,
		"450 4.2.0 Greylisted, see"
		" http://postgrey.example.org/help/example.com.html",
		"450 4.2.0 Greylisted, see http://postgrey.example.org/..."},
	{REASON_GREYLIST, "451 4.7.1 Greylisting in action, please come back in 00:04:59",
		"451 4.7.1 Greylisting in action, please come back in N"},
	{REASON_GREYLIST, "451 graylisted, please try again in 299 seconds",
		"451 graylisted, please try again in N seconds"},
	{REASON_GREYLIST, "450 4.3.2 Service currently unavailable", NULL},
	{REASON_GREYLIST, "451 Please try again later", NULL},
	{REASON_GREYLIST,
		"450 4.7.1 <bob@example.com>: Recipient address rejected: Policy"
		" restrictions; try later",
		"450 4.7.1 <addr>: Recipient address rejected: Policy restrictions; try later"},
	{REASON_GREYLIST, "451 4.7.1 no", NULL},

	/* The way there. */
	{REASON_NETWORK, "connect to mx1.example.com[192.0.2.1]:25: Connection timed out",
		"connect to HOST[IP]:25: Connection timed out"},
	{REASON_NETWORK, "connect to mx.example.com[2001:db8:1::2]:25: Network is unreachable",
		"connect to HOST[IP]:25: Network is unreachable"},
	{REASON_NETWORK, "connect to 192.0.2.4[192.0.2.4]:25: No route to host",
		"connect to HOST[IP]:25: No route to host"},
	{REASON_NETWORK,
		"delivery temporarily suspended: connect to mx1.example.com[192.0.2.1]:25:"
		" Connection refused",
		"delivery temporarily suspended: connect to HOST[IP]:25: Connection refused"},
	{REASON_NETWORK,
		"lost connection with mx.example.net[2001:db8::19] while receiving the initial"
		" server greeting",
		"lost connection with HOST[IP] while receiving the initial server greeting"},
	{REASON_NETWORK,
		"conversation with mx.example.net[203.0.113.7] timed out while sending end of data"
		" -- message may be sent more than once",
		"conversation with HOST[IP] timed out while sending end of data -- message may be"
		" sent more than once"},
	{REASON_NETWORK, "TLS is required, but was not offered by host mx.example.com[192.0.2.1]",
		"TLS is required, but was not offered by host HOST[IP]"},
	{REASON_NETWORK, "Server certificate not verified", NULL},
	{REASON_NETWORK,
		"host mx.example.com[192.0.2.1] said: 421 4.3.2 Service not available,"
		" closing channel",
		NULL},
	{REASON_NETWORK, "451 4.7.500 Server busy. Please try again later from [192.0.2.1].", NULL},
	{REASON_NETWORK, "Deferred: Connection reset by mx.example.com.",
		"Deferred: Connection reset by HOST."},
	{REASON_NETWORK, "host mx.example.com[192.0.2.1] refused to talk to me: 450 no", NULL},
	/* What broke is another's. */
	{REASON_NETWORK,
		"host mx.example.com[192.0.2.1] said: 451 4.3.0 <bob@example.com>: Temporary"
		" lookup failure",
		NULL},
	{REASON_NETWORK, "host mx[192.0.2.1] said: 452 4.3.1 Insufficient system resources", NULL},
	{REASON_NETWORK,
		"host mx[192.0.2.1] said: 451 4.3.0 Temporary server error. Please try again"
		" later. PRX2",
		NULL},

	/* This machine. */
	{REASON_LOCAL_CONFIG, "mail transport unavailable", "mail transport unavailable"},
	{REASON_LOCAL_CONFIG, "delivery temporarily suspended: unknown mail transport error", NULL},
	{REASON_LOCAL_CONFIG, "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused",
		"connect to HOST[127.0.0.1]:10024: Connection refused"},
	{REASON_LOCAL_CONFIG, "connect to mx1.example.com[private/lmtp]: No such file or directory",
		"connect to HOST[private/lmtp]: No such file or directory"},
	{REASON_LOCAL_CONFIG, "451 4.3.0 <bob@example.com>: Temporary lookup failure",
		"451 4.3.0 <addr>: Temporary lookup failure"},
	{REASON_LOCAL_CONFIG, "452 4.3.1 Insufficient system storage", NULL},
	{REASON_LOCAL_CONFIG,
		"create maildir file /home/bob/Maildir/tmp/1795316820.P123: Permission denied",
		"create maildir file /home/...: Permission denied"},
	{REASON_LOCAL_CONFIG,
		"SASL authentication failed; server relay.example.com[192.0.2.1] said: 535 5.7.8"
		" Error: authentication failed",
		"SASL authentication failed; server HOST[IP] said: 535 5.7.8 Error: authentication"
		" failed"},
	{REASON_LOCAL_CONFIG, "temporary failure. Command output: procmail: Lock failure", NULL},
	{REASON_LOCAL_CONFIG, "451 4.5.0 mail filtering problem, amavisd gave up", NULL},
	{REASON_LOCAL_CONFIG,
		"host 127.0.0.1[127.0.0.1] said: 451 4.5.0 Error in processing, id=12345-06,"
		" virus_scan FAILED: no scanner is answering",
		"host HOST[127.0.0.1] said: 451 4.5.0 Error in processing, id=N, virus_scan"
		" FAILED: no scanner is answering"},
	{REASON_LOCAL_CONFIG,
		"host mail.example.com[private/lmtp] said: 451 4.3.0 <bob@example.com>"
		" Temporary internal error",
		NULL},
	{REASON_LOCAL_CONFIG, "alias database unavailable", NULL},

	/* The rest, and what only looks like one of the above. */
	{REASON_OTHER, "552 5.3.4 Message size exceeds fixed limit", NULL},
	{REASON_OTHER, "550 5.1.15 refused", NULL},
	{REASON_OTHER, "550 version v2.5.1.1 refused", NULL},
	{REASON_OTHER, "550 version 5.1.1.2b refused", NULL},
	{REASON_OTHER, "550 see rule 15.1.1", NULL},
	{REASON_OTHER, "554 antispammer", NULL},
	{REASON_OTHER, "554 verbless", NULL},
	{REASON_OTHER, "554 quotas", NULL},
	{REASON_OTHER, "host spam.example.com[192.0.2.1] said: 554 no",
		"host HOST[IP] said: 554 no"},
	{REASON_OTHER, "554 5.0.0 mail to <spam@rbl.example.com> via tls.example.com refused",
		"554 5.0.0 mail to <addr> via HOST refused"},
	{REASON_UNKNOWN, "", ""},
	{REASON_UNKNOWN, " \t\n", ""},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void every_wording_has_its_class(void **state)
{
	unsigned seen[REASON_CLASSES] = {0};
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		enum reason_class class = reason_classify(slice_cstr(rows[i].text));
		if (class != rows[i].class)
			print_message("%s: %s\n", reason_class_name(class), rows[i].text);
		assert_int_equal(class, rows[i].class);
		seen[class]++;
	}
	for (size_t i = 0; i < REASON_CLASSES; i++)
		assert_true(seen[i] > 0);
}

static void the_countable_form_is_as_stated(void **state)
{
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		if (!rows[i].plain)
			continue;
		buf_reset(&out);
		reason_normalise(&out, slice_cstr(rows[i].text));
		assert_string_equal(buf_str(&out), rows[i].plain);
	}
	buf_free(&out);
}

static void the_countable_form_stays_and_keeps_its_class(void **state)
{
	struct buf once = {0}, twice = {0};
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		buf_reset(&once);
		buf_reset(&twice);
		reason_normalise(&once, slice_cstr(rows[i].text));
		reason_normalise(&twice, buf_slice(&once));
		assert_string_equal(buf_str(&once), buf_str(&twice));
		assert_int_equal(reason_classify(buf_slice(&once)), rows[i].class);
	}
	buf_free(&once);
	buf_free(&twice);
}

/* What comes behind the prefix decides. */
static void a_suspended_delivery_has_the_class_of_its_cause(void **state)
{
	struct buf text = {0};
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		buf_reset(&text);
		buf_printf(&text, "delivery temporarily suspended: %s", rows[i].text);
		if (rows[i].class != REASON_UNKNOWN)
			assert_int_equal(reason_classify(buf_slice(&text)), rows[i].class);
	}
	buf_free(&text);
}

static void markers_need_both_parts_close_together(void **state)
{
	struct buf text = {0};
	(void)state;
	buf_add(&text, SLICE("554 relay "));
	buf_pad(&text, 'x', 30);
	assert_int_equal(reason_classify(buf_slice(&text)), REASON_OTHER);
	buf_add(&text, SLICE(" denied"));
	assert_int_equal(reason_classify(buf_slice(&text)), REASON_AUTH_POLICY);
	buf_reset(&text);
	buf_add(&text, SLICE("554 relay "));
	buf_pad(&text, 'x', 50);
	buf_add(&text, SLICE(" denied"));
	assert_int_equal(reason_classify(buf_slice(&text)), REASON_OTHER);
	assert_int_equal(reason_classify(SLICE("554 relay deniedx deniedx deniedx deniedx denied")),
		REASON_AUTH_POLICY);
	assert_int_equal(
		reason_classify(SLICE("554 relay deniedx deniedx deniedx deniedx deniedx denied")),
		REASON_OTHER);
	buf_free(&text);
}

static void no_text_is_no_reason(void **state)
{
	(void)state;
	assert_int_equal(reason_classify((struct slice){0}), REASON_UNKNOWN);
	assert_string_equal(reason_class_name(REASON_UNKNOWN_USER), "unknown-user");
	for (enum reason_class i = 0; i < REASON_CLASSES; i++)
		assert_non_null(reason_class_name(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wording_has_its_class),
		cmocka_unit_test(the_countable_form_is_as_stated),
		cmocka_unit_test(the_countable_form_stays_and_keeps_its_class),
		cmocka_unit_test(a_suspended_delivery_has_the_class_of_its_cause),
		cmocka_unit_test(markers_need_both_parts_close_together),
		cmocka_unit_test(no_text_is_no_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
