#include "cmd/spoolsweep/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/slice.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

enum kind { FLAG, TEXT, NUMBER, SIZE, SPOOL, WHEN, TRASH };

struct option {
	const char *name;
	char letter; /* or 0 */
	enum kind kind;
	unsigned group;
	size_t offset; /* of the member in struct options */
	const char *argument;
	const char *help;
};

#define AT(member) offsetof(struct options, member)

static const struct option table[] = {
	{"spool", 's', SPOOL, OPT_QUEUE, 0, "DIR", "read the queue in DIR; may be repeated"},
	{"offline", 0, FLAG, OPT_QUEUE, AT(offline), NULL,
		"no MTA uses this queue: a copy, a mounted disk"},
	{"local-domains", 0, TEXT, OPT_QUEUE, AT(local_domains), "A,B",
		"the site's own domains, in place of the MTA's"},
	{"trusted-networks", 0, TEXT, OPT_QUEUE, AT(trusted_networks), "NETS",
		"the site's own networks, in place of the MTA's"},
	{"jobs", 0, NUMBER, OPT_QUEUE, AT(jobs), "N", "read N files at a time (default 16)"},
	{"memory", 0, SIZE, OPT_QUEUE, AT(memory), "SIZE",
		"memory for what is read (default 512M)"},
	{"as-of", 0, TEXT, OPT_QUEUE, AT(as_of), "TIME",
		"take TIME for the present, as for an old copy"},
	{"config", 0, TEXT, OPT_QUEUE, AT(config), "FILE",
		"in place of /etc/spoolsweep.conf; \"\" is none"},
	{"cron", 0, FLAG, OPT_CRON, AT(cron), NULL, "silent but for findings that were not told"},
	{"level", 0, TEXT, OPT_CRON, AT(level), "LEVEL",
		"with --cron: from it on (default probable)"},
	{"cache", 0, FLAG, OPT_CACHE, AT(cache), NULL,
		"read only what changed since the last time"},
	{"explain", 0, FLAG, OPT_FILTER, AT(explain), NULL,
		"say how the filter was understood, what is read"},
	{"json", 0, FLAG, OPT_JSON, AT(json), NULL, "JSON; its member names are stable"},
	{"csv", 0, FLAG, OPT_CSV, AT(csv), NULL, "CSV (RFC 4180)"},
	{"limit", 'n', NUMBER, OPT_LIMIT, AT(limit), "N", "at most N rows, 0 for all"},
	{"ids", 0, FLAG, OPT_LIST, AT(ids), NULL, "queue ids only, one a line"},
	{"sort", 0, TEXT, OPT_LIST, AT(sort), "FIELD",
		"in the order of FIELD; -FIELD for the reverse"},
	{"columns", 0, TEXT, OPT_LIST, AT(columns), "A,B", "print these fields"},
	{"raw", 0, FLAG, OPT_SHOW, AT(raw), NULL, "the whole message as it will be sent"},
	{"headers", 0, FLAG, OPT_SHOW, AT(headers), NULL, "the header block as it will be sent"},
	{"part", 0, TEXT, OPT_SHOW, AT(part), "N", "part N, such as 1.2, decoded"},
	{"out", 'o', TEXT, OPT_SHOW, AT(out), "FILE", "into a new file, not to stdout"},
	{"trash", 0, TRASH, OPT_TRASH, 0, "[RUN]", "what lies in the trash, of all runs or of one"},
	{"apply", 0, FLAG, OPT_ACT, AT(apply), NULL, "do it; without this only the plan is shown"},
	{"yes", 0, FLAG, OPT_ACT, AT(yes), NULL, "do not ask: for scripts, with --apply"},
	{"max", 0, NUMBER, OPT_ACT, AT(max), "N", "refuse if it is more than N messages or files"},
	{"reason", 0, TEXT, OPT_ACT, AT(reason), "TEXT", "why, for the journal"},
	{"all", 0, TEXT, OPT_PICK, AT(all), "ALL", "every message, in place of a filter"},
	{"ids-from", 0, TEXT, OPT_PICK, AT(ids_from), "FILE",
		"the messages whose ids FILE has; - is stdin"},
	{"trust", 0, TEXT, OPT_TRUST, AT(trust), "received",
		"believe a login that only a Received line names"},
	{"plan-out", 0, TEXT, OPT_PICK, AT(plan_out), "FILE",
		"write the plan to FILE, for spoolsweep apply FILE"},
	{"resume", 0, NUMBER, OPT_RESUME, AT(resume), "RUN", "go on with a run that stopped"},
	{"no-undo", 0, FLAG, OPT_PURGE, AT(no_undo), NULL,
		"remove at once, no trash and no way back"},
	{"no-journal", 0, FLAG, OPT_JOURNAL, AT(no_journal), NULL,
		"with --no-undo on a full disk: keep no record"},
	{"to", 0, TEXT, OPT_UNDO, AT(to), "WHERE", "hold (the default) or origin"},
	{"hold-is-hold", 0, FLAG, OPT_HOLD, AT(hold_is_hold), NULL,
		"no other program takes mail from hold here"},
	{"now", 0, TEXT, OPT_EXPUNGE, AT(now), "RUN",
		"this run, also when it is younger than a day"},
	{"follow", 0, TEXT, OPT_FOLLOW, AT(follow), "TIME",
		"take what arrives meanwhile, too; needs --max"},
	{"log-messages", 0, WHEN, OPT_LOG, AT(log_messages), "WHEN",
		"a log line for each: auto, always, never"},
	{"color", 0, WHEN, OPT_GLOBAL, AT(color), "WHEN", "auto, always or never"},
	{"help", 'h', FLAG, OPT_GLOBAL, AT(help), NULL, "help for the command"},
	{"version", 0, FLAG, OPT_GLOBAL, AT(version), NULL, "print the version"},
};

