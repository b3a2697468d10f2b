/* The words of recipes, in the order of the enums that they stand for. */
#include "cmd/forge/recipe.h"

#include <stddef.h>

const char *const stream_entries[] = {"login", "lan", "local", "inbound", "relay", "loopback",
	"notice", "forward", "requeue", NULL};

const char *const stream_signs[] = {"no-message-id", "foreign-message-id", "list-id", "unsubscribe",
	"bulk", "auto", "report", "hidden", "reply", "filtered", "dkim", "html", "roundcube",
	"delivered-to", "mailer", NULL};

static const char *const who[] = {
	"person", "people", "any", "service", "machine", "user", "nobody", NULL};
static const char *const from[] = {"usual", "office", "foreign", "bots", "bots6", "webmail",
	"loopback", "address", "servers", NULL};
static const char *const names[] = {"own", "same", "none", "forged", "address", "contact",
	"stranger", "local", "made-up", "verp", "srs", "host-user", "daemon", "freemail",
	"colleague", NULL};
static const char *const to[] = {"providers", "dictionary", "contacts", "known", "ordinary", "list",
	"local", "unknown-local", "address", "at", "forged", "dead", "routed", "owner", NULL};
static const char *const rcpts[] = {"each", "people", "between", NULL};
static const char *const subject[] = {"ordinary", "alerts", "posts", "templates", "spun", "unique",
	"text", "empty", "bounce", NULL};
static const char *const times[] = {"office", "steady", "poisson", "bursts", NULL};
static const char *const size[] = {"fixed", "near", "normal", "about", NULL};
static const char *const helo[] = {"usual", "user", "win", "random", "ip", "name", NULL};
static const char *const lies[] = {"usual", "active", "deferred", "held", "incoming", NULL};
static const char *const why[] = {
	[WHY_GREYLIST] = "greylist",
	[WHY_BUSY] = "busy",
	[WHY_RATE] = "rate",
	[WHY_BLOCKLIST] = "blocklist",
	[WHY_SPAM] = "spam",
	[WHY_POLICY] = "policy",
	[WHY_UNKNOWN_USER] = "unknown-user",
	[WHY_MAILBOX_FULL] = "mailbox-full",
	[WHY_NO_DOMAIN] = "no-domain",
	[WHY_NETWORK] = "network",
	[WHY_STORE] = "store",
	[WHY_FILTER] = "filter",
	[WHY_REFUSED] = "refused",
	[WHY_MIX_USUAL] = "usual",
	[WHY_MIX_ABUSIVE] = "abusive",
	NULL,
};

#define PLACE(member) offsetof(struct stream, member)
const struct property stream_properties[] = {
	{"who", PLACE(who), who, "any"},
	{"from", PLACE(from), from, "usual"},
	{"sender", PLACE(sender), names, "own"},
	{"header", PLACE(header), names, "same"},
	{"reply-to", PLACE(reply), names, "none"},
	{"to", PLACE(to), to, "ordinary"},
	{"recipients", PLACE(rcpts), rcpts, "each 1"},
	{"subject", PLACE(subject), subject, "ordinary"},
	{"size", PLACE(size), size, "about 6k"},
	{"time", PLACE(time), times, "office"},
	{"helo", PLACE(helo), helo, "usual"},
	{"why", PLACE(why), why, "usual"},
	{"lies", PLACE(lies), lies, "usual"},
	{NULL, 0, NULL, NULL},
};

const char *truth_name(enum truth truth)
{
	static const char *const truths[TRUTHS] = {"legit", "part", "bounce", "unclear", "abuse"};
	return truths[truth];
}
