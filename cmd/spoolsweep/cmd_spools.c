/* spools: which queues are here, why we think so, what they can tell. */
#include <stdio.h>

#include "cmd/spoolsweep/command.h"
#include "cmd/spoolsweep/spool_facts.h"
#include "core/out/sink.h"

/* What those of the capabilities that are about telling are called, or `none`. */
static void print_facts(unsigned caps, const char *none, struct buf *out)
{
	bool any = false;

	for (unsigned i = 0; capability_word(i); i++) {
		if (!(caps & ~(unsigned)CAP_ACT & 1u << i))
			continue;
		buf_printf(out, "%s %s", any ? "," : "", capability_word(i));
		any = true;
	}
	if (!any)
		buf_add(out, slice_cstr(none));
}

static void print_text(const struct app *app, const struct spool *spool, struct buf *out)
{
	struct buf owner = {0};

	put(app, out, slice_cstr(spool->path));
	buf_printf(out, "\n  format     %s", spool->format->title);
	if (spool->version) {
		buf_addc(out, ' ');
		put(app, out, slice_cstr(spool->version));
	}
	buf_add(out, SLICE(", instance "));
	put(app, out, slice_cstr(spool->name));
	buf_printf(out, "\n  because    it %s (%d of 100)", spool->probe.reason, spool->probe.bid);
	buf_printf(out, "\n  MTA        %s: %s", mta_word(spool->mta), spool->mta_reason);
	buf_add(out, SLICE("\n  owner      uid "));
	add_user(app, &owner, spool->owner);
	put(app, out, buf_slice(&owner));
	buf_free(&owner);
	if (spool->hold_user) {
		buf_printf(out, "\n  hold       is %s's: ", spool->hold_user);
		put(app, out, slice_cstr(spool->hold_reason));
		buf_add(out, SLICE("; what spoolsweep holds goes to the trash"));
	}
	buf_add(out, SLICE("\n  settings   "));
	if (spool->config_path)
		put(app, out, slice_cstr(spool->config_path));
	else
		buf_add(out,
			SLICE("no configuration on this machine names it: read as an offline "
			      "copy"));
	buf_printf(out, "\n  site       %zu local domains%s, ", spool->site.nlocal,
		spool->site.local_complete ? ""
					   : " (not all can be known; reports guess the others, "
					     "--local-domains names them)");
	if (spool->site.trusted_known)
		buf_printf(out, "%zu trusted networks", spool->site.ntrusted);
	else
		buf_add(out,
			SLICE("trusted networks unknown (private addresses are taken for them)"));
	buf_add(out, SLICE("\n  can tell  "));
	print_facts(spool->format->caps, " nothing", out);
	buf_add(out, SLICE("\n  cannot    "));
	print_facts(~spool->format->caps, " (nothing is missing)", out);
	buf_printf(out, "\n  can do     %s\n",
		spool->format->caps & CAP_ACT ? "purge, hold, release, retry, undo"
					      : "nothing: it is read only");
}

static int run(struct app *app)
{
	struct buf out = {0};

	if (app->noperands) {
		warn_text("'spools' takes no filter; name a queue with -s DIR");
		return EXIT_USAGE;
	}
	int code = prepare_spools(app);
	if (code != EXIT_DONE)
		return code;
	if (app->options.json) {
		struct sink *sink = open_sink(app, SINK_LINES);
		for (size_t i = 0; i < app->spools.count; i++)
			sink_spool(sink, NULL, app->spools.list[i]);
		return print_sink(sink);
	}
	for (size_t i = 0; i < app->spools.count; i++)
		print_text(app, app->spools.list[i], &out);
	return print_buf(&out);
}

const struct command command_spools = {
	.name = "spools",
	.operands = "",
	.summary = "which queues are here, what they can tell, whether the MTA runs",
	.takes = OPT_QUEUE | OPT_JSON,
	.run = run,
};
