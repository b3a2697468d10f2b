/* The parts of a message for people: what each claims to be and what it is, and its text. */
#include "cmd/spoolsweep/show.h"
#include "core/base/units.h"

enum {
	LINES = 20,       /* of the text of a part */
	LINE_BYTES = 500, /* of a line */
	WORD_BYTES = 200, /* of what a part says of itself */
	TEXTS = 6,        /* parts whose text is shown */
	COLUMN = 8,       /* where the type of a part begins */
	DEEPEST = 10,     /* that is indented */
};

void show_line(const struct app *app, struct buf *out, struct slice text, size_t most)
{
	struct slice piece, rest = slice_upto(text, most);

	while (slice_cut(rest, '\t', &piece, &rest)) {
		put(app, out, piece);
		buf_addc(out, ' ');
	}
	put(app, out, piece);
	if (text.len > most)
		buf_printf(out, " ... and %zu bytes more", text.len - most);
}

void show_command(const struct app *app, const struct shown *shown, struct buf *out,
	const char *option, struct slice value)
{
	struct buf words = {0};

	if (app->options.trash)
		buf_add(&words, SLICE(" --trash"));
	if (app->options.trash_run)
		buf_printf(&words, " %lld", (long long)app->options.trash_run);
	if (*option)
		buf_printf(&words, " %s", option);
	if (slice_known(value))
		buf_printf(&words, " %.*s", SLICE_ARG(value));
	put_command(app, out, "show %s%s", shown->id, buf_str(&words));
	buf_free(&words);
}

/* ---- the tree ---- */

static size_t indent(const struct view_part *part)
{
	return 2 * (size_t)(part->depth < DEEPEST ? part->depth : DEEPEST);
}

static void add_word(const struct app *app, struct buf *out, struct slice word)
{
	if (!word.len)
		return;
	buf_add(out, SLICE("  "));
	show_line(app, out, word, WORD_BYTES);
}

static void add_detail(const struct app *app, const struct view_part *part, struct buf *out,
	const char *name, struct slice text)
{
	buf_pad(out, ' ', COLUMN + indent(part));
	buf_printf(out, "%s ", name);
	put(app, out, text);
	buf_addc(out, '\n');
}

static void print_warnings(const struct app *app, const struct view_part *part, struct buf *out)
{
	const uint32_t warnings =
		part->warnings & ~(uint32_t)MIME_OTHER_TYPE; /* it is said as REALLY */

	for (unsigned i = 0; i < 32; i++) {
		const char *text =
			warnings & 1u << i ? mime_warning_text((enum mime_warning)(1u << i)) : NULL;
		if (text)
			add_detail(app, part, out, "warning:", slice_cstr(text));
	}
}

static void print_part(const struct app *app, const struct view_part *part, struct buf *out)
{
	size_t begin = out->len;

	buf_pad(out, ' ', 2 + indent(part));
	put(app, out, part->number);
	size_t taken = out->len - begin, column = COLUMN + indent(part);
	buf_pad(out, ' ', taken < column ? column - taken : 1);
	show_line(app, out, part->type, WORD_BYTES);
	if (part->filename.len) {
		buf_add(out, SLICE("  \""));
		show_line(app, out, part->filename, WORD_BYTES);
		buf_addc(out, '"');
	}
	if (!part->container) {
		add_word(app, out, part->charset);
		if (!slice_eq(part->encoding, SLICE("plain")))
			add_word(app, out, part->encoding);
		buf_add(out, SLICE("  "));
		units_size(out, part->bytes);
	}
	buf_addc(out, '\n');
	if (part->warnings & MIME_OTHER_TYPE)
		add_detail(app, part, out, "REALLY", part->real_type);
	if (slice_known(part->sha256))
		add_detail(app, part, out, "sha256", part->sha256);
	print_warnings(app, part, out);
}

/* ---- text ---- */

static void print_lines(const struct app *app, struct slice text, struct buf *out)
{
	struct slice line;

	for (int n = 0; n < LINES && text.len; n++) {
		slice_cut(text, '\n', &line, &text);
		buf_add(out, SLICE("  | "));
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		show_line(app, out, line, LINE_BYTES);
		buf_addc(out, '\n');
	}
}

static size_t count_lines(struct slice text)
{
	size_t lines = 0;
	for (struct slice line; text.len; lines++)
		slice_cut(text, '\n', &line, &text);
	return lines;
}

static void print_text(const struct app *app, const struct shown *shown,
	const struct view_part *part, struct buf *out)
{
	size_t lines = count_lines(part->text);

	buf_add(out, SLICE("\ntext of part "));
	put(app, out, part->number);
	buf_add(out, SLICE(", "));
	put(app, out, part->type);
	if (!part->text.len && !part->text_cut)
		buf_add(out, SLICE(": empty"));
	buf_addc(out, '\n');
	print_lines(app, part->text, out);
	if (lines <= LINES && !part->text_cut)
		return;
	buf_add(out, SLICE("  "));
	if (lines > LINES)
		units_count(out, (int64_t)lines - LINES);
	buf_printf(out, "%s more: ", part->text_cut ? " lines and" : " lines");
	show_command(app, shown, out, "--part", part->number);
	buf_addc(out, '\n');
}

void show_parts(const struct app *app, const struct shown *shown, struct buf *out)
{
	const struct view *view = &shown->view;
	unsigned texts = 0;

	buf_add(out, SLICE("\nparts\n"));
	for (uint32_t i = 0; i < view->nparts; i++)
		print_part(app, &view->parts[i], out);
	for (uint32_t i = 0; i < view->nparts; i++)
		if (slice_known(view->parts[i].text) && texts++ < TEXTS)
			print_text(app, shown, &view->parts[i], out);
	if (texts <= TEXTS)
		return;
	buf_printf(out, "\n%u more parts are text; for all of them: ", texts - TEXTS);
	show_command(app, shown, out, "--json", (struct slice){0});
	buf_addc(out, '\n');
}
