/* The bytes of a message, or of one of its parts: to a pipe, a file, or a person. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/spoolsweep/show.h"

enum { RAW_MAX = 1 << 30 };

enum severity show_read(
	const struct shown *shown, bool headers_only, size_t limit, struct buf *content)
{
	struct err err = {0};
	struct unit unit = {.name = slice_cstr(shown->id), .inode = shown->record.inode};
	enum severity severity = shown->spool->format->content(
		shown->spool, &unit, headers_only, limit, content, &err);

	if (severity > SEV_WARN)
		warn_text(
			"%s: %s", shown->id, err.text[0] ? err.text : "the message left the queue");
	else if (severity == SEV_WARN)
		warn_text("%s: the content is damaged or too long; this is what could be read",
			shown->id);
	return severity;
}

static int exit_of(enum severity severity)
{
	return severity == SEV_GONE ? EXIT_NOTHING : EXIT_IO;
}

/* ---- where it goes ---- */

static int write_file(struct app *app, struct slice bytes)
{
	const char *path = app->options.out;

	while (bytes.len) {
		ssize_t put = write(app->file, bytes.ptr, bytes.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			break;
		bytes = slice_from(bytes, (size_t)put);
	}
	if (!bytes.len && fsync(app->file) == 0)
		return EXIT_DONE;
	struct err err;
	err_sys(&err, "%s is not complete", path);
	return complain(&err);
}

/* To the letter, for a program. */
static int write_bytes(struct app *app, struct buf *bytes)
{
	return app->file >= 0 ? write_file(app, buf_slice(bytes)) : print_buf(bytes);
}

/* Line by line, for a person. */
static int print_lines(const struct app *app, struct slice text)
{
	struct buf out = {0};
	struct slice line;

	while (text.len) {
		slice_cut(text, '\n', &line, &text);
		put(app, &out, line);
		buf_addc(&out, '\n');
	}
	return print_buf(&out);
}

static bool for_person(const struct app *app)
{
	return app->output.terminal && app->file < 0;
}

int show_content(struct app *app, struct shown *shown)
{
	bool headers_only = app->options.headers;
	enum severity severity = show_read(
		shown, headers_only, headers_only ? LIMIT_SHOW_HEADERS : RAW_MAX, &shown->content);

	if (severity > SEV_WARN)
		return exit_of(severity);
	return for_person(app) ? print_lines(app, buf_slice(&shown->content))
			       : write_bytes(app, &shown->content);
}

/* ---- one part ---- */

static int tell_no_part(const struct app *app, const struct shown *shown)
{
	struct buf line = {0};

	show_command(app, shown, &line, "", (struct slice){0});
	warn_text("%s has no part %s; its parts: %s", shown->id, app->options.part, buf_str(&line));
	buf_free(&line);
	return EXIT_NOTHING;
}

static int tell_binary(
	const struct app *app, const struct shown *shown, const struct view_part *part)
{
	struct slice type = slice_known(part->real_type) ? part->real_type : part->type;
	struct buf line = {0};

	show_command(app, shown, &line, "--part", part->number);
	warn_text("part %.*s is %.*s, not text; to save it: %s -o FILE", SLICE_ARG(part->number),
		SLICE_ARG(type), buf_str(&line));
	buf_free(&line);
	return EXIT_REFUSED;
}

static int tell_undecoded(const struct app *app, const struct shown *shown)
{
	struct buf line = {0};

	show_command(app, shown, &line, "--raw", (struct slice){0});
	warn_text("%s: %s; as it is: %s", shown->id, shown->reason, buf_str(&line));
	buf_free(&line);
	return EXIT_IO;
}

static int put_part(struct app *app, struct shown *shown, struct viewer *viewer)
{
	const enum view_want want = for_person(app) ? VIEW_TEXT : VIEW_BYTES;
	struct err err = {0};
	struct buf part = {0};
	int code;

	enum sandbox_end end = viewer_ask(viewer, want, slice_cstr(app->options.part),
		buf_slice(&shown->content), &part, &err);
	if (end != SANDBOX_ANSWERED) {
		show_undecoded(shown, end, &err);
		code = tell_undecoded(app, shown);
	} else if (want == VIEW_TEXT) {
		code = print_lines(app, buf_slice(&part));
	} else {
		code = write_bytes(app, &part);
	}
	buf_free(&part);
	return code;
}

/* What it is has to be known before it is put on a terminal, or into an empty file. */
static int find_part(struct app *app, struct shown *shown)
{
	if (shown->undecoded)
		return tell_undecoded(app, shown);
	const struct view_part *part = view_find(&shown->view, slice_cstr(app->options.part));
	if (!part)
		return tell_no_part(app, shown);
	if (for_person(app) && !slice_known(part->text))
		return tell_binary(app, shown, part);
	return EXIT_DONE;
}

int show_part(struct app *app, struct shown *shown)
{
	struct viewer viewer = {0};

	enum severity severity = show_look(shown, RAW_MAX, &viewer);
	int code = severity > SEV_WARN ? exit_of(severity) : find_part(app, shown);
	if (code == EXIT_DONE)
		code = put_part(app, shown, &viewer);
	viewer_stop(&viewer);
	return code;
}
