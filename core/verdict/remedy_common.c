/*
 * What is done alike whatever the MTA is: with spoolsweep itself, with the packet filter, with
 * the users and programs of the machine.
 */
#include <stddef.h>

#include "core/verdict/remedy_book.h"

#define FIND "find / -path /proc -prune -o -type f"
#define CRONTAB "crontab -l -u \"$(getent passwd {uid} | cut -d: -f1)\""
/* Mail and mailboxes, so that nobody locks himself out of the server. */
#define MAIL_PORTS "'{ 25, 110, 143, 465, 587, 993, 995 }'"
#define SET_FLAGS "flags interval, timeout; timeout 7d; auto-merge; }'"

const struct remedy_page remedy_common[] = {
	{STEP_MAKE_SURE,
		"make sure first, it may be honest mail: ask the owner, look at some of it",
		{"spoolsweep list finding={id} --limit 20", "spoolsweep show {example}"}},
	{STEP_PURGE, "see what would go (removes nothing); then the same with --apply",
		{"spoolsweep purge finding={id}"}},
	{STEP_PURGE_BOUNCES, "or together with the bounces that it caused, not one after the other",
		{"spoolsweep purge 'finding in ({id},{bounces})'"}},
	{STEP_LOOK, "look at all of it", {"spoolsweep list finding={id}"}},
	{STEP_HOLD, "hold it meanwhile: nothing is lost; then the same with --apply",
		{"spoolsweep hold {filter}"}},
	{STEP_END_SESSIONS,
		"and where the password is, what of this is used here: Dovecot, the system's users",
		{"doveadm auth cache flush {login...}", "doveadm kick {login}",
			"passwd -l {system_user}"}},
	{STEP_BLOCK_PACKETS, "take its addresses off for a week, with nftables",
		{"nft add table inet spoolsweep",
			"nft add set inet spoolsweep banned4 '{ type ipv4_addr; " SET_FLAGS,
			"nft add set inet spoolsweep banned6 '{ type ipv6_addr; " SET_FLAGS,
			"nft add chain inet spoolsweep input '{ type filter hook input priority "
			"-10; }'",
			"nft flush chain inet spoolsweep input",
			"nft add rule inet spoolsweep input tcp dport " MAIL_PORTS
			" ip saddr @banned4 drop",
			"nft add rule inet spoolsweep input tcp dport " MAIL_PORTS
			" ip6 saddr @banned6 drop",
			"nft add element inet spoolsweep banned4 '{ {client4,...} }'",
			"nft add element inet spoolsweep banned6 '{ {client6,...} }'"}},
	{STEP_NEW_PASSWORD,
		"before you unlock it: a new password, a look at the mailbox's forwards and "
		"filters, and at its owner's computer",
		{"doveadm sieve list -u {login}"}},
	{STEP_DISABLE_SCRIPT,
		"take the script offline; look first, the mail only claims that it is this one",
		{"ls -l -- {script}", "chmod 000 -- {script}"}},
	{STEP_FIND_SCRIPT, "find the script, then chmod 000 it",
		{FIND " -name {script_name} -exec ls -l {} +"}},
	{STEP_FIND_SITE,
		"find which site it is, and how they came in: X-PHP-Originating-Script and the "
		"like in its headers, and in the web server's access logs the requests (POST) of "
		"that time; mailer libraries are in all sites, leave them alone",
		{"spoolsweep show {example} --headers", "date -d {first}",
			FIND " -name {library} -print"}},
	{STEP_SEARCH_USER,
		"look for what it left behind: processes and cron jobs that do not belong there",
		{"ps -o pid,lstart,args -u {uid}", CRONTAB}},
	{STEP_FIND_HOST, "find the machine and take it off the network, at its switch",
		{"getent hosts {host}", "ip neigh show {host}"}},
	{STEP_LOOK_BEHIND,
		"do not block this one unseen: others' mail comes through it too, as through a "
		"gateway, a proxy or a NAT. Find who is behind it, by the Received lines of these "
		"messages and by its own log of that time, and stop that one there",
		{"getent hosts {shared_host}", "spoolsweep show {example} --headers",
			"date -d {first}"}},
	{STEP_FIND_REPEAT,
		"find what says the same again and again (a job, an alert, a device) and end it "
		"there: it is nobody's crime, and its other mail is wanted",
		{"spoolsweep show {example}", "ps -o pid,lstart,args -u {uid}", CRONTAB}},
	{STEP_FILTER_BOUNCES,
		"nobody here sent what they bounce, and these addresses exist: sign senders "
		"(BATV), or refuse by what the bounces quote; give a mailbox that fills more room",
		{"spoolsweep top rcpt finding={id}", "spoolsweep show {example}"}},
	{STEP_STOP_REPLIES,
		"let the program that answers do so once to each sender, and never to spam, lists "
		"and bounces",
		{"spoolsweep top header_from finding={id}", "spoolsweep show {example} --headers"}},
	{STEP_ASK_OWNER, "ask the owner what it is, and who asked for it", {NULL}},
	{STEP_FIND_CAUSE,
		"find out who got this server listed: an abuser, or forwarded spam; end that first",
		{"spoolsweep report", "spoolsweep top account reason_class=ip-reputation",
			"spoolsweep top client_net reason_class=ip-reputation"}},
	{STEP_DELIST,
		"when the cause is gone, ask to be taken off the list: the replies say which, and "
		"where to ask",
		{"spoolsweep top reason reason_class=ip-reputation"}},
	{STEP_WAIT,
		"nothing is wrong here: it goes out by itself when the other side answers again",
		{NULL}},
	{STEP_CHECK_NETWORK, "check this server's own network: names, the way out, port 25",
		{"getent ahosts example.com", "ip route show default", "ip -s link",
			"ss -tn state syn-sent '( dport = :25 )'"}},
	{STEP_RETRY, "when it answers again and you can't wait",
		{"spoolsweep retry rcpt_domain={domain}"}},
	{STEP_RETRY_ALL, "when it works again and you can't wait",
		{"spoolsweep retry queue=deferred"}},
	{STEP_FILTER_FORWARDS,
		"filter spam before it is sent on, let senders be rewritten (SRS), or end the "
		"forwards",
		{"spoolsweep top rcpt finding={id}"}},
	{0},
};
