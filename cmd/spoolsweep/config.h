/*
 * config: the configuration file, /etc/spoolsweep.conf or that of --config.
 *
 * [site] says what the MTA's configuration cannot, [thresholds] sets rules (core/verdict/rules.h),
 * [phrases] and [phrases NAME] list words to look for in subjects and in the header NAME.
 * Options on the command line override it. An error names file and line; nothing is passed over.
 */
#ifndef CMD_SPOOLSWEEP_CONFIG_H
#define CMD_SPOOLSWEEP_CONFIG_H

#include "core/verdict/phrases.h"

struct config {
	char *path; /* of the file that was read; NULL: none */
	char *local_domains;
	char *trusted_networks; /* each of them a network */
	struct rules rules;
	struct phrases *phrases;
};

/*
 * Reads the file that `named` is, or without it the site's, if there is one; "" is none. As root
 * only one that nobody else can write. -1 with *err. config_free in any case.
 */
int config_read(struct config *config, const char *named, struct err *err);
void config_free(struct config *config);

#endif
