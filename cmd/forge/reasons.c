#include "cmd/forge/reasons.h"

#include <stdlib.h>

const unsigned reasons_usual[WHYS] = {
	[WHY_GREYLIST] = 35,
	[WHY_BUSY] = 18,
	[WHY_RATE] = 2,
	[WHY_BLOCKLIST] = 1,
	[WHY_POLICY] = 3,
	[WHY_UNKNOWN_USER] = 1,
	[WHY_MAILBOX_FULL] = 10,
	[WHY_NO_DOMAIN] = 6,
	[WHY_NETWORK] = 24,
};

const unsigned reasons_abusive[WHYS] = {
	[WHY_GREYLIST] = 8,
	[WHY_BUSY] = 6,
	[WHY_RATE] = 30,
	[WHY_BLOCKLIST] = 20,
	[WHY_SPAM] = 16,
	[WHY_POLICY] = 4,
	[WHY_UNKNOWN_USER] = 6,
	[WHY_MAILBOX_FULL] = 5,
	[WHY_NO_DOMAIN] = 2,
	[WHY_NETWORK] = 3,
};

/* How the text came about. */
enum saying {
	SELF,   /* Postfix found out itself: nobody said anything */
	BANNER, /* instead of a greeting */
	MAIL,   /* in reply to MAIL FROM, and so on */
	RCPT,
	END,
};

/* Mailbox providers are in families that share software and wording. */
enum style { ANY, Z, HOT, YO, GM, FREE, STYLES };

/*
 * In the text: $r recipient, $u its local part, $d its domain, $m and $i name
 * and address of its mail server, $o our address, $h our name, $s the sender,
 * $t an id that the server gave, $n a number.
 */
