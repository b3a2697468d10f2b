#include "cmd/forge/mix.h"

#include <string.h>

#include "cmd/forge/background.h"
#include "cmd/forge/fate.h"

/* Postfix's qmgr_message_active_limit: what a queue manager holds in memory at most. */
enum { ACTIVE_LIMIT = 19987, MOST_KINDS = 16 };

enum kind {
	KIND_INCIDENT,
	KIND_COPY_BESIDE, /* a message of the incident, and its copy behind the content filter */
	KIND_COPY_ALONE,  /* such a copy whose original has left */
	KIND_VICTIM,
	KIND_SUBMITTED,
	KIND_CORRUPT,
	KIND_BACKGROUND, /* and the following: background_kinds */
};

struct mix {
	const struct mix_options *options;
	const struct tree_options *tree_options;
	const struct writer *writer;
	struct tree *tree;
	struct mix_result *result;
	struct arena arena;
	struct rng order;
	uint64_t left[MOST_KINDS]; /* drafts to be made, by kind */
	uint64_t drafts_left;
	uint64_t number;   /* messages made */
	uint64_t incident; /* of the incident */
	struct buf content;
	struct buf id;
};

static uint64_t share(uint64_t total, uint64_t part, uint64_t whole)
{
	return total * part / whole;
}

/* How many drafts of each kind make exactly the number of messages asked for. */
static void plan(struct mix *mix)
{
	const struct mix_options *o = mix->options;
	uint64_t n = o->messages, *left = mix->left;
	uint64_t copies = o->distinct || n < 50 ? 0 : share(n, 15, 10000) + 1;
	left[KIND_COPY_BESIDE] = left[KIND_COPY_ALONE] = copies;
	if (o->incident) {
		left[KIND_INCIDENT] = share(n, o->incident->share, 10000) - copies;
		uint64_t usual = n / 50;
		left[KIND_VICTIM] = usual < o->incident->usual ? usual : o->incident->usual;
	}
	if (n >= 100) {
		left[KIND_SUBMITTED] = 2 + (n < 100000 ? n / 5000 : 20);
		left[KIND_CORRUPT] = n >= 1000 ? 2 : 1;
	}
	uint64_t rest = n - copies; /* a copy beside its original is a second message */
	for (unsigned kind = 0; kind < KIND_BACKGROUND; kind++)
		rest -= left[kind];
	uint64_t given = 0, weights = 0, total = 0;
	for (unsigned i = 0; i < background_count; i++)
		total += background_kinds[i].weight;
	for (unsigned i = 0; i < background_count; i++) {
		weights += background_kinds[i].weight;
		left[KIND_BACKGROUND + i] = share(rest, weights, total) - given;
		given += left[KIND_BACKGROUND + i];
	}
	mix->drafts_left = n - copies;
}

/* Which kind comes next: each draft that is left is equally likely. */
static unsigned next_kind(struct mix *mix)
{
	uint64_t n = rng_below(&mix->order, mix->drafts_left--);
	unsigned kind = 0;
	while (n >= mix->left[kind])
		n -= mix->left[kind++];
	mix->left[kind]--;
	return kind;
}

static void begin(struct mix *mix, struct draft *draft)
{
	*draft = (struct draft){.options = mix->options, .arena = &mix->arena};
	draft->rng = rng_start(mix->options->seed, mix->number);
	draft->message.number = mix->number++;
	draft->message.arrival_usec = (unsigned)rng_below(&draft->rng, 1000000);
}

static enum fake_queue choose_queue(struct mix *mix, struct draft *draft)
{
	enum { FRESH = 90, HELD = 10 };
	const struct mix_options *o = mix->options;
	if (o->now - draft->message.arrival < FRESH)
		return FAKE_INCOMING;
	if (rng_chance(&draft->rng, o->held == HELD_DEFAULT ? HELD : (unsigned)o->held))
		return FAKE_HELD;
	if (rng_chance(&draft->rng, 2000) && mix->result->queues[FAKE_ACTIVE] < ACTIVE_LIMIT)
		return FAKE_ACTIVE;
	return FAKE_DEFERRED;
}

static struct slice tagged(struct draft *draft, struct slice address, size_t n)
{
	size_t at = slice_rindex(address, '@');
	return arena_printf(draft->arena, "%.*s+%lx.%zx%.*s", (int)at, address.ptr,
		(unsigned long)draft->message.number, n, SLICE_ARG(slice_from(address, at)));
}

