/* What became of a run: for the person who started it, for scripts, for the mail log. */
#include <stdio.h>
#include <syslog.h>

#include "cmd/spoolsweep/act.h"
#include "core/base/units.h"

const char *act_done_word(const struct journal_head *head)
{
	static const char *const words[OPS] = {
		[OP_PURGE] = "purged",
		[OP_HOLD] = "put on hold",
		[OP_RELEASE] = "released",
		[OP_RETRY] = "sent to be tried now",
		[OP_REQUEUE] = "requeued",
		[OP_RESTORE] = "brought back",
	};
	return head->op == OP_PURGE && head->no_undo ? "removed" : words[head->op];
}

static const struct {
	enum outcome outcome;
	const char *one, *many; /* behind the count */
} outcome_words[] = {
	{OUTCOME_DELIVERING, "was being delivered: some of its recipients may have it",
		"were being delivered: some of their recipients may have them"},
	{OUTCOME_GONE, "had left the queue by itself", "had left the queue by themselves"},
	{OUTCOME_CHANGED, "is not the message that was shown: not touched",
		"are not the messages that were shown: not touched"},
	{OUTCOME_REFUSED, "was left alone", "were left alone"},
	{OUTCOME_FAILED, "could not be done and is where it was",
		"could not be done and are where they were"},
	{OUTCOME_UNTIDY, "is done, but left a log behind", "are done, but left logs behind"},
	{OUTCOME_NONE, "was not reached", "were not reached"},
};

static uint32_t count_of(const struct run *run, enum outcome outcome)
{
	uint32_t tried = 0;
	for (unsigned i = OUTCOME_NONE + 1; i < OUTCOMES; i++)
		tried += run->counts[i];
	return outcome == OUTCOME_NONE ? run->plan->count - tried : run->counts[outcome];
}

/*
 * On hold now, and the MTA was about to deliver them: it may have them in memory until
 * their turn comes, and then remove what was released meanwhile, undelivered.
 */
static uint32_t count_remembered(const struct act *act, const struct run *run)
{
	const struct journal_head *head = &act->plan.head;
	bool held = head->op == OP_HOLD || (head->op == OP_RESTORE && head->to_hold);
	bool running = false;
	for (size_t i = 0; i < act->app->spools.count; i++)
		running |= act->app->spools.list[i]->mta != MTA_STOPPED;
	return held && running ? run->nunder_way : 0;
}

static void tell_text(const struct act *act, const struct run *run, double seconds)
{
	struct buf out = {0};
	char words[64];

	buf_printf(&out, "run %u: ", act->plan.head.number);
	units_count(&out, outcomes_done(run->counts));
	buf_add(&out, SLICE(" of "));
	units_count(&out, run->plan->count);
	buf_printf(&out, " messages %s in %.1f s\n", act_done_word(&act->plan.head), seconds);
	for (size_t i = 0; i < sizeof(outcome_words) / sizeof(*outcome_words); i++) {
		uint32_t count = count_of(run, outcome_words[i].outcome);
		if (!count)
			continue;
		buf_add(&out, SLICE("  "));
		units_count(&out, count);
		buf_printf(
			&out, " %s\n", count == 1 ? outcome_words[i].one : outcome_words[i].many);
	}
	uint32_t late = act_count_late(act, run);
	if (late) {
		buf_add(&out, SLICE("  "));
		act_add_late(act, &out, late, "\n    ");
		buf_addc(&out, '\n');
	}
	if (run->unsettled)
		buf_printf(&out,
			"  %u are in delivery still; a log that Postfix writes about them later "
			"stays\n"
			"    in its defer folder, and harms nobody\n",
			run->unsettled);
	if (run->counts[OUTCOME_CHANGED] || run->counts[OUTCOME_REFUSED] ||
		run->counts[OUTCOME_FAILED] || run->counts[OUTCOME_UNTIDY]) {
		snprintf(words, sizeof(words), "journal %u", act->plan.head.number);
		buf_add(&out, SLICE("which, and why: "));
		put_command(act->app, &out, words);
		buf_addc(&out, '\n');
	}
	if (outcomes_done(run->counts) && act->plan.head.to_hold) {
		buf_add(&out, SLICE("on hold, and not delivered before: "));
		put_command(act->app, &out, "release FILTER");
		buf_addc(&out, '\n');
	}
	if (count_remembered(act, run))
		buf_printf(&out,
			"%u were being tried: they can be released after a 'postfix reload', "
			"which\n"
			"  makes Postfix forget them; while it remembers them it would remove "
			"them\n"
			"  undelivered\n",
			count_remembered(act, run));
	if (outcomes_done(run->counts) && act_has_way_back(act)) {
		snprintf(words, sizeof(words), "undo %u", act->plan.head.number);
		buf_add(&out, SLICE("back: "));
		put_command(act->app, &out, words);
		buf_addc(&out, '\n');
	}
	print_buf(&out);
}

