/*
 * id_list: messages that are named one by one, a queue id a line.
 *
 * What `list --ids` prints, and what people make of mailq(1): blank lines, blanks
 * around an id, CR LF and the mark of a state behind it ("*" active, "!" on hold, "#"
 * forced to expire) are passed over; anything else is an error that names its line. An
 * id is compared to the letter, never by a hash alone. One thread.
 */
#ifndef CORE_QUERY_ID_LIST_H
#define CORE_QUERY_ID_LIST_H

#include "core/base/bitset.h"
#include "core/base/err.h"
#include "core/queue/snap.h"

struct id_list {
	struct intern ids;
};

/*
 * Reads fd to its end, whatever it is; `name` is for errors. `id_ok` says whether a word
 * can be a queue id. -1 with *err; the list is to be freed in any case.
 */
int id_list_read(struct id_list *list, int fd, const char *name,
	bool (*id_ok)(const void *ctx, struct slice id), const void *ctx, struct err *err);
void id_list_free(struct id_list *list);

/* How many different ids it has. */
uint32_t id_list_count(const struct id_list *list);

/* What became of the ids that no row was kept for. */
struct id_list_left {
	uint32_t missing;   /* in no queue */
	uint32_t unmatched; /* there, but not among the rows */
	uint32_t ambiguous; /* of more than one of the rows: in two queues, or a copy by hand */
};

/* Leaves the rows that one id names and that have it alone. */
void id_list_keep(const struct id_list *list, const struct snap *snap, struct bitset *rows,
	struct id_list_left *left);

#endif
