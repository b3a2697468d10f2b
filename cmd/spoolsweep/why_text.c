/* why for people: each number a finding was made from, then what to do, step by step. */
#include <math.h>

#include "cmd/spoolsweep/findings.h"
#include "cmd/spoolsweep/group_rows.h"
#include "core/base/units.h"
#include "core/verdict/mark.h"

enum { EXAMPLES = 5, WHO_SHOWN = 20, INDENT = 8 };

static void put_text(const struct app *app, struct buf *out, size_t indent, struct slice text)
{
	put_folded(app, out, &(struct line){.indent = indent, .text = text});
}

static void put_paste(const struct app *app, struct buf *out, size_t indent, struct slice line)
{
	buf_pad(out, ' ', indent);
	put(app, out, line);
	buf_addc(out, '\n');
}

/* A figure in the unit of its rule: "41 addresses", "27.1 %"; without it "41", "27.1 %". */
static void add_figure(struct buf *out, const struct rule *rule, double value, bool unit)
{
	bool share = slice_eq(slice_cstr(rule->unit), SLICE("share"));

	if (share)
		buf_printf(out, "%.3g %%", value * 100);
	else if (value == floor(value) && fabs(value) < 1e15)
		units_count(out, (int64_t)value);
	else
		buf_printf(out, "%.3g", value);
	if (unit && !share && *rule->unit)
		buf_printf(out, " %s", rule->unit);
}

/* "unknown_users: 27.1 % of 1,290 [26 to 28 %, 95 % sure]; threshold 10 %; others here: ..." */
static void put_figures(const struct app *app, struct buf *out, const struct evidence *evidence)
{
	const struct rule *rule = evidence->rule;
	struct buf text = {0};

	buf_printf(&text, "%s: ", rule->name);
	add_figure(&text, rule, evidence->value, true);
	if (evidence->n) {
		buf_add(&text, SLICE(" of "));
		units_count(&text, (int64_t)evidence->n);
	}
	if (evidence->low >= 0)
		buf_printf(&text, " [%.3g to %.3g %%, 95 %% sure]", evidence->low * 100,
			evidence->high * 100);
	if (evidence->threshold >= 0) {
		buf_add(&text, SLICE("; threshold "));
		add_figure(&text, rule, evidence->threshold, false);
	}
	if (evidence->median >= 0) {
		buf_add(&text, SLICE("; others here: median "));
		add_figure(&text, rule, evidence->median, false);
	}
	if (evidence->p99 >= 0) {
		buf_add(&text, SLICE(", 99 in 100 up to "));
		add_figure(&text, rule, evidence->p99, false);
	}
	put_text(app, out, INDENT, buf_slice(&text));
	buf_free(&text);
}

static void put_examples(const struct app *app, struct buf *out, const struct evidence *evidence)
{
	struct buf text = {0};

	if (!evidence->nexamples)
		return;
	buf_add(&text, SLICE("as in"));
	for (unsigned i = 0; i < evidence->nexamples; i++) {
		buf_addc(&text, ' ');
		buf_add(&text, snap_text(&app->scan.snap, COL_QUEUE_ID, evidence->examples[i]));
	}
	put_text(app, out, INDENT, buf_slice(&text));
	buf_free(&text);
}

static bool same_examples(const struct evidence *a, const struct evidence *b)
{
	return a->nexamples == b->nexamples &&
		memcmp(a->examples, b->examples, a->nexamples * sizeof(*a->examples)) == 0;
}

static void put_evidence(const struct app *app, struct buf *out, const char *title, bool weighed,
	const struct evidence *list, size_t count)
{
	struct buf points = {0};

	buf_printf(out, "\n%s\n", title);
	for (size_t i = 0; i < count; i++) {
		buf_reset(&points);
		if (weighed)
			buf_printf(&points, "%+.1f", list[i].points);
		else
			buf_addc(&points, '-');
		put_folded(app, out,
			&(struct line){.indent = INDENT,
				.lead = buf_slice(&points),
				.text = list[i].text,
				.tail = evidence_compared(&list[i])});
		put_figures(app, out, &list[i]);
		if (!i || !same_examples(&list[i], &list[i - 1]))
			put_examples(app, out, &list[i]);
	}
	if (!count)
		buf_add(out, SLICE("  nothing found\n"));
	buf_free(&points);
}

