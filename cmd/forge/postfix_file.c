#include "cmd/forge/postfix.h"

#include <inttypes.h>
#include <stdio.h>

#include "cmd/forge/letter.h"

enum {
	SIZE_RECORD = 97,  /* bytes that the first record takes in the file */
	LINE_LIMIT = 2048, /* Postfix's line_length_limit */
};

/* Opens a record of unknown length; returns what record_close needs. */
static size_t record_open(struct buf *out, char type)
{
	buf_addc(out, type);
	buf_addc(out, 0);
	return out->len;
}

static void record_close(struct buf *out, size_t start)
{
	size_t len = out->len - start;
	unsigned more = 0;
	for (size_t rest = len >> 7; rest; rest >>= 7)
		more++;
	buf_pad(out, 0, more);
	memmove(out->ptr + start + more, out->ptr + start, len);
	char *at = out->ptr + start - 1;
	for (; more; more--, len >>= 7)
		*at++ = (char)(len & 0x7f) | (char)0x80;
	*at = (char)len;
}

static void record(struct buf *out, char type, struct slice data)
{
	size_t start = record_open(out, type);
	buf_add(out, data);
	record_close(out, start);
}

__attribute__((format(printf, 3, 4))) static void recordf(
	struct buf *out, char type, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	size_t start = record_open(out, type);
	buf_vprintf(out, format, args);
	record_close(out, start);
	va_end(args);
}

static void attribute(struct buf *out, const char *name, struct slice value)
{
	recordf(out, 'A', "%s=%.*s", name, SLICE_ARG(value));
}

static bool is_ipv6(struct slice address)
{
	return slice_index(address, ':') != SIZE_MAX;
}

/* "IPv6:2001:db8::1": how SMTP itself writes addresses. */
static void add_smtp_address(struct buf *out, struct slice address)
{
	buf_printf(out, "%s%.*s", is_ipv6(address) ? "IPv6:" : "", SLICE_ARG(address));
}

static bool is_loopback(const struct fake_client *client)
{
	return slice_eq(client->address, SLICE("127.0.0.1"));
}

/* Who is at the other end of the connection: the content filter, if it gave the mail back. */
static struct fake_client peer(const struct fake_message *message)
{
	struct fake_client client = message->client;
	if (message->entry == ENTRY_SMTP && slice_known(message->previous_id))
		client = (struct fake_client){.address = SLICE("127.0.0.1"),
			.name = SLICE("localhost"),
			.helo = SLICE("localhost"),
			.port = 32768 + client.port * 7 % 28000,
			.server_port = 10025};
	return client;
}

static void received_from_client(struct buf *out, const struct fake_client *client)
{
	buf_printf(out, "Received: from %.*s (%.*s [", SLICE_ARG(client->helo),
		SLICE_ARG(client->name));
	add_smtp_address(out, client->address);
	buf_add(out, SLICE("])\n"));
	if (client->tls)
		buf_add(out,
			SLICE("\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
			      "\t key-exchange X25519 server-signature ECDSA (prime256v1) "
			      "server-digest SHA256)\n"
			      "\t(No client certificate requested)\n"));
}

void postfix_received(struct buf *out, const struct tree_options *options,
	const struct fake_message *message, struct slice id)
{
	bool smtp = message->entry == ENTRY_SMTP;
	if (smtp) {
		const struct fake_client client = peer(message);
		received_from_client(out, &client);
		buf_printf(out, "\tby %.*s (Postfix) with ESMTP%s%s id %.*s",
			SLICE_ARG(options->host), client.tls ? "S" : "",
			slice_known(message->account) ? "A" : "", SLICE_ARG(id));
	} else {
		buf_printf(out, "Received: by %.*s (Postfix", SLICE_ARG(options->host));
		if (message->entry == ENTRY_LOCAL)
			buf_printf(out, ", from userid %u", message->uid);
		if (message->entry == ENTRY_REQUEUED)
			buf_printf(out, ", from userid %u", (unsigned)options->uid);
		buf_printf(out, ")\n\tid %.*s", SLICE_ARG(id));
	}
	if (smtp && message->nrecipients == 1) {
		buf_add(out, SLICE("\n\tfor <"));
		letter_address(out, message->recipients[0].original);
		buf_add(out, SLICE(">; "));
	} else {
		buf_add(out, smtp ? SLICE(";\n\t") : SLICE("; "));
	}
	letter_date(out, message->arrival, 0);
	buf_add(out, SLICE(" (UTC)\n"));
}

