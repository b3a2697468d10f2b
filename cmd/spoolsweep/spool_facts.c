#include "cmd/spoolsweep/spool_facts.h"

const char *mta_word(enum mta_state mta)
{
	return mta == MTA_RUNNING ? "running" : mta == MTA_STOPPED ? "stopped" : "state unknown";
}

const char *capability_word(unsigned i)
{
	static const char *const words[] = {"account", "client", "recipient state",
		"reason of each recipient", "next retry", "number of attempts", "body", "act"};
	return i < sizeof(words) / sizeof(*words) ? words[i] : NULL;
}

static void sink_domains(struct sink *sink, const struct site *site)
{
	sink_array(sink, "local_domains");
	for (size_t i = 0; i < site->nlocal; i++)
		sink_text(sink, NULL, site->local_domains[i]);
	sink_end(sink);
	sink_bool(sink, "local_domains_complete", site->local_complete);
	sink_array(sink, "local_domains_guessed");
	for (size_t i = 0; i < site->nguesses; i++) {
		sink_object(sink, NULL);
		sink_text(sink, "domain", slice_cstr(site->guesses[i].domain));
		sink_text(sink, "because", slice_cstr(site_clue_text(site->guesses[i].clue)));
		sink_end(sink);
	}
	sink_end(sink);
}

static void sink_networks(struct sink *sink, const struct site *site)
{
	struct buf text = {0};

	sink_array(sink, "trusted_networks");
	for (size_t i = 0; i < site->ntrusted; i++) {
		buf_reset(&text);
		ip_format(&text, &site->trusted[i].base);
		buf_printf(&text, "/%u", site->trusted[i].bits);
		sink_text(sink, NULL, buf_slice(&text));
	}
	sink_end(sink);
	buf_free(&text);
}

void sink_spool(struct sink *sink, const char *name, const struct spool *spool)
{
	sink_object(sink, name);
	sink_text(sink, "spool", slice_cstr(spool->name));
	sink_text(sink, "path", slice_cstr(spool->path));
	sink_text(sink, "format", slice_cstr(spool->format->name));
	sink_text(sink, "version", slice_cstr(spool->version));
	sink_int(sink, "bid", spool->probe.bid);
	sink_text(sink, "because", slice_cstr(spool->probe.reason));
	sink_text(sink, "mta", slice_cstr(spool->mta == MTA_UNKNOWN ? NULL : mta_word(spool->mta)));
	sink_text(sink, "mta_because", slice_cstr(spool->mta_reason));
	sink_text(sink, "settings", slice_cstr(spool->config_path));
	sink_int(sink, "owner_uid", spool->owner);
	sink_text(sink, "hold_user", slice_cstr(spool->hold_user));
	sink_text(sink, "hold_because", slice_cstr(spool->hold_reason));
	sink_array(sink, "capabilities");
	for (unsigned i = 0; capability_word(i); i++)
		if (spool->format->caps & 1u << i)
			sink_text(sink, NULL, slice_cstr(capability_word(i)));
	sink_end(sink);
	sink_domains(sink, &spool->site);
	sink_networks(sink, &spool->site);
	sink_end(sink);
}
