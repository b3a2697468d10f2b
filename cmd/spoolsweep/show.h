/* show: what the forms of one message share: text, JSON, its content, one of its parts. */
#ifndef CMD_SPOOLSWEEP_SHOW_H
#define CMD_SPOOLSWEEP_SHOW_H

#include "cmd/spoolsweep/command.h"
#include "core/mail/view.h"

struct shown {
	const char *id;
	const struct spool *spool;
	struct record record;
	struct arena arena;
	/* The findings it is part of, of all of the queue; when that was found out. */
	struct slice *findings;
	size_t nfindings;
	bool judged;
	/* show_look: its headers, decoded where that could be done, and its parts. */
	struct view view;
	struct buf content, answer; /* that the view points into */
	/* Why there are no parts: a name for scripts and a sentence; NULL when there are. */
	const char *undecoded;
	char reason[600];
};

/*
 * Reads the message and has it taken apart, in a child that the viewer then has. When that goes
 * wrong it is noted as `undecoded`: there are the headers as they are written, and no parts.
 */
enum severity show_look(struct shown *shown, size_t limit, struct viewer *viewer);
/* Notes how the child ended. */
void show_undecoded(struct shown *shown, enum sandbox_end end, const struct err *err);

/* Appends the message as it will be sent. What is wrong with it is told on stderr. */
enum severity show_read(
	const struct shown *shown, bool headers_only, size_t limit, struct buf *content);

/* When it expires, epoch seconds; -1 unknown. */
int64_t show_expiry(const struct shown *shown);

/* Looks at all messages for the findings that this one is part of. Ctrl-C ends just that. */
void show_find_findings(struct app *app, struct shown *shown);

/* The forms. Each returns an exit code. */
int show_text(struct app *app, struct shown *shown);
int show_json(struct app *app, struct shown *shown);
int show_content(struct app *app, struct shown *shown);
int show_part(struct app *app, struct shown *shown);

/* Parts of the text: envelope and time line; recipients; headers and parts. */
void show_envelope(struct app *app, const struct shown *shown, struct buf *out);
void show_recipients(struct app *app, struct shown *shown, struct buf *out);
void show_parts(const struct app *app, const struct shown *shown, struct buf *out);

/* For people, on one line: at most `most` bytes; a tab is a blank to them, all else as by put. */
void show_line(const struct app *app, struct buf *out, struct slice text, size_t most);
/* A line to paste: this message again; with `option`, "" for none, and its value if it has one. */
void show_command(const struct app *app, const struct shown *shown, struct buf *out,
	const char *option, struct slice value);

#endif
