#include "core/queue/reason.h"

/* How far apart the two parts of a marker may stand. */
enum { GAP = 40 };

/*
 * The rules, tried from top to bottom; the first marker found decides. Markers
 * stand between '|', in lower case, and match whole words: "spam" is not in
 * "spamhaus" and "5.1.1" is not in "5.1.10". A '*' lets a word go on
 * ("greylist*"), or stands for up to GAP bytes ("relay*denied").
 *
 * What a server wrote on purpose tells more than a word in passing, and both tell
 * more than a code. So phrases come first, then words, then codes and the words
 * that say as little, each round in the order of the classes.
 */
static const struct rule {
	enum reason_class class;
	const char *markers;
} rules[] = {
	/* A service on this machine does not answer: nobody else's network. */
	{REASON_LOCAL_CONFIG,
		"connect to *[127.0.0.1]|connect to *[::1]|connect to *[private/*|"
		"lost connection with *[127.0.0.1]|conversation with *[127.0.0.1]"},
	/* Google's limit on mail that proves no sender is not about how fast we are. */
	{REASON_AUTH_POLICY, "rate limited because it is unauthenticated"},

	{REASON_LOCAL_LOOP,
		"loops back to myself|too many hops|hop count exceeded|"
		"already has my delivered-to|mail forwarding loop|alias database loop|"
		"mail loop*|routing loop*|loop detected|message is looping|"
		"record points to local host|too many received headers"},
	{REASON_SPAM_CONTENT,
		"as spam|like spam|is spam|spam message*|spam content|spam score|"
		"probability of spam|likely unsolicited|spamassassin|message filtered|"
		"message looks like|5.7.1*content|message content|content*reject*|"
		"unsafe content|suspicious content|surbl|uribl|url*listed|jfe*|as(*|"
		"infected with|contains a virus|phishing|junk mail"},
	{REASON_IP_REPUTATION,
		"blocked using|listed at|listed in|listed on|listed by|is listed|blocklist*|"
		"block list|blacklist*|black list|spamhaus|spamcop|barracuda*|dnsbl|sorbs|"
		"uceprotect|ip reputation|poor reputation|bad reputation|low reputation|"
		"reputation of the sending|[tss0*|user complaints|accepting mail from your ip|"
		"your ip*blocked|messages from ip*blocked|mail from ip*refused|"
		"banned sending ip|s3140|s3150|unusual rate"},
	{REASON_RATE,
		"too many connections|too many concurrent|too many messages|too many recipients|"
		"too many mails|too many emails|too much mail|send limit|rate limit*|"
		"rate-limit*|ratelimit*|try again slower|slow down|421*connections|"
		"exceeded*per hour|exceeded*per day|exceeded*rate|rate*exceeded|hourly*quota|"
		"hourly*limit|daily*limit|sending quota|sending limit*|at a rate that|"
		"too quickly|too fast|throttl*|unexpected volume|maximum*connections|"
		"connection limit|concurrent connections"},
	{REASON_AUTH_POLICY,
		"sender address rejected|sender rejected|not owned by user|relay*denied|"
		"relaying|unable to relay|not permitted to relay|relay not permitted|"
		"null sender*not|no third-party dsns|unauthenticated|not authenticated|"
		"authentication required|authentication checks|not authorized|sender verif*|"
		"verify sender|domain of sender|helo command rejected|invalid helo|"
		"client host rejected|reverse hostname|reverse dns|ptr record|"
		"administrative prohibition"},
	{REASON_UNKNOWN_USER,
		"user unknown|unknown user|no such user|unknown recipient|recipient unknown|"
		"no such recipient|no such mailbox|no such address|no such account|"
		"invalid mailbox|invalid recipient|invalid user|mailbox not found|"
		"recipient not found|user not found|address not found|recipientnotfound|"
		"mailbox*not exist|user*not exist|address*not exist|account*not exist|"
		"recipient*not exist|this user doesn't have|no mailbox here|not a known user|"
		"unknown local part|unknown local-part|unknown address|address unknown|"
		"not a valid mailbox|not a valid recipient|account*disabled|account*inactive|"
		"account*suspended|mailbox*disabled|mailbox*inactive|"
		"recipient address rejected: access denied"},
	{REASON_MAILBOX_FULL,
		"mailbox full|mailbox*is full|full mailbox|over quota|overquota|over*quota|"
		"quota*exceed*|exceed*quota|out of storage|exceed*storage|storage*exceed*|"
		"mailbox size|account is full|inbox is full|insufficient*mailbox"},
	{REASON_NO_DOMAIN,
		"host or domain name not found|host not found|nxdomain|domain*not found|"
		"domain*not exist|no such domain|unknown domain|unrouteable|unroutable|null mx|"
		"nullmx|domain*not accept mail|no mx*|unable to look up host|"
		"host name lookup failure|name or service not known|non-existent host*|"
		"dns query failed"},
	{REASON_GREYLIST,
		"greylist*|graylist*|grey listed|gray listed|grey-list*|postgrey|"
		"4.3.2 service currently unavailable"},
	{REASON_NETWORK,
		"connection timed out|connection refused|connection reset*|connection closed|"
		"connection aborted|network is unreachable|no route to host|host is down|"
		"host is unreachable|lost connection|conversation with|operation timed out|"
		"read error|broken pipe|server busy|too busy|service not available|"
		"unable to connect|could not connect|failed to connect|while communicating with|"
		"handshake fail*|tlsa lookup error"},
	{REASON_LOCAL_CONFIG,
		"mail transport unavailable|unknown mail transport|lookup failure|lookup error|"
		"alias database|address resolver failure|queue file write error|disk full|"
		"no space left|insufficient system storage|insufficient disk|"
		"configuration error|sasl authentication failed|cannot authenticate to server|"
		"error in processing|temporary internal error|internal server error|"
		"temporary server error|system resources|cannot update mailbox|"
		"unable to create lock|cannot access|create maildir file|permission denied|"
		"no such file or directory|read-only file system|input/output error|"
		"command died|command time limit|command output|local data error|tls engine|"
		"network protocols are disabled"},

	{REASON_SPAM_CONTENT, "spam|unsolicited|virus|malware"},
	{REASON_IP_REPUTATION, "rbl|reputation"},
	{REASON_RATE, "too many"},
	{REASON_AUTH_POLICY, "spf|dkim|dmarc|access denied|rdns|ptr"},
	{REASON_UNKNOWN_USER,
		"mailbox unavailable|does not exist|doesn't exist|inactive|disabled|suspended|"
		"deactivated"},
	{REASON_MAILBOX_FULL, "quota"},
	{REASON_GREYLIST,
		"try again later|please try later|try later|try again in|retry later|retry in|"
		"come back later|temporarily deferred|temporarily rejected|currently unavailable"},
	{REASON_NETWORK,
		"tls|ssl|starttls|certificate|timeout|timed out|connect to|service unavailable|"
		"protocol error|busy"},
	{REASON_LOCAL_CONFIG, "milter|amavis*|clamd|content filter"},

	{REASON_LOCAL_LOOP, "5.4.6|4.4.6|5.4.14"},
	{REASON_IP_REPUTATION, "4.7.650|4.7.651|5.7.511|5.7.708"},
	{REASON_RATE, "4.7.28|4.7.500|5.4.5"},
	{REASON_AUTH_POLICY,
		"policy|5.7.23|5.7.24|5.7.25|5.7.26|5.7.27|4.7.23|4.7.24|4.7.25|4.7.26|4.7.27|"
		"5.1.8"},
	{REASON_UNKNOWN_USER, "address rejected|5.1.1|4.1.1|5.1.6|5.1.10|5.2.1"},
	{REASON_MAILBOX_FULL, "5.2.2|4.2.2"},
	{REASON_NO_DOMAIN, "5.1.2|4.1.2|5.4.4|4.4.3|4.4.4"},
	{REASON_GREYLIST, "450 4.2.0|451 4.7.1"},
	{REASON_NETWORK, "4.3.2|4.4.1|4.4.2|4.4.7|refused to talk to me"},
	{REASON_LOCAL_CONFIG, "4.3.0|4.3.1|4.3.5|5.3.0|5.3.5"},
};

