/* What did not fit into --memory: said, never passed over. */
#include "cmd/spoolsweep/command.h"
#include "core/base/units.h"

bool is_given_up(const struct app *app, const struct field *field)
{
	return field->need & app->scan.snap.given_up;
}

void sink_given_up(struct sink *sink, const struct app *app)
{
	sink_array(sink, "given_up");
	for (const struct field *field = field_table; field->name; field++)
		if (is_given_up(app, field))
			sink_text(sink, NULL, slice_cstr(field->name));
	sink_end(sink);
}

/* Megabytes that would have been enough: what there was, for as many rows as came after. */
static long long enough(const struct app *app)
{
	const struct snap *snap = &app->scan.snap;
	double bytes = (double)snap->most * 1.25 * snap->rows / (snap->given_up_at + 1.0);

	return ((long long)(bytes / 1e8) + 1) * 100;
}

static void tell(const struct app *app)
{
	struct buf names = {0}, most = {0};

	for (const struct field *field = field_table; field->name; field++)
		if (is_given_up(app, field))
			buf_printf(&names, "%s%s", names.len ? ", " : "", field->name);
	units_size(&most, (int64_t)app->scan.snap.most);
	warn_text("what is read of %u messages takes more than %s of memory: given up: %s",
		app->scan.snap.rows, buf_str(&most), buf_str(&names));
	buf_free(&names);
	buf_free(&most);
}

int check_given_up(const struct app *app)
{
	unsigned given_up = app->scan.snap.given_up;
	bool acting = app->command->takes & OPT_ACT;
	unsigned wanted = acting ? given_up
		: app->spares    ? app->filter_parts
				 : app->need.parts & ~app->spare_parts;

	if (!given_up)
		return EXIT_DONE;
	tell(app);
	bool ends = given_up & wanted;
	warn_text("%s; if there is as much free, give it more: --memory %lldM",
		!ends            ? "what needs that is left out"
			: acting ? "nothing was done"
				 : "nothing can be said without",
		enough(app));
	return !ends ? EXIT_DONE : acting ? EXIT_REFUSED : EXIT_IO;
}
