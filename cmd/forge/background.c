#include "cmd/forge/background.h"

static struct slice domain_of(struct slice address)
{
	return slice_from(address, slice_rindex(address, '@') + 1);
}

static void from_login(struct draft *draft, unsigned login)
{
	struct rng *rng = &draft->rng;
	struct fake_message *m = &draft->message;
	m->entry = ENTRY_SMTP;
	draft_from(draft, people_login(draft->arena, login));
	m->account = m->sender;
	m->auth_method = rng_chance(rng, 7000) ? SLICE("PLAIN") : SLICE("LOGIN");
	m->client = people_login_client(draft->arena, login, rng_next(rng));
	draft_ordinary_body(draft);
	bool utf8 = rng_chance(rng, 800);
	draft->letter.subject = draft_subject(draft, utf8 ? &words_subjects_utf8 : &words_subjects);
	unsigned count = draft_recipient_count(draft);
	for (unsigned i = 0; i < count; i++)
		draft_add_outside(draft, reasons_usual, 3000);
	if (rng_chance(rng, 300))
		for (unsigned i = 0; i < count; i++)
			m->recipients[i].notify = NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY;
	m->message_id = draft_message_id(draft, domain_of(m->sender));
}

void background_account(struct draft *draft)
{
	struct rng *rng = &draft->rng;
	draft->message.arrival = draft_ordinary_time(draft);
	/* A few write much, most write little. */
	unsigned a = (unsigned)rng_below(rng, SITE_LOGINS),
		 b = (unsigned)rng_below(rng, SITE_LOGINS);
	unsigned login = a < b ? a : b;
	if (login == SITE_VICTIM)
		login = SITE_LOGINS - 1;
	from_login(draft, login);
	draft->letter.extra = SLICE("X-Mailer: Correo 4.2\n");
	if (rng_chance(rng, 1500)) {
		draft->message.client.address = slice_cstr(people_webmail.address);
		draft->message.client.name = slice_cstr(people_webmail.name);
		draft->message.client.helo = slice_cstr(people_webmail.name);
		draft->letter.extra = arena_printf(draft->arena,
			"User-Agent: Roundcube Webmail/1.6.5\nX-Sender: %.*s\n",
			SLICE_ARG(draft->message.account));
	}
	/* Now and then somebody writes for a department. */
	if (rng_chance(rng, 40))
		draft->message.sender = draft->letter.from = SLICE("info@corp.example");
}

void background_victim(struct draft *draft)
{
	int64_t now = draft->options->now, then, hour;
	do {
		then = now - rng_between(&draft->rng, 7 * HOUR, 97 * HOUR);
		hour = then / 3600 % 24;
	} while (hour < 7 || hour > 17);
	draft->message.arrival = then;
	from_login(draft, SITE_VICTIM);
	draft->letter.extra = SLICE("X-Mailer: Correo 4.2\n");
}

static struct fake_client lan_client(struct draft *draft, const struct lan_host *host)
{
	return (struct fake_client){.address = slice_cstr(host->address),
		.name = slice_cstr(host->name),
		.helo = slice_cstr(host->name),
		.port = 32768 + (unsigned)rng_below(&draft->rng, 28000),
		.server_port = 25};
}

static void lan(struct draft *draft)
{
	struct fake_message *m = &draft->message;
	const struct lan_host *host =
		&people_lan_hosts[rng_below(&draft->rng, people_lan_host_count)];
	m->arrival = draft_ordinary_time(draft);
	m->entry = ENTRY_SMTP;
	m->client = lan_client(draft, host);
	draft_from(draft, (struct person){slice_cstr(host->sender_name), slice_cstr(host->sender)});
	draft_ordinary_body(draft);
	draft->letter.body = BODY_PLAIN;
	draft->letter.size /= 2;
	draft->letter.subject = draft_subject(draft, &words_alerts);
	unsigned count = draft_recipient_count(draft);
	for (unsigned i = 0; i < count; i++)
		draft_add_outside(draft, reasons_usual, 6000);
	m->message_id = draft_message_id(draft, slice_cstr(host->name));
}

