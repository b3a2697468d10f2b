/* The way from the command line to a scanned and filtered index. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cmd/spoolsweep/judge.h"
#include "core/query/guess.h"

/*
 * Gentle by default: the disk's idle class, and behind the mail server for the
 * processor. On a machine with nothing else to do neither costs anything.
 */
static void be_gentle(void)
{
	enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_IDLE = 3 << 13, NICE = 10 };
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
	setpriority(PRIO_PROCESS, 0, NICE);
}

/* ---- site facts from the command line, or else the configuration file ---- */

static int override_site(const struct app *app, struct spool *spool)
{
	const char *domains =
		app->options.local_domains ? app->options.local_domains : app->config.local_domains;
	const char *networks = app->options.trusted_networks ? app->options.trusted_networks
							     : app->config.trusted_networks;
	struct slice rest = slice_cstr(domains), word;
	struct err err;

	if (domains) {
		spool->site.nlocal = 0;
		while (rest.len && slice_word(&rest, ", ", &word))
			site_add_local(&spool->site, &spool->arena, word);
		spool->site.local_complete = true;
		site_seal(&spool->site);
	}
	rest = slice_cstr(networks);
	if (networks)
		spool->site.ntrusted = 0;
	while (networks && rest.len && slice_word(&rest, ", ", &word)) {
		struct ip_net net;
		if (!ip_net_parse(word, &net)) {
			err_set(&err, ERR_USAGE, 0,
				"--trusted-networks: '%.*s' is no network (192.0.2.0/24)",
				SLICE_ARG(word));
			return complain(&err);
		}
		site_add_trusted(&spool->site, &net);
	}
	return EXIT_DONE;
}

/* What was found out about hold is wrong, or does not matter: the user says so. */
static void trust_hold(struct spool *spool)
{
	free(spool->hold_user);
	spool->hold_user = NULL;
}

/* ---- opening ---- */

int tell_denied(const struct app *app)
{
	struct buf line = {0};

	put_as_root(app, &line);
	if (app->started_as_root)
		warn_text("even the owner of the queue may not read this; see who owns the files "
			  "named");
	else
		warn_text("this user may not read all of the queue; run it as root:\n  %s",
			buf_str(&line));
	buf_free(&line);
	return EXIT_PERMISSION;
}

static void tell_unopened(void *ctx, const char *path, const struct err *err)
{
	struct err *first = ctx;
	(void)path;
	warn_text("%s", err->text);
	if (first->code == ERR_NONE)
		*first = *err;
}

static int open_named(struct app *app)
{
	struct err err;
	for (size_t i = 0; i < app->options.nspools; i++) {
		if (spools_open(&app->spools, app->options.spools[i], app->options.offline, &err) ==
			0)
			continue;
		int code = complain(&err);
		if (code == EXIT_PERMISSION)
			return tell_denied(app);
		/* A folder that is not there is a failure to read, not "nothing matched". */
		return code == EXIT_NOTHING ? EXIT_IO : code;
	}
	return EXIT_DONE;
}

static int open_found(struct app *app)
{
	struct err first = {0};
	if (spools_find(&app->spools, app->options.offline, tell_unopened, &first) > 0)
		return EXIT_DONE;
	if (first.code == ERR_PERMISSION)
		return tell_denied(app);
	warn_text("found no mail queue on this machine; name one with -s DIR (Postfix: "
		  "spoolsweep -s /var/spool/postfix report)");
	return EXIT_IO;
}

int read_config(struct app *app)
{
	struct err err;

	return config_read(&app->config, app->options.config, &err) == 0 ? EXIT_DONE
									 : complain(&err);
}

int prepare_spools(struct app *app)
{
	int code = read_config(app);
	if (code == EXIT_DONE)
		code = app->options.nspools ? open_named(app) : open_found(app);
	for (size_t i = 0; code == EXIT_DONE && i < app->spools.count; i++)
		code = override_site(app, app->spools.list[i]);
	for (size_t i = 0; app->options.hold_is_hold && i < app->spools.count; i++)
		trust_hold(app->spools.list[i]);
	return code;
}

