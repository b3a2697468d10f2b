/* What a message of a stream says: subject, header fields, size. */
#include "cmd/forge/stream.h"

#include "cmd/forge/postfix.h"

/* '#' is a number, '$' the recipient's name. What such mail is about, year in, year out. */
static const char *const templates[] = {"Unpaid invoice # - final notice",
	"Your parcel # could not be delivered", "Re: payment advice #",
	"Security alert for your account", "You have (#) new voice messages",
	"Action required: mailbox storage is full", "$, your account will be closed",
	"Best price for your medicine", "Make # a week from home",
	"Congratulations $, you have won", "Document shared with you: contract_#.pdf",
	"Urgent business proposal", "Your password expires today", "Hot singles near you",
	"Last chance: # % off everything", "Re: Fwd: wire transfer details",
	"New login from device #", "Tax refund of # waiting for you",
	"Loan approved within # minutes", "Your order # was cancelled",
	"Watch replica sale - # models", "HR: updated salary table",
	"Confirm your delivery address, $", "Bitcoin wallet # needs verification",
	"Rechnung # bitte begleichen", "Facture # en attente", "Su paquete # esta retenido",
	"Important: statement #", "$, I recorded you", "Quotation request #"};
enum { TEMPLATES = sizeof(templates) / sizeof(*templates) };

static struct slice filled_in(struct making *making, struct slice text)
{
	struct draft *draft = making->draft;
	struct slice to = draft->message.recipients[0].address;
	size_t end = slice_index(to, '.');
	struct buf *out = making->text;
	buf_reset(out);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '#')
			buf_printf(out, "%u", 100 + (unsigned)rng_below(&draft->rng, 899900));
		else if (text.ptr[i] == '$')
			buf_add(out, slice_upto(to, end < to.len ? end : slice_rindex(to, '@')));
		else
			buf_addc(out, text.ptr[i]);
	}
	return arena_copy(draft->arena, buf_slice(out));
}

/* So many of 100 words are others. */
static struct slice spun(struct making *making, struct slice text, unsigned share)
{
	struct rng *rng = &making->draft->rng;
	struct buf out = {0};
	struct slice word;
	while (slice_word(&text, " ", &word)) {
		if (out.len)
			buf_addc(&out, ' ');
		bool other = rng_chance(rng, share * 100);
		buf_add(&out,
			other ? slice_cstr(words_pick(&words_prose, rng_next(rng) >> 8)) : word);
	}
	struct slice result = arena_copy(making->draft->arena, buf_slice(&out));
	buf_free(&out);
	return result;
}

static struct slice unique(struct making *making)
{
	struct rng *rng = &making->draft->rng;
	buf_reset(making->text);
	letter_words(making->text, rng, 3 + (unsigned)rng_below(rng, 5));
	return arena_copy(making->draft->arena, buf_slice(making->text));
}

/* Two gangs at once do not write the same: each incident has every third of them. */
static struct slice template_of(const struct making *making, uint64_t n)
{
	uint64_t at =
		rng_mix(making->stage->seed, 99) % 10 * 3 + n * 3 + making->stream->incident % 3;
	return slice_cstr(templates[at % TEMPLATES]);
}

static struct slice subject_of(struct making *making)
{
	struct draft *draft = making->draft;
	const struct choice *choice = choices_draw(&making->stream->subject, &draft->rng);
	uint64_t of = choice->a > 0 ? (uint64_t)choice->a : 1;
	switch (choice->word) {
	case SUBJECT_ALERTS:
		return draft_subject(draft, &words_alerts);
	case SUBJECT_POSTS:
		return draft_subject(draft, &words_posts);
	case SUBJECT_TEMPLATES:
		return filled_in(making, template_of(making, rng_below(&draft->rng, of)));
	case SUBJECT_SPUN:
		return spun(making, filled_in(making, template_of(making, 0)), (unsigned)choice->a);
	case SUBJECT_UNIQUE:
		return unique(making);
	case SUBJECT_TEXT:
		return filled_in(making, choice->text);
	case SUBJECT_EMPTY:
		return SLICE("");
	case SUBJECT_BOUNCE:
		return rng_chance(&draft->rng, 7000)
			? SLICE("Undelivered Mail Returned to Sender")
			: SLICE("Delivery Status Notification (Failure)");
	default:
		return draft_subject(draft,
			rng_chance(&draft->rng, 800) ? &words_subjects_utf8 : &words_subjects);
	}
}

