#include "cmd/spoolsweep/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/act/trash.h"
#include "core/base/clock.h"
#include "core/base/units.h"

bool act_has_way_back(const struct act *act)
{
	enum op op = act->plan.head.op;
	return op != OP_RETRY && op != OP_REQUEUE && !act->app->options.no_undo;
}

/* ---- who does it ---- */

static int64_t login_uid(void)
{
	char text[32] = "";
	int64_t uid;
	FILE *file = fopen("/proc/self/loginuid", "re");

	if (!file)
		return -1;
	bool read = fgets(text, sizeof(text), file) != NULL;
	fclose(file);
	/* Not set is written as the largest number there is. */
	return read && slice_to_i64(slice_trim(slice_cstr(text)), &uid) && uid != UINT32_MAX ? uid
											     : -1;
}

void act_fill_head(struct act *act, struct buf *command)
{
	struct app *app = act->app;
	struct journal_head *head = &act->plan.head;
	const char *sudo = getenv("SUDO_USER");

	head->started = (int64_t)time(NULL);
	head->no_undo = app->options.no_undo;
	head->filter = slice_cstr(app->filter_text);
	if (app->options.reason)
		head->reason = slice_cstr(app->options.reason);
	for (int i = 0; i < app->options.argc; i++) {
		if (i)
			buf_addc(command, ' ');
		buf_add(command, slice_cstr(app->options.argv[i]));
	}
	head->command = buf_slice(command);
	head->uid = app->started_as_root ? 0 : (int64_t)getuid();
	head->login_uid = login_uid();
	if (sudo && *sudo)
		head->sudo_user = slice_cstr(sudo);
	head->nspools = (unsigned)app->spools.count;
	head->spools = arena_alloc(&act->plan.arena, head->nspools * sizeof(*head->spools));
	for (unsigned i = 0; i < head->nspools; i++)
		head->spools[i] = (struct journal_spool){slice_cstr(app->spools.list[i]->path),
			slice_cstr(app->spools.list[i]->format->name)};
}

/* ---- acting ---- */

static void show_progress(void *ctx, uint32_t done, uint32_t count)
{
	const struct act *act = ctx;
	struct buf text = {0};

	if (!isatty(STDERR_FILENO) || act->app->options.json)
		return;
	units_count(&text, done);
	buf_add(&text, SLICE(" of "));
	units_count(&text, count);
	fprintf(stderr, "\r\033[K%s", buf_str(&text));
	fflush(stderr);
	buf_free(&text);
}

static void hide_progress(const struct act *act)
{
	if (isatty(STDERR_FILENO) && !act->app->options.json)
		fputs("\r\033[K", stderr);
}

