#include "cmd/verdicts/run.h"

#include <stdlib.h>
#include <time.h>

#include "cmd/forge/row.h"
#include "core/base/xalloc.h"
#include "core/query/filter.h"
#include "core/query/guess.h"
#include "formats/registry.h"

void run_add_fact(struct run *run, const struct played *played)
{
	if (run->nfacts == run->facts_cap) {
		run->facts_cap = run->facts_cap ? run->facts_cap * 2 : 1024;
		run->facts = xrealloc(run->facts, run->facts_cap, sizeof(*run->facts));
	}
	const struct stream *stream = played->stream;
	run->facts[run->nfacts++] = (struct fact){.index = (uint32_t)played->index,
		.truth = (uint8_t)stream->truth,
		.incident = (uint8_t)stream->incident,
		.stream = (uint16_t)(stream - run->stage.recipe->streams)};
}

static void add_networks(struct site *site, struct slice networks)
{
	struct slice word;
	struct ip_net net;
	while (slice_word(&networks, " ", &word))
		if (ip_net_parse(word, &net))
			site_add_trusted(site, &net);
}

void run_set_site(const struct run *run, struct site *site, struct arena *arena)
{
	const struct place *place = &run->stage.place;
	if (run->options->blind)
		return;
	for (unsigned i = 0; i < place->spec.domains; i++)
		site_add_local(site, arena, place->domains[i]);
	site_add_local(site, arena, place->host);
	site_add_local(
		site, arena, arena_printf(arena, "lists.%.*s", SLICE_ARG(place->domains[0])));
	site->local_complete = true;
	site->hostname = place->host;
	add_networks(site, place->spec.trust);
	site_seal(site);
}

static int add_row(void *ctx, const struct played *played, struct err *err)
{
	struct run *run = ctx;
	struct arena arena = {0};
	struct record record;
	(void)err;
	row_record(played, &arena, &record);
	snap_add(&run->snap, 0, &record);
	run_add_fact(run, played);
	arena_free(&arena);
	return 0;
}

static int make_rows(struct run *run, unsigned parts, struct err *err)
{
	const struct need need = {.parts = parts};
	const struct play_sink sink = {add_row, run};
	run->spool = xcalloc(1, sizeof(*run->spool));
	*run->spool = (struct spool){.format = formats[0],
		.path = xstrdup("rows"),
		.name = xstrdup("rows"),
		.fd = -1,
		.lifetime = -1,
		.bounce_lifetime = -1};
	run_set_site(run, &run->spool->site, &run->spool->arena);
	run->spools[0] = run->spool;
	snap_init(&run->snap, run->spools, 1, &need);
	run->snap.keep_reason_text = parts != VERDICT_NEED;
	if (play(&run->options->play, &run->stage, &sink, err))
		return -1;
	snap_link_copies(&run->snap);
	return 0;
}

int run_rows(struct run *run, struct err *err)
{
	return make_rows(run, VERDICT_NEED, err);
}

/* As after every scan. */
static void guess_site(struct run *run)
{
	struct spool *list[] = {run->spool};
	const struct spools spools = {.formats = formats, .list = list, .count = 1};
	guess_sites(&run->env, &spools);
}

/* The same messages once more, in the same order. */
static struct run *whole_of(const struct run *run)
{
	enum { NOT_IN_ROWS = NEED_IDENTITY | NEED_STAMP | NEED_LINEAGE };
	struct run *whole = xcalloc(1, sizeof(*whole));
	struct err err;
	whole->options = run->options;
	play_stage(&run->options->play, &whole->arena, &whole->stage);
	if (make_rows(whole, (NEED_ALL & ~(unsigned)NOT_IN_ROWS) | NEED_MARKS, &err))
		abort(); /* adding rows cannot fail */
	field_env_init(&whole->env, &whole->snap, run->env.now);
	guess_site(whole);
	return whole;
}

struct bitset run_select(struct run *run, struct slice text)
{
	struct need need = {0};
	struct err err;
	struct bitset rows = {0};
	struct filter *filter = filter_parse(text, &need, &err);
	if (!filter)
		return rows;
	bool enough = !(need.parts & ~run->snap.need.parts) && !filter_wants_reason_text(filter);
	if (!enough && !run->whole)
		run->whole = whole_of(run);
	rows = bitset_new(run->snap.rows);
	if (filter_run(filter, enough ? &run->env : &run->whole->env, &rows, &err))
		bitset_free(&rows);
	filter_free(filter);
	return rows;
}

static double clock_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int run_make(struct run *run, const struct run_options *options, struct err *err)
{
	*run = (struct run){.options = options};
	play_stage(&options->play, &run->arena, &run->stage);
	if ((options->files ? run_files : run_rows)(run, err))
		return -1;
	field_env_init(&run->env, &run->snap, run->stage.options.now + options->play.shift);
	guess_site(run);
	const struct verdict_options rules = {0};
	double began = clock_seconds();
	int failed = verdict_make(&run->verdict, &run->env, &rules, err);
	run->seconds = clock_seconds() - began;
	return failed;
}

void run_free(struct run *run)
{
	if (run->whole)
		run_free(run->whole);
	free(run->whole);
	verdict_free(&run->verdict);
	field_env_free(&run->env);
	snap_free(&run->snap);
	if (run->spool) {
		site_free(&run->spool->site);
		arena_free(&run->spool->arena);
		free(run->spool->path);
		free(run->spool->name);
		free(run->spool);
	}
	free(run->facts);
	arena_free(&run->arena);
	*run = (struct run){0};
}
