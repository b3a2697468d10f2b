/*
 * run: one recipe carried out once, judged by core/verdict, and the truth beside it.
 *
 * As rows: each message becomes the record that a scan would have made. As files: a queue is
 * written, opened and scanned as any other, in a folder that is gone afterwards.
 */
#ifndef CMD_VERDICTS_RUN_H
#define CMD_VERDICTS_RUN_H

#include "cmd/forge/play.h"
#include "core/verdict/verdict.h"

struct run_options {
	struct play_options play;
	bool blind; /* what the site's domains and networks are is not known */
	bool files;
};

struct run {
	const struct run_options *options;
	struct arena arena;
	struct stage stage;
	struct spool *spool;
	const struct spool *spools[1];
	struct snap snap;
	struct field_env env;
	struct verdict verdict;
	struct run *whole; /* the same rows with all that filters can ask for; made when needed */
	struct fact {      /* by row */
		uint32_t index; /* in its stream */
		uint8_t truth, incident;
		uint16_t stream;
	} * facts;
	uint32_t nfacts, facts_cap;
	double seconds; /* that the verdict took */
};

/* -1 with *err. The options must outlive it. */
int run_make(struct run *run, const struct run_options *options, struct err *err);
void run_free(struct run *run);

/*
 * The rows that a filter selects, as an action would that reads whatever the filter asks for; a set
 * without words when it is no filter. Of a run as rows only.
 */
struct bitset run_select(struct run *run, struct slice filter);

/* Rows of a spool that lies in no folder, into run->snap; and those of a queue that is written. */
int run_rows(struct run *run, struct err *err);
int run_files(struct run *run, struct err *err);
/* Keeps the truth about a message, at the next row. */
void run_add_fact(struct run *run, const struct played *played);
/* What a configuration would have told, or nothing. */
void run_set_site(const struct run *run, struct site *site, struct arena *arena);

/* All that the verdict says, in text: the same for two runs that came to the same findings. */
void run_dump(const struct run *run, struct buf *out);
/* Of which messages a set of rows is, wherever they lie; of incidents only, or of all. */
uint64_t run_digest(const struct run *run, const struct bitset *rows, bool incidents);

#endif
