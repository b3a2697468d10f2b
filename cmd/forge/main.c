#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/forge/options.h"
#include "cmd/forge/recipe_write.h"
#include "core/base/units.h"

/* Makes dir, or checks that it is empty. */
static int prepare(const char *dir, struct err *err)
{
	if (!mkdir(dir, 0755))
		return 0;
	if (errno != EEXIST)
		return err_sys(err, "%s: cannot make the folder", dir);
	DIR *folder = opendir(dir);
	if (!folder)
		return err_sys(err, "%s: cannot open the folder", dir);
	bool empty = true;
	for (const struct dirent *entry; empty && (entry = readdir(folder));)
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(folder);
	if (!empty)
		return err_set(err, ERR_USAGE, 0,
			"%s: is not empty; name a folder that is, or a new one", dir);
	return 0;
}

static void summary(struct buf *out, const struct options *options, const struct mix_result *result)
{
	static const char *const queues[FAKE_QUEUES] = {[FAKE_SUBMITTED] = "submitted",
		[FAKE_INCOMING] = "incoming",
		[FAKE_ACTIVE] = "active",
		[FAKE_DEFERRED] = "deferred",
		[FAKE_HELD] = "held",
		[FAKE_CORRUPT] = "corrupt"};
	const struct mix_options *mix = &options->mix;
	buf_printf(out, "%s queue in %s: ", options->writer->name, options->tree.dir);
	units_count(out, (int64_t)mix->messages);
	buf_add(out, mix->messages == 1 ? SLICE(" message (") : SLICE(" messages ("));
	for (unsigned i = 0; i < FAKE_QUEUES; i++) {
		buf_printf(out, "%s%s ", i ? ", " : "", queues[i]);
		units_count(out, (int64_t)result->queues[i]);
	}
	buf_add(out, SLICE("), "));
	units_count(out, (int64_t)result->recipients);
	buf_add(out, SLICE(" recipients waiting, "));
	units_size(out, (int64_t)result->bytes);
	buf_printf(out, " of text; seed %lu, now ", (unsigned long)mix->seed);
	units_rfc3339(out, mix->now);
	buf_add(out, SLICE("\ntruth: "));
	if (result->truth.messages)
		incident_tell(out, mix->incident, &result->truth);
	else
		buf_add(out, SLICE("class=none"));
	buf_add(out,
		SLICE("\nsite: --local-domains " SITE_DOMAINS " --trusted-networks " SITE_NETWORKS
		      "\n"));
}

static int forge(const struct options *options, struct buf *out, struct err *err)
{
	if (prepare(options->tree.dir, err))
		return -1;
	struct tree *tree = options->writer->open(&options->tree, err);
	if (!tree)
		return -1;
	struct mix_result result;
	struct err second;
	int failed = mix_write(&options->mix, &options->tree, options->writer, tree, &result, err);
	if (options->writer->close(tree, failed ? &second : err))
		failed = -1;
	if (!failed)
		summary(out, options, &result);
	incident_truth_free(&result.truth);
	return failed;
}

static int exit_code(const struct err *err)
{
	return err->code == ERR_USAGE ? 2 : err->code == ERR_PERMISSION ? 77 : 74;
}

int main(int argc, char **argv)
{
	struct options options;
	struct err err = {0};
	struct buf out = {0};
	int failed = options_parse(&options, argc, argv, &err);
	if (!failed && options.help)
		options_help(&out);
	else if (!failed && options.recipe)
		failed = prepare(options.tree.dir, &err) || recipe_write(&options, &out, &err);
	else if (!failed)
		failed = forge(&options, &out, &err);
	if (failed)
		fprintf(stderr, "forge: %s\n", err.text);
	bool lost = fwrite(out.ptr ? out.ptr : "", 1, out.len, stdout) != out.len || fflush(stdout);
	buf_free(&out);
	if (failed)
		return exit_code(&err);
	return lost ? 74 : 0;
}
