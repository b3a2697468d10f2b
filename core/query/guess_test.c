#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/query/guess.h"

static const struct format stub = {.name = "stub"};

struct message {
	const char *account, *client, *sender, *rcpt, *original, *stamp;
	bool made_here, reinjected;
};

#define OUTSIDE "203.0.113.9"

enum { MOST = 2000, TEXT = 64 };

struct place {
	struct spool spool;
	struct spool *list[1];
	struct spools spools;
	struct snap snap;
	struct field_env env;
	struct message messages[MOST];
	enum origin origins[MOST];
	unsigned count;
	char texts[MOST * 2][TEXT];
	unsigned ntexts;
};

static struct place *begin(void)
{
	struct place *place = calloc(1, sizeof(*place));
	assert_non_null(place);
	place->spool.format = &stub;
	place->list[0] = &place->spool;
	place->spools = (struct spools){.list = place->list, .count = 1};
	return place;
}

static void add(struct place *place, struct message message)
{
	assert_true(place->count < MOST);
	place->messages[place->count++] = message;
}

/* "user17@example.org": kept as long as the place. */
static const char *text(struct place *place, const char *begins, unsigned n, const char *ends)
{
	char *room = place->texts[place->ntexts++];
	assert_true(place->ntexts < MOST * 2);
	snprintf(room, TEXT, "%s%u%s", begins, n, ends);
	return room;
}

static void add_login(struct place *place, const char *account, const char *sender)
{
	add(place,
		(struct message){.account = account,
			.client = OUTSIDE,
			.sender = sender,
			.rcpt = "zoe@park.test"});
}

static void add_stranger(
	struct place *place, const char *client, const char *sender, const char *rcpt)
{
	add(place, (struct message){.client = client, .sender = sender, .rcpt = rcpt});
}

static void append(struct place *place, const struct message *message)
{
	struct rcpt rcpt = {
		.address = slice_cstr(message->rcpt), .original = slice_cstr(message->original)};
	struct record record = record_unknown();

	record.queue_id = SLICE("ID");
	record.account = slice_cstr(message->account);
	record.account_source = message->account ? SOURCE_QUEUE : SOURCE_NONE;
	record.client_ip = slice_cstr(message->client);
	record.peer_ip = message->reinjected ? SLICE("127.0.0.1") : record.client_ip;
	record.sender = slice_cstr(message->sender);
	record.made_here = message->made_here;
	record.stamped_by = slice_cstr(message->stamp);
	record.uid = message->client || message->made_here ? -1 : 33;
	record.rcpts = &rcpt;
	record.nrcpts = 1;
	snap_add(&place->snap, 0, &record);
}

/* Guesses with the rows in one order, and in the other: it has to be the same. */
static void guess(struct place *place, unsigned parts)
{
	struct need need = {.parts = parts};

	for (unsigned backwards = 0; backwards < 2; backwards++) {
		snap_init(&place->snap, (const struct spool *const *)place->list, 1, &need);
		for (unsigned i = 0; i < place->count; i++)
			append(place, &place->messages[backwards ? place->count - 1 - i : i]);
		field_env_init(&place->env, &place->snap, 0);
		guess_sites(&place->env, &place->spools);
		for (unsigned i = 0; i < place->count; i++) {
			uint32_t row = backwards ? place->count - 1 - i : i;
			enum origin origin = (enum origin)place->snap.small[row].origin;
			if (backwards && place->origins[i] != origin)
				fail_msg("%u: %s, not %s", i, origin_name(origin),
					origin_name(place->origins[i]));
			place->origins[i] = origin;
		}
		field_env_free(&place->env);
		snap_free(&place->snap);
	}
}

static void end(struct place *place)
{
	site_free(&place->spool.site);
	arena_free(&place->spool.arena);
	free(place);
}

static unsigned count(const struct place *place, enum origin origin)
{
	unsigned n = 0;
	for (unsigned i = 0; i < place->count; i++)
		n += place->origins[i] == origin;
	return n;
}

static void assert_guess(const struct place *place, const char *wanted)
{
	struct buf out = {0};
	for (size_t i = 0; i < place->spool.site.nguesses; i++)
		buf_printf(&out, "%s %s; ", place->spool.site.guesses[i].domain,
			site_clue_text(place->spool.site.guesses[i].clue));
	assert_string_equal(buf_str(&out), wanted);
	buf_free(&out);
}

