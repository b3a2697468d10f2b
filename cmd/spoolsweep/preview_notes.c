/* The lines below the groups of a preview: where it goes, what stays, what it costs, what is next. */
#include "cmd/spoolsweep/judge.h"
#include "cmd/spoolsweep/preview.h"
#include "core/act/state.h"
#include "core/base/units.h"
#include "core/verdict/mark.h"

static void put_words(const struct app *app, struct buf *out, struct buf *text)
{
	preview_put_line(app, out, buf_slice(text), (struct slice){0});
	buf_reset(text);
}

/* Why a hold is none here, and what it is then. */
static void print_shelf(const struct app *app, struct buf *out)
{
	const struct spool *spool = foreign_hold(app);
	struct buf text = {0};

	/* A saved plan may be older than what is the case now. */
	if (spool)
		buf_printf(&text, "HOLD is %s's on this site: %s", spool->hold_user,
			spool->hold_reason);
	if (text.len)
		put_words(app, out, &text);
	preview_put_line(app, out,
		SLICE("TO the trash: held mail waits there until spoolsweep undo RUN"),
		(struct slice){0});
	buf_free(&text);
}

static void print_goal(const struct act *act, struct buf *out)
{
	const struct journal_head *head = &act->plan.head;

	if (head->op == OP_SHELVE)
		print_shelf(act->app, out);
	else if (!head->undoes)
		return;
	else if (head->op == OP_PURGE)
		preview_put_line(act->app, out, SLICE("TO the trash: what the run brought back"),
			(struct slice){0});
	else if (head->to_hold || head->op == OP_HOLD)
		preview_put_line(act->app, out,
			SLICE("TO hold, where nothing is delivered until you release it"),
			(struct slice){0});
	else
		preview_put_line(act->app, out,
			SLICE("TO the queues it came from: delivery goes on, 20 first attempts a "
			      "second"),
			(struct slice){0});
}

static void print_under_way(const struct act *act, const struct preview *preview, struct buf *out)
{
	const struct app *app = act->app;
	enum op op = act->plan.head.op;
	struct buf text = {0};

	if (preview->in_delivery) {
		buf_add(&text, SLICE("IN DELIVERY "));
		units_count(&text, preview->in_delivery);
		buf_add(&text, SLICE(": what the other side has taken cannot be taken back"));
		put_words(app, out, &text);
	} else if (preview->blind) {
		buf_add(&text, SLICE("IN DELIVERY cannot be told here"));
		put_words(app, out, &text);
	}
	bool stops_mail = !act->plan.head.undoes && op_takes_out(op);
	if (stops_mail && preview->arriving >= PREVIEW_SECONDS / 60)
		buf_printf(&text, "STILL ARRIVING %.0f a minute: close the source first",
			preview->arriving * 60.0 / PREVIEW_SECONDS);
	else if (stops_mail && preview->arriving)
		buf_printf(&text, "STILL ARRIVING %u in 10 minutes", preview->arriving);
	if (text.len)
		put_words(app, out, &text);
	buf_free(&text);
}

static void print_late(const struct act *act, struct buf *out)
{
	uint32_t count = (uint32_t)act->late.count;
	struct buf text = {0};

	if (!count)
		return;
	buf_add(&text, SLICE("LATE "));
	act_add_late(act, &text, count, " ");
	put_words(act->app, out, &text);
	buf_free(&text);
}

/*
 * What selects them, to be added inside of the quotes that the filter stands in. To a list
 * of ids nothing is added by a filter.
 */
static void print_alike(const struct app *app, struct buf *out, uint32_t count, const char *what,
	const char *filter, bool parentheses)
{
	bool listed = app->options.ids_from;
	struct buf text = {0}, tail = {0};

	if (!count)
		return;
	buf_add(&text, SLICE("STAYS "));
	units_count(&text, count);
	buf_printf(&text, " %s; to %s %s:", what, listed ? "select" : "add",
		count == 1 ? "it" : "them");
	parentheses = parentheses && !listed;
	if (!listed)
		buf_add(&tail, SLICE("or "));
	if (parentheses)
		buf_addc(&tail, '(');
	for (; *filter; filter++) {
		if (*filter == '\'')
			buf_add(&tail, SLICE("'\\'"));
		buf_addc(&tail, *filter);
	}
	if (parentheses)
		buf_addc(&tail, ')');
	preview_put_line(app, out, buf_slice(&text), buf_slice(&tail));
	buf_free(&text);
	buf_free(&tail);
}

