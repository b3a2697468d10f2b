#include "formats/postfix/header_facts.h"

#include "core/base/ip.h"
#include "core/mail/headers.h"
#include "core/mail/marks.h"
#include "core/mail/received.h"
#include "core/mail/script.h"
#include "formats/postfix/content.h"

enum { LIMIT_OWN_NAME = 4096 };

/*
 * Who handed a local submission in: the user id in the Received field that
 * pickup(8) wrote, and the script that put its name into the headers. Each requeue
 * adds a Received that names the mail owner, and local(8) one that names neither a
 * user nor a client where it sends mail on: the one below these counts.
 */
static void read_submitter(
	const struct spool *spool, struct slice block, struct arena *arena, struct record *record)
{
	struct slice rest = block;
	struct header_field field;
	struct received received;
	unsigned looked = 0;

	while (looked < 8 && headers_next(&rest, &field)) {
		if (!slice_eq_fold(field.name, SLICE("Received")))
			continue;
		looked++;
		if (!received_parse(headers_unfold(arena, field.value), &received) ||
			slice_known(received.helo) || record->made_here)
			break;
		if (received.uid < 0 || received.uid == (int64_t)spool->owner)
			continue;
		record->uid = received.uid;
		record->uid_source = SOURCE_RECEIVED;
		break;
	}
	record->script = script_from_headers(arena, block);
}

/*
 * The login of a copy that came back from a content filter, when smtpd wrote it
 * into its Received field (smtpd_sasl_authenticated_header). Only the field with
 * the queue id that the filter handed on is ours for certain: a sender can forge
 * the rest, but not an id that was given out after the message was sent.
 */
static void read_received_login(struct slice block, struct arena *arena, struct record *record)
{
	struct header_field field;
	struct received received;
	unsigned looked = 0;

	while (looked < 4 && headers_next(&block, &field)) {
		if (!slice_eq_fold(field.name, SLICE("Received")))
			continue;
		looked++;
		if (!received_parse(headers_unfold(arena, field.value), &received) ||
			!slice_known(received.id) || !slice_eq(received.id, record->log_id))
			continue;
		/* RFC 3848: ESMTPA, ESMTPSA. */
		record->entry_told = true;
		record->logged_in = slice_ends_fold(received.protocol, SLICE("A"));
		if (slice_known(received.auth_user)) {
			record->account = received.auth_user;
			record->account_source = SOURCE_RECEIVED;
		}
		return;
	}
}

static bool is_loopback(struct slice text)
{
	struct ip ip;
	return slice_known(text) && ip_parse(text, &ip) && ip_is_loopback(&ip);
}

static void take_client(const struct received *received, struct arena *arena, struct record *record)
{
	struct ip ip;
	char room[IP_TEXT_MAX];

	ip_parse(received->client_ip, &ip);
	record->client_ip = arena_copy(arena, ip_text(&ip, room));
	record->client_source = SOURCE_RECEIVED;
	/* Postfix's own word for a client that has none. */
	bool named = !slice_eq_fold(received->client_name, SLICE("unknown"));
	record->client_name = named ? received->client_name : (struct slice){0};
	record->helo = received->helo;
	record->protocol = received->protocol;
}

/*
 * Mail from this machine that brought no word of its client: from a content filter that does
 * not pass it on, or webmail. The topmost field is ours, by the id. Below it those of filters
 * name this machine as client; then either the same host stamped the mail as it first came in,
 * with its client, or a webmail says who was logged in to it, and the mail is of this machine.
 * A program here could have made it up, so it is the word of Received fields only.
 */
static void read_before_filter(struct slice block, struct arena *arena, struct record *record)
{
	enum { MOST_FILTERS = 3 };
	struct header_field field;
	struct received received;
	struct slice host = {0};
	unsigned hops = 0;

	while (hops < 2 + MOST_FILTERS && headers_next(&block, &field)) {
		if (!slice_eq_fold(field.name, SLICE("Received")))
			continue;
		if (!received_parse(headers_unfold(arena, field.value), &received) ||
			(!hops && !slice_eq(received.id, record->queue_id)))
			return;
		if (!hops++)
			host = received.by;
		if (is_loopback(received.client_ip))
			continue;
		bool web = slice_starts_fold(received.protocol, SLICE("HTTP"));
		bool ours = slice_eq_fold(received.by, host) && slice_known(received.client_ip);
		if (!web && !ours)
			return;
		if (!web)
			take_client(&received, arena, record);
		record->account = received.auth_user;
		record->account_source =
			slice_known(received.auth_user) ? SOURCE_RECEIVED : SOURCE_NONE;
		return;
	}
}