static void goes_by_logins_aliases_and_its_own_name(void **state)
{
	struct place *p = begin();
	(void)state;

	add_login(p, "anna@Corp.example", "x@forged.test");
	add(p,
		(struct message){.sender = "double-bounce@mx1.corp.example",
			.rcpt = "a@park.test",
			.made_here = true});
	add(p,
		(struct message){.client = OUTSIDE,
			.sender = "a@park.test",
			.rcpt = "ben@home.test",
			.original = "ben@alias.test"});
	add_stranger(p, OUTSIDE, "a@park.test", "ben@corp.example");
	add_stranger(p, OUTSIDE, "a@park.test", "ben@sub.corp.example");
	add_stranger(p, OUTSIDE, "a@park.test", "ben@notcorp.example");
	add_stranger(p, OUTSIDE, "a@park.test", "postmaster");
	guess(p, NEED_RCPTS);
	assert_guess(p,
		"alias.test aliases; corp.example logins; mx1.corp.example this server's own "
		"name; ");
	assert_int_equal(p->origins[2], ORIGIN_FORWARD);
	assert_int_equal(p->origins[3], ORIGIN_INBOUND);
	assert_int_equal(p->origins[4], ORIGIN_INBOUND);
	assert_int_equal(p->origins[5], ORIGIN_UNKNOWN);
	assert_int_equal(p->origins[6], ORIGIN_INBOUND);
	assert_true(p->spool.site.guessed);
	assert_true(site_is_local(&p->spool.site, SLICE("x@CORP.example")));
	assert_true(site_is_local(&p->spool.site, SLICE("x@a.corp.example")));
	assert_false(site_is_local(&p->spool.site, SLICE("x@forged.test")));
	end(p);
}

/* Whole addresses are kept for some commands, domains for others. */
static void is_the_same_with_whole_addresses(void **state)
{
	struct place *p = begin();
	(void)state;

	add_login(p, "anna@corp.example", "x@forged.test");
	add_stranger(p, OUTSIDE, "a@park.test", "ben@corp.example");
	add_stranger(p, OUTSIDE, "a@park.test", "ben@gmail.com");
	guess(p, NEED_RCPTS | NEED_ADDRESSES);
	assert_int_equal(p->origins[1], ORIGIN_INBOUND);
	assert_int_equal(p->origins[2], ORIGIN_RELAY);
	end(p);
}

/* One network, 200 foreign domains; the mail that comes in stays what it is. */
static void finds_a_relay_for_few(void **state)
{
	struct place *p = begin();
	(void)state;

	add_login(p, "anna@corp.example", "anna@corp.example");
	for (unsigned i = 0; i < 50; i++)
		add_stranger(p, text(p, "198.51.", i, ".1"), "a@park.test", "ben@corp.example");
	for (unsigned i = 0; i < 200; i++)
		add_stranger(p, text(p, "192.0.2.", i, ""), text(p, "x@f", i, ".test"),
			text(p, "y@shop", i, ".example"));
	guess(p, NEED_RCPTS);
	assert_int_equal(count(p, ORIGIN_RELAY), 200);
	assert_int_equal(count(p, ORIGIN_INBOUND), 50);
	assert_guess(p, "corp.example logins; ");
	end(p);
}

/* Nothing but the abuse is there: nobody's mail shows what is ours. */
static void finds_a_relay_alone(void **state)
{
	struct place *p = begin();
	(void)state;

	for (unsigned i = 0; i < 300; i++)
		add_stranger(p, text(p, "192.0.2.", i % 200, ""), text(p, "x@f", i, ".test"),
			text(p, "y@shop", i, ".example"));
	guess(p, NEED_RCPTS);
	assert_int_equal(count(p, ORIGIN_RELAY), 300);
	assert_guess(p, "");
	end(p);
}

