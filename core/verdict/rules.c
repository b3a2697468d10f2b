#include "core/verdict/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *family_name(enum family family)
{
	static const char *const names[FAMILIES] = {
		[FAMILY_SPREAD] = "spread",
		[FAMILY_IDENTITY] = "identity",
		[FAMILY_OUTCOME] = "outcome",
		[FAMILY_RECIPIENTS] = "recipients",
		[FAMILY_VOLUME] = "volume",
		[FAMILY_CONTENT] = "content",
		[FAMILY_STRUCTURE] = "structure",
		[FAMILY_SCRIPT] = "script",
		[FAMILY_QUEUE] = "queue",
		[FAMILY_COUNTER] = "counter",
	};
	return names[family];
}

const double family_caps[FAMILIES] = {
	[FAMILY_SPREAD] = 6,
	[FAMILY_IDENTITY] = 5,
	[FAMILY_OUTCOME] = 6,
	[FAMILY_RECIPIENTS] = 4,
	[FAMILY_VOLUME] = 4,
	[FAMILY_CONTENT] = 5,
	[FAMILY_STRUCTURE] = 8,
	[FAMILY_SCRIPT] = 5,
	[FAMILY_COUNTER] = -8,
};

/* name, family, unit, help, threshold, points, strong, strong points */
const struct rule rule_table[RULES] = {
	[RULE_CLIENT_IPS] = {"client_ips", FAMILY_SPREAD, "addresses",
		"client addresses within 24 hours (an IPv6 /64 is one)", 10, 3, 20, 4},
	[RULE_CLIENT_NETS] = {"client_nets", FAMILY_SPREAD, "networks",
		"networks (/24, IPv6 /48) of its clients within 24 hours", 8, 2, 0, 0},
	[RULE_INTERLEAVED] = {"interleaved", FAMILY_SPREAD, "share",
		"messages that come from another network than the one before", 0.2, 2, 0, 0},
	[RULE_NEW_PLACE] = {"new_place", FAMILY_SPREAD, "share",
		"messages from addresses that its usual mail does not come from", 0.5, 2, 0, 0},
	[RULE_SHARED_CLIENT] = {"shared_client", FAMILY_SPREAD, "accounts",
		"accounts under suspicion that share a client address with it", 1, 3, 0, 0},
	[RULE_FOREIGN_SENDER] = {"foreign_sender", FAMILY_IDENTITY, "share",
		"messages whose sender's domain is neither the login's nor the site's", 0.1, 2, 0.5,
		4},
	[RULE_SENDER_ROTATION] = {"sender_rotation", FAMILY_IDENTITY, "senders a message",
		"different senders for each message, where there are ten and more", 0.3, 3, 0, 0},
	[RULE_NULL_SENDER] = {"null_sender", FAMILY_IDENTITY, "messages",
		"messages with the null sender from a login or a client outside", 5, 4, 0, 0},
	[RULE_ODD_HELO] = {"odd_helo", FAMILY_IDENTITY, "share",
		"messages from clients that give no host name of their own in HELO", 0.5, 2, 0, 0},
	[RULE_FROM_DIFFERS] = {"from_differs", FAMILY_IDENTITY, "share",
		"messages whose From: has another domain than the sender", 0.5, 1, 0, 0},
	[RULE_UNKNOWN_USERS] = {"unknown_users", FAMILY_OUTCOME, "share",
		"recipients tried that do not exist (lower end of the interval)", 0.05, 2, 0.10, 4},
	[RULE_REFUSED] = {"refused", FAMILY_OUTCOME, "share",
		"recipients tried that were refused as spam, twice as often as the rest of the "
		"queue",
		0.03, 2, 0.10, 4},
	[RULE_BOUNCES_BACK] = {"bounces_back", FAMILY_OUTCOME, "bounces",
		"bounces in the queue to its senders", 25, 2, 100, 5},
	[RULE_RCPT_UNIQUE] = {"rcpt_unique", FAMILY_RECIPIENTS, "share",
		"different recipients among 200 and more", 0.95, 1, 0, 0},
	[RULE_FREEMAIL] = {"freemail", FAMILY_RECIPIENTS, "share",
		"recipients at the big mailbox providers", 0.6, 2, 0, 0},
	[RULE_FEW_LOCAL] = {"few_local", FAMILY_RECIPIENTS, "share",
		"recipients outside, where others write to the site too", 0.98, 1, 0, 0},
	[RULE_RCPT_COUNT] = {"rcpt_count", FAMILY_RECIPIENTS, "share",
		"messages with the same number of recipients, 10 or more", 0.6, 2, 0, 0},
	[RULE_RATE] = {"rate", FAMILY_VOLUME, "recipients an hour",
		"recipients in its busiest hour", 100, 1, 1000, 2},
	[RULE_OUTLIER] = {"outlier", FAMILY_VOLUME, "deviations",
		"how far its recipients are from those of its like (robust z)", 3.5, 1, 6, 2},
	[RULE_STEADY] = {"steady", FAMILY_VOLUME, "gap variation",
		"how even the gaps between messages are: below it, a program sends", 0.3, 1, 0, 0},
	[RULE_OFF_HOURS] = {"off_hours", FAMILY_VOLUME, "share",
		"messages between midnight and five, where others sleep", 0.6, 1, 0, 0},
	[RULE_SAME_SIZE] = {"same_size", FAMILY_CONTENT, "share", "messages within 2 % of one size",
		0.4, 1, 0.7, 2},
	[RULE_SAME_SUBJECT] = {"same_subject", FAMILY_CONTENT, "share",
		"messages with one of a few subjects", 0.5, 2, 0, 0},
	[RULE_SHARED_SUBJECT] = {"shared_subject", FAMILY_CONTENT, "groups",
		"other groups under suspicion with the same subjects", 1, 2, 0, 0},
	[RULE_NO_MESSAGE_ID] = {"no_message_id", FAMILY_CONTENT, "share",
		"messages without a Message-ID", 0.5, 1, 0, 0},
	[RULE_RELAYED] = {"relayed", FAMILY_STRUCTURE, "messages",
		"messages of strangers to strangers, accepted without a login", 3, 5, 10, 8},
	[RULE_SCRIPT_NAME] = {"script_name", FAMILY_SCRIPT, "",
		"a script that is no known mailer (1), or lies where no script belongs (2)", 1, 1,
		2, 4},
	[RULE_SCRIPT_FROM] = {"script_from", FAMILY_SCRIPT, "share",
		"messages in the name of a domain that is not the site's", 0.5, 3, 0, 0},
	[RULE_SCRIPT_RATE] = {"script_rate", FAMILY_SCRIPT, "messages an hour",
		"messages in its busiest hour, to five different recipients and more", 30, 1, 0, 0},
	[RULE_LEAST_MESSAGES] = {"least_messages", FAMILY_QUEUE, "recipients",
		"fewer are never more than probable", 20, 0, 0, 0},
	[RULE_HEALTHY] = {"healthy", FAMILY_QUEUE, "messages",
		"a healthy queue is dozens to a few hundred: more that nothing explains is told",
		1000, 0, 0, 0},
	[RULE_BACKSCATTER] = {"backscatter", FAMILY_QUEUE, "messages",
		"bounces to strangers, or from strangers to one of us", 500, 0, 0, 0},
	[RULE_BACKSCATTER_SHARE] = {"backscatter_share", FAMILY_QUEUE, "share",
		"the same as a share of the queue", 0.5, 0, 0, 0},
	[RULE_DESTINATION] = {"destination", FAMILY_QUEUE, "senders",
		"different senders whose mail waits for one destination", 10, 0, 0, 0},
	[RULE_DESTINATION_NETWORK] = {"destination_network", FAMILY_QUEUE, "share",
		"recipients there that wait because nothing answers", 0.9, 0, 0, 0},
	[RULE_BLOCKLISTED] = {"blocklisted", FAMILY_QUEUE, "share",
		"recipients tried that were refused for our address, whoever wrote", 0.3, 0, 0, 0},
	[RULE_OWN_NETWORK] = {"own_network", FAMILY_QUEUE, "share",
		"destinations that fail alike for reasons on our side", 0.6, 0, 0, 0},
	[RULE_LOOP_HOPS] = {"loop_hops", FAMILY_QUEUE, "hops",
		"Received fields of a message that goes in circles", 15, 0, 0, 0},
	[RULE_LOOP_COPIES] = {"loop_copies", FAMILY_QUEUE, "copies",
		"messages in the queue with one Message-ID", 3, 0, 0, 0},
	[RULE_FLOOD] = {"flood", FAMILY_QUEUE, "messages", "messages to one recipient", 200, 0, 0,
		0},
	[RULE_FLOOD_SHARE] = {"flood_share", FAMILY_QUEUE, "share",
		"the same as a share of the queue", 0.3, 0, 0, 0},
	[RULE_LIST_MARKS] = {"list_marks", FAMILY_COUNTER, "share",
		"messages with List-Id or List-Unsubscribe and a sender of the site", 0.8, -3, 0,
		0},
	[RULE_VERP] = {"verp", FAMILY_COUNTER, "share",
		"messages whose sender carries the recipient, as lists do", 0.8, -1, 0, 0},
	[RULE_OWN_SENDER] = {"own_sender", FAMILY_COUNTER, "share",
		"messages whose sender is the login", 0.95, -1, 0, 0},
	[RULE_TRANSACTIONAL] = {"transactional", FAMILY_COUNTER, "share",
		"messages marked as automatic, with one sender of the site", 0.8, -2, 0, 0},
	[RULE_FEW_UNKNOWN] = {"few_unknown", FAMILY_COUNTER, "share",
		"recipients of 50 tried and more that do not exist (upper end, at most)", 0.05, -3,
		0, 0},
	[RULE_KNOWN_RCPTS] = {"known_rcpts", FAMILY_COUNTER, "share",
		"recipients to whom others here write too", 0.5, -3, 0, 0},
};

