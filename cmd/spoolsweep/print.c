/* How commands speak: data to stdout, words to stderr, nothing raw to either. */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/spoolsweep/command.h"
#include "core/base/shell.h"

static bool dumb_terminal(void)
{
	const char *term = getenv("TERM");
	return !term || !*term || strcmp(term, "dumb") == 0;
}

static bool no_color(void)
{
	const char *value = getenv("NO_COLOR");
	return value && *value;
}

static enum escape_charset locale_charset(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? ESCAPE_UTF8 : ESCAPE_ASCII;
}

void output_init(struct output *output, enum when color)
{
	struct winsize size;

	output->terminal = isatty(STDOUT_FILENO);
	output->charset = locale_charset();
	output->color = color == WHEN_ALWAYS ||
		(color == WHEN_AUTO && output->terminal && !dumb_terminal() && !no_color());
	if (output->terminal)
		output->columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col
			? size.ws_col
			: 80;
	output->live = isatty(STDERR_FILENO) && !dumb_terminal();
}

static void speak(struct slice text)
{
	struct buf out = {0};
	struct slice line;

	/* An error of the filter language has a second line with a caret. */
	do {
		slice_cut(text, '\n', &line, &text);
		escape_text(&out, line, locale_charset());
		buf_addc(&out, '\n');
	} while (text.len);
	fwrite(out.ptr, 1, out.len, stderr);
	buf_free(&out);
}

void warn_text(const char *format, ...)
{
	struct buf text = {0};
	va_list args;

	buf_add(&text, SLICE("spoolsweep: "));
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	speak(buf_slice(&text));
	buf_free(&text);
}

int complain(const struct err *err)
{
	warn_text("%s", err->text);
	switch (err->code) {
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_PERMISSION:
		return EXIT_PERMISSION;
	case ERR_GONE:
		return EXIT_NOTHING;
	default:
		return EXIT_IO;
	}
}

void put(const struct app *app, struct buf *out, struct slice text)
{
	escape_text(out, text, app->output.charset);
}

void add_argument(struct buf *out, const char *text)
{
	shell_word(out, slice_cstr(text));
}

/* "--config FILE ": what the line would say something else without. */
static void add_option(struct buf *line, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(line, "--%s ", name);
	add_argument(line, value);
	buf_addc(line, ' ');
}

void put_command(const struct app *app, struct buf *out, const char *words, ...)
{
	struct buf line = {0};
	va_list args;

	buf_add(&line, SLICE("spoolsweep "));
	for (size_t i = 0; i < app->options.nspools; i++) {
		buf_add(&line, SLICE("-s "));
		add_argument(&line, app->options.spools[i]);
		buf_addc(&line, ' ');
	}
	if (app->options.offline)
		buf_add(&line, SLICE("--offline "));
	add_option(&line, "config", app->options.config);
	add_option(&line, "local-domains", app->options.local_domains);
	add_option(&line, "trusted-networks", app->options.trusted_networks);
	va_start(args, words);
	buf_vprintf(&line, words, args);
	va_end(args);
	put(app, out, buf_slice(&line));
	buf_free(&line);
}

void put_as_root(const struct app *app, struct buf *out)
{
	struct buf line = {0};

	buf_add(&line, SLICE("sudo spoolsweep"));
	for (int i = 1; i < app->options.argc; i++) {
		buf_addc(&line, ' ');
		add_argument(&line, app->options.argv[i]);
	}
	put(app, out, buf_slice(&line));
	buf_free(&line);
}

void add_field_name(const struct app *app, const struct field_ref *ref, struct buf *out)
{
	buf_add(out, slice_cstr(ref->field->name));
	if (ref->field->flags & FIELD_PARAM)
		buf_add(out, app->need.headers[ref->param]);
}

/* A reader that has seen enough (head, a pager) is no failure. */
static bool seen_enough(int sys)
{
	return sys == EPIPE;
}

struct sink *open_sink(const struct app *app, enum sink_style style)
{
	return sink_json(stdout, style, app->output.charset == ESCAPE_ASCII);
}

int print_sink(struct sink *sink)
{
	struct err err;
	int code = sink_flush(sink, &err) == 0 || seen_enough(err.sys) ? EXIT_DONE : complain(&err);
	sink_free(sink);
	return code;
}

int print_buf(struct buf *out)
{
	bool done = fwrite(out->ptr ? out->ptr : "", 1, out->len, stdout) == out->len &&
		fflush(stdout) == 0;
	int code = done || seen_enough(errno) ? EXIT_DONE : EXIT_IO;
	if (code != EXIT_DONE)
		warn_text("cannot write the output: %s", strerror(errno));
	buf_free(out);
	return code;
}
