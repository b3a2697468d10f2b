/* A preview for scripts; its member names are a promise. */
#include "cmd/spoolsweep/judge.h"
#include "cmd/spoolsweep/preview.h"

static void sink_stays(struct sink *sink, const char *kind, uint32_t messages, const char *filter)
{
	if (!messages)
		return;
	sink_object(sink, NULL);
	sink_text(sink, "kind", slice_cstr(kind));
	sink_int(sink, "messages", messages);
	sink_text(sink, "filter", slice_cstr(filter));
	sink_end(sink);
}

/* Where an undo puts the messages; NULL for everything else. */
static const char *goal_of(const struct journal_head *head)
{
	if (!head->undoes)
		return head->op == OP_SHELVE ? "trash" : NULL;
	return op_fills_trash(head->op)                ? "trash"
		: head->op == OP_HOLD || head->to_hold ? "hold"
						       : "origin";
}

static void sink_skipped(struct sink *sink, const char *why, uint32_t messages)
{
	if (!messages)
		return;
	sink_object(sink, NULL);
	sink_text(sink, "why", slice_cstr(why));
	sink_int(sink, "messages", messages);
	sink_end(sink);
}

/* The findings that the filter names. */
static void sink_named(struct sink *sink, const struct app *app)
{
	sink_array(sink, "findings");
	for (size_t i = 0; i < app->nnamed; i++) {
		const struct named_finding *named = &app->named[i];
		sink_object(sink, NULL);
		sink_text(sink, "id", slice_cstr(named->id));
		sink_text(sink, "class", slice_cstr(finding_class_name(named->class)));
		sink_text(sink, "level", slice_cstr(level_name(named->level)));
		sink_text(sink, "title", slice_cstr(named->title));
		sink_end(sink);
	}
	sink_end(sink);
}

int preview_json(struct act *act, const struct preview *preview)
{
	struct app *app = act->app;
	struct sink *sink = open_sink(app, SINK_PRETTY);

	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.plan/1"));
	sink_int(sink, "now", app->now);
	sink_text(sink, "op", slice_cstr(op_name(act->plan.head.op)));
	sink_text(sink, "filter", slice_cstr(app->filter_text));
	sink_ids(sink, act);
	sink_named(sink, app);
	if (act->plan.head.undoes)
		sink_int(sink, "undoes", act->plan.head.undoes);
	else
		sink_null(sink, "undoes");
	sink_text(sink, "to", slice_cstr(goal_of(&act->plan.head)));
	sink_int(sink, "messages", act->plan.head.items);
	sink_int(sink, "missing", act->missing);
	sink_int(sink, "unsure", act->unsure);
	sink_late(sink, act, (uint32_t)act->late.count);
	sink_int(sink, "of", act->guard.total);
	sink_int(sink, "recipients", (int64_t)preview->recipients);
	sink_int(sink, "bytes", preview->bytes);
	sink_object(sink, "groups");
	for (size_t i = 0; i < PREVIEW_GROUPS; i++) {
		struct grouping grouping;
		struct field_ref by;
		if (!preview_group(app, &preview_groups[i], GROUP_ALL, &by, &grouping))
			continue;
		sink_grouping(sink, preview_groups[i].field, &by, app, &grouping);
		grouping_free(&grouping);
	}
	sink_end(sink);
	sink_array(sink, "skipped");
	for (unsigned kind = 0; kind < SKIP_KINDS; kind++)
		sink_skipped(sink, skip_words(kind), act->skipped[kind]);
	sink_end(sink);
	sink_array(sink, "stays");
	if (!act->plan.head.undoes) {
		sink_stays(sink, "copies", preview->copies, preview->copies_filter);
		sink_stays(sink, "bounces", preview->bounces, preview->bounces_filter);
	}
	sink_stays(sink, "forgeable", act->forgeable, NULL);
	sink_end(sink);
	if (preview->blind)
		sink_null(sink, "in_delivery");
	else
		sink_int(sink, "in_delivery", preview->in_delivery);
	sink_int(sink, "arriving", preview->arriving);
	sink_object(sink, "disk");
	disk_sink(&preview->disk, sink);
	sink_int(sink, "journal_bytes", preview->journal.needed);
	sink_bool(sink, "journal_fits", preview->journal.fits);
	sink_end(sink);
	sink_bool(sink, "undo", act_has_way_back(act));
	sink_bool(sink, "needs_setup", act_needs_setup(app));
	sink_end(sink);
	return print_sink(sink);
}