enum { OPTIONS = sizeof(table) / sizeof(*table), HELP_COLUMN = 30 };

static const struct option *find_long(struct slice name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (slice_eq(name, slice_cstr(table[i].name)))
			return &table[i];
	return NULL;
}

static const struct option *find_letter(char letter)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (table[i].letter && table[i].letter == letter)
			return &table[i];
	return NULL;
}

static int store_when(enum when *when, const char *name, const char *value, struct err *err)
{
	static const char *const names[] = {
		[WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always", [WHEN_NEVER] = "never"};
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (value && strcmp(value, names[i]) == 0) {
			*when = (enum when)i;
			return 0;
		}
	}
	return err_set(
		err, ERR_USAGE, 0, "--%s takes auto, always or never, not '%s'", name, value);
}

static int store(
	struct options *options, const struct option *option, const char *value, struct err *err)
{
	char *place = (char *)options + option->offset;
	int64_t number;

	options->given |= option->group;
	options->first_of[__builtin_ctz(option->group)] = option->name;
	switch (option->kind) {
	case FLAG:
		*(bool *)place = true;
		break;
	case TEXT:
		*(const char **)(void *)place = value;
		break;
	case NUMBER:
		if (!slice_to_i64(slice_cstr(value), &number) || number < 0)
			return err_set(err, ERR_USAGE, 0, "--%s takes a number, not '%s'",
				option->name, value);
		*(int64_t *)(void *)place = number;
		break;
	case SIZE:
		if (!units_parse_size(slice_cstr(value), &number) || number < 1)
			return err_set(err, ERR_USAGE, 0, "--%s takes a size such as 2G, not '%s'",
				option->name, value);
		*(int64_t *)(void *)place = number;
		break;
	case SPOOL:
		options->spools =
			xrealloc(options->spools, options->nspools + 1, sizeof(*options->spools));
		options->spools[options->nspools++] = value;
		break;
	case WHEN:
		return store_when((enum when *)(void *)place, option->name, value, err);
	case TRASH:
		options->trash = true;
		if (value &&
			(!slice_to_i64(slice_cstr(value), &options->trash_run) ||
				options->trash_run < 1))
			return err_set(err, ERR_USAGE, 0,
				"--trash takes the number of a run, or nothing, not '%s'", value);
		break;
	}
	return 0;
}

/* One argument that starts with '-'; takes the next one when the option has a value. */
static int parse_one(struct options *options, int argc, char **argv, int *at, struct err *err)
{
	const char *argument = argv[*at];
	const struct option *option;
	struct slice name, value = {0};

	if (argument[1] == '-') {
		if (!slice_cut(slice_cstr(argument + 2), '=', &name, &value))
			value = (struct slice){0};
		option = find_long(name);
	} else {
		option = find_letter(argument[1]);
		if (argument[2])
			value = slice_cstr(argument + 2);
	}
	if (!option)
		return err_set(err, ERR_USAGE, 0, "there is no option '%s'", argument);
	if (option->kind == TRASH && !slice_known(value)) {
		int64_t run;
		bool follows = *at + 1 < argc && slice_to_i64(slice_cstr(argv[*at + 1]), &run);
		return store(options, option, follows ? argv[++*at] : NULL, err);
	}
	if (option->kind == FLAG) {
		if (slice_known(value))
			return err_set(err, ERR_USAGE, 0, "--%s takes no value", option->name);
		return store(options, option, NULL, err);
	}
	if (!slice_known(value)) {
		if (*at + 1 >= argc)
			return err_set(
				err, ERR_USAGE, 0, "--%s needs %s", option->name, option->argument);
		value = slice_cstr(argv[++*at]);
	}
	return store(options, option, value.ptr, err);
}

int options_parse(struct options *options, int argc, char **argv, struct err *err)
{
	bool only_words = false;

	*options = (struct options){.argv = argv, .argc = argc, .limit = -1, .max = -1};
	options->words = xcalloc((size_t)argc + 1, sizeof(*options->words));
	for (int i = 1; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1]) {
			if (parse_one(options, argc, argv, &i, err) != 0)
				return -1;
		} else {
			options->words[options->nwords++] = argv[i];
		}
	}
	return 0;
}

