#include "cmd/forge/fill.h"

#include "cmd/forge/letter.h"

enum { LINE_HEAD = 2, LONG_HEAD = 3, LONG_LINE = 128, LINE_COST = 74, LEAST = 60 };

uint64_t fill_cost(struct slice lines)
{
	uint64_t cost = 0;
	struct slice line;
	while (lines.len) {
		slice_cut(lines, '\n', &line, &lines);
		cost += line.len + (line.len < LONG_LINE ? LINE_HEAD : LONG_HEAD);
	}
	return cost;
}

uint64_t fill_left(uint64_t size, uint64_t head)
{
	return size > head + LEAST ? size - head : LEAST;
}

void fill_body(struct buf *out, struct rng *rng, uint64_t cost)
{
	while (cost) {
		uint64_t line = cost < LINE_COST ? cost : LINE_COST;
		if (cost - line == 1) /* no line takes as little */
			line--;
		size_t end = out->len + (size_t)line - LINE_HEAD;
		while (out->len < end) {
			letter_words(out, rng, 8);
			buf_addc(out, ' ');
		}
		out->len = end;
		buf_addc(out, '\n');
		cost -= line;
	}
}