void rules_default(struct rules *rules)
{
	memcpy(rules->table, rule_table, sizeof(rule_table));
}

static double *member(struct rule *rule, struct slice name)
{
	if (!name.len)
		return &rule->threshold;
	if (slice_eq(name, SLICE("points")))
		return &rule->points;
	if (slice_eq(name, SLICE("strong")))
		return &rule->strong;
	return slice_eq(name, SLICE("strong_points")) ? &rule->strong_points : NULL;
}

int rules_set(struct rules *rules, struct slice name, struct slice value, struct err *err)
{
	struct slice first, rest;
	char text[32], *end = text;
	double *place = NULL;

	if (!slice_cut(name, '.', &first, &rest))
		rest = slice_of(name.ptr, 0);
	for (size_t i = 0; i < RULES && !place; i++)
		if (slice_eq(first, slice_cstr(rules->table[i].name)))
			place = member(&rules->table[i], rest);
	if (!place)
		return err_set(err, ERR_USAGE, 0,
			"there is no threshold '%.*s'; spoolsweep help thresholds lists them",
			SLICE_ARG(name));
	double number = 0;
	if (value.len && value.len < sizeof(text)) {
		memcpy(text, value.ptr, value.len);
		text[value.len] = '\0';
		number = strtod(text, &end);
	}
	if (end == text || *end || !isfinite(number) || fabs(number) > 1e9)
		return err_set(err, ERR_USAGE, 0, "threshold %.*s: '%.*s' is no number",
			SLICE_ARG(name), SLICE_ARG(value));
	*place = number;
	return 0;
}