static const struct wording {
	enum why why;
	enum style style;
	enum saying saying;
	const char *status;
	const char *text;
} wordings[] = {
	{WHY_GREYLIST, ANY, RCPT, "4.2.0",
		"450 4.2.0 <$r>: Recipient address rejected: Greylisted, see "
		"http://postgrey.example.net/help/$d.html"},
	{WHY_GREYLIST, ANY, RCPT, "4.7.1",
		"451 4.7.1 Greylisting in action, please come back later"},
	{WHY_GREYLIST, ANY, RCPT, "4.7.1",
		"450 4.7.1 <$r>: Recipient address rejected: Policy restrictions; try later"},
	{WHY_GREYLIST, ANY, RCPT, "4.0.0", "451 Greylisted, please try again in $n seconds"},
	{WHY_GREYLIST, FREE, END, "4.2.0", "450 4.2.0 Try again later, first contact from $o"},

	{WHY_BUSY, ANY, BANNER, "4.3.2",
		"421 4.3.2 Service not available, closing transmission channel"},
	{WHY_BUSY, ANY, BANNER, "4.0.0", "421 $m server busy, try again later"},
	{WHY_BUSY, ANY, MAIL, "4.3.1", "452 4.3.1 Insufficient system resources"},
	{WHY_BUSY, ANY, END, "4.3.0",
		"451 4.3.0 Temporary server error. Please try again later. PRX2"},
	{WHY_BUSY, HOT, MAIL, "4.7.500",
		"451 4.7.500 Server busy. Please try again later from [$o]. (S77714) [$t.test]"},
	{WHY_BUSY, ANY, RCPT, "4.3.0", "451 4.3.0 <$r>: Temporary lookup failure"},

	{WHY_RATE, Z, END, "4.7.28",
		"421-4.7.28 [$o      $n] Our system has detected an unusual rate of 421-4.7.28 "
		"unsolicited mail originating from your IP address. To protect our 421-4.7.28 "
		"users from spam, mail sent from your IP address has been temporarily 421-4.7.28 "
		"rate limited. Please visit 421 4.7.28 https://support.example.com/bulk $t - "
		"gsmtp"},
	{WHY_RATE, Z, RCPT, "4.2.1",
		"450-4.2.1 The user you are trying to contact is receiving mail at a rate that "
		"450-4.2.1 prevents additional messages from being delivered. Please resend your "
		"450-4.2.1 message at a later time. 450 4.2.1 $t - gsmtp"},
	{WHY_RATE, YO, MAIL, "4.7.0",
		"421 4.7.0 [TSS04] Messages from $o temporarily deferred due to unexpected volume "
		"or "
		"user complaints - 4.16.55.1; see https://postmaster.example.com/error-codes"},
	{WHY_RATE, HOT, BANNER, "4.7.650",
		"451 4.7.650 The mail server [$o] has been temporarily rate limited due to IP "
		"reputation. For e-mail delivery information, see https://postmaster.example.org "
		"(S775)"},
	{WHY_RATE, GM, MAIL, "4.0.0",
		"450-Requested mail action not taken: mailbox unavailable 450 Mail send limit "
		"exceeded. For explanation visit https://postmaster.example.net/?ip=$o&c=rlmt"},
	{WHY_RATE, ANY, MAIL, "4.7.1", "450 4.7.1 Error: too much mail from $o"},
	{WHY_RATE, ANY, RCPT, "4.7.1",
		"451 4.7.1 You have exceeded your messages per hour limit, try again later ($t)"},
	{WHY_RATE, ANY, BANNER, "4.7.0", "421 4.7.0 $m Error: too many connections from $o"},

	{WHY_BLOCKLIST, ANY, RCPT, "4.7.1",
		"450 4.7.1 Service unavailable; Client host [$o] blocked using zen.spamhaus.org; "
		"https://www.spamhaus.org/query/ip/$o"},
	{WHY_BLOCKLIST, ANY, RCPT, "4.7.1",
		"454 4.7.1 Service unavailable; Client host [$o] blocked using "
		"b.barracudacentral.org; "
		"http://www.barracudanetworks.com/reputation/?pr=1&ip=$o"},
	{WHY_BLOCKLIST, ANY, RCPT, "4.7.1",
		"451 4.7.1 Client host [$o] blocked using bl.spamcop.net; Blocked - see "
		"https://www.spamcop.net/bl.shtml?$o"},
	{WHY_BLOCKLIST, HOT, BANNER, "4.7.0",
		"421 RP-001 Unfortunately, some messages from $o weren't sent. Please try again. "
		"We "
		"have limits for how many messages can be sent per hour and per day. (S3150)"},
	{WHY_BLOCKLIST, FREE, BANNER, "4.7.1",
		"421 4.7.1 [$o] has a poor reputation on our system, not currently accepting mail "
		"from your IP"},

	{WHY_SPAM, Z, END, "4.7.0",
		"421-4.7.0 This message is suspicious due to the very low reputation of the "
		"421-4.7.0 "
		"sending domain. To best protect our users from spam, the message 421-4.7.0 has "
		"been "
		"blocked for now. 421 4.7.0 $t - gsmtp"},
	{WHY_SPAM, ANY, END, "4.7.1",
		"451 4.7.1 Message looks like spam, deferred for review ($t)"},
	{WHY_SPAM, ANY, END, "4.0.0",
		"451 Message temporarily deferred by content filter, spam score $n.4"},
	{WHY_SPAM, YO, END, "4.7.0",
		"451 4.7.0 Message temporarily deferred - [TSS17] unsolicited mail"},
	{WHY_SPAM, GM, END, "4.0.0",
		"451 Requested action aborted: JFE040006, unsolicited bulk mail suspected"},

	{WHY_POLICY, ANY, RCPT, "4.1.8",
		"450 4.1.8 <$s>: Sender address rejected: Domain not found"},
	{WHY_POLICY, ANY, RCPT, "4.7.24",
		"451 4.7.24 The SPF record of the sending domain could not be checked; try later"},
	{WHY_POLICY, ANY, RCPT, "4.7.1", "450 4.7.1 <$h>: Helo command rejected: Host not found"},
	{WHY_POLICY, Z, END, "4.7.26",
		"421-4.7.26 This mail has been rate limited because it is unauthenticated. "
		"421-4.7.26 "
		"All senders must authenticate with either SPF or DKIM. 421 4.7.26 $t - gsmtp"},

	{WHY_UNKNOWN_USER, ANY, RCPT, "4.1.1",
		"450 4.1.1 <$r>: Recipient address rejected: User unknown in virtual mailbox "
		"table"},
	{WHY_UNKNOWN_USER, ANY, RCPT, "4.1.1",
		"450 4.1.1 <$r>: Recipient address rejected: unverified address: user unknown"},
	{WHY_UNKNOWN_USER, ANY, RCPT, "4.2.1", "450 4.2.1 <$r>: mailbox $u is inactive"},
	{WHY_UNKNOWN_USER, YO, RCPT, "4.2.1",
		"451 4.2.1 mailbox disabled, not accepting messages: $u"},

	{WHY_MAILBOX_FULL, ANY, RCPT, "4.2.2", "452 4.2.2 <$r>: Mailbox full"},
	{WHY_MAILBOX_FULL, ANY, RCPT, "4.2.2", "450 4.2.2 <$r>: user is over quota"},
	{WHY_MAILBOX_FULL, ANY, END, "4.2.2",
		"452 4.2.2 <$r> Quota exceeded (mailbox for user is full)"},
	{WHY_MAILBOX_FULL, Z, RCPT, "4.2.2",
		"452-4.2.2 The recipient's inbox is out of storage space and inactive. Please "
		"452-4.2.2 "
		"direct the recipient to 452 4.2.2 https://support.example.com/quota $t - gsmtp"},

	{WHY_NO_DOMAIN, ANY, SELF, "4.4.3",
		"Host or domain name not found. Name service error for name=$d type=MX: Host not "
		"found, "
		"try again"},
	{WHY_NO_DOMAIN, ANY, SELF, "4.4.3",
		"Host or domain name not found. Name service error for name=$m type=A: Host not "
		"found, "
		"try again"},

	{WHY_NETWORK, ANY, SELF, "4.4.1", "connect to $m[$i]:25: Connection timed out"},
	{WHY_NETWORK, ANY, SELF, "4.4.1", "connect to $m[$i]:25: Connection timed out"},
	{WHY_NETWORK, ANY, SELF, "4.4.1", "connect to $m[$i]:25: Connection refused"},
	{WHY_NETWORK, ANY, SELF, "4.4.1", "connect to $m[$i]:25: No route to host"},
	{WHY_NETWORK, ANY, SELF, "4.4.2",
		"lost connection with $m[$i] while receiving the initial server greeting"},
	{WHY_NETWORK, ANY, SELF, "4.4.2",
		"conversation with $m[$i] timed out while receiving the initial server greeting"},
	{WHY_NETWORK, ANY, SELF, "4.4.2", "lost connection with $m[$i] while sending RCPT TO"},
	{WHY_NETWORK, ANY, SELF, "4.7.5", "Cannot start TLS: handshake failure"},

	{WHY_STORE, ANY, END, "4.2.2", "452 4.2.2 <$r> Quota exceeded (mailbox for user is full)"},
	{WHY_STORE, ANY, SELF, "4.4.1", "connect to $m[$i]:24: Connection refused"},
	{WHY_STORE, ANY, RCPT, "4.3.0", "451 4.3.0 <$r> Temporary internal error"},
	{WHY_STORE, ANY, SELF, "4.3.0", "mail transport unavailable"},

	{WHY_FILTER, ANY, SELF, "4.4.1", "connect to $m[$i]:10024: Connection refused"},
	{WHY_FILTER, ANY, END, "4.5.0",
		"451 4.5.0 Error in processing, id=$t, virus_scan FAILED: no scanner is answering"},

	{WHY_REFUSED, ANY, RCPT, "5.1.1",
		"550 5.1.1 <$r>: Recipient address rejected: User unknown in virtual alias table"},
	{WHY_REFUSED, Z, RCPT, "5.1.1",
		"550-5.1.1 The email account that you tried to reach does not exist. Please try "
		"550-5.1.1 "
		"double-checking the recipient's email address for typos or unnecessary spaces. "
		"550 5.1.1 $t - gsmtp"},
	{WHY_REFUSED, ANY, RCPT, "5.2.1", "550 5.2.1 <$r>: mailbox unavailable"},
	{WHY_REFUSED, ANY, END, "5.7.1", "554 5.7.1 Message rejected by policy ($t)"},
};
enum { WORDINGS = sizeof(wordings) / sizeof(*wordings) };

