/* A preview for people: which mail, what it leaves, what it costs, the way back. */
#include "cmd/spoolsweep/judge.h"
#include "cmd/spoolsweep/preview.h"
#include "core/base/units.h"

static size_t width_of(const struct app *app)
{
	return app->output.columns ? app->output.columns : 80;
}

void preview_put_line(const struct app *app, struct buf *out, struct slice text, struct slice tail)
{
	enum { INDENT = 2 };
	size_t width = width_of(app), at = 0;
	struct slice word;

	while (slice_word(&text, " ", &word) || tail.len) {
		if (!slice_known(word) || !word.len) {
			word = tail;
			tail = (struct slice){0};
		}
		size_t needs = escape_width(word, app->output.charset);
		if (at && at + 1 + needs > width) {
			buf_addc(out, '\n');
			buf_pad(out, ' ', INDENT);
			at = INDENT;
		} else if (at) {
			buf_addc(out, ' ');
			at++;
		}
		put(app, out, word);
		at += needs;
	}
	buf_addc(out, '\n');
}

/* What the filter names: "FINDING SA-3c91 stolen-account, confirmed: bob@example.com" */
static void print_named(const struct app *app, struct buf *out)
{
	struct buf text = {0};

	for (size_t i = 0; i < app->nnamed; i++) {
		const struct named_finding *named = &app->named[i];
		buf_reset(&text);
		buf_printf(&text, "FINDING %s %s, %s: %s%s", named->id,
			finding_class_name(named->class), level_name(named->level),
			named->messages ? "" : "the bounces it caused: ", named->title);
		preview_put_line(app, out, buf_slice(&text), (struct slice){0});
	}
	buf_free(&text);
}

static void print_head(const struct act *act, const struct preview *preview, struct buf *out)
{
	const struct app *app = act->app;
	const struct journal_head *head = &act->plan.head;
	bool all = !app->filter_text[0] && !head->undoes && !head->ids;
	struct buf text = {0};

	buf_add(&text, slice_cstr(app->command->name));
	if (head->undoes)
		buf_printf(&text, " %u", head->undoes);
	if (head->ids)
		buf_printf(&text, " --ids-from %.*s", SLICE_ARG(head->ids_from));
	preview_put_line(
		app, out, buf_slice(&text), slice_cstr(all ? "--all ALL" : app->filter_text));
	buf_free(&text);
	units_count(out, act->plan.head.items);
	buf_add(out, SLICE(" of "));
	units_count(out, act->guard.total);
	buf_add(out, SLICE(" messages  "));
	units_count(out, (int64_t)preview->recipients);
	buf_add(out, SLICE(" recipients waiting  "));
	units_size(out, preview->bytes);
	buf_addc(out, '\n');
	print_named(app, out);
}

static void print_groups(struct app *app, struct buf *out)
{
	for (size_t i = 0; i < PREVIEW_GROUPS; i++) {
		const struct preview_group *group = &preview_groups[i];
		struct grouping grouping;
		struct field_ref by;
		if (!preview_group(app, group, group->figures, &by, &grouping))
			continue;
		buf_addc(out, '\n');
		print_grouping(
			out, group->title, &by, app, &grouping, group->figures, width_of(app));
		grouping_free(&grouping);
	}
}

static int print_text(struct act *act, const struct preview *preview)
{
	struct buf out = {0};

	print_head(act, preview, &out);
	print_groups(act->app, &out);
	buf_addc(&out, '\n');
	preview_put_notes(act, preview, &out);
	if (!act->app->options.apply && !act->app->options.plan_out)
		preview_put_next(act, preview, &out);
	return print_buf(&out);
}

int preview_print(struct act *act)
{
	struct preview preview = {0};

	preview_find(act, &preview);
	int code = act->app->options.json ? preview_json(act, &preview) : print_text(act, &preview);
	preview_free(&preview);
	return code;
}
