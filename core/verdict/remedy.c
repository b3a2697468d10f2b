#include "core/verdict/remedy.h"

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
		STEP_PURGE, STEP_PURGE_BOUNCES, STEP_FIND_HOST},
	[CLASS_HACKED_SCRIPT] = {STEP_DISABLE_SCRIPT, STEP_STOP_USER, STEP_FIND_SCRIPT, STEP_PURGE,
		STEP_PURGE_BOUNCES, STEP_SEARCH_USER},
	[CLASS_BACKSCATTER] = {STEP_KNOW_RECIPIENTS, STEP_PAUSE_RECIPIENT, STEP_PURGE,
		STEP_PURGE_BOUNCES},
	[CLASS_BULK_MAIL] = {STEP_ASK_OWNER, STEP_HOLD, STEP_THROTTLE, STEP_LOOK},
	[CLASS_DESTINATION_DOWN] = {STEP_WAIT, STEP_PAUSE_DOMAIN, STEP_RETRY},
	[CLASS_SERVER_BLOCKLISTED] = {STEP_FIND_CAUSE, STEP_DELIST, STEP_RETRY_ALL},
	[CLASS_OWN_NETWORK_DOWN] = {STEP_CHECK_NETWORK, STEP_RETRY_ALL},
	[CLASS_MAIL_LOOP] = {STEP_HOLD, STEP_BREAK_LOOP, STEP_PURGE, STEP_PURGE_BOUNCES},
	[CLASS_RECIPIENT_FLOOD] = {STEP_PAUSE_RECIPIENT, STEP_PURGE, STEP_PURGE_BOUNCES},
	[CLASS_RUNAWAY_SENDER] = {STEP_LOCK_LOGIN, STEP_BLOCK_CLIENTS, STEP_DROP_SESSIONS,
		STEP_STOP_USER, STEP_PURGE, STEP_PURGE_BOUNCES, STEP_FIND_HOST, STEP_SEARCH_USER},
	[CLASS_FORWARDED_SPAM] = {STEP_FILTER_FORWARDS, STEP_LOOK},
	[CLASS_UNDETERMINED] = {STEP_ASK_OWNER, STEP_HOLD, STEP_LOOK},
};

static const struct recipe *find_recipe(const struct recipe *table, enum remedy_step step)
{
	for (; table && table->text; table++)
		if (table->step == step)
			return table;
	return NULL;
}

static void add_step(
	struct finding *finding, enum remedy_step step, const struct remedy_values *values)
{
	const struct recipe *recipe = find_recipe(values->recipes, step);

	if (!recipe)
		recipe = find_recipe(recipes_common, step);
	if (recipe && remedy_lines_fill(&finding->remedy[finding->nremedy], recipe, values))
		finding->nremedy++;
}

/* What is done with the messages: in doubt they are held, at once, and no more than that. */
static bool is_act(enum remedy_step step)
{
	return step == STEP_HOLD || step == STEP_PURGE || step == STEP_PURGE_BOUNCES;
}

void remedy_make(struct finding *finding, const struct field_env *env, struct arena *arena)
{
	struct remedy_values values;
	/* Nothing is purged on a suspicion, and nobody is locked out unasked. */
	bool doubt = finding_class_is_abuse(finding->class) && finding->level < LEVEL_PROBABLE;

	remedy_values_collect(&values, finding, env, arena);
	finding->remedy = arena_alloc(arena, (STEPS + 2) * sizeof(*finding->remedy));
	finding->nremedy = 0;
	if (doubt) {
		add_step(finding, STEP_MAKE_SURE, &values);
		add_step(finding, STEP_HOLD, &values);
	}
	for (const enum remedy_step *step = ways[finding->class]; *step != STEP_END; step++)
		if (!doubt || !is_act(*step))
			add_step(finding, *step, &values);
}