static void recipients(struct buf *out, const struct fake_message *message, size_t *offsets)
{
	bool raw = message->queue == FAKE_SUBMITTED;
	for (size_t i = 0; i < message->nrecipients; i++) {
		const struct fake_recipient *to = &message->recipients[i];
		if (to->notify)
			recordf(out, 'A', "notify_flags=%u", to->notify);
		if (!raw) {
			size_t start = record_open(out, 'A');
			buf_add(out, SLICE("dsn_orig_rcpt=rfc822;"));
			letter_address(out, to->original);
			record_close(out, start);
			record(out, 'O', to->original);
		}
		offsets[i] = out->len;
		record(out, to->fate == FATE_PENDING ? 'R' : 'D', to->address);
	}
}

/* The client as the log shall name it: behind a filter, the one before. */
static void original_client(struct buf *out, const struct fake_message *message)
{
	const struct fake_client *client = &message->client;
	attribute(out, "log_client_name", client->name);
	size_t start = record_open(out, 'A');
	buf_add(out, SLICE("log_client_address="));
	add_smtp_address(out, client->address);
	record_close(out, start);
	recordf(out, 'A', "log_client_port=%u", client->port);
	recordf(out, 'A', "log_message_origin=%.*s[%.*s]", SLICE_ARG(client->name),
		SLICE_ARG(client->address));
	attribute(out, "log_helo_name", client->helo);
	attribute(out, "log_protocol_name", SLICE("ESMTP"));
}

static void actual_client(
	struct buf *out, const struct tree_options *options, const struct fake_client *client)
{
	attribute(out, "client_name", client->name);
	attribute(out, "reverse_client_name", client->name);
	attribute(out, "client_address", client->address);
	recordf(out, 'A', "client_port=%u", client->port);
	attribute(
		out, "server_address", is_loopback(client) ? SLICE("127.0.0.1") : options->address);
	recordf(out, 'A', "server_port=%u", client->server_port);
	attribute(out, "helo_name", client->helo);
	attribute(out, "protocol_name", SLICE("ESMTP"));
	recordf(out, 'A', "client_address_type=%d", is_ipv6(client->address) ? 10 : 2);
}

static void login(struct buf *out, const struct fake_message *message)
{
	if (!slice_known(message->account))
		return;
	attribute(out, "sasl_method", message->auth_method);
	attribute(out, "sasl_username", message->account);
}

/* smtpd(8): the login comes before the sender, the client behind it. */
static void smtp_envelope(struct buf *out, const struct tree_options *options,
	const struct fake_message *message, struct slice id)
{
	const struct fake_client client = peer(message);
	bool filtered = slice_known(message->previous_id);
	bool trusted = is_loopback(&client) && !filtered; /* amavis says SOURCE=REMOTE */
	attribute(out, "log_ident", filtered ? message->previous_id : id);
	attribute(out, "rewrite_context", trusted ? SLICE("local") : SLICE("remote"));
	login(out, message);
	record(out, 'S', message->sender);
	if (message->eight_bit)
		attribute(out, "encoding", SLICE("8bit"));
	original_client(out, message);
	actual_client(out, options, &client);
}