void sink_ids(struct sink *sink, const struct act *act)
{
	const struct journal_head *head = &act->plan.head;

	if (!head->ids) {
		sink_null(sink, "ids");
		return;
	}
	sink_object(sink, "ids");
	sink_text(sink, "from", head->ids_from);
	sink_int(sink, "given", head->ids);
	sink_int(sink, "missing", act->ids_left.missing);
	sink_int(sink, "unmatched", act->ids_left.unmatched);
	sink_int(sink, "ambiguous", act->ids_left.ambiguous);
	sink_end(sink);
}

static void tell_json(const struct act *act, const struct run *run, double seconds)
{
	struct sink *sink = open_sink(act->app, SINK_PRETTY);

	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.run/1"));
	sink_int(sink, "run", act->plan.head.number);
	sink_text(sink, "op", slice_cstr(op_name(act->plan.head.op)));
	sink_text(sink, "filter", act->plan.head.filter);
	sink_ids(sink, act);
	sink_real(sink, "seconds", seconds);
	sink_int(sink, "messages", run->plan->count);
	sink_object(sink, "outcomes");
	for (unsigned i = 0; i < OUTCOMES; i++)
		sink_int(sink, i ? outcome_name((enum outcome)i) : "not_tried",
			count_of(run, (enum outcome)i));
	sink_end(sink);
	sink_int(sink, "remembered", count_remembered(act, run));
	sink_late(sink, act, act_count_late(act, run));
	sink_bool(sink, "complete", !run->stopped);
	sink_end(sink);
	print_sink(sink);
}

/* One line for whoever reads the mail log later. */
static void tell_syslog(const struct act *act, const struct run *run)
{
	struct buf line = {0};

	buf_printf(&line, "run %u: %s, %u of %u messages, uid %lld", act->plan.head.number,
		op_name(act->plan.head.op), outcomes_done(run->counts), run->plan->count,
		(long long)act->plan.head.uid);
	if (slice_known(act->plan.head.sudo_user)) {
		buf_add(&line, SLICE(" sudo "));
		escape_text(&line, act->plan.head.sudo_user, ESCAPE_ASCII);
	}
	if (act->plan.head.ids)
		buf_printf(&line, ", %u ids from a list", act->plan.head.ids);
	if (act->plan.head.filter.len) {
		buf_add(&line, SLICE(", filter "));
		escape_text(&line, slice_upto(act->plan.head.filter, 500), ESCAPE_ASCII);
	}
	openlog("spoolsweep", LOG_PID, LOG_MAIL);
	syslog(LOG_NOTICE, "%s", buf_str(&line));
	closelog();
	buf_free(&line);
}

static int result_code(const struct act *act, const struct run *run)
{
	struct buf line = {0};
	char words[64];

	if (run->unwoken.code)
		warn_text("%s", run->unwoken.text);
	if (run->stopped) {
		snprintf(words, sizeof(words), "apply --resume %u", act->plan.head.number);
		put_command(act->app, &line, words);
		if (act_has_way_back(act) && outcomes_done(run->counts))
			warn_text("stopped: %s\nwhat was done stays done; to go on: %s\n"
				  "the way back: undo %u",
				run->why.text, buf_str(&line), act->plan.head.number);
		else
			warn_text("stopped: %s\nwhat was done stays done; to go on: %s",
				run->why.text, buf_str(&line));
		buf_free(&line);
		return interrupted ? EXIT_INTERRUPTED : EXIT_PARTLY;
	}
	bool partly = run->counts[OUTCOME_CHANGED] || run->counts[OUTCOME_REFUSED] ||
		run->counts[OUTCOME_FAILED] || run->counts[OUTCOME_UNTIDY];
	return partly ? EXIT_PARTLY : EXIT_DONE;
}

int act_tell(const struct act *act, const struct run *run, double seconds)
{
	if (act->app->options.json)
		tell_json(act, run, seconds);
	else
		tell_text(act, run, seconds);
	tell_syslog(act, run);
	return result_code(act, run);
}