/* Many networks, two messages each, half of them to the big providers. */
static void finds_a_relay_for_a_botnet(void **state)
{
	struct place *p = begin();
	(void)state;

	for (unsigned i = 0; i < 600; i++)
		add_stranger(p, text(p, "198.51.", i / 3, ".7"), text(p, "x@f", i, ".test"),
			i % 3 ? "v@yahoo.com" : text(p, "y@shop", i, ".example"));
	guess(p, NEED_RCPTS);
	assert_int_equal(count(p, ORIGIN_RELAY), 600);
	end(p);
}

/* A second MX, or a domain whose mailboxes are full: many write to it, and to nothing else. */
static void takes_for_ours_what_many_write_to(void **state)
{
	struct place *p = begin();
	(void)state;

	for (unsigned i = 0; i < 90; i++)
		add_stranger(p, text(p, "198.51.", i, ".7"), text(p, "x@f", i, ".test"),
			i % 3 ? "sales@main.example" : "info@second.example");
	add_stranger(p, OUTSIDE, "a@park.test", "b@once.example");
	guess(p, NEED_RCPTS);
	assert_guess(p,
		"main.example mail from many networks outside; second.example mail from "
		"many networks outside; ");
	assert_int_equal(count(p, ORIGIN_INBOUND), 90);
	assert_int_equal(p->origins[90], ORIGIN_UNKNOWN);
	end(p);
}

