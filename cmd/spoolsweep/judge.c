#include "cmd/spoolsweep/judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/verdict/mark.h"

struct slice finding_title(const struct finding *finding)
{
	if (finding->title.len || !finding->nwho)
		return finding->title;
	return finding->who[0].value;
}

static bool share_a_row(const struct bitset *a, const struct bitset *b)
{
	for (size_t i = 0; i <= a->bits / 64; i++)
		if (a->words[i] & b->words[i])
			return true;
	return false;
}

bool finding_touches(const struct app *app, const struct finding *finding)
{
	return share_a_row(&finding->rows, &app->rows) ||
		(finding->nbounces && share_a_row(&finding->bounces, &app->rows));
}

static bool acts(const struct app *app)
{
	return app->command->takes & OPT_ACT;
}

/* ---- which there are ---- */

static void tell_unknown(const struct app *app, struct slice id)
{
	enum { NAMED = 8, SHOWN = 60 };
	const struct verdict *verdict = &app->verdict;
	struct buf text = {0};

	buf_printf(&text, "there is no finding '%.*s' in this queue now",
		SLICE_ARG(slice_upto(id, SHOWN)));
	for (size_t i = 0; i < verdict->count && i < NAMED; i++)
		buf_printf(&text, "%s%s (%s, %s)",
			i ? ", " : "; there are: ", verdict->findings[i].id,
			finding_class_name(verdict->findings[i].class),
			level_name(verdict->findings[i].level));
	if (verdict->count > NAMED)
		buf_printf(&text, " and %zu more", verdict->count - NAMED);
	if (!verdict->count)
		buf_add(&text, SLICE("; there is none"));
	if (mark_is_bounces(id))
		buf_add(&text,
			SLICE("; bounces are told by the mail that caused them, and only as long "
			      "as that is here"));
	warn_text("%s", buf_str(&text));
	buf_free(&text);
}

const struct finding *judge_find(const struct app *app, struct slice id)
{
	const struct finding *finding = verdict_find(&app->verdict, id);

	if (!finding)
		tell_unknown(app, id);
	return finding;
}

/* ---- what the filter names ---- */

static struct named_finding *name_finding(struct app *app, const struct finding *finding)
{
	for (size_t i = 0; i < app->nnamed; i++)
		if (strcmp(app->named[i].id, finding->id) == 0)
			return &app->named[i];
	app->named = xrealloc(app->named, app->nnamed + 1, sizeof(*app->named));
	struct named_finding *named = &app->named[app->nnamed++];
	*named = (struct named_finding){
		.class = finding->class,
		.level = finding->level,
		.nbounces = finding->nbounces,
		.title = xasprintf("%.*s", SLICE_ARG(finding_title(finding))),
		.filter_text = xasprintf("%.*s", SLICE_ARG(finding->filter)),
	};
	memcpy(named->id, finding->id, sizeof(named->id));
	return named;
}

static bool take_name(void *ctx, struct slice id)
{
	struct app *app = ctx;
	const struct finding *finding = judge_find(app, id);

	if (!finding)
		return false;
	struct named_finding *named = name_finding(app, finding);
	if (mark_is_bounces(id))
		named->bounces = true;
	else
		named->messages = true;
	return true;
}

/* For a later look, which may have to read more. */
static int parse_filters(struct app *app)
{
	struct err err;

	for (size_t i = 0; i < app->nnamed; i++) {
		struct named_finding *named = &app->named[i];
		if (named->bounces && app->options.follow) {
			warn_text("--follow and finding=%s" MARK_BOUNCES
				  " exclude each other: of a "
				  "bounce that arrives later nobody can tell what caused it",
				named->id);
			return EXIT_USAGE;
		}
		named->filter = filter_parse(slice_cstr(named->filter_text), &app->need, &err);
		if (!named->filter)
			return complain(&err);
	}
	return EXIT_DONE;
}

static int find_named(struct app *app)
{
	if (!filter_each_value(app->filter, "finding", take_name, app))
		return acts(app) ? EXIT_REFUSED : EXIT_NOTHING;
	return acts(app) ? parse_filters(app) : EXIT_DONE;
}

