#include "cmd/forge/incident.h"

#include <inttypes.h>

#include "core/base/intern.h"
#include "core/base/units.h"

enum { HOURS = 6, ADDRESSES = 41, NETWORKS = 19, SENDERS = 1500, TEXTS = 5 };

/*
 * Addresses for benchmarks (RFC 2544): the three networks for documentation are
 * too few for a botnet. 41 addresses in 19 networks of 256.
 */
static struct slice bot_address(struct arena *arena, unsigned n)
{
	unsigned network = n % NETWORKS;
	return arena_printf(arena, "198.%u.%u.%u", 18 + network % 2, 10 + network * 13,
		20 + (unsigned)(rng_mix(network, 5) % 100) + n / NETWORKS * 37);
}

static struct fake_client bot(struct draft *draft, unsigned n)
{
	static const char *const helos[] = {"User", "WIN-8K2LD93PQ1F", "[127.0.0.1]", "localhost"};
	struct fake_client client = {.address = bot_address(draft->arena, n),
		.port = 1025 + (unsigned)rng_below(&draft->rng, 64000),
		.server_port = n % 3 ? 587 : 465,
		.tls = n % 3 == 0 || n % 4 != 0};
	client.helo = n % 3 == 0 ? arena_printf(draft->arena, "[%.*s]", SLICE_ARG(client.address))
				 : slice_cstr(helos[n % 4]);
	client.name = n % 2
		? SLICE("unknown")
		: arena_printf(draft->arena, "host-%u.pool%u.isp.test", n * 7, n % NETWORKS);
	return client;
}

/* '#' is a number. The texts are short; words fill them up to one size per template. */
static const struct spam {
	const char *subject;
	const char *text;
	unsigned size;
} spam[TEXTS] = {
	{"Unpaid invoice # - final notice",
		"your payment for invoice # is overdue. Open the document to avoid extra costs:\n"
		"http://billing-portal.example.net/view/#\n",
		2650},
	{"Your parcel # could not be delivered",
		"we tried to deliver parcel # today. Confirm your address and pay the small fee "
		"here:\n"
		"http://track-parcel.example.org/p/#\n",
		2410},
	{"Security alert for your mailbox (#)",
		"a new sign-in was noticed. If this was not you, confirm your password within 24 "
		"hours:\n"
		"http://mailbox-verify.example.net/?c=#\n",
		2830},
	{"Work from home, # EUR a week",
		"we are looking for helpers in your town. No experience needed. Apply at\n"
		"http://job-offers.example.org/apply/#\n",
		2520},
	{"Voice message # is waiting",
		"you have a new voice message (0:#). Listen to it here:\n"
		"http://voice-inbox.example.net/m/#\n",
		2740},
};

static void add_numbered(struct buf *out, const char *text, unsigned long number)
{
	for (; *text; text++)
		if (*text == '#')
			buf_printf(out, "%lu", number);
		else
			buf_addc(out, *text);
}

/* One text per template: only the names, the number and the last words differ. */
static struct slice spam_text(struct draft *draft, const struct spam *s, unsigned long number)
{
	struct rng *rng = &draft->rng, same = rng_start((uint64_t)(s - spam), 1);
	/* In step with the size of ordinary mail. */
	uint64_t size = s->size * draft->options->body_size / 4096;
	struct buf text = {0};
	buf_add(&text,
		SLICE("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
		      "Content-Transfer-Encoding: 8bit\n\n"));
	buf_printf(&text, "Dear %s,\n\n", words_pick(&words_first_names, rng_next(rng) >> 8));
	add_numbered(&text, s->text, number);
	buf_addc(&text, '\n');
	if (size > text.len)
		letter_prose(&text, &same, size - text.len);
	letter_words(&text, rng, 1 + (unsigned)rng_below(rng, 12));
	buf_addc(&text, '\n');
	struct slice result = arena_copy(draft->arena, buf_slice(&text));
	buf_free(&text);
	return result;
}

