#include "cmd/forge/options.h"

#include <getopt.h>
#include <pwd.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/units.h"

enum choice {
	OPT_HELP = 'h',
	OPT_MESSAGES = 256,
	OPT_SEED,
	OPT_INCIDENT,
	OPT_NOW,
	OPT_IDS,
	OPT_FIXED_IDS,
	OPT_HASH_DEPTH,
	OPT_BODY_SIZE,
	OPT_RECIPIENTS,
	OPT_DISTINCT,
	OPT_ENCODED,
	OPT_HELD,
	OPT_OWNER,
	OPT_RECIPE,
	OPT_SCALE,
};

static const struct option longs[] = {
	{"help", no_argument, NULL, OPT_HELP},
	{"messages", required_argument, NULL, OPT_MESSAGES},
	{"seed", required_argument, NULL, OPT_SEED},
	{"incident", required_argument, NULL, OPT_INCIDENT},
	{"now", required_argument, NULL, OPT_NOW},
	{"ids", required_argument, NULL, OPT_IDS},
	{"fixed-ids", no_argument, NULL, OPT_FIXED_IDS},
	{"hash-depth", required_argument, NULL, OPT_HASH_DEPTH},
	{"body-size", required_argument, NULL, OPT_BODY_SIZE},
	{"recipients", required_argument, NULL, OPT_RECIPIENTS},
	{"distinct", no_argument, NULL, OPT_DISTINCT},
	{"encoded", no_argument, NULL, OPT_ENCODED},
	{"held", required_argument, NULL, OPT_HELD},
	{"owner", required_argument, NULL, OPT_OWNER},
	{"recipe", required_argument, NULL, OPT_RECIPE},
	{"scale", required_argument, NULL, OPT_SCALE},
	{NULL, 0, NULL, 0},
};

void options_help(struct buf *out)
{
	buf_add(out,
		SLICE("usage: forge FORMAT [options] DIR\n\n"
		      "Writes a made-up mail queue into DIR, as the mail server itself would have\n"
		      "left it: for demonstrations, tests and measurements. DIR must be empty or\n"
		      "not there yet. All names and addresses are reserved ones, nobody's.\n\n"
		      "formats:\n"));
	const struct writer *writer;
	for (size_t i = 0; (writer = writer_at(i)); i++)
		buf_printf(out, "  %-16s %s\n", writer->name, writer->about);
	buf_add(out, SLICE("\nincidents:\n"));
	const struct incident *incident;
	for (size_t i = 0; (incident = incident_at(i)); i++)
		buf_printf(out, "  %-16s %s\n", incident->name, incident->about);
	buf_add(out,
		SLICE("  none             ordinary mail only\n\n"
		      "what is in the queue:\n"
		      "  --messages N     how many messages, all queues together (10000)\n"
		      "  --seed S         another seed, another queue (1)\n"
		      "  --incident NAME  what happened (stolen-account)\n"
		      "  --now TIME       the moment the queue shows: epoch or RFC 3339 (now)\n"
		      "  --recipients M   recipients of a message on average, as 2 or 1.3\n"
		      "  --body-size SIZE median size of ordinary mail (4k)\n"
		      "  --held PERCENT   share of messages on hold (0.1)\n"
		      "  --encoded        text in base64 or quoted-printable, two parts in three\n"
		      "  --distinct       no address, Message-ID or reason twice, and 30 % of the\n"
		      "                   subjects; no copies behind the content filter\n"
		      "  --recipe FILE    an incident of testdata/verdicts, in place of all of "
		      "these\n"
		      "                   but --seed and --now; writes what is true about it into\n"
		      "                   DIR.truth.jsonl and DIR.incident.json\n"
		      "  --scale X        so many times its messages (1)\n\n"
		      "how it is stored:\n"
		      "  --ids KIND       queue ids: short, long or mixed (short)\n"
		      "  --fixed-ids      ids that do not hang on inode numbers: with the same "
		      "--seed\n"
		      "                   and --now two trees are the same, byte for byte\n"
		      "  --hash-depth N   folder levels below deferred and defer, 1 to 4 (1)\n"
		      "  --owner USER     give the files to USER (root: the format's own user, if\n"
		      "                   there is one; others: left as they are)\n\n"
		      "On stdout: what was written, and the truth about the incident as "
		      "KEY=VALUE.\n"));
}

/* A number with at most two decimals, in hundredths. */
static bool parse_hundredths(const char *text, int64_t most, int64_t *value)
{
	struct slice whole, part;
	slice_cut(slice_cstr(text), '.', &whole, &part);
	int64_t units, hundredths = 0;
	if (!slice_to_i64(whole, &units) || units < 0 || units > most)
		return false;
	if (part.len > 2 ||
		(part.len && (!ascii_is_digit(part.ptr[0]) || !slice_to_i64(part, &hundredths))))
		return false;
	*value = units * 100 + (part.len == 1 ? hundredths * 10 : hundredths);
	return *value <= most * 100;
}

static bool parse_number(const char *text, int64_t least, int64_t most, int64_t *value)
{
	return slice_to_i64(slice_cstr(text), value) && *value >= least && *value <= most;
}

static int set_ids(struct options *options, const char *value, struct err *err)
{
	static const char *const names[] = {
		[IDS_SHORT] = "short", [IDS_LONG] = "long", [IDS_MIXED] = "mixed"};
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(value, names[i])) {
			options->tree.ids = (enum id_style)i;
			return 0;
		}
	return err_set(err, ERR_USAGE, 0, "--ids %s: must be short, long or mixed", value);
}