void options_free(struct options *options)
{
	free(options->spools);
	free(options->words);
}

/* One form of output a run: the other one would be ignored without a word. */
static int check_forms(const struct options *options, struct err *err)
{
	const struct {
		bool given;
		const char *name;
	} forms[] = {
		{options->json, "json"},
		{options->csv, "csv"},
		{options->ids, "ids"},
		{options->raw, "raw"},
		{options->headers, "headers"},
		{options->part, "part"},
	};
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (!forms[i].given)
			continue;
		if (first)
			return err_set(err, ERR_USAGE, 0, "--%s and --%s exclude each other", first,
				forms[i].name);
		first = forms[i].name;
	}
	if (options->cache && options->trash)
		return err_set(err, ERR_USAGE, 0, "--cache and --trash exclude each other");
	if (options->columns && (options->json || options->ids))
		return err_set(err, ERR_USAGE, 0,
			"--columns is for the table and for --csv, not for --%s", first);
	return 0;
}

int options_check(
	const struct options *options, const char *command, unsigned takes, struct err *err)
{
	unsigned wrong = options->given & ~(takes | OPT_GLOBAL);
	if (wrong)
		return err_set(err, ERR_USAGE, 0, "'%s' has no use for --%s", command,
			options->first_of[__builtin_ctz(wrong)]);
	return options->help ? 0 : check_forms(options, err);
}

void options_help(struct buf *out, unsigned groups)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option *option = &table[i];
		if (!(option->group & groups))
			continue;
		size_t begin = out->len;
		if (option->letter)
			buf_printf(out, "  -%c, ", option->letter);
		else
			buf_printf(out, "      ");
		buf_printf(out, "--%s%s%s", option->name, option->argument ? " " : "",
			option->argument ? option->argument : "");
		size_t width = out->len - begin;
		buf_pad(out, ' ', width < HELP_COLUMN ? HELP_COLUMN - width : 1);
		buf_printf(out, "%s\n", option->help);
	}
}
