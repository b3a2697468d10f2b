/*
 * What an admin of Exchange 2003 does against an incident, by Microsoft's documentation. Most of
 * it is done in dialogs of System Manager: then the lines are what to type there, or none. Lines
 * for Windows are not for a POSIX shell, so all of their values are plain words.
 *
 * Connection filtering looks at nobody who logs in; the list of connections looks at all.
 */
#include "formats/exchange/remedies.h"

#include <stddef.h>

#define SERVER "SMTP virtual server, Properties, "
#define RESTART "net stop smtpsvc", "net start smtpsvc"

static const struct remedy_page pages[] = {
	{STEP_LOCK_LOGIN, "lock the account in the directory (its name there may differ)",
		{"net user {windows_user} /active:no /domain"}},
	{STEP_DROP_SESSIONS, "end the sessions that are open", {RESTART}},
	{STEP_END_SESSIONS, "do the same for Guest: a guest that may log in is everybody",
		{"net user Guest /active:no /domain"}},
	{STEP_BLOCK_PACKETS,
		SERVER "Access, Connection, 'All except the list below': add (address and mask)",
		{"{client_mask}"}},
	{STEP_BLOCK_CLIENTS,
		"Global Settings, Message Delivery, Properties, Connection Filtering, Deny: add; "
		"then " SERVER "Advanced, Edit: 'Apply Connection Filter' (logins pass it)",
		{"{client_mask}"}},
	{STEP_CLOSE_RELAY,
		"close the relay: " SERVER "Access, Relay: 'Only the list below', with your own "
		"machines; no relaying for 'all computers which successfully authenticate'",
		{RESTART}},
	{STEP_KNOW_RECIPIENTS,
		"Global Settings, Message Delivery, Properties, Recipient Filtering: 'Filter "
		"recipients who are not in the Directory'; then " SERVER
		"Advanced, Edit: 'Apply Recipient Filter'; answer wrong guesses slowly",
		{"reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\SMTPSVC\\Parameters "
		 "/v TarpitTime /t REG_DWORD /d 5 /f",
			RESTART}},
	{STEP_PAUSE_RECIPIENT,
		"Global Settings, Message Delivery, Properties, Recipient Filtering: add it for a "
		"while (its mail is refused, not kept)",
		{"{rcpt}"}},
	{STEP_NEW_PASSWORD,
		"before you unlock it: a new password, a look at the mailbox's forwards and rules, "
		"and at its owner's computer",
		{NULL}},
	{STEP_FIND_HOST, "find the machine and take it off the network, at its switch",
		{"nslookup {host}", "arp -a {host}"}},
	{STEP_CHECK_NETWORK, "check this server's own network: names, the way out, port 25",
		{"nslookup -type=mx example.com", "route print", "netstat -n -p tcp"}},
	{0},
};

const struct remedy_book exchange_remedies = {"", "", pages};
