/*
 * findings: how a finding is told, in the report and by why. Text and JSON say the same numbers:
 * those of the evidence, from core/verdict/verdict.h.
 */
#ifndef CMD_SPOOLSWEEP_FINDINGS_H
#define CMD_SPOOLSWEEP_FINDINGS_H

#include "cmd/spoolsweep/judge.h"

/* ---- findings_text.c: for the report ---- */

/* The findings that touch the rows of the filter: the first in full, the others in a line each. */
void put_findings(const struct app *app, struct buf *out);

/* "SA-3c91 STOLEN ACCOUNT confirmed: bob@example.com      60,098 messages" */
void put_finding_head(const struct app *app, struct buf *out, const struct finding *finding);
/* "BEFORE 14 more messages of bob look usual, and stay."; nothing where both are empty. */
void put_finding_stays(const struct app *app, struct buf *out, const struct finding *finding,
	size_t indent, const char *before);

/* What others here do, where that says something; empty where one of them does as much. */
struct slice evidence_compared(const struct evidence *evidence);

/* ---- fold.c: lines of text with something to paste or to compare with behind them ---- */

/*
 * Folded between words at the width of the output, and escaped; what goes on is indented by two
 * more, behind a lead not. `tail` stands in a column of its own where it fits, or else below; it is not folded, nor
 * cut where it is to be pasted.
 */
struct line {
	size_t indent;
	struct slice lead; /* stands at the end of the indent: a number, points; or none */
	struct slice text;
	struct slice tail; /* unknown: none */
	bool paste;        /* the tail is a command */
};
void put_folded(const struct app *app, struct buf *out, const struct line *line);
/* Columns of a line of text: those of the terminal, within reason; 80 elsewhere. */
size_t text_width(const struct app *app);

/* ---- findings_json.c ---- */

/* The members of a finding, in the object that is open. */
void sink_finding(struct sink *sink, const struct app *app, const struct finding *finding);
/* "verdict": what there is to know of all findings; then "findings". */
void sink_verdict(struct sink *sink, const struct app *app);
/* Member "finding" of a message: the ids it is part of. */
void sink_finding_ids(struct sink *sink, struct app *app, uint32_t row);

/* ---- why_text.c ---- */
void why_text(struct app *app, const struct finding *finding, struct buf *out);

/* ---- cron.c: --cron ---- */

/* What --level says, and with the rights at hand the folder: EXIT_DONE or a code, told. */
int cron_prepare(struct app *app);
/* Whether there is anything to tell; notes down that it was. */
bool cron_has_news(const struct app *app);

/* Rows of a finding to look at: the newest, `most` at most. Returns how many. */
size_t newest_rows(const struct app *app, const struct bitset *rows, uint32_t *found, size_t most);

#endif