/* Around 0, with a standard deviation of 1000: twelve dice. */
static int64_t normal(struct rng *rng)
{
	int64_t sum = -6000;
	for (unsigned i = 0; i < 12; i++)
		sum += rng_between(rng, 0, 1000);
	return sum;
}

static uint64_t size_of(struct making *making)
{
	struct rng *rng = &making->draft->rng;
	const struct choice *choice = choices_draw(&making->stream->size, rng);
	int64_t size = choice->a, part = size * choice->b / 100;
	if (choice->word == SIZE_NEAR)
		size = rng_between(rng, size - part, size + part);
	else if (choice->word == SIZE_NORMAL)
		size += normal(rng) * choice->b / 1000;
	else if (choice->word == SIZE_ABOUT)
		size = 400 + (int64_t)rng_size(rng, (uint64_t)choice->a);
	return size > 0 ? (uint64_t)size : 0;
}

static struct slice message_id(struct making *making)
{
	struct draft *draft = making->draft;
	const struct stream *stream = making->stream;
	struct slice at = slice_from(draft->letter.from, slice_rindex(draft->letter.from, '@') + 1);
	if (stream->signs & SIGN_NO_MESSAGE_ID)
		return SLICE("");
	if (stream->signs & SIGN_FOREIGN_MESSAGE_ID)
		at = arena_printf(
			draft->arena, "win-%lx", (unsigned long)(making->pool & 0xffffffffff));
	uint64_t same = stream->repeat > 1 ? stream->repeat : stream->group;
	if (same < 2)
		return draft_message_id(draft, at);
	return arena_printf(draft->arena, "<%lx.%lu@%.*s>",
		(unsigned long)rng_mix(making->salt, 55), (unsigned long)(making->number / same),
		SLICE_ARG(at));
}

/* Hosts that had it before; where it goes round and round, ours among them. */
static void add_hops(struct making *making, struct buf *out)
{
	struct draft *draft = making->draft;
	const struct stream *stream = making->stream;
	const struct fake_message *m = &draft->message;
	if (!stream->hops_high)
		return;
	int64_t hops = rng_between(&draft->rng, stream->hops_low, stream->hops_high);
	struct slice host = slice_known(m->client.name) ? m->client.name : SLICE("relay.test");
	for (int64_t i = 0; i < hops; i++) {
		struct slice by = i % 2 && stream->signs & SIGN_DELIVERED_TO
			? making->stage->place.host
			: host;
		buf_printf(out,
			"Received: from relay%d.test (relay%d.test [198.51.100.%d])\n"
			"\tby %.*s (Postfix) with ESMTP id %06lX; ",
			(int)i, (int)i, 10 + (int)i % 200, SLICE_ARG(by),
			(unsigned long)rng_below(&draft->rng, UINT64_C(1) << 24));
		letter_date(out, m->arrival - 2 * i - 1, 0);
		buf_addc(out, '\n');
	}
}

/* What it was before it was sent on, or went through the content filter. */
static void add_earlier(struct making *making, struct buf *out)
{
	const struct stage *stage = making->stage;
	struct fake_message *m = &making->draft->message;
	struct fake_message before = *m;
	bool filtered = making->stream->signs & SIGN_FILTERED;
	if (making->stream->entry == BY_FORWARD) {
		before.entry = ENTRY_SMTP;
		buf_add(out, SLICE("Delivered-To: "));
		letter_address(out, m->recipients[0].original);
		buf_addc(out, '\n');
	} else if (!filtered && making->stream->entry != BY_REQUEUE) {
		return;
	}
	if (filtered) {
		m->previous_id = arena_printf(making->draft->arena, "%05lX%06lX",
			(unsigned long)m->arrival_usec,
			(unsigned long)(rng_mix(making->number, making->pool) & 0xffffff));
		buf_printf(out,
			"Received: from %.*s ([127.0.0.1])\n by localhost (%.*s [127.0.0.1]) "
			"(amavis, port 10024) with ESMTP\n",
			SLICE_ARG(stage->place.host), SLICE_ARG(stage->place.host));
		m->account = m->auth_method = (struct slice){0};
	}
	before.entry = ENTRY_SMTP;
	before.previous_id = (struct slice){0};
	postfix_received(out, &stage->tree, &before,
		slice_known(m->previous_id) ? m->previous_id : SLICE("4jXJbB2yL0z1bYGB"));
}

