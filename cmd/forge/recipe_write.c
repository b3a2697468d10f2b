#include "cmd/forge/recipe_write.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/forge/play_files.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

struct telling {
	const struct recipe *recipe;
	FILE *truth;
	uint64_t messages, abusive;
};

static const char *class_of(const struct recipe *recipe, unsigned incident)
{
	return incident ? finding_class_name(recipe->expected[incident].class) : "none";
}

static void tell_message(void *ctx, const struct played *played, struct slice id)
{
	struct telling *telling = ctx;
	const struct stream *stream = played->stream;
	json_t *line = json_pack("{s:s%, s:s%, s:s, s:i, s:s, s:b}", "id", id.ptr, id.len, "stream",
		stream->name.ptr, stream->name.len, "truth", truth_name(stream->truth), "incident",
		(int)stream->incident, "class", class_of(telling->recipe, stream->incident),
		"abusive", stream->truth == TRUTH_ABUSE);
	json_dumpf(line, telling->truth, JSON_COMPACT);
	fputc('\n', telling->truth);
	json_decref(line);
	telling->messages++;
	telling->abusive += stream->truth == TRUTH_ABUSE;
}

static json_t *class_list(unsigned bits, bool none)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < FINDING_CLASSES; i++)
		if (bits >> i & 1)
			json_array_append_new(
				list, json_string(finding_class_name((enum finding_class)i)));
	if (none)
		json_array_append_new(list, json_string("none"));
	return list;
}

static json_t *incident_json(const struct recipe *recipe)
{
	json_t *list = json_array();
	for (unsigned i = 1; i <= recipe->incidents; i++) {
		const struct expectation *e = &recipe->expected[i];
		json_array_append_new(list,
			json_pack("{s:i, s:s, s:o, s:s, s:s, s:b}", "incident", (int)i, "class",
				class_of(recipe, i), "accept", class_list(e->accept, e->none),
				"least", level_name(e->least), "most", level_name(e->most), "clear",
				e->clear));
	}
	return json_pack("{s:s%, s:s%, s:o, s:o}", "scenario", recipe->name.ptr, recipe->name.len,
		"about", recipe->about.ptr, recipe->about.len, "incidents", list, "forbidden",
		class_list(recipe->forbid, false));
}

static int write_incident(const struct recipe *recipe, const char *dir, struct err *err)
{
	char *path = xasprintf("%s.incident.json", dir);
	json_t *incident = incident_json(recipe);
	int failed = json_dump_file(incident, path, JSON_INDENT(2));
	json_decref(incident);
	if (failed)
		err_set(err, ERR_IO, 0, "%s: cannot write", path);
	free(path);
	return failed;
}

static void summary(const struct options *options, const struct stage *stage, int64_t now,
	const struct telling *telling, struct buf *out)
{
	const struct place *place = &stage->place;
	buf_printf(out, "%s queue in %s: ", options->writer->name, options->tree.dir);
	units_count(out, (int64_t)telling->messages);
	buf_add(out, SLICE(" messages, "));
	units_count(out, (int64_t)telling->abusive);
	buf_printf(out, " of them abusive; seed %lu, now ", (unsigned long)options->mix.seed);
	units_rfc3339(out, now);
	buf_printf(out, "\ntruth: %.*s\nsite: --local-domains ", SLICE_ARG(stage->recipe->about));
	for (unsigned i = 0; i < place->spec.domains; i++)
		buf_printf(out, "%.*s,", SLICE_ARG(place->domains[i]));
	buf_printf(out, "%.*s,lists.%.*s --trusted-networks ", SLICE_ARG(place->host),
		SLICE_ARG(place->domains[0]));
	for (size_t i = 0; i < place->spec.trust.len; i++)
		buf_addc(out, place->spec.trust.ptr[i] == ' ' ? ',' : place->spec.trust.ptr[i]);
	buf_addc(out, '\n');
}

static int write_queue(const struct options *options, const struct recipe *recipe, struct buf *out,
	struct err *err)
{
	const char *dir = options->tree.dir;
	struct play_options play = {
		.recipe = recipe, .seed = options->mix.seed, .scale = options->scale};
	if (options->now_given)
		play.shift = options->mix.now - play_now(&play);
	struct telling telling = {.recipe = recipe};
	char *path = xasprintf("%s.truth.jsonl", dir);
	telling.truth = fopen(path, "we");
	if (!telling.truth) {
		err_sys(err, "%s: cannot write", path);
		free(path);
		return -1;
	}
	struct arena arena = {0};
	struct stage stage;
	play_stage(&play, &arena, &stage);
	const struct play_files files = {.writer = options->writer,
		.note = tell_message,
		.ctx = &telling,
		.chown = options->tree.chown,
		.uid = options->tree.chown ? options->tree.uid : geteuid(),
		.gid = options->tree.chown ? options->tree.gid : getegid()};
	int failed = play_files(&play, &stage, dir, &files, err);
	bool lost = ferror(telling.truth);
	lost |= fclose(telling.truth) != 0;
	if (!failed && lost)
		failed = err_set(err, ERR_IO, 0, "%s: cannot write", path);
	if (!failed)
		failed = write_incident(recipe, dir, err);
	if (!failed)
		summary(options, &stage, play_now(&play) + play.shift, &telling, out);
	arena_free(&arena);
	free(path);
	return failed;
}

int recipe_write(const struct options *options, struct buf *out, struct err *err)
{
	struct recipe recipe;
	if (recipe_read(&recipe, options->recipe, err))
		return -1;
	int failed = write_queue(options, &recipe, out, err);
	recipe_free(&recipe);
	return failed;
}
