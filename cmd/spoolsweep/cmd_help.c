#include <stdio.h>
#include <string.h>

#include "cmd/spoolsweep/command.h"

static void list_commands(struct buf *out)
{
	buf_add(out, SLICE("usage: spoolsweep [-s DIR]... COMMAND [FILTER] [options]\n\n"
			   "What fills a mail queue, and who is behind it. Reads only.\n\n"));
	for (size_t i = 0; commands[i]; i++)
		buf_printf(out, "  %-8s %-16s %s\n", commands[i]->name, commands[i]->operands,
			commands[i]->summary);
	buf_add(out, SLICE("\nExamples:\n"
			   "  spoolsweep report\n"
			   "  spoolsweep top envelope_sender 'account=bob@example.com'\n"
			   "  spoolsweep list 'client_net in 203.0.113.0/24 and age<6h' --ids\n\n"
			   "Options for every command:\n"));
	options_help(out, OPT_GLOBAL | OPT_QUEUE);
	buf_add(out, SLICE("\nspoolsweep help COMMAND says more, spoolsweep help fields names the "
			   "fields; see also spoolsweep(8).\n"));
}

static void list_fields(struct buf *out)
{
	for (const struct field *field = field_table; field->name; field++) {
		buf_printf(out, "  %-16s %-8s %s%s\n", field->name, field->alias ? field->alias : "",
			field->help, field->flags & FIELD_GROUP ? "" : " (not for top)");
		if (!field->word)
			continue;
		buf_printf(out, "  %-25s", "");
		for (unsigned i = 0; field->word(i); i++)
			buf_printf(out, " %s", field->word(i));
		buf_addc(out, '\n');
	}
}

static void help_command(struct buf *out, const struct command *command)
{
	buf_printf(out, "usage: spoolsweep [-s DIR]... %s %s [options]\n\n%s\n\nOptions:\n",
		command->name, command->operands, command->summary);
	options_help(out, command->takes | OPT_GLOBAL);
	if (command->takes & OPT_FILTER)
		buf_add(out, SLICE("\nFILTER is one word to the shell: put it in quotes. Fields: spoolsweep help "
				   "fields\n"));
}

static int run(struct app *app)
{
	const char *topic = app->noperands ? app->operands[0] : NULL;
	struct buf out = {0};

	if (!topic) {
		list_commands(&out);
		return print_buf(&out);
	}
	if (strcmp(topic, "fields") == 0) {
		list_fields(&out);
		return print_buf(&out);
	}
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
	.operands = "[COMMAND|fields]",
	.summary = "how a command is used; the names of all fields",
	.takes = ~0u,
	.run = run,
};