/* Own wordings of a provider are used 3 times as often as the common ones. */
static const struct wording *choose(struct rng *rng, enum why why, enum style style, bool said)
{
	unsigned weights[WORDINGS];
	unsigned total = 0;
	for (size_t i = 0; i < WORDINGS; i++) {
		const struct wording *t = &wordings[i];
		bool fits = t->why == why && (t->style == ANY || t->style == style) &&
			(!said || t->saying != SELF);
		weights[i] = !fits ? 0 : t->style == ANY ? 1 : 3;
		total += weights[i];
	}
	/* Only other servers can put an id into a text. */
	if (!total)
		return choose(rng, WHY_BUSY, style, said);
	return &wordings[rng_weighted(rng, weights, WORDINGS)];
}

struct facts {
	struct slice recipient, sender, token;
	struct mail_host host;
	unsigned number;
};

static void expand(struct buf *out, const char *text, const struct facts *facts)
{
	size_t at = slice_rindex(facts->recipient, '@');
	for (; *text; text++) {
		if (*text != '$') {
			buf_addc(out, *text);
			continue;
		}
		switch (*++text) {
		case 'r':
			buf_add(out, facts->recipient);
			break;
		case 'u':
			buf_add(out, slice_upto(facts->recipient, at));
			break;
		case 'd':
			buf_add(out, slice_from(facts->recipient, at + 1));
			break;
		case 'm':
			buf_add(out, facts->host.name);
			break;
		case 'i':
			buf_add(out, facts->host.address);
			break;
		case 'o':
			buf_add(out, SITE_ADDRESS);
			break;
		case 'h':
			buf_add(out, SITE_HOST);
			break;
		case 's':
			buf_add(out, facts->sender);
			break;
		case 't':
			buf_add(out, facts->token);
			break;
		case 'n':
			buf_printf(out, "%u", facts->number);
			break;
		default:
			abort();
		}
	}
}

