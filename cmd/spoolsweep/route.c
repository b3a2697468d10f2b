/* add_route: what an administrator or the MTA decided about a message, beside its recipients. */
#include "cmd/spoolsweep/message.h"

/* The last one counts, as in Postfix. */
static struct slice attribute_value(const struct record *record, struct slice name)
{
	for (uint32_t i = record->nattributes; i-- > 0;)
		if (slice_eq(record->attributes[i].name, name))
			return record->attributes[i].value;
	return (struct slice){0};
}

static void add_target(struct app *app, struct buf *out, const char *what, struct slice target,
	const char *meaning)
{
	buf_printf(out, "  %-14s ", what);
	put(app, out, target);
	buf_printf(out, "   [queue] %s\n", meaning);
}

void add_route(struct app *app, struct buf *out, const struct record *record)
{
	struct slice redirect = attribute_value(record, SLICE("redirect_to"));
	struct slice filter = attribute_value(record, SLICE("content_filter"));

	if (slice_known(redirect))
		add_target(
			app, out, "redirected to", redirect, "gets it in place of all recipients");
	if (slice_known(filter))
		add_target(app, out, "filter", filter,
			slice_known(redirect) ? "is passed over: the redirect comes first"
					      : "gets it first, for all recipients");
	if (record->probe)
		buf_printf(out,
			"  %-14s %s: asks whether the address takes mail, delivers nothing\n",
			"probe", record->made_here ? "of the MTA" : "of a user (sendmail -bv)");
}
