/* What became of a run: for the person who started it, for scripts, for the mail log. */
#include <stdio.h>
#include <syslog.h>
#include <time.h>

#include "cmd/spoolsweep/disk.h"
#include "cmd/spoolsweep/log_messages.h"
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

static uint32_t count_untried(const struct run *run)
{
	uint32_t left = run->plan->count;
	for (unsigned i = OUTCOME_NONE + 1; i < OUTCOMES; i++)
		left -= run->counts[i];
	return left;
}

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

static bool needs_a_look(enum outcome outcome)
{
	return outcome == OUTCOME_CHANGED || outcome == OUTCOME_REFUSED ||
		outcome == OUTCOME_FAILED || outcome == OUTCOME_UNTIDY;
}

/* Which those are: the journal tells, or without one this does. */
static void tell_which(const struct act *act, const struct run *run, struct buf *out)
{
	enum { NAMED = 20 };
	uint32_t count = 0, named = 0;

	for (unsigned i = 0; i < OUTCOMES; i++)
		count += needs_a_look((enum outcome)i) ? run->counts[i] : 0;
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
		if (!needs_a_look(outcome))
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

static void tell_text(const struct act *act, const struct run *run, double seconds)
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
	act_put_outcomes(&out, run->counts, count_untried(run));
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
	if (count_remembered(act, run))
		buf_printf(&out,
			"%u were being tried: they can be released after a 'postfix reload', "
			"which\n"
			"  makes Postfix forget them; while it remembers them it would remove "
			"them\n"
			"  undelivered\n",
			count_remembered(act, run));
	if (!run->stopped) /* then it is told with what else can be done */
		act_put_way_back(act, outcomes_done(run->counts), &out);
	tell_disk(act, &out);
	print_buf(&out);
}

/* A later look of a run that is followed: one line. */
static void tell_look(const struct act *act, const struct run *run)
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
	const uint32_t left[] = {
		act->ids_left.missing, act->ids_left.unmatched, act->ids_left.ambiguous};
	static const char *const names[] = {"missing", "unmatched", "ambiguous"};
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++)
		if (act->app->options.ids_from)
			sink_int(sink, names[i], left[i]);
		else /* of a saved plan: who made it was told */
			sink_null(sink, names[i]);
	sink_end(sink);
}

static void tell_json(const struct act *act, const struct run *run, double seconds)
{
	bool follows = act->app->options.follow;
	struct sink *sink = open_sink(act->app, follows ? SINK_LINES : SINK_PRETTY);
	struct disk disk;

	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.run/1"));
	if (act->app->options.no_journal)
		sink_null(sink, "run");
	else
		sink_int(sink, "run", act->plan.head.number);
	sink_text(sink, "op", slice_cstr(op_name(act->plan.head.op)));
	sink_text(sink, "filter", act->plan.head.filter);
	sink_ids(sink, act);
	sink_real(sink, "seconds", seconds);
	sink_int(sink, "messages", run->plan->count);
	sink_object(sink, "outcomes");
	for (unsigned i = 0; i < OUTCOMES; i++)
		sink_int(sink, i ? outcome_name((enum outcome)i) : "not_tried",
			i ? run->counts[i] : count_untried(run));
	sink_end(sink);
	sink_int(sink, "untold", run->untold);
	sink_int(sink, "remembered", count_remembered(act, run));
	sink_late(sink, act, act_count_late(act, run));
	sink_bool(sink, "complete", !run->stopped);
	disk_look(act->app, &disk);
	sink_object(sink, "disk");
	disk_sink(&disk, sink);
	sink_end(sink);
	if (follows) {
		sink_int(sink, "time", (int64_t)time(NULL));
		sink_int(sink, "total", follow_done(act) + outcomes_done(run->counts));
	}
	sink_end(sink);
	print_sink(sink);
}

/* One line for whoever reads the mail log later. */
static void tell_syslog(const struct act *act, const struct run *run)
{
	struct buf line = {0};

	if (act->app->options.no_journal)
		buf_add(&line, SLICE("without a journal: "));
	else
		buf_printf(&line, "run %u: ", act->plan.head.number);
	buf_printf(&line, "%s, %u of %u %smessages, uid %lld", op_name(act->plan.head.op),
		outcomes_done(run->counts), run->plan->count, act->before ? "more " : "",
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
	log_line(LOG_NOTICE, &line);
}

static int tell_stopped(const struct act *act, const struct run *run)
{
	struct buf line = {0}, back = {0};

	if (act->app->options.no_journal) {
		warn_text("stopped: %s\nwhat was removed is gone; for the rest, start it again",
			run->why.text);
	} else {
		put_command(act->app, &line, "apply --resume %u", act->plan.head.number);
		act_put_way_back(act, outcomes_done(run->counts) + act->before, &back);
		warn_text("stopped: %s\nwhat was done stays done; to go on: %s\n%s", run->why.text,
			buf_str(&line), buf_str(&back));
		buf_free(&line);
		buf_free(&back);
	}
	disk_tell_way_out(act->app, act->plan.head.op, &run->why, true);
	return interrupted ? EXIT_INTERRUPTED : EXIT_PARTLY;
}

static int result_code(const struct act *act, const struct run *run)
{
	bool partly = false;

	if (run->unwoken.code)
		warn_text("%s", run->unwoken.text);
	if (run->stopped)
		return tell_stopped(act, run);
	for (unsigned i = 0; i < OUTCOMES; i++)
		partly |= run->counts[i] && needs_a_look((enum outcome)i);
	return partly ? EXIT_PARTLY : EXIT_DONE;
}

int act_tell(struct act *act, const struct run *run, double seconds)
{
	if (act->app->options.json)
		tell_json(act, run, seconds);
	else if (act->before)
		tell_look(act, run);
	else
		tell_text(act, run, seconds);
	tell_syslog(act, run);
	act->ended = run->stopped ? 0 : act->plan.head.number;
	return result_code(act, run);
}