/* In one go: once the mail is gone, nothing tells its bounces from others. */
static void print_caused(const struct app *app, struct buf *out, uint32_t count)
{
	struct buf text = {0}, tail = {0};

	if (!count)
		return;
	buf_add(&text, SLICE("STAYS "));
	units_count(&text, count);
	buf_add(&text,
		count == 1 ? SLICE(" bounce that it caused; to take it too:")
			   : SLICE(" bounces that it caused; to take them too:"));
	for (size_t i = 0; i < app->nnamed; i++) {
		const struct named_finding *named = &app->named[i];
		buf_add(&tail, i ? SLICE(",") : SLICE("'finding in ("));
		if (named->messages)
			buf_printf(&tail, "%s,", named->id);
		buf_printf(&tail, "%s" MARK_BOUNCES, named->id);
	}
	buf_add(&tail, SLICE(")'"));
	preview_put_line(app, out, buf_slice(&text), buf_slice(&tail));
	buf_free(&text);
	buf_free(&tail);
}

/* Mail of the same sender that the finding leaves alone. */
static void print_usual(const struct app *app, struct buf *out)
{
	for (size_t i = 0; i < app->nnamed; i++) {
		const struct finding *finding =
			verdict_find(&app->verdict, slice_cstr(app->named[i].id));
		struct buf text = {0};
		if (finding && finding->nstays && app->named[i].messages) {
			buf_add(&text, SLICE("STAYS "));
			units_count(&text, finding->nstays);
			buf_printf(&text, " more %s of %.*s: %s usual",
				finding->nstays == 1 ? "message" : "messages",
				SLICE_ARG(finding_title(finding)),
				finding->nstays == 1 ? "it looks" : "they look");
			put_words(app, out, &text);
		}
		buf_free(&text);
	}
}

static void print_stays(const struct act *act, const struct preview *preview, struct buf *out)
{
	const struct app *app = act->app;
	struct buf text = {0};

	/* What comes back does so alone: the rest never left. */
	bool alone = act->plan.head.undoes;

	print_alike(app, out, alone ? 0 : preview->copies,
		preview->copies == 1 ? "copy that lost its login behind a content filter"
				     : "copies that lost their login behind a content filter",
		preview->copies_filter, false);
	if (app->nnamed)
		print_caused(app, out, alone ? 0 : preview->bounces);
	else
		print_alike(app, out, alone ? 0 : preview->bounces,
			preview->bounces == 1 ? "bounce to the sender" : "bounces to the sender",
			preview->bounces_filter, true);
	print_usual(app, out);
	if (act->forgeable) {
		buf_add(&text, SLICE("STAYS "));
		units_count(&text, act->forgeable);
		buf_printf(&text, ": %s; to add %s:", forgeable_words(act->forgeable),
			act->forgeable == 1 ? "it" : "them");
		preview_put_line(app, out, buf_slice(&text), SLICE("--trust received"));
		buf_reset(&text);
	}
	for (unsigned kind = 0; kind < SKIP_KINDS; kind++) {
		if (!act->skipped[kind])
			continue;
		buf_add(&text, SLICE("SKIPPED "));
		units_count(&text, act->skipped[kind]);
		buf_printf(&text, ": %s", skip_words(kind));
		put_words(app, out, &text);
	}
	buf_free(&text);
}

/* What is confirmed with the number that is typed now. */
static void print_follow(const struct act *act, struct buf *out)
{
	const struct options *options = &act->app->options;
	struct buf text = {0};

	if (!options->follow)
		return;
	buf_printf(&text,
		"FOLLOW %s: what arrives by then is taken too, without asking again, up to ",
		options->follow);
	units_count(&text, options->max);
	buf_add(&text, SLICE(" messages in all"));
	put_words(act->app, out, &text);
	buf_free(&text);
}

static void print_disk(const struct act *act, const struct preview *preview, struct buf *out)
{
	bool no_undo = act->app->options.no_undo;
	struct buf text = {0};

	if (disk_is_full(&preview->disk)) {
		disk_put_full(&preview->disk, &text);
		if (act->plan.head.op == OP_PURGE && !no_undo)
			buf_add(&text, SLICE("; a purge into the trash frees nothing"));
		put_words(act->app, out, &text);
	}
	if (act->plan.head.op == OP_PURGE) {
		buf_add(&text, SLICE("DISK "));
		units_size(&text, preview->bytes);
		buf_add(&text,
			no_undo ? SLICE(" are given back at once; free: ")
				: SLICE(" stay in use until expunged; free: "));
		disk_put_free(&preview->disk, &text);
		put_words(act->app, out, &text);
	}
	buf_free(&text);
}