/* A later look: by the filters of the first. */
static int judge_again(struct app *app)
{
	struct err err;

	for (size_t i = 0; i < app->nnamed; i++) {
		struct named_finding *named = &app->named[i];
		bitset_free(&named->rows);
		named->rows = bitset_new(app->scan.snap.rows);
		if (filter_run(named->filter, &app->env, &named->rows, &err) != 0)
			return complain(&err);
		mark_add(&app->env, slice_cstr(named->id), &named->rows);
	}
	return EXIT_DONE;
}

/* ---- the verdict ---- */

int judge_prepare(struct app *app)
{
	struct err err;

	if (!(app->need.parts & NEED_FINDINGS))
		return EXIT_DONE;
	if (app->filter_parts & NEED_FINDINGS)
		app->filter_parts |= VERDICT_NEED;
	else if (app->findings_spare)
		app->spare_parts |= VERDICT_NEED & ~app->need.parts;
	app->need.parts |= VERDICT_NEED;
	return phrases_need(app->config.phrases, &app->need, &err) == 0 ? EXIT_DONE
									: complain(&err);
}

int judge_rows(struct app *app)
{
	const struct verdict_options options = {.rules = &app->config.rules};
	struct err err;

	if (verdict_make(&app->verdict, &app->env, &options, &err) != 0 ||
		phrases_note(app->config.phrases, &app->env, &app->verdict, &err) != 0)
		return complain(&err);
	verdict_mark(&app->verdict, &app->env);
	return EXIT_DONE;
}

int judge(struct app *app)
{
	if (!(app->need.parts & NEED_FINDINGS))
		return EXIT_DONE;
	if (app->nnamed)
		return judge_again(app);
	int code = judge_rows(app);
	return code == EXIT_DONE ? find_named(app) : code;
}

void judge_end(struct app *app)
{
	for (size_t i = 0; i < app->nnamed; i++) {
		free(app->named[i].title);
		free(app->named[i].filter_text);
		filter_free(app->named[i].filter);
		bitset_free(&app->named[i].rows);
	}
	free(app->named);
	app->named = NULL;
	app->nnamed = 0;
}

/* ---- actions ---- */

/* Why its mail is not to be taken out by a word like "finding"; NULL when it may be. */
static const char *why_not(const struct named_finding *named)
{
	if (named->level < LEVEL_PROBABLE || named->class == CLASS_UNDETERMINED)
		return "may be honest mail";
	return finding_class_is_abuse(named->class)
		? NULL
		: "is mail that people wait for, and nobody's crime";
}

static int refuse(const struct app *app, const struct named_finding *named, const char *why)
{
	struct buf argument = {0}, look = {0}, line = {0};

	add_argument(&argument, named->filter_text);
	put_command(app, &look, "why %s", named->id);
	put_command(app, &line, "%s %s", app->command->name, buf_str(&argument));
	warn_text("%s (%s, %s) %s: nothing was done; what it is:\n  %s\nto do it all the same, by "
		  "its filter:\n  %s",
		named->id, finding_class_name(named->class), level_name(named->level), why,
		buf_str(&look), buf_str(&line));
	buf_free(&argument);
	buf_free(&look);
	buf_free(&line);
	return EXIT_REFUSED;
}

int judge_action(const struct app *app, enum op op)
{
	if (!op_takes_out(op) || !(app->filter_parts & NEED_FINDINGS))
		return EXIT_DONE;
	if (!filter_only_values(app->filter, "finding")) {
		warn_text("%s by finding takes its id, as in finding=SA-3c91: nothing was done",
			app->command->name);
		return EXIT_REFUSED;
	}
	for (size_t i = 0; i < app->nnamed; i++) {
		const struct named_finding *named = &app->named[i];
		const struct finding *finding = verdict_find(&app->verdict, slice_cstr(named->id));
		const char *why = why_not(named);
		/* "not finding=ID" takes none of them. */
		if (why &&
			((named->messages && share_a_row(&finding->rows, &app->rows)) ||
				(named->bounces && finding->nbounces &&
					share_a_row(&finding->bounces, &app->rows))))
			return refuse(app, named, why);
	}
	return EXIT_DONE;
}

void judge_reason(const struct app *app, struct buf *out)
{
	for (size_t i = 0; i < app->nnamed; i++) {
		const struct named_finding *named = &app->named[i];
		buf_printf(out, "%s%s%s (%s, %s)", i ? ", " : "finding ", named->id,
			named->messages ? "" : MARK_BOUNCES, finding_class_name(named->class),
			level_name(named->level));
	}
}
