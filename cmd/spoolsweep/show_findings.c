/* Of which incident a message is part: all of the queue has to be read to know that. */
#include "cmd/spoolsweep/judge.h"
#include "cmd/spoolsweep/show.h"

static void take_ids(const struct app *look, struct shown *shown, uint32_t row)
{
	const struct field_env *env = &look->env;

	shown->findings = arena_alloc(&shown->arena, (env->nsets + 1) * sizeof(*shown->findings));
	for (size_t i = 0; i < env->nsets; i++)
		if (bitset_has(env->sets[i].rows, row))
			shown->findings[shown->nfindings++] = arena_copy(
				&shown->arena, intern_get(&env->snap->strings, env->sets[i].name));
}

static void find_row(const struct app *look, struct shown *shown)
{
	const struct snap *snap = &look->scan.snap;

	for (uint32_t row = 0; row < snap->rows && !shown->judged; row++) {
		if (snap->small[row].spool != shown->spool->number ||
			!slice_eq(snap_text(snap, COL_QUEUE_ID, row), shown->record.queue_id))
			continue;
		shown->judged = true;
		take_ids(look, shown, row);
	}
}

void show_find_findings(struct app *app, struct shown *shown)
{
	struct scan_options options = {.interrupted = &interrupted};
	struct app look = {
		.command = app->command,
		.options = app->options,
		.output = app->output,
		.config = app->config,
		.spools = app->spools,
		.now = app->now,
		.need.parts = NEED_FINDINGS,
	};
	struct err err;

	if (judge_prepare(&look) != EXIT_DONE)
		return;
	catch_interrupts();
	progress_start(app, &options);
	int status = scan_run(&look.scan, &look.spools, &look.need, &options, &err);
	progress_end(app);
	if (status == 0 && look.scan.complete) {
		field_env_init(&look.env, &look.scan.snap, look.now);
		if (judge_rows(&look) == EXIT_DONE)
			find_row(&look, shown);
	}
	leave_scan(&look);
}