/*
 * The id that mail had which came in locally: below the fields of the requeues, each of
 * which names the mail owner, that of the first pickup(8), or of whatever of Postfix wrote
 * it. Nobody but Postfix can know the id in the topmost field; where header checks take
 * these fields away, nothing is known.
 */
static void read_first_id(
	const struct spool *spool, struct slice block, struct arena *arena, struct record *record)
{
	struct header_field field;
	struct received received;
	struct slice id = {0};

	while (headers_next(&block, &field)) {
		if (!slice_eq_fold(field.name, SLICE("Received")))
			continue;
		if (!received_parse(headers_unfold(arena, field.value), &received) ||
			!slice_known(received.id) ||
			(!slice_known(id) && !slice_eq(received.id, record->queue_id)))
			break;
		id = received.id;
		if (received.uid != (int64_t)spool->owner)
			break;
	}
	record->first_id = id;
}

/* What this server calls itself: in the topmost field, which is its own by the id. */
static void read_own_name(struct slice block, struct arena *arena, struct record *record)
{
	struct header_field field;
	struct received received;

	while (headers_next(&block, &field)) {
		if (!slice_eq_fold(field.name, SLICE("Received")))
			continue;
		if (received_parse(headers_unfold(arena, field.value), &received) &&
			slice_eq(received.id, record->queue_id))
			record->stamped_by = received.by;
		return;
	}
}

static void read_wanted_headers(
	struct slice block, const struct need *need, struct arena *arena, struct record *record)
{
	struct header_field field;

	while (headers_next(&block, &field)) {
		struct slice *place = NULL;
		if (slice_eq_fold(field.name, SLICE("Subject")))
			place = &record->subject;
		else if (slice_eq_fold(field.name, SLICE("From")))
			place = &record->header_from;
		else if (slice_eq_fold(field.name, SLICE("Message-ID")))
			place = &record->message_id;
		if (place && !slice_known(*place))
			*place = arena_copy(arena, headers_unfold(arena, field.value));
		for (unsigned i = 0; i < need->nheaders; i++)
			if (!slice_known(record->extra[i]) &&
				slice_eq_fold(field.name, need->headers[i]))
				record->extra[i] =
					arena_copy(arena, headers_unfold(arena, field.value));
	}
}

static struct slice unless_known(struct slice known, struct arena *arena, struct slice value)
{
	return slice_known(known) || !slice_known(value) ? known : headers_unfold(arena, value);
}

static void read_marks(struct slice block, struct arena *arena, struct record *record)
{
	struct marked marked;

	record->marks = marks_of(block, record->sender, &marked);
	record->from_domain = marked.from_domain;
	record->subject = unless_known(record->subject, arena, marked.subject);
	record->message_id = unless_known(record->message_id, arena, marked.message_id);
}

void postfix_read_headers(const struct spool *spool, struct window *window,
	const struct envelope *envelope, const struct need *need, struct arena *arena,
	struct record *record)
{
	bool local = !slice_known(record->client_ip) && !slice_known(record->account);
	bool copy = slice_known(record->log_id) && !slice_known(record->account);
	bool back = !copy && !slice_known(record->account) && is_loopback(record->client_ip);
	bool trace = (need->parts & NEED_LINEAGE) && !slice_known(record->first_id);
	/* Whose mail it is must not depend on what else was asked for. */
	bool wanted = copy || back || trace || (need->parts & (NEED_HEADERS | NEED_MARKS)) ||
		((need->parts & NEED_SUBMITTER) && local);
	bool name = (need->parts & NEED_RCPTS) && !spool->site.local_complete;

	if ((!wanted && !name) || !envelope->data_offset)
		return;
	uint32_t odd;
	/* Its own name stands at the top of what has been read with the envelope. */
	size_t limit = wanted ? LIMIT_SCAN_HEADERS : LIMIT_OWN_NAME;
	struct slice block = content_headers(window, envelope, limit, arena, &odd);
	/* A header block longer than we look at is no damage. */
	record->warnings |= odd & ~(uint32_t)WARN_TOO_MANY;
	if (need->parts & NEED_HEADERS)
		read_wanted_headers(block, need, arena, record);
	if (need->parts & NEED_MARKS)
		read_marks(block, arena, record);
	if (wanted && local)
		read_submitter(spool, block, arena, record);
	if (copy)
		read_received_login(block, arena, record);
	if (back)
		read_before_filter(block, arena, record);
	if (trace)
		read_first_id(spool, block, arena, record);
	if (name)
		read_own_name(block, arena, record);
}
