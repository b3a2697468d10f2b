/*
 * report: what the two forms of the report share. Figures are in report_facts.h.
 */
#ifndef CMD_SPOOLSWEEP_REPORT_H
#define CMD_SPOOLSWEEP_REPORT_H

#include "cmd/spoolsweep/command.h"

/* A grouping of the report. */
struct report_section {
	const char *field;
	const char *title;   /* NULL: in JSON only */
	unsigned figures;    /* enum group_figure bits */
	bool if_known;       /* text: only the known values, and not without any */
	struct field_ref by; /* found by the command */
};

enum { REPORT_SECTIONS = 13 };

/* Both print and return the exit code of having printed. */
int report_text(struct app *app, const struct report_section sections[REPORT_SECTIONS]);
int report_json(struct app *app, const struct report_section sections[REPORT_SECTIONS]);

#endif
