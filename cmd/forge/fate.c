#include "cmd/forge/fate.h"

/* Every attempt that fails is followed by one after as much time as the message is old. */
static void schedule(struct draft *draft)
{
	enum { MINIMAL_BACKOFF = 300, MAXIMAL_BACKOFF = 4000 };
	struct fake_message *m = &draft->message;
	int64_t now = draft->options->now, next = m->arrival + 2;
	do {
		int64_t late = next + rng_between(&draft->rng, 0, 20);
		m->last_attempt = late < now ? late : next;
		int64_t delay = m->last_attempt - m->arrival;
		if (delay < MINIMAL_BACKOFF)
			delay = MINIMAL_BACKOFF;
		if (delay > MAXIMAL_BACKOFF)
			delay = MAXIMAL_BACKOFF;
		next = m->last_attempt + delay;
	} while (next <= now);
	m->next_retry = next;
}

static bool is_dead(enum why why)
{
	return why == WHY_NO_DOMAIN || why == WHY_NETWORK;
}

/* Of several recipients some have their mail already, and some never will. */
static void settle_fates(struct draft *draft)
{
	struct fake_message *m = &draft->message;
	for (size_t i = 1; i < m->nrecipients; i++) {
		struct fake_recipient *to = &m->recipients[i];
		if (is_dead(draft->why[i]) || !rng_chance(&draft->rng, 2000))
			continue;
		to->fate = rng_chance(&draft->rng, 8500) ? FATE_DELIVERED : FATE_BOUNCED;
		if (to->fate == FATE_BOUNCED)
			draft->why[i] = WHY_REFUSED;
	}
}

static void give_reasons(struct draft *draft)
{
	struct fake_message *m = &draft->message;
	for (size_t i = 0; i < m->nrecipients; i++) {
		struct fake_recipient *to = &m->recipients[i];
		if (to->fate == FATE_DELIVERED ||
			(m->queue == FAKE_ACTIVE && to->fate == FATE_PENDING))
			continue;
		enum why why = m->to_filter ? WHY_FILTER : draft->why[i];
		to->reason = reasons_make(draft->arena, &draft->rng, why, to->address, m->sender,
			draft->options->distinct);
	}
}

void fate_place(struct draft *draft, enum fake_queue queue)
{
	struct fake_message *m = &draft->message;
	m->queue = queue;
	if (queue == FAKE_SUBMITTED || queue == FAKE_INCOMING)
		return;
	/* Half of what is held was parked before the first attempt. */
	if (queue == FAKE_HELD && rng_chance(&draft->rng, 5000))
		return;
	if (m->nrecipients > 1 && !m->to_filter)
		settle_fates(draft);
	schedule(draft);
	give_reasons(draft);
}
