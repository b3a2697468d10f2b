/*
 * options: the command line as typed values.
 *
 * One table describes every option: its name, what it takes, where it goes,
 * which commands have a use for it, and its line of help. Options may stand
 * anywhere; "--" ends them. What a command has no use for is an error, not
 * ignored: a mistyped purge must not run as something else.
 */
#ifndef CMD_SPOOLSWEEP_OPTIONS_H
#define CMD_SPOOLSWEEP_OPTIONS_H

#include "core/base/buf.h"
#include "core/base/err.h"

/* Groups of options; a command names those that it takes. */
enum option_group {
	OPT_GLOBAL = 1 << 0,
	OPT_QUEUE = 1 << 1, /* reading a queue */
	OPT_JSON = 1 << 2,
	OPT_CSV = 1 << 3,
	OPT_LIMIT = 1 << 4,
	OPT_LIST = 1 << 5, /* --ids --sort --columns */
	OPT_SHOW = 1 << 6, /* --raw --headers --part --out */
	OPT_FILTER = 1 << 7,
	OPT_ACT = 1 << 8,      /* --apply --yes --max --reason */
	OPT_PICK = 1 << 9,     /* --all --ids-from --plan-out */
	OPT_PURGE = 1 << 10,   /* --no-undo */
	OPT_UNDO = 1 << 11,    /* --to */
	OPT_EXPUNGE = 1 << 12, /* --now */
	OPT_TRASH = 1 << 13,   /* --trash */
	OPT_RESUME = 1 << 14,  /* --resume */
	OPT_HOLD = 1 << 15,    /* --hold-is-hold */
	OPT_FOLLOW = 1 << 16,  /* --follow */
	OPT_LOG = 1 << 17,     /* --log-messages */
	OPT_JOURNAL = 1 << 18, /* --no-journal */
	OPT_TRUST = 1 << 19,   /* --trust */
	OPT_CACHE = 1 << 20,   /* --cache */
	OPT_CRON = 1 << 21,    /* --cron --level */
	OPT_GROUPS = 22,
};

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

struct options {
	char **argv; /* as given, to be said again */
	int argc;
	const char **spools; /* -s, in order */
	size_t nspools;
	const char **words; /* command and operands */
	size_t nwords;
	bool json, csv, ids, raw, headers, explain, offline, help, version, cache, cron;
	const char *part; /* of a message: its number */
	const char *out;  /* a file */
	const char *sort;
	const char *columns;
	const char *local_domains;
	const char *trusted_networks;
	const char *as_of;
	const char *config; /* a file; "" none */
	const char *level;  /* of findings */
	bool apply, yes, no_undo, no_journal, trash, hold_is_hold;
	int64_t trash_run;    /* 0: all of them */
	int64_t resume;       /* a run; 0 not given */
	const char *all;      /* must be ALL */
	const char *ids_from; /* a file, or - */
	const char *trust;    /* must be received */
	const char *plan_out; /* a file */
	const char *to;       /* hold or origin */
	const char *now;      /* a run */
	const char *reason;
	int64_t max;            /* -1 not given */
	int64_t limit;          /* -1 not given; 0 none */
	int64_t jobs;           /* 0 not given */
	int64_t memory;         /* bytes; 0 not given */
	const char *follow;     /* for how long */
	enum when log_messages; /* auto: when they are few */
	enum when color;
	unsigned given;                   /* option groups that were used */
	const char *first_of[OPT_GROUPS]; /* by group bit: an option of it that was given */
};

/* Parses argv; -1 with *err (ERR_USAGE). */
int options_parse(struct options *options, int argc, char **argv, struct err *err);
void options_free(struct options *options);

/*
 * An error when an option was given whose group is not in `takes`, or two that
 * exclude each other. Whoever asks for help gets it in any case.
 */
int options_check(
	const struct options *options, const char *command, unsigned takes, struct err *err);

/* Appends the help lines of the options in `groups`. */
void options_help(struct buf *out, unsigned groups);

#endif
