#include "cmd/spoolsweep/progress_line.h"

#include <string.h>

#include "core/base/units.h"

enum { SHORTEST_BAR = 8, LONGEST_BAR = 40, RATE_MS = 500 };

/* Eighths of a column, as UTF-8 has them; ASCII has whole ones only. */
static void put_bar(struct buf *out, const struct progress_facts *facts, size_t columns,
	enum escape_charset charset)
{
	static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	bool ascii = charset == ESCAPE_ASCII;
	size_t inside = ascii ? columns - 2 : columns;
	uint64_t eighths = inside * 8 * facts->done / facts->count;
	size_t full = (size_t)eighths / 8, used = full;

	if (ascii)
		buf_addc(out, '[');
	for (size_t i = 0; i < full; i++)
		buf_add(out, ascii ? SLICE("#") : SLICE("█"));
	if (!ascii && eighths % 8) {
		buf_add(out, slice_cstr(parts[eighths % 8]));
		used++;
	}
	buf_pad(out, ascii ? '.' : ' ', inside - used);
	if (ascii)
		buf_addc(out, ']');
}

/* Not before there is something to judge by. */
static void put_rate(struct buf *out, const struct progress_facts *facts)
{
	uint64_t ours = facts->done - facts->before;

	if (facts->passed < RATE_MS || !ours)
		return;
	uint64_t rate = ours * 1000 / (uint64_t)facts->passed;
	buf_add(out, SLICE("  "));
	units_count(out, (int64_t)rate);
	buf_add(out, SLICE("/s"));
	if (facts->done == facts->count)
		return;
	buf_add(out, SLICE("  "));
	units_age(out,
		(int64_t)((facts->count - facts->done) * (uint64_t)facts->passed / ours / 1000));
	buf_add(out, SLICE(" left"));
}

void progress_line(struct buf *out, const struct progress_facts *facts, size_t columns,
	enum escape_charset charset)
{
	struct buf head = {0}, tail = {0};

	if (!facts->count)
		return;
	buf_printf(&head, "%3u %%  ", (unsigned)(facts->done * 100 / facts->count));
	units_count(&tail, (int64_t)facts->done);
	buf_add(&tail, SLICE(" of "));
	units_count(&tail, (int64_t)facts->count);
	put_rate(&tail, facts);
	/* All but the bar is ASCII: its bytes are columns. The bar does not grow with the digits. */
	size_t text = head.len + strlen("  99,999,999 of 99,999,999  999,999/s  59 m left");
	size_t bar = columns > text ? columns - text : 0;
	bool fits = head.len + bar + 2 + tail.len <= columns;
	struct buf line = {0};
	buf_add(&line, buf_slice(&head));
	if (bar >= SHORTEST_BAR && fits) {
		put_bar(&line, facts, bar < LONGEST_BAR ? bar : LONGEST_BAR, charset);
		buf_add(&line, SLICE("  "));
	}
	buf_add(&line, buf_slice(&tail));
	escape_fit(out, buf_slice(&line), columns, charset);
	buf_free(&head);
	buf_free(&tail);
	buf_free(&line);
}
