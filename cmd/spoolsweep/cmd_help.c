#include <stdio.h>
#include <string.h>

#include "cmd/spoolsweep/findings.h"

static void list_commands(struct buf *out)
{
	buf_add(out,
		SLICE("usage: spoolsweep [-s DIR]... COMMAND [FILTER] [options]\n\n"
		      "What fills a mail queue, who is behind it, and how to clean it.\n"
		      "Nothing is changed without --apply.\n\n"));
	for (size_t i = 0; commands[i]; i++)
		buf_printf(out, "  %-8s %-16s %s\n", commands[i]->name, commands[i]->operands,
			commands[i]->summary);
	buf_add(out,
		SLICE("\nExamples:\n"
		      "  spoolsweep report\n"
		      "  spoolsweep top envelope_sender 'account=bob@example.com'\n"
		      "  spoolsweep list 'client_net in 203.0.113.0/24 and age<6h' --ids\n"
		      "  spoolsweep purge 'account=bob@example.com'\n\n"
		      "Options for every command:\n"));
	options_help(out, OPT_GLOBAL | OPT_QUEUE);
	buf_add(out,
		SLICE("\nspoolsweep help COMMAND says more, spoolsweep help fields names the "
		      "fields,\nspoolsweep help thresholds what counts in a finding; see also "
		      "spoolsweep(8).\n"));
}

/* The words that a field can be, folded at the width of a terminal. */
static void list_words(struct buf *out, const struct field *field)
{
	enum { INDENT = 27, WIDTH = 79 };
	size_t at = WIDTH;

	for (unsigned i = 0; field->word(i); i++) {
		size_t len = strlen(field->word(i));
		if (at + 1 + len > WIDTH) {
			buf_printf(out, "%s%*s", i ? "\n" : "", INDENT, "");
			at = INDENT;
		}
		buf_printf(out, " %s", field->word(i));
		at += 1 + len;
	}
	buf_addc(out, '\n');
}

static void list_fields(struct buf *out)
{
	for (const struct field *field = field_table; field->name; field++) {
		bool takes_name = field->flags & FIELD_PARAM;
		const char *alias = field->alias ? field->alias : "";
		buf_printf(out, "  %-16s %-8s %s%s\n", takes_name ? "header:NAME" : field->name,
			alias, field->help, field->flags & FIELD_GROUP ? "" : " (not for top)");
		if (field->word)
			list_words(out, field);
	}
}

/* A rule with the numbers in force: "10 addresses, +3; 20, +4". */
static void list_rule(const struct app *app, struct buf *out, const struct rule *rule)
{
	enum { INDENT = 22 };

	buf_printf(out, "  %-19s %-10s %.10g%s%s", rule->name, family_name(rule->family),
		rule->threshold, *rule->unit ? " " : "", rule->unit);
	if (rule->points != 0)
		buf_printf(out, ", %+.10g", rule->points);
	if (rule->strong != 0)
		buf_printf(out, "; %.10g, %+.10g", rule->strong, rule->strong_points);
	buf_addc(out, '\n');
	put_folded(app, out, &(struct line){.indent = INDENT, .text = slice_cstr(rule->help)});
}

/* The table of core/verdict/rules.h, as the configuration file has it. */
static int list_thresholds(struct app *app)
{
	struct buf out = {0};

	int code = read_config(app);
	if (code != EXIT_DONE)
		return code;
	buf_add(&out,
		SLICE("NAME                FAMILY     THRESHOLD, POINTS; STRONG, STRONG "
		      "POINTS\n\n"));
	for (size_t i = 0; i < RULES; i++)
		list_rule(app, &out, &app->config.rules.table[i]);
	buf_add(&out, SLICE("\nin force: "));
	if (app->config.path)
		put(app, &out, slice_cstr(app->config.path));
	else
		buf_add(&out, SLICE("the defaults"));
	buf_add(&out,
		SLICE(". To set one, in the section [thresholds] of that file:\n"
		      "  client_ips = 15     also: .points .strong .strong_points behind the "
		      "name\n"));
	return print_buf(&out);
}

static void help_command(struct buf *out, const struct command *command)
{
	bool reads = command != &command_help;

	buf_printf(out, "usage: spoolsweep %s%s%s%s%s\n\n%s\n\nOptions:\n",
		reads ? "[-s DIR]... " : "", command->name, *command->operands ? " " : "",
		command->operands, reads ? " [options]" : "", command->summary);
	options_help(out, reads ? command->takes | OPT_GLOBAL : OPT_GLOBAL);
	if (reads && command->takes & OPT_FILTER)
		buf_add(out,
			SLICE("\nFILTER is one word to the shell: put it in quotes. Fields: "
			      "spoolsweep help "
			      "fields\n"));
}

static int run(struct app *app)
{
	const char *topic = app->noperands ? app->operands[0] : NULL;
	struct buf out = {0};

	if (app->noperands > 1 && !app->options.help) {
		warn_text("help takes one word: spoolsweep help %s", topic);
		return EXIT_USAGE;
	}

	if (!topic) {
		list_commands(&out);
		return print_buf(&out);
	}
	if (strcmp(topic, "fields") == 0) {
		list_fields(&out);
		return print_buf(&out);
	}
	if (strcmp(topic, "thresholds") == 0)
		return list_thresholds(app);
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, topic) == 0) {
			help_command(&out, commands[i]);
			return print_buf(&out);
		}
	}
	warn_text("no help on '%s'; spoolsweep --help lists the commands", topic);
	return EXIT_USAGE;
}

const struct command command_help = {
	.name = "help",
	.operands = "[TOPIC]",
	.summary = "a command; fields: all that can be asked; thresholds: of findings",
	.takes = ~0u,
	.run = run,
};
