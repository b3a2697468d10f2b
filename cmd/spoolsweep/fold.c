#include "cmd/spoolsweep/findings.h"

enum {
	DEFAULT_WIDTH = 80,
	WIDEST = 110, /* longer lines are hard to read */
	TAIL_COLUMN = 47,
	MORE = 2,  /* the indent of what goes on */
	BELOW = 4, /* ... of a tail below its text */
	LONGEST = 2000,
};

size_t text_width(const struct app *app)
{
	size_t columns = app->output.columns;
	return !columns ? DEFAULT_WIDTH : columns < WIDEST ? columns : WIDEST;
}

/* Returns the column it ends at. */
static size_t put_words(const struct app *app, struct buf *out, const struct line *line)
{
	struct slice rest = slice_upto(line->text, LONGEST), word;
	size_t width = text_width(app), at = line->indent;
	size_t lead = line->lead.len ? line->lead.len + 1 : 0;
	size_t begin = lead ? line->indent : line->indent + MORE;
	bool first = true;

	buf_pad(out, ' ', at > lead ? at - lead : 0);
	buf_add(out, line->lead);
	buf_pad(out, ' ', lead ? 1 : 0);
	while (slice_word(&rest, " ", &word)) {
		size_t needs = escape_width(word, app->output.charset);
		if (!first && at + 1 + needs > width) {
			buf_addc(out, '\n');
			buf_pad(out, ' ', begin);
			at = begin;
		} else if (!first) {
			buf_addc(out, ' ');
			at++;
		}
		first = false;
		at += escape_fit(out, word, width > at ? width - at : 1, app->output.charset);
	}
	return at;
}

void put_folded(const struct app *app, struct buf *out, const struct line *line)
{
	size_t width = text_width(app);
	size_t at = put_words(app, out, line);

	if (line->tail.len) {
		size_t needs = escape_width(line->tail, app->output.charset);
		size_t column = at + 2 <= TAIL_COLUMN && TAIL_COLUMN + needs <= width ? TAIL_COLUMN
										      : at + 2;
		if (column + needs > width) {
			buf_addc(out, '\n');
			column = line->indent + BELOW;
			at = 0;
		}
		buf_pad(out, ' ', column - at);
		if (line->paste)
			put(app, out, line->tail);
		else
			escape_fit(out, line->tail, width > column ? width - column : 1,
				app->output.charset);
	}
	buf_addc(out, '\n');
}
