/*
 * command: what the commands share.
 *
 * A run goes: parse options, find the command, open the queues with the rights
 * we were started with, become their owner, parse the filter, scan, print. The
 * steps up to the scan are in prepare.c; a command that needs them calls
 * prepare_scan and then only looks at app->scan and app->rows.
 */
#ifndef CMD_SPOOLSWEEP_COMMAND_H
#define CMD_SPOOLSWEEP_COMMAND_H

#include "cmd/spoolsweep/config.h"
#include "cmd/spoolsweep/options.h"
#include "core/act/reserve.h"
#include "core/base/bitset.h"
#include "core/base/escape.h"
#include "core/out/sink.h"
#include "core/out/table.h"
#include "core/query/filter.h"
#include "core/queue/scan.h"
#include "core/queue/spool.h"

/* Exit codes; outside scripts rely on them. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_NOTHING = 1, /* nothing matched */
	EXIT_USAGE = 2,
	EXIT_PARTLY = 3,  /* done in part: stderr says what was not */
	EXIT_REFUSED = 4, /* by a safety rule: nothing was done */
	EXIT_LEVEL = 10,  /* --cron: a finding that reaches the level was told */
	EXIT_IO = 74,
	EXIT_BUSY = 75,       /* another run holds this queue */
	EXIT_PERMISSION = 77, /* also partly */
	EXIT_INTERRUPTED = 130,
};

/* Where data goes: what the reader of stdout can show. */
struct output {
	enum escape_charset charset;
	bool color;
	bool terminal;
	size_t columns; /* of the terminal; 0 when it is none */
	bool live;      /* stderr is a terminal whose last line can be written again: progress */
};

void output_init(struct output *output, enum when color);

struct command;

struct app {
	const struct command *command;
	struct options options;
	struct output output;
	const char *const *operands; /* words behind the command */
	size_t noperands;
	bool started_as_root;
	int64_t now;
	struct config config;
	struct spools spools;
	struct spools
		queues; /* with --trash: the real ones, while spools are views of their trash */
	struct need need;
	unsigned filter_parts; /* what of it the filter needs */
	unsigned spare_parts;  /* what of it is read for findings that the command can do without */
	bool findings_spare;   /* it tells findings beside what it was asked for */
	bool spares;           /* the command leaves out what was given up, but for the filter's */
	struct filter *filter;
	const char *filter_text; /* "" without one */
	struct scan scan;
	struct field_env env;
	struct bitset rows; /* those the filter selects */
	/* Of this scan, where findings are asked for; what the filter names of it: judge.h. */
	struct verdict verdict;
	struct named_finding *named;
	size_t nnamed;
	/* What the command does between opening the queues and giving up root; or NULL. */
	int (*as_started)(struct app *app);
	int file;               /* that as_started opened: a plan, an archive; -1 */
	int ids_file;           /* --ids-from, opened in the same moment; -1 */
	struct reserve reserve; /* of the journal; ops is empty when there is no need for it */
	struct err no_trash;    /* why a trash could not be made, where it may not be needed */
	bool acting;            /* headers that could be forged select nothing, without --trust */
	/* Acting: what the filter would select beyond `rows` if such headers were trusted. */
	struct bitset forgeable;
};

struct command {
	const char *name;
	const char *operands; /* for the usage line: "FIELD [FILTER]" */
	const char *summary;
	unsigned takes; /* enum option_group bits */
	/* Returns an exit code. Prints its own errors, through complain. */
	int (*run)(struct app *app);
};

extern const struct command command_spools, command_report, command_top, command_list, command_show,
	command_why, command_purge, command_hold, command_release, command_retry, command_requeue,
	command_undo, command_apply, command_expunge, command_archive, command_journal,
	command_setup, command_help;

/* All of them, ended by NULL: main.c. */
extern const struct command *const commands[];

/* "spoolsweep: TEXT" on stderr, escaped. Returns the exit code that fits the error. */
int complain(const struct err *err);
void warn_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The configuration file, into app->config. EXIT_DONE or a code, told. */
int read_config(struct app *app);
/* It, then opens the queues of -s, or of this machine. EXIT_DONE, or the code to end with. */
int prepare_spools(struct app *app);

/*
 * prepare_spools, then the operand `filter` (NULL for none), then the scan, with
 * progress on a terminal. app->need says what the command wants besides what the filter
 * needs. EXIT_DONE, or the code to end with.
 */
int prepare_scan(struct app *app, const char *filter);

