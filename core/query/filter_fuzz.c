/*
 * Any bytes as a filter: an error of three short lines, or a filter whose print
 * is the same filter again and that runs on messages of every kind.
 */
#include <stdlib.h>

#include "core/query/filter.h"
#include "core/query/test_snap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static struct test_snap *messages(void)
{
	static struct test_snap snap;
	if (!snap.snap.rows)
		test_snap_fill(&snap);
	return &snap;
}

static void check_error(const struct err *err, size_t size)
{
	size_t lines = 1;
	for (const char *at = err->text; (at = strchr(at, '\n')); at++)
		lines++;
	require(err->code == ERR_USAGE);
	require(lines == (size > LIMIT_FILTER ? 1 : 3));
	require(lines == 1 || err->text[strlen(err->text) - 1] == '^');
}

/* The rows as bits; all set when a regex hits its limit. */
static uint64_t run(struct filter *filter, struct test_snap *snap)
{
	struct err err;
	struct bitset rows = bitset_new(snap->snap.rows);
	uint64_t bits =
		filter_run(filter, &snap->env, &rows, &err) == 0 ? rows.words[0] : UINT64_MAX;
	require(bits != UINT64_MAX || err.code == ERR_LIMIT);
	bitset_free(&rows);
	return bits;
}

static void check_again(const struct buf *print, uint64_t bits, struct test_snap *snap)
{
	struct err err;
	struct need need = snap->need;
	struct buf twice = {0};

	struct filter *filter = filter_parse(buf_slice(print), &need, &err);
	require(filter != NULL);
	filter_print(filter, &twice);
	require(slice_eq(buf_slice(print), buf_slice(&twice)));
	require(run(filter, snap) == bits);
	filter_free(filter);
	buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct test_snap *snap = messages();
	struct err err = {0};
	struct need need = snap->need;
	struct buf print = {0};

	need.parts = 0;
	struct filter *filter = filter_parse(slice_of(data, size), &need, &err);
	if (!filter) {
		check_error(&err, size);
		return 0;
	}
	uint64_t bits = run(filter, snap);
	/* What is not trusted becomes unknown, and knowing less never selects more. */
	snap->env.trusted_only = true;
	uint64_t trusted = run(filter, snap);
	snap->env.trusted_only = false;
	require((trusted & ~bits) == 0);
	require(!filter_wants_reason_text(filter) || filter_is_specific(filter));
	require(!filter_wants_reason_text(filter) || (need.parts & NEED_REASONS));
	filter_print(filter, &print);
	/* Names and blanks are written out, so the print of the longest may be too long. */
	if (print.len <= LIMIT_FILTER)
		check_again(&print, bits, snap);
	filter_free(filter);
	buf_free(&print);
	return 0;
}