const char *reason_class_name(enum reason_class class)
{
	static const char *const names[REASON_CLASSES] = {
		[REASON_UNKNOWN] = "unknown",
		[REASON_LOCAL_LOOP] = "local-loop",
		[REASON_SPAM_CONTENT] = "spam-content",
		[REASON_IP_REPUTATION] = "ip-reputation",
		[REASON_RATE] = "rate",
		[REASON_AUTH_POLICY] = "auth-policy",
		[REASON_UNKNOWN_USER] = "unknown-user",
		[REASON_MAILBOX_FULL] = "mailbox-full",
		[REASON_NO_DOMAIN] = "no-domain",
		[REASON_GREYLIST] = "greylist",
		[REASON_NETWORK] = "network",
		[REASON_LOCAL_CONFIG] = "local-config",
		[REASON_OTHER] = "other",
	};
	return names[class];
}

/* No word, number or status code goes on from the byte before `at` to the one there. */
static bool is_edge(struct slice text, size_t at)
{
	if (at == 0 || at >= text.len)
		return true;
	char before = text.ptr[at - 1], behind = text.ptr[at];
	if (ascii_is_alnum(before) && ascii_is_alnum(behind))
		return false;
	if (before == '.' && ascii_is_digit(behind))
		return at < 2 || !ascii_is_digit(text.ptr[at - 2]);
	if (behind == '.' && ascii_is_digit(before))
		return at + 1 >= text.len || !ascii_is_digit(text.ptr[at + 1]);
	return true;
}

