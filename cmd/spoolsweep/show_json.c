/* show for scripts. */
#include "cmd/spoolsweep/message.h"
#include "cmd/spoolsweep/show.h"

static void sink_time(struct sink *sink, const char *name, int64_t when)
{
	if (when >= 0)
		sink_int(sink, name, when);
	else
		sink_null(sink, name);
}

static void sink_times(struct sink *sink, const struct shown *shown)
{
	sink_time(sink, "created", shown->record.created);
	sink_time(sink, "last_attempt", shown->record.last_attempt);
	sink_time(sink, "expires", show_expiry(shown));
	sink_bool(sink, "lifetime_assumed", shown->spool->lifetime_assumed);
}

static void sink_headers(struct sink *sink, const struct view *view)
{
	sink_array(sink, "headers");
	for (uint32_t i = 0; i < view->nheaders; i++) {
		sink_object(sink, NULL);
		sink_text(sink, "name", view->headers[i].name);
		sink_text(sink, "value", view->headers[i].value);
		sink_end(sink);
	}
	sink_end(sink);
	sink_bool(sink, "headers_cut", view->headers_cut);
}

static void sink_part(struct sink *sink, const struct view_part *part)
{
	sink_object(sink, NULL);
	sink_text(sink, "number", part->number.len ? part->number : (struct slice){0});
	sink_int(sink, "depth", part->depth);
	sink_text(sink, "type", part->type);
	sink_text(sink, "real_type", part->real_type);
	sink_text(sink, "charset", part->charset);
	sink_text(sink, "encoding", part->encoding);
	sink_text(sink, "disposition", part->disposition);
	sink_text(sink, "filename", part->filename);
	sink_int(sink, "bytes", part->bytes);
	sink_text(sink, "sha256", part->sha256);
	sink_text(sink, "text", part->text);
	sink_bool(sink, "text_cut", part->text_cut);
	sink_array(sink, "warnings");
	for (unsigned i = 0; i < 32; i++) {
		const char *name = mime_warning_name((enum mime_warning)(1u << i));
		if (name && part->warnings & 1u << i)
			sink_text(sink, NULL, slice_cstr(name));
	}
	sink_end(sink);
	sink_end(sink);
}

static void sink_parts(struct sink *sink, const struct shown *shown)
{
	sink_text(sink, "undecoded", slice_cstr(shown->undecoded));
	if (shown->undecoded) {
		sink_null(sink, "parts");
		return;
	}
	sink_array(sink, "parts");
	for (uint32_t i = 0; i < shown->view.nparts; i++)
		sink_part(sink, &shown->view.parts[i]);
	sink_end(sink);
}

/* Null where nobody could tell. */
static void sink_findings(struct sink *sink, const struct shown *shown)
{
	if (!shown->judged) {
		sink_null(sink, "finding");
		return;
	}
	sink_array(sink, "finding");
	for (size_t i = 0; i < shown->nfindings; i++)
		sink_text(sink, NULL, shown->findings[i]);
	sink_end(sink);
}

int show_json(struct app *app, struct shown *shown)
{
	struct sink *sink = open_sink(app, SINK_PRETTY);

	sink_object(sink, NULL);
	sink_message(sink, app, 0, &shown->record);
	sink_findings(sink, shown);
	sink_text(sink, "client_source", slice_cstr(source_name(shown->record.client_source)));
	sink_text(sink, "uid_source", slice_cstr(source_name(shown->record.uid_source)));
	sink_array(sink, "attributes");
	for (uint32_t i = 0; i < shown->record.nattributes; i++) {
		sink_object(sink, NULL);
		sink_text(sink, "name", shown->record.attributes[i].name);
		sink_text(sink, "value", shown->record.attributes[i].value);
		sink_end(sink);
	}
	sink_end(sink);
	sink_times(sink, shown);
	sink_headers(sink, &shown->view);
	sink_parts(sink, shown);
	sink_end(sink);
	return print_sink(sink);
}
