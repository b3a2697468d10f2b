#include "core/verdict/remedy.h"

#include "core/verdict/remedy_facts.h"
#include "core/verdict/remedy_lines.h"

enum { STEPS = 8 }; /* of one class, at most */

/*
 * What to do, in the order in which to do it: first what stops the harm, then what cleans up,
 * then what keeps it from coming again. Steps that have nothing to act on are left out.
 */
static const enum remedy_step ways[FINDING_CLASSES][STEPS + 1] = {
	[CLASS_STOLEN_ACCOUNT] = {STEP_LOCK_LOGIN, STEP_DROP_SESSIONS, STEP_END_SESSIONS,
		STEP_PURGE, STEP_PURGE_BOUNCES, STEP_BLOCK_PACKETS, STEP_BLOCK_CLIENTS,
		STEP_NEW_PASSWORD},
	[CLASS_OPEN_RELAY] = {STEP_CLOSE_RELAY, STEP_DROP_SESSIONS, STEP_PURGE, STEP_PURGE_BOUNCES,
		STEP_BLOCK_PACKETS, STEP_BLOCK_CLIENTS},
	[CLASS_INFECTED_HOST] = {STEP_BLOCK_PACKETS, STEP_BLOCK_CLIENTS, STEP_DROP_SESSIONS,
		STEP_LOOK_BEHIND, STEP_PURGE, STEP_PURGE_BOUNCES, STEP_FIND_HOST},
	[CLASS_HACKED_SCRIPT] = {STEP_DISABLE_SCRIPT, STEP_STOP_USER, STEP_FIND_SCRIPT,
		STEP_FIND_SITE, STEP_PURGE, STEP_PURGE_BOUNCES, STEP_SEARCH_USER},
	[CLASS_BACKSCATTER] = {STEP_KNOW_RECIPIENTS, STEP_FILTER_BOUNCES, STEP_STOP_REPLIES,
		STEP_PURGE, STEP_PURGE_BOUNCES},
	[CLASS_BULK_MAIL] = {STEP_ASK_OWNER, STEP_HOLD, STEP_THROTTLE, STEP_LOOK},
	[CLASS_DESTINATION_DOWN] = {STEP_WAIT, STEP_PAUSE_DOMAIN, STEP_RETRY},
	[CLASS_SERVER_BLOCKLISTED] = {STEP_FIND_CAUSE, STEP_DELIST, STEP_RETRY_ALL},
	[CLASS_OWN_NETWORK_DOWN] = {STEP_CHECK_NETWORK, STEP_RETRY_ALL},
	[CLASS_MAIL_LOOP] = {STEP_HOLD, STEP_BREAK_LOOP, STEP_PURGE, STEP_PURGE_BOUNCES},
	[CLASS_RECIPIENT_FLOOD] = {STEP_PAUSE_RECIPIENT, STEP_PURGE, STEP_PURGE_BOUNCES},
	[CLASS_RUNAWAY_SENDER] = {STEP_FIND_REPEAT, STEP_LOCK_LOGIN, STEP_DROP_SESSIONS,
		STEP_STOP_USER, STEP_PURGE, STEP_PURGE_BOUNCES},
	[CLASS_FORWARDED_SPAM] = {STEP_FILTER_FORWARDS, STEP_LOOK},
	[CLASS_UNDETERMINED] = {STEP_ASK_OWNER, STEP_HOLD, STEP_LOOK},
};

static const struct remedy_page *find_page(const struct remedy_page *table, enum remedy_step step)
{
	for (; table && table->text; table++)
		if (table->step == step)
			return table;
	return NULL;
}

static void add_step(
	struct finding *finding, enum remedy_step step, const struct remedy_values *values)
{
	const struct remedy_page *page = find_page(values->pages, step);

	if (!page)
		page = find_page(remedy_common, step);
	if (page && remedy_lines_fill(&finding->remedy[finding->nremedy], page, values))
		finding->nremedy++;
}

/* Whether a step of its class is right for this one: no step hits others' mail too. */
static bool fits(enum remedy_step step, const struct finding *finding,
	const struct remedy_values *values, const struct snap *snap)
{
	switch (step) {
	case STEP_DROP_SESSIONS: /* where a step before it lets nobody in any more */
		return finding->class == CLASS_OPEN_RELAY || values->of[VALUE_LOGIN].count ||
			values->of[VALUE_LOGIN].unfit || values->of[VALUE_CLIENT].count;
	case STEP_LOOK_BEHIND:
		return values->of[VALUE_SHARED_HOST].count > 0;
	case STEP_STOP_USER:
		return !remedy_user_has_more(finding, snap);
	case STEP_PAUSE_RECIPIENT:
		return !remedy_rcpt_is_for_bounces(finding);
	case STEP_KNOW_RECIPIENTS:
		return remedy_bounces(finding, snap) == BOUNCES_OURS;
	case STEP_FILTER_BOUNCES:
		return remedy_bounces(finding, snap) == BOUNCES_THEIRS;
	case STEP_STOP_REPLIES:
		return remedy_bounces(finding, snap) == BOUNCES_REPLIES;
	default:
		return true;
	}
}

void remedy_make(struct finding *finding, const struct field_env *env, struct arena *arena)
{
	struct remedy_values values;
	/* On a suspicion nothing is purged and nobody locked out: it is asked about, and held. */
	static const enum remedy_step in_doubt[] = {STEP_MAKE_SURE, STEP_HOLD, STEP_END};
	bool doubt = finding_class_is_abuse(finding->class) && finding->level < LEVEL_PROBABLE;
	const enum remedy_step *step = doubt ? in_doubt : ways[finding->class];

	remedy_values_collect(&values, finding, env, arena);
	finding->remedy = arena_alloc(arena, STEPS * sizeof(*finding->remedy));
	finding->nremedy = 0;
	for (; *step != STEP_END; step++)
		if (fits(*step, finding, &values, env->snap))
			add_step(finding, *step, &values);
}
