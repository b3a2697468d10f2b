/* Findings for scripts; their member names are a promise. */
#include "cmd/spoolsweep/findings.h"
#include "core/verdict/mark.h"

static void sink_figure(struct sink *sink, const char *name, double value)
{
	if (value < 0)
		sink_null(sink, name);
	else
		sink_real(sink, name, value);
}

static void sink_time(struct sink *sink, const char *name, int64_t when)
{
	if (when == WIDE_UNKNOWN)
		sink_null(sink, name);
	else
		sink_int(sink, name, when);
}

static void sink_names(struct sink *sink, const char *name, const struct who *list, size_t count)
{
	sink_array(sink, name);
	for (size_t i = 0; i < count; i++) {
		sink_object(sink, NULL);
		sink_text(sink, "kind", slice_cstr(who_field(list[i].kind)));
		sink_text(sink, "value", list[i].value);
		sink_int(sink, "messages", list[i].messages);
		sink_end(sink);
	}
	sink_end(sink);
}

/* What the rest of the site is like; null where there is nothing to compare with. */
static void sink_site(struct sink *sink, const struct evidence *evidence)
{
	if (evidence->median < 0 && evidence->p99 < 0) {
		sink_null(sink, "site");
		return;
	}
	sink_object(sink, "site");
	sink_figure(sink, "median", evidence->median);
	sink_figure(sink, "p99", evidence->p99);
	sink_end(sink);
}

static void sink_one(struct sink *sink, const struct app *app, const struct evidence *evidence)
{
	const struct snap *snap = &app->scan.snap;

	sink_object(sink, NULL);
	sink_text(sink, "id", slice_cstr(evidence->rule->name));
	sink_text(sink, "family", slice_cstr(family_name(evidence->rule->family)));
	sink_text(sink, "text", evidence->text);
	struct slice here = evidence_compared(evidence);
	sink_text(sink, "here", here.len ? here : (struct slice){0});
	sink_figure(sink, "value", evidence->value);
	sink_text(sink, "unit", slice_cstr(evidence->rule->unit));
	if (evidence->n)
		sink_int(sink, "n", (int64_t)evidence->n);
	else
		sink_null(sink, "n");
	if (evidence->low < 0) {
		sink_null(sink, "interval");
	} else {
		sink_array(sink, "interval");
		sink_real(sink, NULL, evidence->low);
		sink_real(sink, NULL, evidence->high);
		sink_end(sink);
	}
	sink_figure(sink, "threshold", evidence->threshold);
	sink_site(sink, evidence);
	sink_real(sink, "points", evidence->points);
	sink_array(sink, "examples");
	for (unsigned i = 0; i < evidence->nexamples; i++)
		sink_text(sink, NULL, snap_text(snap, COL_QUEUE_ID, evidence->examples[i]));
	sink_end(sink);
	sink_end(sink);
}

static void sink_evidence(struct sink *sink, const struct app *app, const char *name,
	const struct evidence *list, size_t count)
{
	sink_array(sink, name);
	for (size_t i = 0; i < count; i++)
		sink_one(sink, app, &list[i]);
	sink_end(sink);
}

static void sink_texts(struct sink *sink, const char *name, const struct slice *texts, size_t count)
{
	sink_array(sink, name);
	for (size_t i = 0; i < count; i++)
		sink_text(sink, NULL, texts[i]);
	sink_end(sink);
}

/* Mail that is beside it, and what selects that; null for none. */
static void sink_beside(struct sink *sink, const char *name, uint32_t messages, struct slice text,
	struct slice filter)
{
	if (!messages) {
		sink_null(sink, name);
		return;
	}
	sink_object(sink, name);
	if (text.len)
		sink_text(sink, "text", text);
	sink_int(sink, "messages", messages);
	sink_text(sink, "filter", filter);
	sink_end(sink);
}

static void sink_remedy(struct sink *sink, const struct finding *finding)
{
	sink_array(sink, "remedy");
	for (size_t i = 0; i < finding->nremedy; i++) {
		sink_object(sink, NULL);
		sink_text(sink, "text", finding->remedy[i].text);
		sink_texts(sink, "commands", finding->remedy[i].commands,
			finding->remedy[i].ncommands);
		sink_end(sink);
	}
	sink_end(sink);
}

void sink_finding(struct sink *sink, const struct app *app, const struct finding *finding)
{
	struct buf bounces = {0};

	buf_printf(&bounces, "finding=%s" MARK_BOUNCES, finding->id);
	sink_text(sink, "id", slice_cstr(finding->id));
	sink_text(sink, "class", slice_cstr(finding_class_name(finding->class)));
	sink_text(sink, "level", slice_cstr(level_name(finding->level)));
	sink_real(sink, "score", finding->score);
	sink_text(sink, "title", finding_title(finding));
	sink_names(sink, "who", finding->who, finding->nwho);
	sink_int(sink, "who_total", (int64_t)finding->nwho_all);
	sink_names(sink, "from", finding->from, finding->nfrom);
	sink_int(sink, "from_total", (int64_t)finding->nfrom_all);
	sink_int(sink, "messages", finding->messages);
	sink_int(sink, "recipients", (int64_t)finding->recipients);
	sink_int(sink, "bytes", finding->bytes);
	sink_time(sink, "first", finding->first);
	sink_time(sink, "last", finding->last);
	sink_evidence(sink, app, "evidence", finding->evidence, finding->nevidence);
	sink_evidence(sink, app, "counter", finding->counter, finding->ncounter);
	sink_text(sink, "filter", finding->filter);
	sink_beside(sink, "bounces", finding->nbounces, (struct slice){0}, buf_slice(&bounces));
	sink_beside(sink, "stays", finding->nstays, finding->stays, finding->stays_filter);
	sink_texts(sink, "notes", finding->notes, finding->nnotes);
	sink_remedy(sink, finding);
	buf_free(&bounces);
}

void sink_verdict(struct sink *sink, const struct app *app)
{
	const struct verdict *verdict = &app->verdict;

	sink_object(sink, "verdict");
	sink_bool(sink, "too_little", verdict->too_little);
	sink_texts(sink, "notes", verdict->notes, verdict->nnotes);
	sink_end(sink);
	sink_array(sink, "findings");
	for (size_t i = 0; i < verdict->count; i++) {
		if (!finding_touches(app, &verdict->findings[i]))
			continue;
		sink_object(sink, NULL);
		sink_finding(sink, app, &verdict->findings[i]);
		sink_end(sink);
	}
	sink_end(sink);
}

void sink_finding_ids(struct sink *sink, struct app *app, uint32_t row)
{
	const struct field_env *env = &app->env;

	sink_array(sink, "finding");
	for (size_t i = 0; i < env->nsets; i++)
		if (bitset_has(env->sets[i].rows, row))
			sink_text(sink, NULL, intern_get(&env->snap->strings, env->sets[i].name));
	sink_end(sink);
}