/* No two addresses in the tree are the same any more. */
static void make_distinct(struct draft *draft)
{
	struct fake_message *m = &draft->message;
	if (m->sender.len)
		m->sender = draft->letter.from = tagged(draft, m->sender, m->nrecipients);
	for (size_t i = 0; i < m->nrecipients; i++) {
		struct fake_recipient *to = &m->recipients[i];
		bool same = slice_eq(to->address, to->original);
		to->address = tagged(draft, to->address, i);
		to->original = same ? to->address : tagged(draft, to->original, i);
	}
}

static void compose(struct mix *mix, struct draft *draft)
{
	struct fake_message *m = &draft->message;
	struct letter *letter = &draft->letter;
	if (!letter->nto) {
		letter->to = m->recipients;
		letter->nto = m->nrecipients;
	}
	letter->message_id = m->message_id;
	/* Clocks of senders are a little wrong. */
	int64_t wrong = rng_between(&draft->rng, -90, 120);
	if (!letter->date)
		letter->date = m->arrival - wrong;
	buf_reset(&mix->content);
	letter->encoded = mix->options->encoded;
	letter_write(&mix->content, &draft->rng, letter);
	m->content = buf_slice(&mix->content);
}

static int emit(struct mix *mix, struct draft *draft, struct err *err)
{
	const struct fake_message *m = &draft->message;
	struct mix_result *result = mix->result;
	compose(mix, draft);
	if (mix->writer->add(mix->tree, m, &mix->id, err))
		return -1;
	result->queues[m->queue]++;
	result->bytes += m->content.len;
	for (size_t i = 0; i < m->nrecipients; i++)
		result->recipients +=
			m->queue != FAKE_CORRUPT && m->recipients[i].fate == FATE_PENDING;
	return 0;
}

/* The Received: header of what this message was before, with that one's id. */
static struct slice earlier_received(
	struct mix *mix, const struct fake_message *before, struct slice id, const char *above)
{
	struct buf text = {0};
	buf_add(&text, slice_cstr(above));
	mix->writer->received(&text, mix->tree_options, before, id);
	struct slice trace = arena_copy(&mix->arena, buf_slice(&text));
	buf_free(&text);
	return trace;
}

/* An alias sent it on: what it was before has left. */
static void add_forward_trace(struct mix *mix, struct draft *draft)
{
	struct fake_message before = draft->message;
	before.entry = ENTRY_SMTP;
	mix->writer->gone_id(mix->tree, &before, &mix->id);
	draft->message.previous_id = arena_copy(&mix->arena, buf_slice(&mix->id));
	struct slice above = arena_printf(
		&mix->arena, "Delivered-To: %.*s\n", SLICE_ARG(before.recipients[0].original));
	draft->letter.trace = earlier_received(mix, &before, draft->message.previous_id, above.ptr);
}

/* The filter took `before`, and this is what it gave back: the login is lost. */
static void become_copy(struct mix *mix, struct draft *draft, const struct fake_message *before,
	struct slice before_id)
{
	struct fake_message *m = &draft->message;
	static const char above[] =
		"X-Virus-Scanned: amavis at corp.example\n"
		"Received: from mx1.corp.example ([127.0.0.1])\n"
		" by localhost (mx1.corp.example [127.0.0.1]) (amavis, port 10024) with ESMTP\n";
	draft->letter.trace = earlier_received(mix, before, before_id, above);
	m->account = m->auth_method = (struct slice){0};
	m->previous_id = before_id;
	m->to_filter = false;
	m->arrival += m->arrival + 2 <= mix->options->now ? 2 : 0;
	m->last_attempt = m->next_retry = 0;
	for (size_t i = 0; i < m->nrecipients; i++) {
		m->recipients[i].fate = FATE_PENDING;
		m->recipients[i].reason = (struct fake_reason){0};
	}
}

/* Message number n of the incident; where there is none, anybody's with a login. */
static void make_incident(struct mix *mix, struct draft *draft, uint64_t n)
{
	if (mix->options->incident)
		mix->options->incident->make(draft, n);
	else
		background_account(draft);
	if (mix->options->distinct)
		make_distinct(draft);
}

