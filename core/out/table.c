#include "core/out/table.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/xalloc.h"

enum { NARROWEST = 12, GAP = 2 };

struct column {
	char *title;
	unsigned flags; /* enum table_flag */
};

struct table {
	struct column *columns;
	size_t ncolumns;
	struct slice *cells; /* row after row */
	size_t ncells;
	size_t cap;
	struct arena bytes; /* of the cells */
	struct buf text;    /* scratch of table_cellf */
};

struct table *table_new(void)
{
	return xcalloc(1, sizeof(struct table));
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t c = 0; c < table->ncolumns; c++)
		free(table->columns[c].title);
	free(table->columns);
	free(table->cells);
	arena_free(&table->bytes);
	buf_free(&table->text);
	free(table);
}

void table_column(struct table *table, const char *title, unsigned flags)
{
	assert(!table->ncells);
	table->columns = xrealloc(table->columns, table->ncolumns + 1, sizeof(*table->columns));
	table->columns[table->ncolumns++] = (struct column){xstrdup(title), flags};
}

void table_cell(struct table *table, struct slice text)
{
	assert(table->ncolumns);
	if (table->ncells == table->cap) {
		table->cap = table->cap ? table->cap * 2 : 256;
		table->cells = xrealloc(table->cells, table->cap, sizeof(*table->cells));
	}
	table->cells[table->ncells++] = arena_copy(&table->bytes, text);
}

void table_cellf(struct table *table, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buf_reset(&table->text);
	buf_vprintf(&table->text, format, args);
	va_end(args);
	table_cell(table, buf_slice(&table->text));
}

/* Columns of the terminal that a table's columns take when nothing is cut. */
static size_t *natural_widths(const struct table *table, const struct table_style *style)
{
	size_t *widths = xcalloc(table->ncolumns, sizeof(*widths));
	for (size_t c = 0; c < table->ncolumns; c++)
		widths[c] = escape_width(slice_cstr(table->columns[c].title), style->charset);
	for (size_t i = 0; i < table->ncells; i++) {
		size_t c = i % table->ncolumns;
		size_t width = escape_width(table->cells[i], style->charset);
		if (c == 0)
			width += style->indent;
		if (width > widths[c])
			widths[c] = width;
	}
	return widths;
}

/* The widest column that may still lose something, or SIZE_MAX. */
static size_t widest(const struct table *table, const size_t *widths, size_t indent)
{
	size_t found = SIZE_MAX;
	for (size_t c = 0; c < table->ncolumns; c++)
		if (table->columns[c].flags & TABLE_CUT &&
			widths[c] > NARROWEST + (c ? 0 : indent) &&
			(found == SIZE_MAX || widths[c] > widths[found]))
			found = c;
	return found;
}

static void cut_to_fit(const struct table *table, size_t *widths, const struct table_style *style)
{
	size_t c, total = (table->ncolumns - 1) * GAP;
	for (c = 0; c < table->ncolumns; c++)
		total += widths[c];
	for (; total > style->columns; total--) {
		c = widest(table, widths, style->indent);
		if (c == SIZE_MAX)
			break;
		widths[c]--;
	}
}

/* A line being written. Blanks are owed until something follows them: no line ends in one. */
struct line {
	struct buf *out;
	struct buf cell; /* scratch */
	enum escape_charset charset;
	size_t owed;
};

static void add_cell(struct line *line, struct slice text, size_t width, unsigned flags)
{
	buf_reset(&line->cell);
	size_t blank = width - escape_fit(&line->cell, text, width, line->charset);
	size_t before = flags & TABLE_RIGHT ? blank : 0;
	if (line->cell.len) {
		buf_pad(line->out, ' ', line->owed + before);
		buf_add(line->out, buf_slice(&line->cell));
		line->owed = blank - before + GAP;
	} else {
		line->owed += width + GAP;
	}
}

static void end_line(struct line *line)
{
	buf_addc(line->out, '\n');
	line->owed = 0;
}

static void add_head(struct line *line, const struct table *table, const size_t *widths, bool color)
{
	if (color)
		buf_add(line->out, SLICE("\033[1;4m"));
	for (size_t c = 0; c < table->ncolumns; c++)
		add_cell(line, slice_cstr(table->columns[c].title), widths[c],
			table->columns[c].flags);
	if (color)
		buf_add(line->out, SLICE("\033[0m"));
	end_line(line);
}

static void add_row(struct line *line, const struct table *table, const size_t *widths,
	const struct slice *cells, size_t indent)
{
	line->owed = indent;
	add_cell(line, cells[0], widths[0] - indent, table->columns[0].flags);
	for (size_t c = 1; c < table->ncolumns; c++)
		add_cell(line, cells[c], widths[c], table->columns[c].flags);
	end_line(line);
}

void table_print_text(const struct table *table, const struct table_style *style, struct buf *out)
{
	struct line line = {.out = out, .charset = style->charset};
	if (!table->ncolumns)
		return;
	assert(table->ncells % table->ncolumns == 0);
	size_t *widths = natural_widths(table, style);
	if (style->columns)
		cut_to_fit(table, widths, style);
	add_head(&line, table, widths, style->color);
	for (size_t i = 0; i < table->ncells; i += table->ncolumns)
		add_row(&line, table, widths, table->cells + i, style->indent);
	free(widths);
	buf_free(&line.cell);
}

void table_print_csv(const struct table *table, struct buf *out)
{
	assert(!table->ncolumns || table->ncells % table->ncolumns == 0);
	for (size_t c = 0; c < table->ncolumns; c++) {
		escape_csv(out, slice_cstr(table->columns[c].title));
		buf_addc(out, c + 1 < table->ncolumns ? ',' : '\n');
	}
	for (size_t i = 0; i < table->ncells; i++) {
		escape_csv(out, table->cells[i]);
		buf_addc(out, (i + 1) % table->ncolumns ? ',' : '\n');
	}
}
