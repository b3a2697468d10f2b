/* Findings as the report tells them: what it is, why, what speaks against it, what to do now. */
#include "cmd/spoolsweep/findings.h"
#include "core/base/units.h"

enum { IN_FULL = 3, IN_A_LINE = 10, EVIDENCE_SHOWN = 4, COUNTER_SHOWN = 3 };

static void add_messages(struct buf *out, uint32_t count)
{
	units_count(out, count);
	buf_add(out, count == 1 ? SLICE(" message") : SLICE(" messages"));
}

void put_finding_head(const struct app *app, struct buf *out, const struct finding *finding)
{
	enum { LEAST = 12 };
	size_t width = text_width(app), begin = out->len;
	struct slice title = finding_title(finding);
	struct buf right = {0};

	add_messages(&right, finding->messages);
	buf_printf(out, "%s%s %s %s", app->output.color ? "\033[1m" : "", finding->id,
		finding_class_title(finding->class), level_name(finding->level));
	size_t used = out->len - begin - (app->output.color ? 4 : 0);
	if (title.len) {
		size_t room = width > used + right.len + 4 ? width - used - right.len - 4 : 0;
		buf_add(out, SLICE(": "));
		used += 2 +
			escape_fit(out, title, room < LEAST ? LEAST : room, app->output.charset);
	}
	buf_pad(out, ' ', used + 2 + right.len < width ? width - used - right.len : 2);
	buf_add(out, buf_slice(&right));
	buf_printf(out, "%s\n", app->output.color ? "\033[0m" : "");
	buf_free(&right);
}

void put_finding_stays(const struct app *app, struct buf *out, const struct finding *finding,
	size_t indent, const char *before)
{
	struct buf text = {0};

	buf_printf(&text, "%s", before);
	if (finding->stays.len)
		buf_printf(&text, "%s%.*s.", text.len ? " " : "", SLICE_ARG(finding->stays));
	if (text.len)
		put_folded(app, out, &(struct line){.indent = indent, .text = buf_slice(&text)});
	buf_free(&text);
}

static bool is_of_rule(const struct evidence *evidence, enum rule_id rule)
{
	return slice_eq(slice_cstr(evidence->rule->name), slice_cstr(rule_table[rule].name));
}

struct slice evidence_compared(const struct evidence *evidence)
{
	/* Of these the value is a share or a distance, and others' figures are counts. */
	bool comparable =
		!is_of_rule(evidence, RULE_SENDER_ROTATION) && !is_of_rule(evidence, RULE_OUTLIER);
	bool usual = comparable && evidence->p99 >= 0 && evidence->p99 >= evidence->value;
	return usual ? SLICE("") : evidence->here;
}

static void put_against(const struct app *app, struct buf *out, const struct finding *finding)
{
	struct buf text = {0};

	buf_add(&text, SLICE("against it: "));
	for (size_t i = 0; i < finding->ncounter && i < COUNTER_SHOWN; i++)
		buf_printf(&text, "%s%.*s", i ? "; " : "", SLICE_ARG(finding->counter[i].text));
	buf_add(&text, finding->ncounter ? SLICE(".") : SLICE("nothing found."));
	put_finding_stays(app, out, finding, 2, buf_str(&text));
	buf_free(&text);
}

/* ---- what to do ---- */

struct advice {
	const struct app *app;
	struct buf *out;
	unsigned number;
};

static void put_step(struct advice *advice, struct slice text, const char *words, ...)
	__attribute__((format(printf, 3, 4)));

static void put_step(struct advice *advice, struct slice text, const char *words, ...)
{
	struct buf command = {0}, number = {0}, line = {0};
	va_list args;

	va_start(args, words);
	buf_vprintf(&line, words, args);
	va_end(args);
	put_command(advice->app, &command, "%s", buf_str(&line));
	buf_printf(&number, "%u", ++advice->number);
	put_folded(advice->app, advice->out,
		&(struct line){.indent = 4,
			.lead = buf_slice(&number),
			.text = text,
			.tail = buf_slice(&command),
			.paste = true});
	buf_free(&command);
	buf_free(&number);
	buf_free(&line);
}

/* A purge by finding is offered where it is not refused. */
static bool may_purge(const struct finding *finding)
{
	return finding_class_is_abuse(finding->class) && finding->level >= LEVEL_PROBABLE;
}