static void list_fields(struct making *making, struct buf *out)
{
	unsigned signs = making->stream->signs;
	struct slice list = making->stream->list.len ? making->stream->list : SLICE("news");
	struct slice domain = making->stage->place.domains[0];
	if (signs & SIGN_LIST_ID)
		buf_printf(out, "List-Id: <%.*s.lists.%.*s>\n", SLICE_ARG(list), SLICE_ARG(domain));
	if (signs & SIGN_UNSUBSCRIBE)
		buf_printf(out,
			"List-Unsubscribe: <https://www.%.*s/leave?n=%lx>\n"
			"List-Unsubscribe-Post: List-Unsubscribe=One-Click\n",
			SLICE_ARG(domain), (unsigned long)rng_next(&making->draft->rng));
	if (signs & SIGN_BULK)
		buf_printf(out, "Precedence: %s\n", signs & SIGN_LIST_ID ? "list" : "bulk");
}

static void program_fields(struct making *making, struct buf *out)
{
	const struct stream *stream = making->stream;
	const struct draft *draft = making->draft;
	if (stream->php.len)
		buf_printf(out, "X-PHP-Originating-Script: %.*s\n", SLICE_ARG(stream->php));
	if (stream->signs & SIGN_ROUNDCUBE)
		buf_printf(out, "User-Agent: Roundcube Webmail/1.6.5\nX-Sender: %.*s\n",
			SLICE_ARG(draft->letter.from));
	if (stream->signs & SIGN_MAILER)
		buf_printf(out, "X-Mailer: %.*s\n",
			SLICE_ARG(stream->mailer.len ? stream->mailer : SLICE("Correo 4.2")));
	if (stream->signs & SIGN_REPLY)
		buf_printf(out, "In-Reply-To: <%lx@%s>\n",
			(unsigned long)rng_mix(making->number, making->pool), "mail.test");
	if (stream->signs & SIGN_DKIM)
		buf_printf(out,
			"DKIM-Signature: v=1; a=rsa-sha256; d=%.*s; s=m1; h=from:subject;\n"
			"\tbh=47DEQpj8HBSa; b=%lx\n",
			SLICE_ARG(making->stage->place.domains[0]),
			(unsigned long)rng_mix(making->number, 8));
}

static void mime_fields(struct making *making, struct buf *out)
{
	unsigned signs = making->stream->signs;
	if (signs & SIGN_AUTO)
		buf_add(out, SLICE("Auto-Submitted: auto-replied\n"));
	buf_add(out, SLICE("MIME-Version: 1.0\n"));
	if (signs & SIGN_REPORT)
		buf_printf(out,
			"Content-Type: multipart/report; report-type=delivery-status;\n"
			"\tboundary=\"%lx/report\"\n",
			(unsigned long)rng_mix(making->number, making->pool));
	else
		buf_printf(out, "Content-Type: text/%s; charset=utf-8\n",
			signs & SIGN_HTML ? "html" : "plain");
}

static void add_fields(struct making *making)
{
	struct draft *draft = making->draft;
	struct buf *out = making->text;
	buf_reset(out);
	add_earlier(making, out);
	add_hops(making, out);
	draft->letter.trace = arena_copy(draft->arena, buf_slice(out));
	buf_reset(out);
	const struct choice *reply = choices_draw(&making->stream->reply, &draft->rng);
	if (reply->word == NAME_FREEMAIL)
		buf_printf(out, "Reply-To: <%.*s>\n",
			SLICE_ARG(people_stranger(
				draft->arena, rng_mix(making->pool, 300 + (uint64_t)reply->a))
					  .address));
	else if (reply->word == NAME_STRANGER)
		buf_printf(out, "Reply-To: <%.*s>\n",
			SLICE_ARG(people_stranger(draft->arena, rng_next(&draft->rng)).address));
	list_fields(making, out);
	program_fields(making, out);
	mime_fields(making, out);
	draft->letter.extra = arena_copy(draft->arena, buf_slice(out));
}

void stream_letter(struct making *making)
{
	struct draft *draft = making->draft;
	struct letter *letter = &draft->letter;
	struct rng own = draft->rng;
	if (making->stream->group > 1)
		draft->rng = rng_start(rng_mix(making->salt, 7), making->group);
	letter->subject = subject_of(making);
	letter->size = size_of(making);
	if (making->stream->group > 1)
		draft->rng = own;
	letter->message_id = message_id(making);
	if (letter->message_id.len)
		draft->message.message_id = letter->message_id;
	if (!(making->stream->signs & SIGN_HIDDEN)) {
		letter->to = draft->message.recipients;
		letter->nto = draft->message.nrecipients;
	}
	letter->date = draft->message.arrival - rng_between(&draft->rng, -90, 120);
	letter->zone = rng_chance(&draft->rng, 3000) ? 0 : 60;
	add_fields(making);
}
