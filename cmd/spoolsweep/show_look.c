/* A message taken apart in a sandbox, and what is left to see when that fails. */
#include <stdio.h>

#include "cmd/spoolsweep/show.h"
#include "core/mail/headers.h"

static const struct {
	const char *name;
	const char *text;
} ends[SANDBOX_ENDS] = {
	[SANDBOX_TIME] = {"time", "taking it apart took too long"},
	[SANDBOX_MEMORY] = {"memory", "taking it apart took more memory than it may"},
	[SANDBOX_TOO_LONG] = {"length", "what came of taking it apart is too long"},
	[SANDBOX_FORBIDDEN] = {"forbidden",
		"taking it apart asked the system for what the sandbox forbids; it may be made to "
		"attack mail programs"},
	[SANDBOX_CRASHED] = {"crashed",
		"taking it apart crashed the sandbox; it may be made to attack mail programs"},
	[SANDBOX_MISSING] = {"no-sandbox", "mail is taken apart in a sandbox only, and "},
};

static void give_up(struct shown *shown, const char *name, const char *text, const char *more)
{
	shown->undecoded = name;
	snprintf(shown->reason, sizeof(shown->reason), "%s%s", text, more);
}

void show_undecoded(struct shown *shown, enum sandbox_end end, const struct err *err)
{
	give_up(shown, ends[end].name, ends[end].text, end == SANDBOX_MISSING ? err->text : "");
}

/* As they are written: this much can be told without a child. */
static void take_raw_headers(struct shown *shown)
{
	struct slice block = buf_slice(&shown->content);
	struct header_field field;
	struct view *view = &shown->view;

	view->headers = arena_alloc(&shown->arena, LIMIT_VIEW_HEADERS * sizeof(*view->headers));
	while (headers_next(&block, &field)) {
		view->headers_cut = view->nheaders == LIMIT_VIEW_HEADERS;
		if (view->headers_cut)
			break;
		view->headers[view->nheaders++] = (struct view_header){field.name,
			slice_upto(headers_unfold(&shown->arena, field.value), LIMIT_VALUE)};
	}
}

static void take_apart(struct shown *shown, struct viewer *viewer)
{
	const struct slice message = buf_slice(&shown->content);
	enum sandbox_end end = SANDBOX_MISSING;
	struct err err = {0};

	if (viewer_start(viewer, message.len, &err) == 0)
		end = viewer_ask(viewer, VIEW_ALL, SLICE(""), message, &shown->answer, &err);
	if (end == SANDBOX_ANSWERED &&
		!view_read(&shown->arena, buf_slice(&shown->answer), &shown->view))
		end = SANDBOX_CRASHED;
	if (end != SANDBOX_ANSWERED)
		show_undecoded(shown, end, &err);
}

enum severity show_look(struct shown *shown, size_t limit, struct viewer *viewer)
{
	enum severity severity = show_read(shown, false, limit, &shown->content);

	if (severity <= SEV_WARN)
		take_apart(shown, viewer);
	else
		give_up(shown, "unread", "its content could not be read", "");
	if (shown->undecoded)
		take_raw_headers(shown);
	return severity;
}