static void put_names(
	const struct app *app, struct buf *out, const struct who *list, size_t count, size_t all)
{
	struct buf text = {0};

	for (size_t i = 0; i < count && i < WHO_SHOWN; i++) {
		struct buf messages = {0};
		buf_reset(&text);
		buf_printf(&text, "%s %.*s", who_field(list[i].kind), SLICE_ARG(list[i].value));
		units_count(&messages, list[i].messages);
		buf_add(&messages, list[i].messages == 1 ? SLICE(" message") : SLICE(" messages"));
		put_folded(app, out,
			&(struct line){.indent = 2,
				.text = buf_slice(&text),
				.tail = buf_slice(&messages)});
		buf_free(&messages);
	}
	size_t shown = count < WHO_SHOWN ? count : WHO_SHOWN;
	if (all > shown)
		buf_printf(out, "  and %zu more%s\n", all - shown,
			count > shown ? ": --json names them" : "");
	buf_free(&text);
}

static void put_who(const struct app *app, struct buf *out, const struct finding *finding)
{
	buf_add(out, SLICE("\nwho\n"));
	put_names(app, out, finding->who, finding->nwho, finding->nwho_all);
	/* Of a relay these are the who. */
	if (finding->nfrom && finding->who[0].kind != WHO_NET) {
		buf_add(out, SLICE("\nfrom networks outside\n"));
		put_names(app, out, finding->from, finding->nfrom, finding->nfrom_all);
	}
}

/* ---- what a purge takes and leaves ---- */

static void put_times(const struct app *app, struct buf *out, const struct finding *finding)
{
	struct buf text = {0};

	units_count(&text, finding->messages);
	buf_add(&text, finding->messages == 1 ? SLICE(" message, ") : SLICE(" messages, "));
	units_count(&text, (int64_t)finding->recipients);
	buf_add(&text, SLICE(" recipients waiting, "));
	units_size(&text, finding->bytes);
	if (finding->first != WIDE_UNKNOWN && finding->last != WIDE_UNKNOWN) {
		buf_add(&text, SLICE("; from "));
		units_time(&text, finding->first);
		buf_add(&text, SLICE(" to "));
		units_time(&text, finding->last);
	}
	put_text(app, out, 2, buf_slice(&text));
	buf_free(&text);
}

static void put_groups(struct app *app, struct buf *out, const struct finding *finding)
{
	enum { FIGURES = GROUP_MESSAGES | GROUP_SHARE };
	struct need need = app->need;
	struct field_ref by;
	struct err err;

	if (field_find(SLICE("queue_name"), &need, &by, &err) != 0)
		return;
	struct grouping grouping = group_rows(&by, &app->env, &finding->rows, 0, FIGURES);
	print_grouping(out, "from queues", &by, app, &grouping, FIGURES, text_width(app));
	grouping_free(&grouping);
}

/* A line of this program, to paste. */
static void put_own(const struct app *app, struct buf *out, const char *words, ...)
	__attribute__((format(printf, 3, 4)));

static void put_own(const struct app *app, struct buf *out, const char *words, ...)
{
	struct buf command = {0}, line = {0};
	va_list args;

	va_start(args, words);
	buf_vprintf(&line, words, args);
	va_end(args);
	put_command(app, &command, "%s", buf_str(&line));
	put_paste(app, out, 4, buf_slice(&command));
	buf_free(&command);
	buf_free(&line);
}

static void put_filter(
	const struct app *app, struct buf *out, const char *words, struct slice filter)
{
	struct buf argument = {0}, text = {0};

	buf_add(&text, filter);
	add_argument(&argument, buf_str(&text));
	put_own(app, out, "%s %s", words, buf_str(&argument));
	buf_free(&argument);
	buf_free(&text);
}

static void put_taken(struct app *app, struct buf *out, const struct finding *finding)
{
	bool purge = finding_class_is_abuse(finding->class) && finding->level >= LEVEL_PROBABLE;

	buf_printf(out, "\n%s\n", purge ? "what a purge takes" : "its messages");
	put_times(app, out, finding);
	if (purge) {
		buf_add(out, SLICE("  to see it, nothing is removed:\n"));
		put_own(app, out, "purge finding=%s", finding->id);
		buf_add(out, SLICE("  the same by its filter:\n"));
		put_filter(app, out, "purge", finding->filter);
	} else {
		put_text(app, out, 2,
			finding_class_is_abuse(finding->class) ||
					finding->class == CLASS_UNDETERMINED
				? SLICE("purge and hold do not take it as a finding: it may be "
					"honest mail; its filter:")
				: SLICE("purge and hold do not take it as a finding: people wait "
					"for this mail; its filter:"));
		put_filter(app, out, "list", finding->filter);
	}
	buf_addc(out, '\n');
	put_groups(app, out, finding);
}

