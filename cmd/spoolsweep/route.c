/* add_route: what an administrator or the MTA decided about a message, beside its recipients. */
#include "cmd/spoolsweep/message.h"

static void add_target(struct app *app, struct buf *out, const char *what, struct slice target,
	const char *meaning)
{
	buf_printf(out, "  %-14s ", what);
	put(app, out, target);
	buf_printf(out, "   [queue] %s\n", meaning);
}

void add_route(struct app *app, struct buf *out, const struct record *record)
{
	if (slice_known(record->redirect))
		add_target(app, out, "redirected to", record->redirect,
			"gets it in place of all recipients");
	if (slice_known(record->filter))
		add_target(app, out, "filter", record->filter,
			slice_known(record->redirect) ? "is passed over: the redirect comes first"
						      : "gets it first, for all recipients");
	if (record->probe)
		buf_printf(out,
			"  %-14s %s: asks whether the address takes mail, delivers nothing\n",
			"probe", record->made_here ? "of the MTA" : "of a user (sendmail -bv)");
}
