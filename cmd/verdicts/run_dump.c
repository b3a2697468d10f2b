/* What a verdict says, as text that two runs can be compared by. */
#include <inttypes.h>

#include "cmd/verdicts/run.h"

uint64_t run_digest(const struct run *run, const struct bitset *rows, bool incidents)
{
	uint64_t digest = 0;
	for (size_t row = rows->words ? bitset_next(rows, 0) : SIZE_MAX; row != SIZE_MAX;
		row = bitset_next(rows, row + 1)) {
		const struct fact *fact = &run->facts[row];
		if (!incidents || fact->incident) /* a sum: their order does not count */
			digest += rng_mix(fact->index, fact->stream);
	}
	return digest;
}

static void dump_evidence(struct buf *out, const struct evidence *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct evidence *e = &list[i];
		buf_printf(out,
			"  %s %.6g n %" PRIu64 " low %.6g high %.6g from %.6g points %.3g\n",
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
		run_digest(run, &f->rows, false), f->nbounces, run_digest(run, &f->bounces, false));
	for (size_t i = 0; i < f->nwho; i++)
		buf_printf(out, "  %s=%.*s %u\n", who_field(f->who[i].kind),
			SLICE_ARG(f->who[i].value), f->who[i].messages);
	buf_printf(out, "  filter %.*s\n  stays %.*s\n", SLICE_ARG(f->filter), SLICE_ARG(f->stays));
	dump_evidence(out, f->evidence, f->nevidence);
	dump_evidence(out, f->counter, f->ncounter);
	for (size_t i = 0; i < f->nnotes; i++)
		buf_printf(out, "  note %.*s\n", SLICE_ARG(f->notes[i]));
}

void run_dump(const struct run *run, struct buf *out)
{
	const struct verdict *v = &run->verdict;
	for (size_t i = 0; i < v->count; i++)
		dump_finding(run, &v->findings[i], out);
	for (size_t i = 0; i < v->nnotes; i++)
		buf_printf(out, "note %.*s\n", SLICE_ARG(v->notes[i]));
	if (v->too_little)
		buf_add(out, SLICE("too little\n"));
}