static int set_incident(struct options *options, const char *value, struct err *err)
{
	options->mix.incident = incident_find(value);
	if (!options->mix.incident && strcmp(value, "none") != 0)
		return err_set(err, ERR_USAGE, 0,
			"--incident %s: no such incident; forge --help lists them", value);
	return 0;
}

static int set_owner(struct options *options, const char *name, struct err *err)
{
	const struct passwd *user = getpwnam(name);
	if (!user)
		return err_set(
			err, ERR_USAGE, 0, "--owner %s: this machine has no such user", name);
	if (geteuid() != 0)
		return err_set(
			err, ERR_PERMISSION, 0, "--owner %s: only root can give files away", name);
	options->tree.chown = true;
	options->tree.uid = user->pw_uid;
	options->tree.gid = user->pw_gid;
	return 0;
}

static int set_number(struct options *options, enum choice which, const char *text, struct err *err)
{
	struct mix_options *mix = &options->mix;
	int64_t n = 0;
	switch (which) {
	case OPT_MESSAGES:
		if (!parse_number(text, 1, 100000000, &n))
			return err_set(
				err, ERR_USAGE, 0, "--messages %s: must be 1 to 100000000", text);
		mix->messages = (uint64_t)n;
		return 0;
	case OPT_SEED:
		if (!parse_number(text, 0, INT64_MAX, &n))
			return err_set(
				err, ERR_USAGE, 0, "--seed %s: must be a whole number", text);
		mix->seed = (uint64_t)n;
		return 0;
	case OPT_NOW:
		/* Not before 2001: ages reach back, and long ids need a time. */
		if (!units_parse_time(slice_cstr(text), &n) || n < 1000000000 || n > 9999999999)
			return err_set(err, ERR_USAGE, 0,
				"--now %s: must be epoch seconds or a time as 2026-11-22T03:07:00Z",
				text);
		mix->now = n;
		options->now_given = true;
		return 0;
	case OPT_SCALE:
		if (!parse_hundredths(text, 1000, &n) || n < 1)
			return err_set(err, ERR_USAGE, 0, "--scale %s: must be 0.01 to 1000", text);
		options->scale = (unsigned)n * 10;
		return 0;
	case OPT_HASH_DEPTH:
		if (!parse_number(text, 1, 4, &n))
			return err_set(err, ERR_USAGE, 0, "--hash-depth %s: must be 1 to 4", text);
		options->tree.hash_depth = (unsigned)n;
		return 0;
	case OPT_BODY_SIZE:
		if (!units_parse_size(slice_cstr(text), &n) || n < 1 || n > 1048576)
			return err_set(err, ERR_USAGE, 0,
				"--body-size %s: must be a size of 1 to 1M", text);
		mix->body_size = (uint64_t)n;
		return 0;
	case OPT_RECIPIENTS:
		if (!parse_hundredths(text, 1000, &n) || n < 100)
			return err_set(err, ERR_USAGE, 0,
				"--recipients %s: must be 1 to 1000, as 1.3", text);
		mix->recipients = (unsigned)n;
		return 0;
	default:
		if (!parse_hundredths(text, 100, &n))
			return err_set(
				err, ERR_USAGE, 0, "--held %s: must be 0 to 100 per cent", text);
		mix->held = (int)n;
		return 0;
	}
}

static int set_option(struct options *options, int which, const char *value, struct err *err)
{
	switch (which) {
	case OPT_HELP:
		options->help = true;
		return 0;
	case OPT_INCIDENT:
		return set_incident(options, value, err);
	case OPT_IDS:
		return set_ids(options, value, err);
	case OPT_FIXED_IDS:
		options->tree.fixed_ids = true;
		return 0;
	case OPT_DISTINCT:
		options->mix.distinct = true;
		return 0;
	case OPT_ENCODED:
		options->mix.encoded = true;
		return 0;
	case OPT_OWNER:
		return set_owner(options, value, err);
	case OPT_RECIPE:
		options->recipe = value;
		return 0;
	default:
		return set_number(options, (enum choice)which, value, err);
	}
}

static int set_operands(struct options *options, int argc, char **argv, struct err *err)
{
	if (argc - optind != 2)
		return err_set(err, ERR_USAGE, 0, "%s; see forge --help",
			argc - optind < 2 ? "a FORMAT and a DIR are needed" : "too many words");
	options->writer = writer_find(argv[optind]);
	if (!options->writer)
		return err_set(err, ERR_USAGE, 0, "%s: no such format; forge --help lists them",
			argv[optind]);
	options->tree.dir = argv[optind + 1];
	return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct err *err)
{
	*options = (struct options){
		.mix = {.messages = 10000,
			.seed = 1,
			.now = time(NULL),
			.incident = incident_at(0),
			.body_size = 4096,
			.held = HELD_DEFAULT},
		.tree = {.host = SITE_HOST, .address = SITE_ADDRESS, .hash_depth = 1},
		.scale = 1000,
	};
	opterr = 0;
	optind = 0; /* glibc: start anew, also for a second command line */
	for (int which; (which = getopt_long(argc, argv, ":h", longs, NULL)) != -1;) {
		if (which == ':')
			return err_set(err, ERR_USAGE, 0, "%s needs a value; see forge --help",
				argv[optind - 1]);
		if (which == '?')
			return err_set(err, ERR_USAGE, 0,
				"%s: no such option, or no value is allowed; "
				"see forge --help",
				argv[optind - 1]);
		if (set_option(options, which, optarg, err))
			return -1;
	}
	if (options->help)
		return 0;
	if (set_operands(options, argc, argv, err))
		return -1;
	if (!options->tree.chown && geteuid() == 0 && getpwnam(options->writer->owner))
		set_owner(options, options->writer->owner, err);
	options->tree.now = options->mix.now;
	return 0;
}