/* ---- scanning ---- */

static void explain(const struct app *app)
{
	static const struct {
		unsigned part;
		const char *words;
	} parts[] = {
		{NEED_RCPTS, "recipients"},
		{NEED_REASONS, "defer and bounce logs"},
		{NEED_HEADERS, "headers"},
		{NEED_SUBMITTER, "headers of local submissions"},
		{NEED_SESSION, "the SMTP session"},
		{NEED_STATUS, "times of the files"},
		{NEED_FINDINGS, "all that a verdict needs"},
	};
	struct buf text = {0};

	filter_print(app->filter, &text);
	warn_text("filter: %s", text.len ? buf_str(&text) : "every message");
	buf_reset(&text);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (app->need.parts & parts[i].part)
			buf_printf(&text, ", %s", parts[i].words);
	if (filter_is_content_only(app->filter))
		buf_add(&text, SLICE(", every message whole"));
	else if (filter_inspector(app->filter))
		buf_add(&text,
			SLICE(", and whole the messages that the rest of the filter leaves open"));
	warn_text("reads: envelopes%s", buf_str(&text));
	buf_free(&text);
}

int prepare_filter(struct app *app, const char *filter)
{
	unsigned others = app->need.parts;
	struct err err;

	app->filter_text = filter ? filter : "";
	app->need.parts = 0;
	app->filter = filter_parse(slice_cstr(app->filter_text), &app->need, &err);
	app->filter_parts = app->need.parts;
	app->need.parts |= others;
	if (!app->filter) {
		int code = complain(&err);
		/* What is left of size>10k when the shell took the rest for a file to write. */
		if (!strpbrk(app->filter_text, "=<>~! \"()"))
			warn_text("put the filter in quotes, such as 'age<1d': the shell takes a "
				  "bare < or > "
				  "for itself");
		return code;
	}
	if (app->options.explain)
		explain(app);
	return EXIT_DONE;
}

int prepare_scan(struct app *app, const char *filter)
{
	/* The filter first: a typing error needs no queue to be told. */
	int code = prepare_filter(app, filter);
	if (code == EXIT_DONE)
		code = prepare_owner(app);
	return code == EXIT_DONE ? scan_spools(app) : code;
}

int prepare_owner(struct app *app)
{
	struct err err;

	int code = prepare_spools(app);
	if (code == EXIT_DONE)
		caching_prepare(app);
	if (code == EXIT_DONE && app->as_started)
		code = app->as_started(app);
	if (code == EXIT_DONE && spools_drop_privileges(&app->spools, &err) != 0)
		code = complain(&err);
	return code == EXIT_DONE && app->options.trash ? use_trash(app) : code;
}

static bool check_queue_name(void *ctx, struct slice name)
{
	struct app *app = ctx;
	struct buf text = {0};

	for (size_t i = 0; i < app->spools.count; i++)
		for (unsigned queue = 0; app->spools.list[i]->format->queue_name(queue); queue++)
			if (slice_eq(name,
				    slice_cstr(app->spools.list[i]->format->queue_name(queue))))
				return true;
	buf_add(&text, SLICE("there is no queue '"));
	put(app, &text, name);
	buf_add(&text, SLICE("'; there are"));
	const struct format *format = app->spools.list[0]->format;
	for (unsigned queue = 0; format->queue_name(queue); queue++)
		buf_printf(&text, "%s %s", queue ? "," : "", format->queue_name(queue));
	warn_text("%s", buf_str(&text));
	buf_free(&text);
	return false;
}