/* A server outside hands in mail of one of its own. */
static void from_outside(struct draft *draft)
{
	struct rng *rng = &draft->rng;
	struct fake_message *m = &draft->message;
	struct person who = rng_chance(rng, 2500)
		? people_stranger(draft->arena, rng_next(rng))
		: people_contact(draft->arena, (unsigned)rng_below(rng, SITE_CONTACTS));
	struct mail_host host = people_mail_host(draft->arena, who.address);
	m->arrival = draft_ordinary_time(draft);
	m->client = (struct fake_client){.address = host.address,
		.name = host.name,
		.helo = host.name,
		.port = 1025 + (unsigned)rng_below(rng, 64000),
		.server_port = 25,
		.tls = rng_chance(rng, 8500)};
	draft_from(draft, who);
	draft_ordinary_body(draft);
	draft->letter.subject = draft_subject(
		draft, rng_chance(rng, 1200) ? &words_subjects_utf8 : &words_subjects);
	m->message_id = draft_message_id(draft, host.name);
}

static void inbound(struct draft *draft)
{
	from_outside(draft);
	draft->message.entry = ENTRY_SMTP;
	unsigned count = draft_recipient_count(draft);
	for (unsigned i = 0; i < count; i++) {
		unsigned login = (unsigned)rng_below(&draft->rng, SITE_LOGINS);
		draft_add(draft, people_login(draft->arena, login).address, WHY_STORE);
	}
}

static void forward(struct draft *draft)
{
	struct rng *rng = &draft->rng;
	from_outside(draft);
	draft->message.entry = ENTRY_FORWARD;
	unsigned login = (unsigned)rng_below(rng, SITE_LOGINS);
	struct person to = people_stranger(draft->arena, login);
	draft_add(draft, to.address, rng_chance(rng, 4000) ? WHY_SPAM : WHY_RATE);
	draft->message.recipients[0].original = people_login(draft->arena, login).address;
}

/* "team-news-bounces+anna=example.net@lists.corp.example" */
static struct slice verp(struct draft *draft, struct slice list, struct slice recipient)
{
	size_t at = slice_rindex(recipient, '@');
	return arena_printf(draft->arena, "%.*s-bounces+%.*s=%.*s@" SITE_LIST_DOMAIN,
		SLICE_ARG(list), (int)at, recipient.ptr, SLICE_ARG(slice_from(recipient, at + 1)));
}

static void list_post(struct draft *draft)
{
	struct rng *rng = &draft->rng;
	struct fake_message *m = &draft->message;
	struct letter *letter = &draft->letter;
	/* What all copies of a post share comes from the post's own numbers. */
	struct rng copy = *rng;
	uint64_t post = rng_below(&copy, draft->options->messages / 800 + 1);
	*rng = rng_start(draft->options->seed, UINT64_C(1) << 40 | post);
	m->arrival = draft_ordinary_time(draft);
	letter->subject = draft_subject(draft, &words_posts);
	letter->size = rng_size(rng, draft->options->body_size);
	struct person poster = people_login(draft->arena, (unsigned)rng_below(rng, SITE_LOGINS));
	struct slice id =
		arena_printf(draft->arena, "<post.%lu@" SITE_LIST_DOMAIN ">", (unsigned long)post);
	*rng = copy;

	size_t close = slice_index(letter->subject, ']');
	struct slice list = slice_from(slice_upto(letter->subject, close), 1);
	m->entry = ENTRY_SMTP;
	m->client = lan_client(draft, &people_list_server);
	draft_from(draft, poster);
	draft_add_outside(draft, reasons_usual, 4000);
	m->sender = verp(draft, list, m->recipients[0].address);
	m->message_id =
		draft->options->distinct ? draft_message_id(draft, SLICE(SITE_LIST_DOMAIN)) : id;
	struct fake_recipient *to = arena_alloc(draft->arena, sizeof(*to));
	*to = (struct fake_recipient){
		.original = arena_printf(draft->arena, "%.*s@" SITE_LIST_DOMAIN, SLICE_ARG(list))};
	letter->to = to;
	letter->nto = 1;
	letter->body = BODY_PLAIN;
	letter->extra = arena_printf(draft->arena,
		"List-Id: <%.*s." SITE_LIST_DOMAIN ">\nPrecedence: list\n"
		"List-Unsubscribe: <mailto:%.*s-leave@" SITE_LIST_DOMAIN ">\n",
		SLICE_ARG(list), SLICE_ARG(list));
}