/* The folder of this run in each trash that may be needed. */
static int open_run_folders(struct act *act)
{
	struct err err;
	bool needed = act->plan.head.op == OP_PURGE && !act->plan.head.no_undo;

	for (size_t i = 0; needed && i < act->app->spools.count; i++)
		if (act->places[i].places.trash < 0 &&
			trash_open_run(&fsops_real, act->trashes[i], act->plan.head.number,
				&act->places[i].places.trash, &err) != 0)
			return complain(&err);
	return EXIT_DONE;
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

static uint32_t done_count(const struct run *run)
{
	return run->counts[OUTCOME_DONE] + run->counts[OUTCOME_DELIVERING] +
		run->counts[OUTCOME_UNTIDY];
}

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
	units_count(&out, done_count(run));
	buf_add(&out, SLICE(" of "));
	units_count(&out, run->plan->count);
	buf_printf(&out, " messages %s in %.1f s\n", act->done_word, seconds);
	for (size_t i = 0; i < sizeof(outcome_words) / sizeof(*outcome_words); i++) {
		uint32_t count = count_of(run, outcome_words[i].outcome);
		if (!count)
			continue;
		buf_add(&out, SLICE("  "));
		units_count(&out, count);
		buf_printf(
			&out, " %s\n", count == 1 ? outcome_words[i].one : outcome_words[i].many);
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
	if (done_count(run) && act->plan.head.to_hold) {
		buf_add(&out, SLICE("on hold, and not delivered before: "));
		put_command(act->app, &out, "release FILTER");
		buf_addc(&out, '\n');
	}
	if (count_remembered(act, run))
		buf_printf(&out,
			"%u were being tried: they can be released after a 'postfix reload', which "
			"makes "
			"Postfix\n  forget them; while it remembers them it would remove them "
			"undelivered\n",
			count_remembered(act, run));
	if (done_count(run) && act_has_way_back(act)) {
		snprintf(words, sizeof(words), "undo %u", act->plan.head.number);
		buf_add(&out, SLICE("back: "));
		put_command(act->app, &out, words);
		buf_addc(&out, '\n');
	}
	print_buf(&out);
}

static void tell_json(const struct act *act, const struct run *run, double seconds)
{
	struct sink *sink = open_sink(act->app, SINK_PRETTY);

	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.run/1"));
	sink_int(sink, "run", act->plan.head.number);
	sink_text(sink, "op", slice_cstr(op_name(act->plan.head.op)));
	sink_text(sink, "filter", act->plan.head.filter);
	sink_real(sink, "seconds", seconds);
	sink_int(sink, "messages", run->plan->count);
	sink_object(sink, "outcomes");
	for (unsigned i = 0; i < OUTCOMES; i++)
		sink_int(sink, i ? outcome_name((enum outcome)i) : "not_tried",
			count_of(run, (enum outcome)i));
	sink_end(sink);
	sink_int(sink, "remembered", count_remembered(act, run));
	sink_bool(sink, "complete", !run->stopped);
	sink_end(sink);
	print_sink(sink);
}

/* One line for whoever reads the mail log later. */
static void tell_syslog(const struct act *act, const struct run *run)
{
	struct buf line = {0};

	buf_printf(&line, "run %u: %s, %u of %u messages, uid %lld", act->plan.head.number,
		op_name(act->plan.head.op), done_count(run), run->plan->count,
		(long long)act->plan.head.uid);
	if (slice_known(act->plan.head.sudo_user)) {
		buf_add(&line, SLICE(" sudo "));
		escape_text(&line, act->plan.head.sudo_user, ESCAPE_ASCII);
	}
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
		if (act_has_way_back(act) && done_count(run))
			warn_text("stopped: %s\nwhat was done stays done; to go on: %s\nthe way "
				  "back: "
				  "undo %u",
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

static int write_journal(struct act *act, struct journal **journal, struct err *err)
{
	if (act->resumes) {
		*journal = journal_resume(&fsops_real, act->state, act->resumes, err);
		return *journal ? 0 : -1;
	}
	*journal = journal_create(&fsops_real, act->state, &act->plan.head, err);
	if (!*journal)
		return -1;
	for (uint32_t i = 0; i < act->plan.count; i++)
		if (journal_item(*journal, &act->plan.items[i], err) != 0)
			return -1;
	return journal_go(*journal, err);
}

static int carry_out(struct act *act, struct journal *journal)
{
	struct run_options options = {
		.ops = &fsops_real,
		.now = (int64_t)time(NULL),
		.spread = act->spread,
		.progress = show_progress,
		.ctx = act,
		.interrupted = &interrupted,
	};
	struct run run = {
		.plan = &act->plan,
		.places = act->places,
		.journal = journal,
		.options = &options,
		.remembered = &act->remembered,
		.known = act->known,
	};
	struct err err = {0};
	int64_t begin = clock_now_ms();

	run_apply(&run);
	double seconds = clock_since(begin);
	hide_progress(act);
	if (run.stopped)
		journal_close(journal);
	else if (journal_end(journal, &err) != 0)
		complain(&err);
	if (act->app->options.json)
		tell_json(act, &run, seconds);
	else
		tell_text(act, &run, seconds);
	tell_syslog(act, &run);
	int code = result_code(act, &run);
	run_free(&run);
	return code == EXIT_DONE && err.code ? EXIT_IO : code;
}

int act_perform(struct act *act)
{
	struct buf command = {0};
	struct journal *journal = NULL;
	struct err err;

	act->guard.count = act->plan.count - act->finished;
	act->guard.max = act->app->options.max;
	act->guard.yes = act->app->options.yes;
	if (guard_check(&act->guard, &err) != 0) {
		complain(&err);
		return EXIT_REFUSED;
	}
	int code = confirm_count(act->app, "", "messages", act->plan.count - act->finished);
	if (code != EXIT_DONE)
		return code;
	if (act->plan.head.op == OP_RELEASE || act->plan.head.op == OP_RESTORE)
		act_find_remembered(act);
	if (!act->resumes)
		act_fill_head(act, &command);
	if (write_journal(act, &journal, &err) != 0) {
		code = complain(&err);
		warn_text("nothing was done");
	} else {
		code = open_run_folders(act);
	}
	if (code == EXIT_DONE)
		code = carry_out(act, journal);
	else if (journal)
		journal_close(journal);
	buf_free(&command);
	return code;
}
