/* --trust: what an action lets select a message. A header can be forged, a queue file cannot. */
#include <string.h>

#include "cmd/spoolsweep/act.h"

int take_trust(struct app *app)
{
	const char *trust = app->options.trust;

	app->acting = true;
	if (!trust || strcmp(trust, "received") == 0)
		return EXIT_DONE;
	warn_text("--trust takes received, not '%s'", trust);
	return EXIT_USAGE;
}

const char *forgeable_words(uint32_t count)
{
	return count == 1 ? "only a Received header names its login, and could be forged"
			  : "only a Received header names their login, and could be forged";
}

void act_tell_forgeable(const struct act *act)
{
	if (act->forgeable)
		warn_text("%u %s: %s; to take %s too: --trust received", act->forgeable,
			act->forgeable == 1 ? "message stays" : "messages stay",
			forgeable_words(act->forgeable), act->forgeable == 1 ? "it" : "them");
}
