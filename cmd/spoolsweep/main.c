/* spoolsweep: what fills the mail queue, and who is behind it. */
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/spoolsweep/judge.h"
#include "core/base/units.h"
#include "formats/registry.h"

const struct command *const commands[] = {
	&command_spools,
	&command_report,
	&command_top,
	&command_list,
	&command_show,
	&command_why,
	&command_purge,
	&command_hold,
	&command_release,
	&command_retry,
	&command_requeue,
	&command_undo,
	&command_apply,
	&command_expunge,
	&command_archive,
	&command_journal,
	&command_setup,
	&command_help,
	NULL,
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int set_now(struct app *app)
{
	struct err err;

	app->now = (int64_t)time(NULL);
	if (!app->options.as_of || units_parse_time(slice_cstr(app->options.as_of), &app->now))
		return EXIT_DONE;
	err_set(&err, ERR_USAGE, 0, "--as-of takes a time such as 2026-11-22T03:07:00Z, not '%s'",
		app->options.as_of);
	return complain(&err);
}

static int choose(struct app *app)
{
	const struct options *options = &app->options;
	struct err err;

	app->command = options->help ? &command_help : &command_report;
	if (options->nwords && !options->help) {
		app->command = find_command(options->words[0]);
		if (!app->command) {
			err_set(&err, ERR_USAGE, 0,
				"there is no command '%s' (a filter goes behind a command: "
				"spoolsweep report "
				"FILTER); spoolsweep --help lists them",
				options->words[0]);
			return complain(&err);
		}
		app->operands = options->words + 1;
		app->noperands = options->nwords - 1;
	} else {
		app->operands = options->words;
		app->noperands = options->nwords;
	}
	if (options_check(options, app->command->name, app->command->takes, &err) != 0)
		return complain(&err);
	return set_now(app);
}

static int print_version(void)
{
	struct buf out = {0};
	buf_add(&out, SLICE("spoolsweep " SPOOLSWEEP_VERSION "\n"));
	return print_buf(&out);
}

static void release(struct app *app)
{
	leave_scan(app);
	judge_end(app);
	filter_free(app->filter);
	reserve_end(&app->reserve);
	leave_trash(app);
	spools_close(&app->spools);
	if (app->file >= 0)
		close(app->file);
	if (app->ids_file >= 0)
		close(app->ids_file);
	config_free(&app->config);
	options_free(&app->options);
}

/* What gets memory of its own. */
enum { LARGE = 256 * 1024 };

int main(int argc, char **argv)
{
	struct app app = {
		.spools.formats = formats,
		.filter_text = "",
		.started_as_root = geteuid() == 0,
		.file = -1,
		.ids_file = -1,
	};
	struct err err;

	/*
	 * One heap: what one thread reads another frees, and heaps of their own grow
	 * in small steps, each a system call.
	 */
	mallopt(M_ARENA_MAX, 1);
	/* Columns and tables go back when they are freed; left alone, the bound grows with them. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* of numbers that are read or written the point is a point */
	int code = options_parse(&app.options, argc, argv, &err) == 0 ? EXIT_DONE : complain(&err);
	output_init(&app.output, app.options.color);
	if (code == EXIT_DONE && app.options.version)
		code = print_version();
	else if (code == EXIT_DONE)
		code = choose(&app);
	if (code == EXIT_DONE && app.command)
		code = app.command->run(&app);
	release(&app);
	return code;
}