/* The second part of a marker, somewhere in the GAP behind `from`. */
static bool has_second(struct slice text, size_t from, struct slice part)
{
	size_t at, end = from;
	bool open = part.len && part.ptr[part.len - 1] == '*';
	part.len -= open;
	while ((at = slice_find(slice_upto(slice_from(text, end), GAP + part.len), part)) !=
		SIZE_MAX) {
		end += at + part.len;
		if (end - from > GAP + part.len)
			return false;
		if (open || is_edge(text, end))
			return true;
	}
	return false;
}

static bool has_marker(struct slice text, struct slice marker)
{
	struct slice first, second;
	bool open = slice_cut(marker, '*', &first, &second);
	for (size_t from = 0, at; from < text.len; from += at + 1) {
		at = slice_find(slice_from(text, from), first);
		if (at == SIZE_MAX)
			return false;
		size_t end = from + at + first.len;
		if (!is_edge(text, from + at))
			continue;
		if (open ? !second.len || has_second(text, end, second) : is_edge(text, end))
			return true;
	}
	return false;
}

/* Another machine said it: its disk and its lookups are not ours to repair. */
static bool is_elsewhere(struct slice text)
{
	return slice_starts(text, SLICE("host host[ip] "));
}

static enum reason_class class_of(struct slice text)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct slice marker, rest = slice_cstr(rules[i].markers);
		while (slice_word(&rest, "|", &marker))
			if (has_marker(text, marker))
				return rules[i].class;
	}
	return REASON_OTHER;
}

/* Length of "421-4.7.28 " or "550-", repeated in front of the lines of a longer reply. */
static size_t line_code(struct slice text)
{
	size_t code = 4;
	if (text.len <= code || text.ptr[3] != '-')
		return 0;
	for (size_t i = 0; i < 3; i++)
		if (!ascii_is_digit(text.ptr[i]))
			return 0;
	while (code < text.len && (ascii_is_digit(text.ptr[code]) || text.ptr[code] == '.'))
		code++;
	return code > 4 && code < text.len && text.ptr[code] == ' ' ? code + 1 : 4;
}

/* The text to search: its countable form, in lower case, one sentence across reply lines. */
static void prepare(struct buf *out, struct slice text)
{
	static const char suspended[] = "delivery temporarily suspended: ";
	struct buf plain = {0};
	reason_normalise(&plain, text);
	struct slice rest = buf_slice(&plain);
	while (slice_starts_fold(rest, slice_cstr(suspended)))
		rest = slice_from(rest, sizeof(suspended) - 1);
	for (size_t i = 0; i < rest.len; i++) {
		if (i == 0 || rest.ptr[i - 1] == ' ')
			i += line_code(slice_from(rest, i));
		if (i < rest.len)
			buf_addc(out, ascii_lower(rest.ptr[i]));
	}
	buf_free(&plain);
}

enum reason_class reason_classify(struct slice text)
{
	struct buf lower = {0};
	prepare(&lower, text);
	enum reason_class class = lower.len ? class_of(buf_slice(&lower)) : REASON_UNKNOWN;
	if (class == REASON_LOCAL_CONFIG && is_elsewhere(buf_slice(&lower)))
		class = REASON_NETWORK;
	buf_free(&lower);
	return class;
}
