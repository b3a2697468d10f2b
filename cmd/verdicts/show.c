#include "cmd/verdicts/show.h"

static void show_streams(const struct run *run, struct buf *out)
{
	const struct recipe *recipe = run->stage.recipe;
	for (size_t i = 0; i < recipe->nstreams; i++) {
		const struct stream *stream = &recipe->streams[i];
		unsigned count = 0, selected = 0, bounces = 0;
		for (uint32_t row = 0; row < run->snap.rows; row++) {
			if (run->facts[row].stream != i)
				continue;
			count++;
			bool is = false, bounce = false;
			for (size_t k = 0; k < run->verdict.count; k++) {
				const struct finding *f = &run->verdict.findings[k];
				if (f->level < LEVEL_PROBABLE || !finding_class_is_abuse(f->class))
					continue;
				is |= bitset_has(&f->rows, row);
				bounce |= f->bounces.words && bitset_has(&f->bounces, row);
			}
			selected += is;
			bounces += bounce;
		}
		if (count)
			buf_printf(out,
				"  %-24.*s %-8s %u  %7u messages, %u selected, %u as bounces\n",
				SLICE_ARG(stream->name), truth_name(stream->truth),
				stream->incident, count, selected, bounces);
	}
}

static void show_facts(
	const struct evidence *list, size_t count, const char *title, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct evidence *e = &list[i];
		buf_printf(out, "    %s %+5.1f %-16s %10.4g n %-8lu %.*s", title, e->points,
			e->rule ? e->rule->name : "-", e->value, (unsigned long)e->n,
			SLICE_ARG(e->text));
		if (e->here.len)
			buf_printf(out, " (%.*s)", SLICE_ARG(e->here));
		buf_addc(out, '\n');
	}
}

static void show_rows(const struct run *run, const struct finding *f, struct buf *out)
{
	const struct recipe *recipe = run->stage.recipe;
	for (size_t i = 0; i < recipe->nstreams; i++) {
		unsigned count = 0, bounces = 0;
		for (uint32_t row = 0; row < run->snap.rows; row++) {
			bool mine = run->facts[row].stream == i;
			count += mine && bitset_has(&f->rows, row);
			bounces += mine && f->bounces.words && bitset_has(&f->bounces, row);
		}
		if (count + bounces)
			buf_printf(out, "    takes %u of %.*s, %u as bounces\n", count,
				SLICE_ARG(recipe->streams[i].name), bounces);
	}
}

static void show_finding(struct run *run, const struct finding *f, struct buf *out)
{
	const char *why;
	unsigned incident = judge_finding(run, f, &why);
	buf_printf(out, "\n  %s %s %s %.1f: %u messages, %u bounces; incident %u: %s\n", f->id,
		finding_class_name(f->class), level_name(f->level), f->score, f->messages,
		f->nbounces, incident, why);
	for (size_t i = 0; i < f->nwho && i < 8; i++)
		buf_printf(out, "    who %s %.*s %u\n", who_field(f->who[i].kind),
			SLICE_ARG(f->who[i].value), f->who[i].messages);
	if (f->nwho_all > 8)
		buf_printf(out, "    who: %zu in all\n", f->nwho_all);
	show_rows(run, f, out);
	show_facts(f->evidence, f->nevidence, "for    ", out);
	show_facts(f->counter, f->ncounter, "against", out);
	for (size_t i = 0; i < f->nnotes; i++)
		buf_printf(out, "    note %.*s\n", SLICE_ARG(f->notes[i]));
	buf_printf(out, "    filter %.*s\n", SLICE_ARG(slice_upto(f->filter, 600)));
	if (f->stays.len)
		buf_printf(out, "    stays %.*s\n", SLICE_ARG(f->stays));
}

void show_run(struct run *run, struct buf *out)
{
	const struct recipe *recipe = run->stage.recipe;
	const struct play_options *play = &run->options->play;
	buf_printf(out, "%.*s x%g seed %lu%s: %.*s\n  %u messages at %.*s, verdict in %.1f ms%s\n",
		SLICE_ARG(recipe->name), play->scale / 1000.0, (unsigned long)play->seed,
		run->options->blind ? ", site unknown" : "", SLICE_ARG(recipe->about),
		run->snap.rows, SLICE_ARG(run->stage.place.host), run->seconds * 1000,
		run->verdict.too_little ? ", too little to say anything" : "");
	for (unsigned i = 1; i <= recipe->incidents; i++)
		buf_printf(out, "  incident %u is %s%s, at least %s\n", i,
			finding_class_name(recipe->expected[i].class),
			recipe->expected[i].clear ? "" : " (or what else is accepted)",
			level_name(judge_least(run, &recipe->expected[i])));
	show_streams(run, out);
	if (run->spool->site.guessed) {
		buf_add(out, SLICE("  "));
		site_print_guess(&run->spool->site, out);
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < run->verdict.nnotes; i++)
		buf_printf(out, "  note %.*s\n", SLICE_ARG(run->verdict.notes[i]));
	for (size_t i = 0; i < run->verdict.count; i++)
		show_finding(run, &run->verdict.findings[i], out);
}
