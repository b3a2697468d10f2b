#include "cmd/forge/row.h"

#include "cmd/forge/fill.h"
#include "cmd/forge/postfix.h"
#include "core/base/ip.h"
#include "core/mail/headers.h"
#include "core/mail/marks.h"
#include "core/mail/received.h"
#include "core/mail/script.h"
#include "core/queue/batch.h"
#include "formats/registry.h"

/* The driver's number of a queue, by its name. */
static uint8_t queue_number(const char *name)
{
	const char *other;
	for (unsigned i = 0; (other = formats[0]->queue_name(i)) != NULL; i++)
		if (!strcmp(name, other))
			return (uint8_t)i;
	return 0;
}

static void set_queue(const struct fake_message *m, struct record *record)
{
	static const struct {
		const char *name;
		enum msg_state state;
	} queues[FAKE_QUEUES] = {[FAKE_SUBMITTED] = {"maildrop", STATE_SUBMITTED},
		[FAKE_INCOMING] = {"incoming", STATE_INCOMING},
		[FAKE_ACTIVE] = {"active", STATE_ACTIVE},
		[FAKE_DEFERRED] = {"deferred", STATE_DEFERRED},
		[FAKE_HELD] = {"hold", STATE_HELD},
		[FAKE_CORRUPT] = {"corrupt", STATE_CORRUPT}};
	record->queue_name = slice_cstr(queues[m->queue].name);
	record->queue = queue_number(queues[m->queue].name);
	record->state = queues[m->queue].state;
}

static struct slice canonical(struct arena *arena, struct slice address)
{
	struct ip ip;
	char room[IP_TEXT_MAX];
	if (!slice_known(address) || !ip_parse(address, &ip))
		return (struct slice){0};
	return arena_copy(arena, ip_text(&ip, room));
}

static void set_client(const struct fake_message *m, struct arena *arena, struct record *record)
{
	const struct fake_client *client = &m->client;
	bool filtered = m->entry == ENTRY_SMTP && slice_known(m->previous_id);
	if (m->entry != ENTRY_SMTP && m->entry != ENTRY_FORWARD)
		return;
	record->client_ip = canonical(arena, client->address);
	if (m->entry == ENTRY_SMTP)
		record->peer_ip = filtered ? SLICE("127.0.0.1") : record->client_ip;
	record->client_source = slice_known(record->client_ip) ? SOURCE_QUEUE : SOURCE_NONE;
	record->client_name = client->name;
	if (slice_eq_fold(client->name, SLICE("unknown")))
		record->client_name = (struct slice){0};
	record->helo = client->helo;
	record->protocol = SLICE("ESMTP");
	if (slice_known(m->account)) {
		record->account = m->account;
		record->auth_method = m->auth_method;
		record->account_source = SOURCE_QUEUE;
	}
	if (slice_known(m->previous_id))
		record->log_id = m->previous_id;
}

/* Only what was tried and is still in the queue has a log of reasons. */
static bool is_logged(const struct fake_message *m, const struct fake_recipient *to)
{
	if (!to->reason.text.len)
		return false;
	return m->queue == FAKE_ACTIVE ? to->fate == FATE_BOUNCED : to->fate == FATE_PENDING;
}

static void set_rcpts(const struct fake_message *m, struct arena *arena, struct record *record)
{
	record->nrcpts = (uint32_t)m->nrecipients;
	record->rcpts = arena_alloc(arena, (m->nrecipients + 1) * sizeof(*record->rcpts));
	uint32_t order = 0;
	for (size_t i = 0; i < m->nrecipients; i++) {
		const struct fake_recipient *to = &m->recipients[i];
		struct rcpt *rcpt = &record->rcpts[i];
		*rcpt = (struct rcpt){.address = to->address,
			.state = to->fate == FATE_PENDING ? RCPT_PENDING : RCPT_DONE};
		if (!slice_eq(to->address, to->original))
			rcpt->original = to->original;
		if (!is_logged(m, to))
			continue;
		rcpt->reason = to->reason.text;
		rcpt->status = to->reason.status;
		rcpt->reply = to->reason.reply;
		rcpt->host = to->reason.mta;
		rcpt->order = ++order;
		rcpt->bounced = to->fate == FATE_BOUNCED;
	}
}