static int write_incident(struct mix *mix, struct err *err)
{
	struct draft draft;
	uint64_t n = mix->incident++;
	begin(mix, &draft);
	make_incident(mix, &draft, n);
	/* However small the tree is, each queue has some of it. */
	enum fake_queue queue = choose_queue(mix, &draft);
	if (n == 1 || n == 2)
		queue = n == 1 ? FAKE_HELD : FAKE_ACTIVE;
	fate_place(&draft, queue);
	incident_note(&mix->result->truth, &draft.message);
	return emit(mix, &draft, err);
}

static int write_copy_beside(struct mix *mix, struct err *err)
{
	struct draft first;
	begin(mix, &first);
	make_incident(mix, &first, mix->incident++);
	first.message.to_filter = true;
	fate_place(&first, choose_queue(mix, &first));
	if (mix->options->incident)
		incident_note(&mix->result->truth, &first.message);
	struct rng text_from = first.rng;
	if (emit(mix, &first, err))
		return -1;

	struct draft copy = first;
	copy.rng = rng_start(mix->options->seed, mix->number);
	copy.message.number = mix->number++;
	struct slice id = arena_copy(&mix->arena, buf_slice(&mix->id));
	become_copy(mix, &copy, &first.message, id);
	fate_place(&copy, choose_queue(mix, &copy));
	mix->result->truth.copies += mix->options->incident != NULL;
	copy.rng = text_from;
	return emit(mix, &copy, err);
}

static int write_copy_alone(struct mix *mix, struct err *err)
{
	struct draft draft;
	begin(mix, &draft);
	make_incident(mix, &draft, UINT64_MAX);
	const struct fake_message before = draft.message;
	mix->writer->gone_id(mix->tree, &before, &mix->id);
	struct slice id = arena_copy(&mix->arena, buf_slice(&mix->id));
	become_copy(mix, &draft, &before, id);
	fate_place(&draft, choose_queue(mix, &draft));
	mix->result->truth.copies += mix->options->incident != NULL;
	return emit(mix, &draft, err);
}

static int write_ordinary(struct mix *mix, unsigned kind, struct err *err)
{
	struct draft draft;
	begin(mix, &draft);
	struct fake_message *m = &draft.message;
	if (kind >= KIND_BACKGROUND)
		background_kinds[kind - KIND_BACKGROUND].make(&draft);
	else if (kind == KIND_VICTIM)
		background_victim(&draft);
	else if (kind == KIND_SUBMITTED)
		background_local(&draft);
	else
		background_account(&draft);
	if (mix->options->distinct)
		make_distinct(&draft);
	if (m->entry == ENTRY_FORWARD)
		add_forward_trace(mix, &draft);

	enum fake_queue queue = choose_queue(mix, &draft);
	if (kind == KIND_SUBMITTED) {
		queue = FAKE_SUBMITTED;
		m->arrival = mix->options->now - rng_between(&draft.rng, 1, 40);
	} else if (kind == KIND_CORRUPT) {
		queue = FAKE_CORRUPT;
		m->damage = mix->left[KIND_CORRUPT] ? OVERWRITTEN : CUT_SHORT;
	}
	fate_place(&draft, queue);
	mix->result->truth.usual += kind == KIND_VICTIM;
	return emit(mix, &draft, err);
}

static int write_next(struct mix *mix, struct err *err)
{
	unsigned kind = next_kind(mix);
	switch (kind) {
	case KIND_INCIDENT:
		return write_incident(mix, err);
	case KIND_COPY_BESIDE:
		return write_copy_beside(mix, err);
	case KIND_COPY_ALONE:
		return write_copy_alone(mix, err);
	default:
		return write_ordinary(mix, kind, err);
	}
}

int mix_write(const struct mix_options *options, const struct tree_options *tree_options,
	const struct writer *writer, struct tree *tree, struct mix_result *result, struct err *err)
{
	struct mix mix = {.options = options,
		.tree_options = tree_options,
		.writer = writer,
		.tree = tree,
		.result = result,
		.order = rng_start(options->seed, UINT64_MAX)};
	*result = (struct mix_result){0};
	plan(&mix);
	int failed = 0;
	while (mix.drafts_left && !failed) {
		failed = write_next(&mix, err);
		arena_reset(&mix.arena);
	}
	arena_free(&mix.arena);
	buf_free(&mix.content);
	buf_free(&mix.id);
	return failed;
}
