/* show for people: envelope, times, recipients, headers, parts, text. */
#include "cmd/spoolsweep/show.h"

enum { VALUE_BYTES = 4000 }; /* of one header */

static void print_headers(const struct app *app, const struct shown *shown, struct buf *out)
{
	const struct view *view = &shown->view;

	buf_printf(out, "\nheaders%s\n", shown->undecoded ? ", not decoded" : "");
	for (uint32_t i = 0; i < view->nheaders; i++) {
		buf_add(out, SLICE("  "));
		put(app, out, view->headers[i].name);
		buf_add(out, SLICE(": "));
		show_line(app, out, view->headers[i].value, VALUE_BYTES);
		buf_addc(out, '\n');
	}
	if (!view->headers_cut)
		return;
	buf_add(out, SLICE("  there are more, or longer ones: "));
	show_command(app, shown, out, "--headers", (struct slice){0});
	buf_addc(out, '\n');
}

int show_text(struct app *app, struct shown *shown)
{
	struct buf out = {0};

	put(app, &out, slice_cstr(shown->id));
	buf_addc(&out, ' ');
	put(app, &out, shown->record.queue_name);
	buf_add(&out, SLICE(" in "));
	put(app, &out, slice_cstr(shown->spool->path));
	buf_addc(&out, '\n');
	show_envelope(app, shown, &out);
	show_recipients(app, shown, &out);
	print_headers(app, shown, &out);
	if (!shown->undecoded) {
		show_parts(app, shown, &out);
		return print_buf(&out);
	}
	buf_add(&out, SLICE("\nits parts cannot be shown; to see it as it is: "));
	show_command(app, shown, &out, "--raw", (struct slice){0});
	buf_addc(&out, '\n');
	return print_buf(&out);
}
