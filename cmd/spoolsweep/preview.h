/* preview: what the forms of a preview share. */
#ifndef CMD_SPOOLSWEEP_PREVIEW_H
#define CMD_SPOOLSWEEP_PREVIEW_H

#include "cmd/spoolsweep/disk.h"
#include "cmd/spoolsweep/group_rows.h"

enum { PREVIEW_GROUPS = 5, PREVIEW_ROWS = 5, PREVIEW_SECONDS = 600 };

/* A grouping of the preview. */
struct preview_group {
	const char *field;
	const char *title;
	unsigned figures; /* enum group_figure bits */
};
extern const struct preview_group preview_groups[PREVIEW_GROUPS];

/* What it tells besides its groups; text and JSON say the same. */
struct preview {
	int64_t bytes;
	uint64_t recipients;
	uint32_t arriving;    /* of these, in the last ten minutes */
	uint32_t in_delivery; /* right now */
	bool blind;           /* that cannot be told here */
	uint32_t copies;      /* stay: copies that lost the login of one of these */
	uint32_t bounces;     /* stay: null sender, to one of these senders */
	char *copies_filter;  /* owned: what selects them */
	char *bounces_filter;
	struct disk disk;
	struct journal_room journal;
};

void preview_find(const struct act *act, struct preview *preview);
void preview_free(struct preview *preview);

/* Groups the rows of the plan; false when the field is not to be had. */
bool preview_group(struct app *app, const struct preview_group *group, unsigned figures,
	struct field_ref *by, struct grouping *grouping);

/*
 * A line of the text, folded between its words. `tail` is to be pasted: it is not folded, and
 * stands on a line of its own where it does not fit.
 */
void preview_put_line(const struct app *app, struct buf *out, struct slice text, struct slice tail);
/* Where the mail goes, what stays, what it costs, the way back: below the groups. */
void preview_put_notes(const struct act *act, const struct preview *preview, struct buf *out);
/* What to type next: not before root has made what is missing, and as somebody who may. */
void preview_put_next(const struct act *act, const struct preview *preview, struct buf *out);

int preview_json(struct act *act, const struct preview *preview);

#endif