/* local(8) passes on what it was told, and writes all of it behind the sender. */
static void forward_envelope(struct buf *out, const struct fake_message *message)
{
	const struct fake_client *client = &message->client;
	record(out, 'S', message->sender);
	attribute(out, "log_client_name", client->name);
	size_t start = record_open(out, 'A');
	buf_add(out, SLICE("log_client_address="));
	add_smtp_address(out, client->address);
	record_close(out, start);
	attribute(out, "log_protocol_name", SLICE("ESMTP"));
	attribute(out, "log_helo_name", client->helo);
	login(out, message);
	attribute(out, "log_ident", message->previous_id);
	attribute(out, "rewrite_context", SLICE("remote"));
}

static void envelope(struct buf *out, const struct tree_options *options,
	const struct fake_message *message, struct slice id)
{
	switch (message->entry) {
	case ENTRY_SMTP:
		smtp_envelope(out, options, message, id);
		break;
	case ENTRY_LOCAL:
		attribute(out, "rewrite_context", SLICE("local"));
		record(out, 'F', message->full_name);
		record(out, 'S', message->sender);
		break;
	case ENTRY_REQUEUED:
		attribute(out, "rewrite_context", SLICE("local"));
		record(out, 'S', message->sender);
		break;
	case ENTRY_NOTICE:
		attribute(out, "log_message_origin", SLICE("local"));
		attribute(out, "trace_flags", SLICE("0"));
		record(out, 'S', message->sender);
		break;
	case ENTRY_FORWARD:
		forward_envelope(out, message);
		break;
	}
}

/* Lines become records; what is longer than Postfix's limit is cut into L records. */
static void content(struct buf *out, struct slice text)
{
	struct slice line;
	while (text.len) {
		slice_cut(text, '\n', &line, &text);
		for (; line.len >= LINE_LIMIT; line = slice_from(line, LINE_LIMIT))
			record(out, 'L', slice_upto(line, LINE_LIMIT));
		record(out, 'N', line);
	}
}

static void size_record(
	struct buf *out, const struct fake_message *message, size_t data, size_t end)
{
	unsigned flags = 0;
	for (size_t i = 0; i < message->nrecipients; i++)
		flags |= message->recipients[i].notify << 1;
	char text[SIZE_RECORD];
	snprintf(text, sizeof(text), "%15zu %15zu %15zu %15u %15zu %15d", end - data, data,
		message->nrecipients, flags, end - data, 0);
	memcpy(out->ptr, "C\x5f", 2);
	memcpy(out->ptr + 2, text, SIZE_RECORD - 2);
}

void postfix_file(struct buf *out, const struct tree_options *options,
	const struct fake_message *message, struct slice id, int64_t created, size_t *offsets)
{
	bool dropped = message->queue == FAKE_SUBMITTED;
	if (!dropped)
		buf_pad(out, ' ', SIZE_RECORD);
	recordf(out, 'T', "%" PRId64 " %u", message->arrival, message->arrival_usec);
	if (!dropped) {
		recordf(out, 'A', "create_time=%" PRId64, created);
		if (message->to_filter)
			record(out, 'L', SLICE("smtp-amavis:[127.0.0.1]:10024"));
	}
	envelope(out, options, message, id);
	if (!message->from_headers)
		recipients(out, message, offsets);
	record(out, 'M', SLICE(""));

	size_t data = out->len;
	if (!dropped) {
		struct buf top = {0};
		postfix_received(&top, options, message, id);
		content(out, buf_slice(&top));
		buf_free(&top);
	}
	content(out, message->content);
	size_t end = out->len;
	record(out, 'X', SLICE(""));
	if (!dropped && slice_known(message->message_id))
		attribute(out, "message_id", message->message_id);
	if (!dropped && message->eight_bit)
		attribute(out, "encoding", SLICE("8bit"));
	if (message->from_headers)
		recipients(out, message, offsets);
	record(out, 'E', SLICE(""));
	if (!dropped)
		size_record(out, message, data, end);
}