static struct slice field_value(struct arena *arena, struct slice block, struct slice name)
{
	struct header_field field;
	while (headers_next(&block, &field))
		if (slice_eq_fold(field.name, name))
			return headers_unfold(arena, field.value);
	return (struct slice){0};
}

static void set_headers(struct slice block, struct arena *arena, struct record *record)
{
	record->subject = field_value(arena, block, SLICE("Subject"));
	record->header_from = field_value(arena, block, SLICE("From"));
	if (!slice_known(record->message_id))
		record->message_id = field_value(arena, block, SLICE("Message-ID"));
	struct marked marked;
	record->marks = marks_of(block, record->sender, &marked);
	record->from_domain = marked.from_domain;
}

/* As the driver finds it. */
static void set_own_name(struct slice block, struct arena *arena, struct record *record)
{
	struct received received;
	struct slice topmost = field_value(arena, block, SLICE("Received"));
	if (slice_known(topmost) && received_parse(topmost, &received) &&
		slice_eq(received.id, record->queue_id))
		record->stamped_by = received.by;
}

/* What the field of its way in says of mail that has been here before. */
static void set_entry(struct slice block, struct arena *arena, struct record *record)
{
	struct header_field field;
	struct received received;
	if (!slice_known(record->log_id) || slice_known(record->account))
		return;
	while (!record->entry_told && headers_next(&block, &field)) {
		if (!slice_eq_fold(field.name, SLICE("Received")) ||
			!received_parse(headers_unfold(arena, field.value), &received) ||
			!slice_eq(received.id, record->log_id))
			continue;
		record->entry_told = true;
		record->logged_in = slice_ends_fold(received.protocol, SLICE("A"));
	}
}

static void set_submitter(const struct fake_message *m, struct slice block, struct arena *arena,
	struct record *record)
{
	if (m->entry == ENTRY_LOCAL) {
		record->uid = m->uid;
		record->uid_source = SOURCE_RECEIVED;
	}
	record->made_here = m->entry == ENTRY_NOTICE;
	if (!slice_known(record->client_ip) && !slice_known(record->account))
		record->script = script_from_headers(arena, block);
}

void row_record(const struct played *played, struct arena *arena, struct record *record)
{
	const struct fake_message *m = played->message;
	struct postfix_birth birth = postfix_birth(m);
	struct buf text = {0};

	record_clear(record);
	birth.inode = postfix_made_up_inode(m->number);
	postfix_name(played->tree, &birth, &text);
	record->queue_id = arena_copy(arena, buf_slice(&text));
	record->inode = birth.inode;
	record->arrival = m->arrival;
	record->usec = (int32_t)m->arrival_usec;
	record->created = birth.seconds;
	if (m->queue == FAKE_DEFERRED)
		record->next_retry = m->next_retry;
	record->sender = m->sender;
	record->message_id = m->message_id;
	set_queue(m, record);
	set_client(m, arena, record);
	set_rcpts(m, arena, record);

	buf_reset(&text);
	postfix_received(&text, played->tree, m, record->queue_id);
	buf_add(&text, played->head);
	uint64_t head = fill_cost(buf_slice(&text));
	record->size = (int64_t)(head + fill_left(played->size, head));
	struct slice block = arena_copy(arena, buf_slice(&text));
	set_headers(block, arena, record);
	set_entry(block, arena, record);
	set_submitter(m, block, arena, record);
	set_own_name(block, arena, record);
	buf_free(&text);
	struct batch_reader reader = {0};
	batch_normalise(record, arena, &reader.text);
	batch_subject_key(record, arena, &reader);
	batch_reader_free(&reader, &(const struct need){0});
}
