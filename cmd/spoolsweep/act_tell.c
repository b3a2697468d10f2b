/* What became of a run: for scripts, for the mail log, and as an exit code. */
#include "cmd/spoolsweep/act_tell.h"

#include <stdio.h>
#include <syslog.h>
#include <time.h>

#include "cmd/spoolsweep/disk.h"
#include "cmd/spoolsweep/log_messages.h"

uint32_t tell_count_untried(const struct run *run)
{
	uint32_t left = run->plan->count;
	for (unsigned i = OUTCOME_NONE + 1; i < OUTCOMES; i++)
		left -= run->counts[i];
	return left;
}

uint32_t tell_count_remembered(const struct act *act, const struct run *run)
{
	const struct journal_head *head = &act->plan.head;
	bool held = head->op == OP_HOLD || (head->op == OP_RESTORE && head->to_hold);
	bool running = false;
	for (size_t i = 0; i < act->app->spools.count; i++)
		running |= act->app->spools.list[i]->mta != MTA_STOPPED;
	return held && running ? run->nunder_way : 0;
}

bool tell_needs_a_look(enum outcome outcome)
{
	return outcome == OUTCOME_CHANGED || outcome == OUTCOME_REFUSED ||
		outcome == OUTCOME_FAILED || outcome == OUTCOME_UNTIDY;
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
			i ? run->counts[i] : tell_count_untried(run));
	sink_end(sink);
	sink_int(sink, "untold", run->untold);
	sink_int(sink, "remembered", tell_count_remembered(act, run));
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
		partly |= run->counts[i] && tell_needs_a_look((enum outcome)i);
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
