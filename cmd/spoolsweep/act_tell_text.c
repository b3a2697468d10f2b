/* What became of a run, for the person who started it. */
#include <stdio.h>
#include <time.h>

#include "cmd/spoolsweep/act_tell.h"
#include "cmd/spoolsweep/disk.h"
#include "core/base/units.h"

const char *act_done_word(const struct journal_head *head)
{
	static const char *const words[OPS] = {
		[OP_PURGE] = "purged",
		[OP_HOLD] = "put on hold",
		[OP_SHELVE] = "held in the trash",
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
	{OUTCOME_GONE, "was not in the queue any more", "were not in the queue any more"},
	{OUTCOME_CHANGED, "is not the message that was shown: not touched",
		"are not the messages that were shown: not touched"},
	{OUTCOME_REFUSED, "was left alone", "were left alone"},
	{OUTCOME_FAILED, "could not be done and is where it was",
		"could not be done and are where they were"},
	{OUTCOME_UNTIDY, "is done, but left a log behind", "are done, but left logs behind"},
	{OUTCOME_NONE, "was not reached", "were not reached"},
};

void act_put_outcomes(struct buf *out, const uint32_t counts[OUTCOMES], uint32_t none)
{
	for (size_t i = 0; i < sizeof(outcome_words) / sizeof(*outcome_words); i++) {
		enum outcome outcome = outcome_words[i].outcome;
		uint32_t count = outcome == OUTCOME_NONE ? none : counts[outcome];
		if (!count)
			continue;
		buf_add(out, SLICE("  "));
		units_count(out, count);
		buf_printf(out, " %s\n", count == 1 ? outcome_words[i].one : outcome_words[i].many);
	}
}

void act_put_way_back(const struct act *act, uint32_t done, struct buf *out)
{
	bool purged = act->plan.head.op == OP_PURGE;

	if (!done || !act_has_way_back(act))
		return;
	buf_add(out, SLICE("back: "));
	put_command(act->app, out, "undo %u%s", act->plan.head.number,
		purged && foreign_hold(act->app) ? " --to origin" : "");
	buf_addc(out, '\n');
}

/* Logs of theirs that nobody can sweep any more: late.h does it, where there is a trash. */
static void put_unsettled(const struct act *act, const struct run *run, struct buf *out)
{
	if (!run->unsettled)
		return;
	buf_printf(out, "  %u %s in delivery still; ", run->unsettled,
		run->unsettled == 1 ? "is" : "are");
	if (op_fills_trash(act->plan.head.op) && !act->plan.head.no_undo)
		buf_add(out,
			SLICE("a log that Postfix writes about them later goes\n"
			      "    when the run is expunged\n"));
	else
		buf_add(out,
			SLICE("a log that Postfix writes about them later stays\n"
			      "    in its defer folder, and harms nobody\n"));
}

/* Which those are: the journal tells, or without one this does. */
static void tell_which(const struct act *act, const struct run *run, struct buf *out)
{
	enum { NAMED = 20 };
	uint32_t count = 0, named = 0;

	for (unsigned i = 0; i < OUTCOMES; i++)
		count += tell_needs_a_look((enum outcome)i) ? run->counts[i] : 0;
	if (!count)
		return;
	if (!act->app->options.no_journal) {
		buf_add(out, SLICE("which, and why: "));
		put_command(act->app, out, "journal %u", act->plan.head.number);
		buf_addc(out, '\n');
		return;
	}
	for (uint32_t i = 0; i < run->plan->count && named < NAMED; i++) {
		enum outcome outcome = (enum outcome)run->outcomes[i];
		if (!tell_needs_a_look(outcome))
			continue;
		buf_add(out, SLICE("  "));
		put(act->app, out, run->plan->items[i].id);
		buf_printf(out, " %s\n", outcome_name(outcome));
		named++;
	}
	if (count > named)
		buf_printf(out, "  and %u more\n", count - named);
}

/* What a purge gave back, or that it gave nothing back. */
static void tell_disk(const struct act *act, struct buf *out)
{
	struct disk disk;

	if (act->plan.head.op != OP_PURGE)
		return;
	disk_look(act->app, &disk);
	if (act->app->options.no_undo) {
		buf_add(out, SLICE("free now: "));
		disk_put_free(&disk, out);
		buf_addc(out, '\n');
	}
	if (!disk_is_full(&disk))
		return;
	disk_put_full(&disk, out);
	buf_addc(out, '\n');
	if (!act->app->options.no_undo) {
		buf_add(out, SLICE("to get the space back, with no way back: "));
		put_command(act->app, out, "expunge --now %u --apply", act->plan.head.number);
		buf_addc(out, '\n');
	}
}

void tell_text(const struct act *act, const struct run *run, double seconds)
{
	struct buf out = {0};

	if (act->app->options.no_journal)
		buf_add(&out, SLICE("without a journal: "));
	else
		buf_printf(&out, "run %u: ", act->plan.head.number);
	units_count(&out, outcomes_done(run->counts));
	buf_add(&out, SLICE(" of "));
	units_count(&out, run->plan->count);
	buf_printf(&out, " messages %s in %.1f s\n", act_done_word(&act->plan.head), seconds);
	act_put_outcomes(&out, run->counts, tell_count_untried(run));
	uint32_t late = act_count_late(act, run);
	if (late) {
		buf_add(&out, SLICE("  "));
		act_add_late(act, &out, late, "\n    ");
		buf_addc(&out, '\n');
	}
	put_unsettled(act, run, &out);
	if (run->untold)
		buf_printf(&out, "  %u %s being tried, and some recipients may get %s:\n    %s\n",
			run->untold, run->untold == 1 ? "was" : "were",
			run->untold == 1 ? "it" : "them", run->blind.text);
	tell_which(act, run, &out);
	if (outcomes_done(run->counts) && act->plan.head.to_hold) {
		buf_add(&out, SLICE("on hold, and not delivered before: "));
		put_command(act->app, &out, "release FILTER");
		buf_addc(&out, '\n');
	}
	if (tell_count_remembered(act, run))
		buf_printf(&out,
			"%u were being tried: they can be released after a 'postfix reload', "
			"which\n"
			"  makes Postfix forget them; while it remembers them it would remove "
			"them\n"
			"  undelivered\n",
			tell_count_remembered(act, run));
	if (!run->stopped) /* then it is told with what else can be done */
		act_put_way_back(act, outcomes_done(run->counts), &out);
	tell_disk(act, &out);
	print_buf(&out);
}

void tell_look(const struct act *act, const struct run *run)
{
	enum { CLOCK_AT = sizeof("2026-11-22") };
	struct buf out = {0}, now = {0};

	units_time(&now, (int64_t)time(NULL));
	buf_add(&out, slice_from(buf_slice(&now), CLOCK_AT));
	buf_add(&out, SLICE("  "));
	units_count(&out, outcomes_done(run->counts));
	buf_printf(&out, " more %s", act_done_word(&act->plan.head));
	for (unsigned i = OUTCOME_DELIVERING; i < OUTCOMES; i++)
		if (run->counts[i])
			buf_printf(&out, ", %u %s", run->counts[i], outcome_name((enum outcome)i));
	buf_add(&out, SLICE("; "));
	units_count(&out, follow_done(act) + outcomes_done(run->counts));
	buf_add(&out, SLICE(" in all\n"));
	print_buf(&out);
	buf_free(&now);
}
