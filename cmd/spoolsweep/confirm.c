/* The person in front of it: a count is typed, not y. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"

/* As it stands in the tables, 60,112, or without the commas. */
static bool is_count(const char *line, uint64_t count)
{
	char digits[32];
	size_t len = 0;
	int64_t typed;

	for (; *line && len + 1 < sizeof(digits); line++)
		if (*line != ',')
			digits[len++] = *line;
	return slice_to_i64(slice_trim(slice_of(digits, len)), &typed) && typed >= 0 &&
		(uint64_t)typed == count;
}

/* Who pipes a list of ids in may still sit at a terminal: that is asked, as git(1) does. */
static FILE *open_terminal(const struct app *app)
{
	if (ids_from_stdin(app))
		return fopen("/dev/tty", "re");
	return isatty(STDIN_FILENO) ? stdin : NULL;
}

/* A finger that slips, or a habit, types no 60112. */
int confirm_count(const struct app *app, const char *warning, const char *what, uint64_t count)
{
	char line[64];

	if (app->options.yes)
		return EXIT_DONE;
	FILE *terminal = open_terminal(app);
	if (!terminal) {
		warn_text(ids_from_stdin(app)
				? "the ids came by standard input, and there is no terminal to ask "
				  "on: add --yes to do it without asking"
				: "nobody is here to ask: add --yes to do it without asking");
		return EXIT_REFUSED;
	}
	fprintf(stderr, "%sType the number of %s (%llu) to go on: ", warning, what,
		(unsigned long long)count);
	fflush(stderr);
	bool answered = fgets(line, sizeof(line), terminal) != NULL;
	if (terminal != stdin)
		fclose(terminal);
	if (answered && is_count(line, count))
		return EXIT_DONE;
	if (!answered)
		fputc('\n', stderr);
	warn_text("%s: nothing was done", interrupted ? "interrupted" : "not confirmed");
	return interrupted ? EXIT_INTERRUPTED : EXIT_REFUSED;
}
