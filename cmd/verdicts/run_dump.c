/* What a verdict says, as text that two runs can be compared by. */
#include <inttypes.h>
#include <stdlib.h>

#include "cmd/verdicts/run.h"
#include "core/base/xalloc.h"

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* A digest of which messages it is, whatever their rows are. */
static uint64_t digest_rows(const struct run *run, const struct bitset *rows)
{
	uint32_t *numbers = xcalloc(run->snap.rows + 1, sizeof(*numbers));
	size_t count = 0;
	uint64_t digest = 0;
	for (size_t row = rows->words ? bitset_next(rows, 0) : SIZE_MAX; row != SIZE_MAX;
		row = bitset_next(rows, row + 1))
		numbers[count++] = run->facts[row].number;
	qsort(numbers, count, sizeof(*numbers), by_number);
	for (size_t i = 0; i < count; i++)
		digest = rng_mix(digest, numbers[i]);
	free(numbers);
	return digest;
}

static void dump_evidence(struct buf *out, const struct evidence *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct evidence *e = &list[i];
		buf_printf(out, "  %s %.6g n %" PRIu64 " low %.6g high %.6g from %.6g points %.3g\n",
			e->rule ? e->rule->name : "-", e->value, e->n, e->low, e->high,
			e->threshold, e->points);
		buf_printf(out, "    %.*s\n", SLICE_ARG(e->text));
	}
}

static void dump_finding(const struct run *run, const struct finding *f, struct buf *out)
{
	buf_printf(out, "%s %s %s %.3g", f->id, finding_class_name(f->class), level_name(f->level),
		f->score);
	buf_printf(out, " messages %u rows %016" PRIx64 " bounces %u %016" PRIx64 "\n", f->messages,
		digest_rows(run, &f->rows), f->nbounces, digest_rows(run, &f->bounces));
	for (size_t i = 0; i < f->nwho; i++)
		buf_printf(out, "  %s=%.*s %u\n", who_field(f->who[i].kind),
			SLICE_ARG(f->who[i].value), f->who[i].messages);
	buf_printf(out, "  filter %.*s\n  stays %.*s\n", SLICE_ARG(f->filter), SLICE_ARG(f->stays));
	dump_evidence(out, f->evidence, f->nevidence);
	dump_evidence(out, f->counter, f->ncounter);
	for (size_t i = 0; i < f->nnotes; i++)
		buf_printf(out, "  note %.*s\n", SLICE_ARG(f->notes[i]));
}

void run_dump(const struct run *run, bool brief, struct buf *out)
{
	const struct verdict *v = &run->verdict;
	for (size_t i = 0; i < v->count; i++)
		if (brief)
			buf_printf(out, "%s %u %016" PRIx64 "\n",
				finding_class_name(v->findings[i].class), v->findings[i].messages,
				digest_rows(run, &v->findings[i].rows));
		else
			dump_finding(run, &v->findings[i], out);
	for (size_t i = 0; !brief && i < v->nnotes; i++)
		buf_printf(out, "note %.*s\n", SLICE_ARG(v->notes[i]));
	if (v->too_little)
		buf_add(out, SLICE("too little\n"));
}