int scan_spools(struct app *app)
{
	struct scan_options options = {
		.jobs = (unsigned)(app->options.jobs > 1000 ? 1000 : app->options.jobs),
		.interrupted = &interrupted,
		.most_bytes = (size_t)app->options.memory,
	};
	struct cache cache = {0};
	struct err err;

	/* queue!=hodl would be true of all mail. */
	if (!filter_each_value(app->filter, "queue_name", check_queue_name, app))
		return EXIT_USAGE;
	if (filter_prepare(app->filter, &err) != 0)
		return complain(&err);
	int code = judge_prepare(app);
	if (code != EXIT_DONE)
		return code;
	be_gentle();
	catch_interrupts();
	options.keep_reason_text = filter_wants_reason_text(app->filter);
	progress_start(app, &options);
	/* Answers about content are about this filter: no later look can use them. */
	if (!filter_is_content_only(app->filter))
		caching_begin(app, &options, &cache);
	struct need need = app->need;
	/* Where all messages have to be read whole in any case, that is done at once. */
	if (filter_is_content_only(app->filter))
		need.inspector = filter_inspector(app->filter);
	int r = scan_run(&app->scan, &app->spools, &need, &options, &err);
	progress_end(app);
	caching_end(app, &cache);
	if (r != 0)
		return complain(&err);
	code = check_given_up(app);
	if (code != EXIT_DONE)
		return code;
	if (!app->options.as_of)
		app->now = (int64_t)time(NULL);
	field_env_init(&app->env, &app->scan.snap, app->now);
	guess_sites(&app->env, &app->spools);
	code = judge(app);
	if (code != EXIT_DONE)
		return code;
	if (apply_filter(app, &options, &err) != 0)
		return complain(&err);
	/* "0 messages" would be a lie when it was the folders that could not be read. */
	if (app->scan.denied && !app->scan.snap.rows)
		return tell_failures(app);
	return EXIT_DONE;
}

void leave_scan(struct app *app)
{
	verdict_free(&app->verdict);
	field_env_free(&app->env);
	bitset_free(&app->rows);
	bitset_free(&app->forgeable);
	scan_free(&app->scan);
}

/* ---- endings ---- */

int tell_failures(const struct app *app)
{
	enum { NAMED = 10 };
	const struct scan *scan = &app->scan;
	bool io = false;

	for (size_t i = 0; i < scan->nfailures; i++) {
		const struct scan_failure *failure = &scan->failures[i];
		io |= failure->err.code == ERR_IO;
		if (i < NAMED)
			warn_text("%s/%s: %s", app->spools.list[failure->spool]->path,
				failure->path, failure->err.text);
	}
	if (scan->failed > NAMED)
		warn_text("%u more could not be read; --json names them", scan->failed - NAMED);
	if (scan->denied)
		return tell_denied(app);
	if (!scan->complete) {
		warn_text("interrupted: what is shown is not the whole queue");
		return EXIT_INTERRUPTED;
	}
	return io ? EXIT_PARTLY : EXIT_DONE;
}

int reading_exit(const struct app *app)
{
	int code = tell_failures(app);
	if (code != EXIT_DONE || bitset_count(&app->rows))
		return code;
	if (!app->options.json && !app->options.csv && !app->options.ids)
		warn_text(app->filter_text[0]
				? "no message matches; spoolsweep top FIELD shows which "
				  "values there are"
				: "the queue is empty");
	return EXIT_NOTHING;
}

bool take_filter(struct app *app, size_t n, const char **filter)
{
	*filter = app->noperands > n ? app->operands[n] : NULL;
	if (app->noperands <= n + 1)
		return true;
	warn_text("more than one word behind '%s': put the filter in quotes, as in spoolsweep %s "
		  "'account=bob@example.com and age<1d'",
		app->command->name, app->command->name);
	return false;
}

int take_field(struct app *app, struct slice name, struct field_ref *ref)
{
	struct err err;
	if (field_find(name, &app->need, ref, &err) == 0) {
		if (!(ref->field->flags & FIELD_CONTENT))
			return EXIT_DONE;
		warn_text("%s is not kept, and so for filters only: %s ~ WORD", ref->field->name,
			ref->field->name);
		return EXIT_USAGE;
	}
	complain(&err);
	warn_text("for all fields see: spoolsweep help fields");
	return EXIT_USAGE;
}