static void put_steps(const struct app *app, struct buf *out, const struct finding *finding)
{
	struct advice advice = {app, out, 0};
	const struct remedy *first = finding->nremedy ? finding->remedy : NULL;

	if (finding_class_is_abuse(finding->class))
		put_step(&advice,
			may_purge(finding) ? SLICE("all that speaks for it; how to stop it")
					   : SLICE("all that speaks for it; what to do"),
			"why %s", finding->id);
	else
		/* What needs no line is said here. */
		put_step(&advice,
			first && !first->ncommands ? first->text
						   : SLICE("what it is, and what to do"),
			"why %s", finding->id);
	if (may_purge(finding))
		put_step(&advice, SLICE("see what would go (removes nothing)"), "purge finding=%s",
			finding->id);
	else
		put_step(&advice, SLICE("see its messages"), "list finding=%s", finding->id);
}

/* ---- one, and all of them ---- */

/* "41 addresses in 19 networks" says it already. */
static bool is_said(const struct finding *finding, const struct evidence *evidence)
{
	for (size_t i = 0; i < finding->nevidence; i++)
		if (is_of_rule(&finding->evidence[i], RULE_CLIENT_IPS))
			return is_of_rule(evidence, RULE_CLIENT_NETS);
	return false;
}

static void put_finding(const struct app *app, struct buf *out, const struct finding *finding)
{
	put_finding_head(app, out, finding);
	for (size_t i = 0, shown = 0; i < finding->nevidence && shown < EVIDENCE_SHOWN; i++) {
		const struct evidence *evidence = &finding->evidence[i];
		if (is_said(finding, evidence))
			continue;
		put_folded(app, out,
			&(struct line){.indent = 2,
				.text = evidence->text,
				.tail = evidence_compared(evidence)});
		shown++;
	}
	put_against(app, out, finding);
	for (size_t i = 0; i < finding->nnotes; i++)
		put_folded(app, out, &(struct line){.indent = 2, .text = finding->notes[i]});
	put_steps(app, out, finding);
}

static void put_rest(const struct app *app, struct buf *out, const struct finding *some,
	size_t lines, size_t left)
{
	struct buf command = {0}, text = {0};

	if (!lines)
		return;
	if (left)
		buf_printf(&text, "and %zu more; ", left);
	buf_add(&text, SLICE("what one of them is:"));
	put_command(app, &command, "why %s", some->id);
	put_folded(app, out,
		&(struct line){.indent = 2,
			.text = buf_slice(&text),
			.tail = buf_slice(&command),
			.paste = true});
	buf_free(&command);
	buf_free(&text);
}

static void put_nothing(const struct app *app, struct buf *out)
{
	uint32_t rows = app->scan.snap.rows;
	struct buf text = {0};

	if (app->verdict.count) {
		buf_printf(&text, "no finding touches these messages; in all of the queue: %zu",
			app->verdict.count);
	} else if (app->verdict.too_little) {
		add_messages(&text, rows);
		buf_add(&text, SLICE(": too few to judge"));
	} else {
		buf_add(&text,
			SLICE("nothing unusual found: no login, client, script or "
			      "destination stands out among "));
		add_messages(&text, rows);
	}
	put_folded(app, out, &(struct line){.text = buf_slice(&text)});
	buf_free(&text);
}

void put_findings(const struct app *app, struct buf *out)
{
	const struct verdict *verdict = &app->verdict;
	const struct finding *line = NULL;
	size_t full = 0, lines = 0, left = 0;

	if (!app->scan.snap.rows)
		return;
	buf_addc(out, '\n');
	for (size_t i = 0; i < verdict->count; i++) {
		const struct finding *finding = &verdict->findings[i];
		if (!finding_touches(app, finding))
			continue;
		if (full < IN_FULL && finding->level > LEVEL_NOTE) {
			if (full++)
				buf_addc(out, '\n');
			put_finding(app, out, finding);
		} else if (lines < IN_A_LINE) {
			if (full && !lines)
				buf_addc(out, '\n');
			put_finding_head(app, out, finding);
			line = finding;
			lines++;
		} else {
			left++;
		}
	}
	put_rest(app, out, line, lines, left);
	if (!full && !lines)
		put_nothing(app, out);
	for (size_t i = 0; i < verdict->nnotes; i++)
		put_folded(app, out, &(struct line){.text = verdict->notes[i]});
}