static void spam_letter(struct draft *draft)
{
	struct rng *rng = &draft->rng;
	struct letter *letter = &draft->letter;
	const struct spam *s = &spam[rng_below(rng, TEXTS)];
	bool unique = draft->options->distinct && rng_chance(rng, SUBJECTS_DISTINCT);
	unsigned long number = unique ? 100000 + draft->message.number : 100 + rng_below(rng, 40);

	struct buf subject = {0};
	add_numbered(&subject, s->subject, number);
	letter->subject = arena_copy(draft->arena, buf_slice(&subject));
	buf_free(&subject);
	letter->extra = SLICE("X-Mailer: SwiftMailer 5.1\n");
	letter->body = BODY_AS_IS;
	letter->text = spam_text(draft, s, number);
	draft->message.eight_bit = true;
}

static void stolen_account_make(struct draft *draft, uint64_t n)
{
	struct rng *rng = &draft->rng;
	struct fake_message *m = &draft->message;
	/* The first few are fixed, so that small trees have every address and the very last moment. */
	m->arrival = draft->options->now - (n == 0 ? 3 : rng_between(rng, 3, HOURS * HOUR));
	unsigned address = (unsigned)(n < ADDRESSES ? n : rng_below(rng, ADDRESSES));
	unsigned sender = (unsigned)(n < SENDERS ? n : rng_below(rng, SENDERS));
	m->entry = ENTRY_SMTP;
	m->account = people_login(draft->arena, SITE_VICTIM).address;
	m->auth_method = SLICE("LOGIN");
	m->client = bot(draft, address);
	draft_from(draft, people_forged(draft->arena, sender));
	unsigned count = draft->options->recipients ? draft_recipient_count(draft)
						    : 1 + (unsigned)rng_below(rng, 3);
	for (unsigned i = 0; i < count; i++)
		draft_add_outside(draft, reasons_abusive, 8500);
	size_t at = slice_rindex(m->sender, '@');
	m->message_id = draft_message_id(draft, slice_from(m->sender, at + 1));
	spam_letter(draft);
}

static const struct incident incidents[] = {
	{"stolen-account", "bob@example.com sends spam from 41 addresses for 6 hours", 6000, 14,
		stolen_account_make},
};
enum { INCIDENTS = sizeof(incidents) / sizeof(*incidents) };

const struct incident *incident_at(size_t n)
{
	return n < INCIDENTS ? &incidents[n] : NULL;
}

const struct incident *incident_find(const char *name)
{
	for (size_t i = 0; i < INCIDENTS; i++)
		if (!strcmp(name, incidents[i].name))
			return &incidents[i];
	return NULL;
}

void incident_truth_free(struct incident_truth *truth)
{
	hashset_free(&truth->addresses);
	hashset_free(&truth->networks);
	hashset_free(&truth->senders);
}

void incident_note(struct incident_truth *truth, const struct fake_message *message)
{
	struct slice address = message->client.address;
	struct slice network = slice_upto(address, slice_rindex(address, '.'));
	hashset_add(&truth->addresses, seeded_hash(address.ptr, address.len));
	hashset_add(&truth->networks, seeded_hash(network.ptr, network.len));
	hashset_add(&truth->senders, seeded_hash(message->sender.ptr, message->sender.len));
	if (!truth->messages || message->arrival < truth->first)
		truth->first = message->arrival;
	if (!truth->messages || message->arrival > truth->last)
		truth->last = message->arrival;
	truth->messages++;
	truth->recipients += message->nrecipients;
}

void incident_tell(
	struct buf *out, const struct incident *incident, const struct incident_truth *truth)
{
	struct arena arena = {0};
	buf_printf(out, "class=%s account=%.*s messages=%" PRIu64 " recipients=%" PRIu64,
		incident->name, SLICE_ARG(people_login(&arena, SITE_VICTIM).address),
		truth->messages, truth->recipients);
	buf_printf(out, " addresses=%zu networks=%zu senders=%zu first=", truth->addresses.count,
		truth->networks.count, truth->senders.count);
	units_rfc3339(out, truth->first);
	buf_add(out, SLICE(" last="));
	units_rfc3339(out, truth->last);
	buf_printf(out, " usual=%" PRIu64 " copies=%" PRIu64, truth->usual, truth->copies);
	arena_free(&arena);
}
