/*
 * test_queue: a queue made of rows, for the tests beside this: one site (example.com,
 * 10.0.0.0/8), and lines such as "60 messages of this login from these addresses".
 */
#ifndef CORE_VERDICT_TEST_QUEUE_H
#define CORE_VERDICT_TEST_QUEUE_H

#include <stdio.h>
#include <string.h>

#include "core/mail/marks.h"
#include "core/verdict/verdict.h"

#define TEST_NOW INT64_C(1800000000) /* 2027-01-15T08:00:00Z */

struct test_queue {
	struct format format;
	char name[8];
	struct spool spool;
	const struct spool *spools[1];
	struct need need;
	struct snap snap;
	struct field_env env;
	struct verdict verdict;
	unsigned number;
};

/* What messages of one kind have in common; %u in a text is the message's number. */
struct test_mail {
	unsigned count;
	const char *account, *client, *sender, *rcpt, *subject, *helo, *script;
	unsigned clients, rcpts, senders; /* different ones; 0: one, one, and as many as messages */
	enum reason_class reason;         /* of each third recipient */
	int64_t begin, every;             /* seconds before now of the first; between two */
	int64_t size;
	uint32_t marks;
	int64_t uid; /* + 1 */
	bool made_here;
};

static inline struct slice test_text(struct arena *arena, const char *format, unsigned number)
{
	char text[200];
	if (!format)
		return (struct slice){0};
	/* The one %u is the test's own. */
	const char *at = strstr(format, "%u");
	if (!at)
		return slice_cstr(format);
	int len = snprintf(
		text, sizeof(text), "%.*s%u%s", (int)(at - format), format, number, at + 2);
	return arena_copy(arena, slice_of(text, (size_t)len));
}

static inline void test_queue_init(struct test_queue *queue, bool local_known)
{
	*queue = (struct test_queue){.format = {.name = "postfix"},
		.name = "mx",
		.need = {.parts = VERDICT_NEED | NEED_ADDRESSES}};
	queue->spool.format = &queue->format;
	queue->spool.name = queue->name;
	queue->spools[0] = &queue->spool;
	if (local_known) {
		struct ip_net net;
		ip_net_parse(SLICE("10.0.0.0/8"), &net);
		site_add_trusted(&queue->spool.site, &net);
		site_add_local(&queue->spool.site, &queue->spool.arena, SLICE("example.com"));
		queue->spool.site.local_complete = true;
		site_seal(&queue->spool.site);
	}
	snap_init(&queue->snap, queue->spools, 1, &queue->need);
}

static inline void test_queue_free(struct test_queue *queue)
{
	verdict_free(&queue->verdict);
	field_env_free(&queue->env);
	snap_free(&queue->snap);
	site_free(&queue->spool.site);
	arena_free(&queue->spool.arena);
}

static inline void test_mail(struct test_queue *queue, const struct test_mail *mail)
{
	static const char *const words[REASON_CLASSES] = {
		[REASON_UNKNOWN_USER] = "550 5.1.1 user unknown",
		[REASON_IP_REPUTATION] = "554 5.7.1 blocked using zen.example.org",
		[REASON_NETWORK] = "connect to HOST[IP]:25: Connection timed out",
		[REASON_NO_DOMAIN] = "Host or domain name not found",
		[REASON_GREYLIST] = "451 4.7.1 greylisted, try again later",
	};
	struct arena arena = {0};

	for (unsigned i = 0; i < mail->count; i++) {
		unsigned nrcpts = mail->rcpts ? mail->rcpts : 1;
		struct rcpt rcpts[100] = {0};
		struct record record = record_unknown();
		char id[16];
		snprintf(id, sizeof(id), "%X", 0x4A0000 + queue->number);
		record.queue_id = slice_cstr(id);
		record.queue_name = SLICE("deferred");
		record.state = STATE_DEFERRED;
		record.arrival = TEST_NOW - mail->begin + mail->every * i;
		record.size = mail->size ? mail->size : 2000 + (int64_t)(i * 7919 % 40000);
		record.account = test_text(&arena, mail->account, i);
		record.account_source = mail->account ? SOURCE_QUEUE : SOURCE_NONE;
		record.client_ip = test_text(
			&arena, mail->client, 1 + i % (mail->clients ? mail->clients : 1));
		record.client_source = mail->client ? SOURCE_QUEUE : SOURCE_NONE;
		record.helo = test_text(&arena, mail->helo, i);
		record.sender =
			test_text(&arena, mail->sender, mail->senders ? i % mail->senders : i);
		record.script = test_text(&arena, mail->script, i);
		record.uid = mail->uid - 1;
		record.made_here = mail->made_here;
		record.subject_key = test_text(&arena, mail->subject, i);
		record.marks = MARK_READ | 1u << MARK_HOPS_SHIFT | mail->marks;
		char message_id[24];
		snprintf(message_id, sizeof(message_id), "<%u@x>", queue->number);
		record.message_id = slice_cstr(message_id);
		for (unsigned k = 0; k < nrcpts; k++) {
			rcpts[k].address = test_text(&arena, mail->rcpt, i * nrcpts + k);
			if ((i + k) % 3 == 0 && words[mail->reason])
				rcpts[k].reason = rcpts[k].reason_key =
					slice_cstr(words[mail->reason]);
			else if (mail->reason)
				rcpts[k].reason = rcpts[k].reason_key =
					slice_cstr(words[REASON_GREYLIST]);
		}
		record.rcpts = rcpts;
		record.nrcpts = nrcpts;
		snap_add(&queue->snap, 0, &record);
		queue->number++;
		arena_reset(&arena);
	}
	arena_free(&arena);
}

/* An ordinary day: ten logins, a few of each, and mail from outside. */
static inline void test_ordinary(struct test_queue *queue)
{
	static const char *const names[] = {
		"ada", "ben", "cleo", "dan", "eva", "finn", "gus", "hal", "ida", "jan"};
	for (unsigned i = 0; i < 10; i++) {
		char account[40], client[24], rcpt[40];
		snprintf(account, sizeof(account), "%s@example.com", names[i]);
		snprintf(client, sizeof(client), "10.0.0.%u", 10 + i);
		snprintf(rcpt, sizeof(rcpt), "%s%%u@partner.test", names[i]);
		test_mail(queue,
			&(struct test_mail){.count = 6,
				.account = account,
				.client = client,
				.sender = account,
				.rcpt = rcpt,
				.subject = "about matter %u of ours",
				.reason = REASON_NETWORK,
				.begin = 80000,
				.every = 11000});
	}
	test_mail(queue,
		&(struct test_mail){.count = 30,
			.client = "192.0.2.%u",
			.clients = 20,
			.sender = "friend%u@elsewhere.test",
			.rcpt = "ada@example.com",
			.subject = "hello %u",
			.begin = 70000,
			.every = 2000});
}

static inline void test_judge(struct test_queue *queue)
{
	struct err err;
	snap_link_copies(&queue->snap);
	field_env_init(&queue->env, &queue->snap, TEST_NOW);
	verdict_make(&queue->verdict, &queue->env, NULL, &err);
}

/* The finding of that class, or NULL. */
static inline const struct finding *test_finding(
	const struct test_queue *queue, enum finding_class class)
{
	for (size_t i = 0; i < queue->verdict.count; i++)
		if (queue->verdict.findings[i].class == class)
			return &queue->verdict.findings[i];
	return NULL;
}

#endif