static void print_journal(const struct act *act, const struct preview *preview, struct buf *out)
{
	const struct journal_room *room = &preview->journal;
	struct buf text = {0};

	if (act->app->options.no_journal) {
		buf_add(&text,
			SLICE("JOURNAL none: nobody can tell later what was removed, and a run "
			      "that stops cannot be resumed"));
	} else if (room->no_inode) {
		buf_printf(&text, "JOURNAL no inode is free for it in %s", state_path());
	} else if (!room->fits) {
		buf_add(&text, SLICE("JOURNAL "));
		units_size(&text, room->needed);
		buf_printf(&text, " are needed for it in %s; free there: ", state_path());
		units_size(&text, (int64_t)room->free);
	}
	if (text.len)
		put_words(act->app, out, &text);
	buf_free(&text);
}

static void print_cost(const struct act *act, const struct preview *preview, struct buf *out)
{
	print_disk(act, preview, out);
	print_journal(act, preview, out);
	if (act->plan.head.op == OP_REQUEUE)
		preview_put_line(act->app, out,
			SLICE("LOST the ids, the reasons, and what a filter or milter decided: "
			      "content filters and rewriting run once more, and the life time "
			      "begins anew"),
			(struct slice){0});
}

static const char *way_back(const struct act *act)
{
	static const char *const back[OPS] = {
		[OP_PURGE] = "spoolsweep undo RUN brings back all or a part of it",
		[OP_HOLD] = "spoolsweep undo RUN, or release",
		[OP_SHELVE] = "spoolsweep undo RUN brings all or a part of it back to its queue",
		[OP_RELEASE] = "spoolsweep undo RUN holds again what is still there",
		[OP_RETRY] = "none: an attempt cannot be taken back",
		[OP_REQUEUE] = "spoolsweep undo RUN holds what is still there, under its new id",
		[OP_RESTORE] = "spoolsweep undo RUN purges again what is still there",
	};

	if (act->app->options.no_undo)
		return "none: --no-undo removes for good";
	if (act->plan.head.op == OP_RESTORE && (act->undone == OP_HOLD || act->undone == OP_SHELVE))
		return "spoolsweep undo RUN, or hold";
	return back[act->plan.head.op];
}

void preview_put_notes(const struct act *act, const struct preview *preview, struct buf *out)
{
	print_goal(act, out);
	print_late(act, out);
	print_under_way(act, preview, out);
	print_follow(act, out);
	print_stays(act, preview, out);
	print_cost(act, preview, out);
	buf_printf(out, "BACK %s\n", way_back(act));
}

void preview_put_next(const struct act *act, const struct preview *preview, struct buf *out)
{
	const struct app *app = act->app;
	struct buf command = {0};

	if (act_needs_setup(app)) {
		buf_add(&command, SLICE("sudo "));
		put_command(app, &command, "setup");
		preview_put_line(app, out,
			SLICE("FIRST root has to make the trash and the journal, once:"),
			buf_slice(&command));
		buf_reset(&command);
	}
	if (app->options.max >= 0 && act->plan.head.items > app->options.max) {
		buf_printf(&command,
			"nothing was changed, and --apply would be refused: --max is %lld",
			(long long)app->options.max);
		put_words(app, out, &command);
		buf_free(&command);
		return;
	}
	bool fits = preview->journal.fits || app->options.no_journal;
	disk_add_line(app, &command, "--apply");
	preview_put_line(app, out,
		!fits ? SLICE("nothing was changed; to do it, with room for the journal:")
			: ids_from_stdin(app)
			? SLICE("nothing was changed; to do it, with the same list:")
			: SLICE("nothing was changed; to do it:"),
		buf_slice(&command));
	buf_reset(&command);
	/* On a disk that is full only this helps. */
	bool full = act->plan.head.op == OP_PURGE && app->command->takes & OPT_PURGE &&
		disk_is_full(&preview->disk);
	if (full && (!app->options.no_undo || !fits)) {
		disk_add_line(app, &command,
			app->options.no_undo ? "--no-journal --apply"
				: fits       ? "--no-undo --apply"
					     : "--no-undo --no-journal --apply");
		preview_put_line(app, out,
			fits ? SLICE("to remove it for good and get the space back, at once:")
			     : SLICE("to remove it for good, at once, with no record of it:"),
			buf_slice(&command));
	}
	buf_free(&command);
}