/* What Postfix writes around a reply. */
static void around(
	struct buf *out, enum saying saying, const struct mail_host *host, struct slice reply)
{
	static const char *const commands[] = {
		[MAIL] = "MAIL FROM", [RCPT] = "RCPT TO", [END] = "end of DATA"};
	if (saying == SELF)
		buf_add(out, reply);
	else if (saying == BANNER)
		buf_printf(out, "host %.*s[%.*s] refused to talk to me: %.*s",
			SLICE_ARG(host->name), SLICE_ARG(host->address), SLICE_ARG(reply));
	else
		buf_printf(out, "host %.*s[%.*s] said: %.*s (in reply to %s command)",
			SLICE_ARG(host->name), SLICE_ARG(host->address), SLICE_ARG(reply),
			commands[saying]);
}

static struct mail_host next_host(struct arena *arena, enum why why, struct slice recipient)
{
	if (why == WHY_FILTER)
		return (struct mail_host){SLICE("127.0.0.1"), SLICE("127.0.0.1"), 0};
	if (why == WHY_STORE)
		return (struct mail_host){SLICE("store1.corp.example"), SLICE("10.0.3.30"), 0};
	return people_mail_host(arena, recipient);
}

struct fake_reason reasons_make(struct arena *arena, struct rng *rng, enum why why,
	struct slice recipient, struct slice sender, bool unique)
{
	struct facts facts = {
		.recipient = recipient, .sender = sender, .host = next_host(arena, why, recipient)};
	enum style style = facts.host.provider ? (facts.host.provider - 1) % (STYLES - 1) + 1 : ANY;
	const struct wording *t = choose(rng, why, style, unique);
	facts.token =
		arena_printf(arena, "%013lx", (unsigned long)rng_below(rng, UINT64_C(1) << 52));
	facts.number = 10 + (unsigned)rng_below(rng, 290);

	struct buf text = {0};
	expand(&text, t->text, &facts);
	if (unique)
		buf_printf(&text, " (id %.*s)", SLICE_ARG(facts.token));
	struct fake_reason reason = {.status = slice_cstr(t->status)};
	struct slice reply = arena_copy(arena, buf_slice(&text));
	if (t->saying != SELF) {
		reason.reply = reply;
		reason.mta = facts.host.name;
	}
	buf_reset(&text);
	bool known_bad =
		t->saying == SELF && !unique && rng_chance(rng, 2500) && why == WHY_NETWORK;
	if (known_bad)
		buf_add(&text, SLICE("delivery temporarily suspended: "));
	around(&text, t->saying, &facts.host, reply);
	reason.text = arena_copy(arena, buf_slice(&text));
	buf_free(&text);
	return reason;
}