static void put_left(const struct app *app, struct buf *out, const struct finding *finding)
{
	struct buf text = {0};

	if (!finding->nstays && !finding->nbounces)
		return;
	buf_add(out, SLICE("\nwhat stays\n"));
	if (finding->nstays) {
		put_finding_stays(app, out, finding, 2, "");
		put_filter(app, out, "list", finding->stays_filter);
	}
	if (finding->nbounces) {
		buf_add(&text, SLICE("the bounces it caused, "));
		units_count(&text, finding->nbounces);
		buf_add(&text,
			SLICE(" of them; to take them too, in one go (they are told by the mail "
			      "that caused them):"));
		put_text(app, out, 2, buf_slice(&text));
		put_own(app, out, "purge 'finding in (%s,%s" MARK_BOUNCES ")'", finding->id,
			finding->id);
	}
	buf_free(&text);
}

/* ---- what to do, and a look at it ---- */

/* A line of our own names the queues of this run, as all lines that we print do. */
static void put_line(const struct app *app, struct buf *out, struct slice line)
{
	struct slice own = SLICE("spoolsweep ");
	struct buf command = {0};

	if (slice_starts(line, own))
		put_command(app, &command, "%.*s", SLICE_ARG(slice_from(line, own.len)));
	else
		put(app, &command, line);
	put_paste(app, out, 6, buf_slice(&command));
	buf_free(&command);
}

static void put_remedy(const struct app *app, struct buf *out, const struct finding *finding)
{
	struct buf text = {0};

	if (!finding->nremedy)
		return;
	buf_add(out, SLICE("\nwhat to do\n"));
	for (size_t i = 0; i < finding->nremedy; i++) {
		const struct remedy *remedy = &finding->remedy[i];
		buf_reset(&text);
		buf_printf(&text, "%zu %.*s", i + 1, SLICE_ARG(remedy->text));
		put_text(app, out, 2, buf_slice(&text));
		for (size_t k = 0; k < remedy->ncommands; k++)
			put_line(app, out, remedy->commands[k]);
	}
	buf_free(&text);
}

static void put_messages(struct app *app, struct buf *out, const struct finding *finding)
{
	static const char *const names[] = {"queue_id", "envelope_sender", "subject"};
	struct table_style style = {
		.columns = text_width(app),
		.charset = app->output.charset,
		.color = app->output.color,
		.indent = 2,
	};
	uint32_t rows[EXAMPLES];
	size_t count = newest_rows(app, &finding->rows, rows, EXAMPLES);
	struct table *table = table_new();
	struct need need = app->need;
	struct buf cell = {0};
	struct err err;

	table_column(table, "the newest of them", 0);
	table_column(table, "sender", TABLE_CUT);
	table_column(table, "subject", TABLE_CUT);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
			struct field_ref ref;
			buf_reset(&cell);
			if (field_find(slice_cstr(names[k]), &need, &ref, &err) == 0)
				field_print(&ref, &app->env, rows[i], 0, &cell);
			table_cell(table, buf_slice(&cell));
		}
	}
	buf_addc(out, '\n');
	table_print_text(table, &style, out);
	table_free(table);
	buf_free(&cell);
}

void why_text(struct app *app, const struct finding *finding, struct buf *out)
{
	put_finding_head(app, out, finding);
	put_who(app, out, finding);
	bool weighed = finding->weighed;
	put_evidence(app, out, weighed ? "what speaks for it, in points" : "what speaks for it",
		weighed, finding->evidence, finding->nevidence);
	put_evidence(
		app, out, "what speaks against it", weighed, finding->counter, finding->ncounter);
	if (weighed)
		buf_printf(out, "\nscore %.1f: %s\n", finding->score, level_name(finding->level));
	else
		buf_printf(out, "\n%s by what it is, not by points\n", level_name(finding->level));
	for (size_t i = 0; i < finding->nnotes; i++)
		put_text(app, out, 2, finding->notes[i]);
	put_remedy(app, out, finding);
	put_taken(app, out, finding);
	put_left(app, out, finding);
	put_messages(app, out, finding);
}
