/* report: what is arriving, what happened, then who and what fills the queue. */
#include "cmd/spoolsweep/findings.h"
#include "cmd/spoolsweep/group_rows.h"
#include "cmd/spoolsweep/report.h"

/* In the order in which an admin asks. */
static const struct report_section all_sections[REPORT_SECTIONS] = {
	{.field = "account",
		.title = "accounts",
		.figures = GROUP_MESSAGES | GROUP_SHARE | GROUP_IPS | GROUP_SENDERS | GROUP_NEWEST |
			GROUP_LAST_HOUR},
	{.field = "client_net",
		.title = "networks",
		.figures = GROUP_MESSAGES | GROUP_SHARE | GROUP_ACCOUNTS | GROUP_SENDERS |
			GROUP_NEWEST | GROUP_LAST_HOUR,
		.if_known = true},
	{.field = "client_ip"},
	{.field = "uid",
		.title = "local users",
		.figures = GROUP_MESSAGES | GROUP_SHARE | GROUP_SENDERS | GROUP_NEWEST |
			GROUP_LAST_HOUR,
		.if_known = true},
	{.field = "script",
		.title = "scripts",
		.figures = GROUP_MESSAGES | GROUP_SHARE | GROUP_SENDERS | GROUP_NEWEST |
			GROUP_LAST_HOUR,
		.if_known = true},
	{.field = "envelope_sender",
		.title = "senders",
		.figures = GROUP_MESSAGES | GROUP_SHARE | GROUP_IPS | GROUP_ACCOUNTS |
			GROUP_NEWEST | GROUP_LAST_HOUR},
	{.field = "sender_domain"},
	{.field = "rcpt_domain",
		.title = "destinations",
		.figures = GROUP_MESSAGES | GROUP_SHARE | GROUP_RECIPIENTS | GROUP_SENDERS |
			GROUP_NEWEST},
	{.field = "reason_class",
		.title = "why it waits",
		.figures = GROUP_MESSAGES | GROUP_SHARE | GROUP_RECIPIENTS | GROUP_NEWEST,
		.if_known = true},
	{.field = "reason",
		.title = "reasons in words",
		.figures = GROUP_MESSAGES | GROUP_SHARE,
		.if_known = true},
	{.field = "origin"},
	{.field = "queue_name"},
	{.field = "state"},
};

static int check_options(struct app *app)
{
	if (app->options.cron)
		app->as_started = cron_prepare;
	if (!app->options.level || app->options.cron)
		return EXIT_DONE;
	warn_text("--level goes with --cron");
	return EXIT_USAGE;
}

static int run(struct app *app)
{
	struct report_section sections[REPORT_SECTIONS];
	const char *filter;

	if (!take_filter(app, 0, &filter))
		return EXIT_USAGE;
	int code = check_options(app);
	app->spares = true;
	app->need.parts |= NEED_FINDINGS;
	memcpy(sections, all_sections, sizeof(sections));
	for (size_t i = 0; i < REPORT_SECTIONS && code == EXIT_DONE; i++)
		code = take_field(app, slice_cstr(sections[i].field), &sections[i].by);
	if (code == EXIT_DONE)
		code = prepare_scan(app, filter);
	if (code != EXIT_DONE)
		return code;
	/* Of a part of the queue nothing is told, and nothing is kept in mind. */
	if (app->options.cron && (!app->scan.complete || !cron_has_news(app)))
		return tell_failures(app);
	tell_unfinished(app);
	code = app->options.json ? report_json(app, sections) : report_text(app, sections);
	int reading = tell_failures(app);
	/* An empty queue is good news for a report, unless a filter asked for something. */
	if (reading == EXIT_DONE && filter && !bitset_count(&app->rows))
		reading = EXIT_NOTHING;
	if (app->options.cron)
		reading = EXIT_LEVEL;
	return code == EXIT_DONE ? reading : code;
}

const struct command command_report = {
	.name = "report",
	.operands = "[FILTER]",
	.summary = "what happened, what is arriving, who and what fills the queue",
	.takes = OPT_QUEUE | OPT_FILTER | OPT_JSON | OPT_LIMIT | OPT_CACHE | OPT_CRON,
	.run = run,
};