void background_local(struct draft *draft)
{
	struct rng *rng = &draft->rng;
	struct fake_message *m = &draft->message;
	const struct local_user *user;
	do
		user = &people_local_users[rng_below(rng, people_local_user_count)];
	while (!rng_chance(rng, user->weight * 300));
	m->arrival = draft_ordinary_time(draft);
	m->entry = ENTRY_LOCAL;
	m->uid = user->uid;
	m->full_name = slice_cstr(user->full_name);
	m->from_headers = rng_chance(rng, 2500);
	draft_from(draft, (struct person){slice_cstr(user->full_name), slice_cstr(user->sender)});
	draft_ordinary_body(draft);
	draft->letter.body = user->script ? BODY_HTML : BODY_PLAIN;
	draft->letter.size /= 3;
	draft->letter.zone = 0;
	draft->letter.subject = draft_subject(draft, &words_alerts);
	if (user->script)
		draft->letter.extra = arena_printf(draft->arena,
			"X-PHP-Originating-Script: %s\nX-Mailer: PHPMailer 6.8.0\n", user->script);
	unsigned count = draft_recipient_count(draft);
	for (unsigned i = 0; i < count; i++)
		draft_add_outside(draft, reasons_usual, 7000);
	m->message_id = draft_message_id(draft, SITE_HOST);
}

/* The text of a bounce: a notice, a report for machines, the headers of what was lost. */
static struct slice bounce_text(struct draft *draft, struct slice lost_to, struct slice why)
{
	struct rng *rng = &draft->rng;
	struct fake_message *m = &draft->message;
	struct slice to = m->recipients[0].address;
	unsigned long mark = rng_below(rng, UINT64_C(1) << 40);
	struct buf text = {0};
	buf_printf(&text,
		"Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
		"Content-Type: multipart/report; report-type=delivery-status;\n"
		"\tboundary=\"%lX/mx1.corp.example\"\nContent-Transfer-Encoding: 8bit\n\n"
		"This is a MIME-encapsulated message.\n\n--%lX/mx1.corp.example\n"
		"Content-Description: Notification\nContent-Type: text/plain; charset=utf-8\n\n"
		"This is the mail system at host mx1.corp.example.\n\n"
		"I'm sorry to have to inform you that your message could not\n"
		"be delivered to one or more recipients. It's attached below.\n\n"
		"                   The mail system\n\n<%.*s>: %.*s\n\n",
		mark, mark, SLICE_ARG(lost_to), SLICE_ARG(why));
	buf_printf(&text,
		"--%lX/mx1.corp.example\nContent-Description: Delivery report\n"
		"Content-Type: message/delivery-status\n\n"
		"Reporting-MTA: dns; mx1.corp.example\nX-Postfix-Sender: rfc822; %.*s\n\n"
		"Final-Recipient: rfc822; %.*s\nAction: failed\nStatus: 5.0.0\n\n",
		mark, SLICE_ARG(to), SLICE_ARG(lost_to));
	buf_printf(&text,
		"--%lX/mx1.corp.example\nContent-Description: Undelivered Message Headers\n"
		"Content-Type: text/rfc822-headers\n\nFrom: <%.*s>\nTo: <%.*s>\nSubject: %s\n\n"
		"--%lX/mx1.corp.example--\n",
		mark, SLICE_ARG(to), SLICE_ARG(lost_to), words_pick(&words_subjects, rng_next(rng)),
		mark);
	struct slice result = arena_copy(draft->arena, buf_slice(&text));
	buf_free(&text);
	return result;
}

static void bounce(struct draft *draft)
{
	struct rng *rng = &draft->rng;
	struct fake_message *m = &draft->message;
	m->arrival = draft_ordinary_time(draft);
	m->entry = ENTRY_NOTICE;
	draft_from(draft,
		(struct person){
			SLICE("Mail Delivery System"), SLICE("MAILER-DAEMON@mx1.corp.example")});
	m->sender = SLICE("");
	if (draft->options->incident && rng_chance(rng, 4000)) {
		struct person forged = people_forged(draft->arena, (unsigned)rng_below(rng, 1500));
		m->arrival = draft->options->now - rng_between(rng, 5, 5 * HOUR);
		draft_add(draft, forged.address, WHY_NETWORK);
	} else {
		draft_add_outside(draft, reasons_usual, 3000);
	}
	struct person lost = people_stranger(draft->arena, rng_next(rng));
	struct fake_reason why = reasons_make(
		draft->arena, rng, WHY_REFUSED, lost.address, m->recipients[0].address, false);
	draft->letter.subject = SLICE("Undelivered Mail Returned to Sender");
	draft->letter.body = BODY_AS_IS;
	draft->letter.text = bounce_text(draft, lost.address, why.text);
	m->eight_bit = true;
	m->message_id = draft_message_id(draft, SITE_HOST);
}

const struct background background_kinds[] = {
	{35, background_account},
	{15, lan},
	{23, inbound},
	{10, list_post},
	{9, background_local},
	{4, bounce},
	{4, forward},
};
const unsigned background_count = sizeof(background_kinds) / sizeof(*background_kinds);