/* Its parts: the filter; the queues, and being their owner. */
int prepare_filter(struct app *app, const char *filter);
int prepare_owner(struct app *app);
/* The last part of it, over queues and a filter that are there: a second look. */
int scan_spools(struct app *app);
/*
 * The end of that: fills in app->rows and app->forgeable. Reads messages again, with the
 * options of the scan, where their content decides.
 */
int apply_filter(struct app *app, const struct scan_options *options, struct err *err);
/* Gives back what the scan holds, its rows and all. */
void leave_scan(struct app *app);

/* Says that this user may not read the queue, and what to do; returns EXIT_PERMISSION. */
int tell_denied(const struct app *app);

/* Names what could not be read; returns the code for it, EXIT_DONE when all was. */
int tell_failures(const struct app *app);

/* The exit code of a command that lists rows: failures first, then "nothing matched", told. */
int reading_exit(const struct app *app);

/* The one FILTER a command may have behind its first `n` operands; false prints the error. */
bool take_filter(struct app *app, size_t n, const char **filter);

/* Finds a field for a command's argument; need is extended. EXIT_DONE or a code. */
int take_field(struct app *app, struct slice name, struct field_ref *ref);

/* Writes to stdout all at once; EXIT_DONE or EXIT_IO. */
int print_buf(struct buf *out);

/* JSON to stdout, in what its reader can show. */
struct sink *open_sink(const struct app *app, enum sink_style style);
/* The same for what a sink holds; frees it. */
int print_sink(struct sink *sink);

/* Escaped text of a slice appended to out, for plain text output. */
void put(const struct app *app, struct buf *out, struct slice text);

/* "33 (www-data)": a user of the machine that the queue is of, which has to be this one. Not escaped. */
void add_user(const struct app *app, struct buf *out, int64_t uid);

/* A line to paste: "spoolsweep", the queues of this run, `words`. */
void put_command(const struct app *app, struct buf *out, const char *words, ...)
	__attribute__((format(printf, 3, 4)));
/* One argument for a shell: as it is where that is safe, else in single quotes. */
void add_argument(struct buf *out, const char *text);
/* "sudo spoolsweep" with the words of this run, to paste. */
void put_as_root(const struct app *app, struct buf *out);

/* The name of the field as a script needs it: header:X-Mailer, with the header's name. */
void add_field_name(const struct app *app, const struct field_ref *ref, struct buf *out);

/* ---- new_file.c: app->file, made before root is given up ---- */
int make_file(struct app *app, const char *path);
/* Takes it away again, when what it was made for failed. */
void drop_file(struct app *app, const char *path);

/* ---- given_up.c: columns that did not fit into --memory ---- */

/* Says what the index gave up. The code to end with where the command cannot do without. */
int check_given_up(const struct app *app);
bool is_given_up(const struct app *app, const struct field *field);
/* The fields' names, as an array. */
void sink_given_up(struct sink *sink, const struct app *app);

/* ---- caching.c: --cache; without it, nothing ---- */

/* With the rights at hand: the folder of the cache. */
void caching_prepare(struct app *app);
/* What of an earlier scan may be of use to this one; caching_end frees it. */
void caching_begin(struct app *app, struct scan_options *options, struct cache *cache);
/* Keeps the finished scan for the next one, if that is worth it. */
void caching_end(struct app *app, struct cache *cache);

/* ---- trash_views.c: the trash in place of the queues, and back ---- */
int use_trash(struct app *app);
void leave_trash(struct app *app);

/* ---- interrupt.c: SIGINT and SIGTERM as a flag ---- */
extern volatile sig_atomic_t interrupted;
void catch_interrupts(void);

/* ---- hold_site.c ---- */
/* The first queue of this run whose hold is another program's input, or NULL. */
const struct spool *foreign_hold(const struct app *app);

/* ---- unfinished.c ---- */
/* Says on stderr that a run stopped before its end and was not taken back. */
void tell_unfinished(const struct app *app);

/* ---- progress.c: one line on stderr, where that is a terminal that can show it ---- */

/* Of a scan. */
void progress_start(struct app *app, struct scan_options *options);
void progress_end(struct app *app);

/* Of anything whose end is known. */
struct progress {
	const struct app *app;
	int64_t begin;
	uint64_t before; /* done when it began */
	bool shown;
};
void progress_begin(struct progress *progress, const struct app *app);
/* As often as one likes; nothing is seen of what takes no time. */
void progress_show(struct progress *progress, uint64_t done, uint64_t count);
void progress_hide(struct progress *progress);

/* A line in words, in place of the one that is there; NULL takes it away. */
void progress_words(const struct app *app, const char *words);

#endif