/* Of its own name what is below it in the tree of names too, but never half of a country. */
static void goes_by_the_name_it_stamps(void **state)
{
	static const struct {
		const char *stamp, *wanted;
	} cases[] = {
		{"post.example.org", "example.org this server's own name; "},
		{"MX1.mail.example.org", "mail.example.org this server's own name; "},
		{"example.org", "example.org this server's own name; "},
		{"mail.example.co.uk", "example.co.uk this server's own name; "},
		{"example.co.uk", "example.co.uk this server's own name; "},
		{"mail.abc.de", "abc.de this server's own name; "},
		{"mail", ""},
		{"mail.", ""},
		{".", ""},
		{"mail.gmx.net", ""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct place *p = begin();
		for (unsigned n = 0; n < 30; n++)
			add(p,
				(struct message){.client = OUTSIDE,
					.sender = "a@park.test",
					.rcpt = "ben@gmail.com",
					.stamp = cases[i].stamp});
		/* An old name, or what another server's queue left here. */
		add(p,
			(struct message){.client = OUTSIDE,
				.sender = "a@park.test",
				.rcpt = "ben@old.test",
				.stamp = "mx.old.test"});
		guess(p, NEED_RCPTS);
		assert_guess(p, cases[i].wanted);
		end(p);
	}
}

/* No network writes to many domains, and yet none of them is ours. */
static void calls_no_victim_of_a_botnet_ours(void **state)
{
	struct place *p = begin();
	(void)state;

	for (unsigned i = 0; i < 300; i++)
		add_stranger(p, text(p, "198.51.", i / 6, ".7"), text(p, "x@f", i, ".test"),
			text(p, "y@shop", i % 20, ".example"));
	for (unsigned i = 0; i < 20; i++)
		add_stranger(p, text(p, "203.0.", i, ".9"), "a@park.test", "ben@busy.example");
	guess(p, NEED_RCPTS);
	assert_guess(p, "busy.example mail from many networks outside; ");
	assert_int_equal(count(p, ORIGIN_RELAY), 300);
	assert_int_equal(count(p, ORIGIN_INBOUND), 20);
	end(p);
}

/* A provider may write to many domains of ours, a few more networks to some of them. */
static void spares_few_that_write_to_several(void **state)
{
	struct place *p = begin();
	(void)state;

	for (unsigned i = 0; i < 40; i++)
		add_stranger(p, text(p, "198.51.", i / 5, ".7"), text(p, "x@f", i, ".test"),
			text(p, "y@shop", i % 20, ".example"));
	guess(p, NEED_RCPTS);
	assert_int_equal(count(p, ORIGIN_UNKNOWN), 40);
	end(p);
}

/* One user sends for many sites, and is hacked: what is written to is no forger's choice. */
static void goes_by_answers_to_a_web_server(void **state)
{
	struct place *p = begin();
	(void)state;

	for (unsigned i = 0; i < 40; i++)
		add(p,
			(struct message){.sender = text(p, "shop@site", i, ".example"),
				.rcpt = "zoe@park.test"});
	add_stranger(p, "198.51.1.1", "a@park.test", "ben@site3.example");
	add_stranger(p, "198.51.2.1", "a@hill.test", "ben@site3.example");
	add_stranger(p, "198.51.1.1", "a@park.test", "ben@site4.example");
	guess(p, NEED_RCPTS);
	assert_guess(p, "site3.example a sender here, and mail from outside; ");
	end(p);
}

/* The domain is ours, but the address goes on to another. */
static void finds_mail_that_is_routed_on(void **state)
{
	struct place *p = begin();
	(void)state;

	add_login(p, "anna@corp.example", "anna@corp.example");
	add_stranger(p, OUTSIDE, "a@park.test", "zoe%far.test@corp.example");
	add_stranger(p, OUTSIDE, "a@park.test", "zoe@corp.example");
	guess(p, NEED_RCPTS);
	assert_int_equal(p->origins[1], ORIGIN_RELAY);
	assert_int_equal(p->origins[2], ORIGIN_INBOUND);
	end(p);
}

static void tells_whose_mail_it_explains(void **state)
{
	struct place *p = begin();
	const struct site *site = &p->spool.site;
	(void)state;

	add_login(p, "anna", "anna@corp.example");
	add_login(p, "ben", "ben@lists.corp.example");
	/* A stolen one is one of many, however much it sends. */
	for (unsigned i = 0; i < 40; i++)
		add_login(p, "eve", text(p, "x@f", i, ".test"));
	add(p,
		(struct message){.sender = "root@corp.example",
			.rcpt = "zoe@park.test",
			.stamp = "mx.corp.example"});
	add(p, (struct message){.sender = "shop@site.test", .rcpt = "zoe@park.test"});
	add(p, (struct message){.sender = "shop@site.test", .rcpt = "zoe@park.test"});
	add(p,
		(struct message){.client = "192.168.0.9",
			.sender = "erp@other.test",
			.rcpt = "zoe@park.test"});
	guess(p, NEED_RCPTS);
	assert_int_equal(site->writers[ORIGIN_ACCOUNT].all, 3);
	assert_int_equal(site->writers[ORIGIN_ACCOUNT].as_us, 2);
	assert_int_equal(site->writers[ORIGIN_LOCAL].all, 1);
	assert_int_equal(site->writers[ORIGIN_LOCAL].as_us, 0);
	assert_false(site_guess_is_weak(site, ORIGIN_ACCOUNT));
	assert_true(site_guess_is_weak(site, ORIGIN_LOCAL));
	assert_true(site_guess_is_weak(site, ORIGIN_LAN));
	assert_true(site_guess_is_weak(site, ORIGIN_RELAY));
	end(p);
}

/* Of ours by its sender: a web server in a public network that nothing here calls trusted. */
static void spares_hosts_that_send_in_our_name(void **state)
{
	struct place *p = begin();
	(void)state;

	add_login(p, "anna@corp.example", "anna@corp.example");
	for (unsigned i = 0; i < 100; i++)
		add_stranger(p, "192.0.2.80", "shop@corp.example",
			i % 2 ? "v@gmail.com" : text(p, "y@shop", i, ".example"));
	guess(p, NEED_RCPTS);
	assert_int_equal(count(p, ORIGIN_RELAY), 0);
	assert_int_equal(count(p, ORIGIN_UNKNOWN), 100);
	end(p);
}

/* Logins without a domain: what two of them send from, or one that is written to. */
static void goes_by_senders_of_plain_logins(void **state)
{
	struct place *p = begin();
	(void)state;

	add_login(p, "anna", "anna@corp.example");
	add_login(p, "ben", "ben@corp.example");
	add_login(p, "cora", "cora@small.example");
	add_login(p, "dora", "dora@alone.example");
	add_stranger(p, OUTSIDE, "a@park.test", "cora@small.example");
	/* A stolen one, in the names of others; and what a login there says nothing of. */
	for (unsigned i = 0; i < 40; i++)
		add_login(p, i % 2 ? "eve" : "fay", text(p, "x@f", i / 2, ".test"));
	add_login(p, "gus@gmail.com", "gus@gmail.com");
	guess(p, NEED_RCPTS);
	assert_guess(p,
		"corp.example senders here; small.example a sender here, and mail from "
		"outside; ");
	end(p);
}

/* Behind a filter the alias is lost: a forward to a big provider is no relay for that. */
static void believes_no_copy_alone(void **state)
{
	struct place *p = begin();
	(void)state;

	add(p,
		(struct message){.client = OUTSIDE,
			.sender = "a@park.test",
			.rcpt = "b@gmail.com",
			.reinjected = true});
	add_stranger(p, "192.0.2.5", "SRS0=H=T=park.test=a@corp.example", "b@gmail.com");
	add_login(p, "anna@corp.example", "");
	guess(p, NEED_RCPTS);
	assert_int_equal(p->origins[0], ORIGIN_UNKNOWN);
	assert_int_equal(p->origins[1], ORIGIN_FORWARD);
	end(p);
}

static void guesses_nothing_that_is_known(void **state)
{
	struct place *p = begin();
	(void)state;

	add_login(p, "anna@corp.example", "anna@corp.example");
	add_stranger(p, OUTSIDE, "a@park.test", "ben@corp.example");
	add_stranger(p, OUTSIDE, "a@park.test", "b@named.example");
	site_add_local(&p->spool.site, &p->spool.arena, SLICE("named.example"));
	p->spool.site.local_complete = true;
	guess(p, NEED_RCPTS);
	assert_false(p->spool.site.guessed);
	assert_int_equal(p->origins[1], ORIGIN_RELAY);
	/* Some are named, but not all can be: the others are guessed. */
	p->spool.site.local_complete = false;
	guess(p, NEED_RCPTS);
	assert_int_equal(p->origins[1], ORIGIN_INBOUND);
	assert_int_equal(p->origins[2], ORIGIN_INBOUND);
	/* Nobody asked for recipients: there is no origin to be told. */
	site_set_guess(&p->spool.site, NULL, 0);
	guess(p, 0);
	assert_false(p->spool.site.guessed);
	end(p);
}

static void says_what_it_guessed(void **state)
{
	struct place *p = begin();
	struct buf out = {0};
	(void)state;

	site_print_guess(&p->spool.site, &out);
	assert_int_equal(out.len, 0);
	guess(p, NEED_RCPTS);
	site_print_guess(&p->spool.site, &out);
	assert_int_equal(out.len, 0);
	add_stranger(p, OUTSIDE, "a@park.test", "b@once.example");
	guess(p, NEED_RCPTS);
	site_print_guess(&p->spool.site, &out);
	assert_string_equal(buf_str(&out),
		"local domains are a guess: nothing in the queue shows one; name them with "
		"--local-domains");
	for (unsigned i = 0; i < 7; i++)
		add_login(p, text(p, "anna@d", i, ".example"), "");
	guess(p, NEED_RCPTS);
	buf_reset(&out);
	site_print_guess(&p->spool.site, &out);
	assert_string_equal(buf_str(&out),
		"local domains are a guess: d0.example (logins), d1.example (logins), d2.example "
		"(logins), d3.example (logins), d4.example (logins) and 2 more; name them with "
		"--local-domains");
	buf_free(&out);
	end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_by_logins_aliases_and_its_own_name),
		cmocka_unit_test(is_the_same_with_whole_addresses),
		cmocka_unit_test(finds_a_relay_for_few),
		cmocka_unit_test(finds_a_relay_alone),
		cmocka_unit_test(finds_a_relay_for_a_botnet),
		cmocka_unit_test(takes_for_ours_what_many_write_to),
		cmocka_unit_test(goes_by_the_name_it_stamps),
		cmocka_unit_test(calls_no_victim_of_a_botnet_ours),
		cmocka_unit_test(spares_few_that_write_to_several),
		cmocka_unit_test(goes_by_answers_to_a_web_server),
		cmocka_unit_test(finds_mail_that_is_routed_on),
		cmocka_unit_test(tells_whose_mail_it_explains),
		cmocka_unit_test(spares_hosts_that_send_in_our_name),
		cmocka_unit_test(goes_by_senders_of_plain_logins),
		cmocka_unit_test(believes_no_copy_alone),
		cmocka_unit_test(guesses_nothing_that_is_known),
		cmocka_unit_test(says_what_it_guessed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
