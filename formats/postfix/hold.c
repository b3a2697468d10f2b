/*
 * Whether hold is ours to use.
 *
 * On most sites what lies in hold waits there until somebody releases it. On some it is
 * the input of a content scanner: Postfix puts all mail on hold as it comes in, and the
 * scanner takes it from there and hands it back to incoming. Mail that we put there would be
 * sent, and mail that we released would go out unscanned.
 *
 * It is told by the scanner's own configuration, or by one of Postfix that holds all mail:
 * then somebody lets it go again, all of it, by a script or by hand. A scanner that is not in
 * the table, on a Postfix that holds mail in master.cf only, is not found out.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/run.h"
#include "core/base/xalloc.h"
#include "formats/postfix/postfix.h"

/* Programs that take mail from hold: where they are told so. */
static const struct scanner {
	const char *name;
	const char *files[6]; /* patterns of configuration files */
	const char *key;      /* letters and digits of the setting that names the folder */
} scanners[] = {
	{"MailScanner",
		{"/etc/MailScanner/MailScanner.conf", "/etc/MailScanner/conf.d/*",
			"/opt/MailScanner/etc/MailScanner.conf", "/opt/MailScanner/etc/conf.d/*",
			"/usr/local/etc/MailScanner/MailScanner.conf"},
		"incomingqueuedir"},
};

const char *const postfix_hold_settings[] = {
	"header_checks",
	"smtpd_client_restrictions",
	"smtpd_helo_restrictions",
	"smtpd_sender_restrictions",
	"smtpd_relay_restrictions",
	"smtpd_recipient_restrictions",
	"smtpd_data_restrictions",
	"smtpd_end_of_data_restrictions",
	NULL,
};

static void note(struct spool *spool, const char *user, char *reason)
{
	free(spool->hold_user);
	free(spool->hold_reason);
	spool->hold_user = xstrdup(user);
	spool->hold_reason = reason;
}

/* ---- what Postfix is told ---- */

/* A header that every message has that came by SMTP, and nothing in it that is of one site. */
#define ANY_HEADER "Received: from client.invalid (client.invalid [192.0.2.1])"

/* Whether a table of header_checks holds any message. Postfix itself looks it up. */
static bool holds_any(struct slice table, bool *answers)
{
	char *postmap = run_find("postmap");
	char *name = xasprintf("%.*s", SLICE_ARG(table));
	const char *const argv[] = {postmap, "-q", ANY_HEADER, name, NULL};
	struct buf text = {0};
	struct slice rest, word;
	struct err err;

	*answers = postmap && run_capture(argv, &text, &err) == 0;
	rest = buf_slice(&text);
	bool holds = *answers && slice_word(&rest, " \t\r\n", &word) &&
		slice_eq_fold(word, SLICE("HOLD"));
	buf_free(&text);
	free(name);
	free(postmap);
	return holds;
}

/* Of these, that of a network or a database is not asked: it may take its time. */
static bool is_pattern_table(struct slice table)
{
	return slice_starts(table, SLICE("regexp:")) || slice_starts(table, SLICE("pcre:")) ||
		slice_starts(table, SLICE("static:"));
}

void postfix_look_at_hold_setting(struct spool *spool, const char *setting, struct slice value)
{
	bool is_checks = strcmp(setting, "header_checks") == 0, answers = false;
	struct slice word;

	while (!answers && value.len && slice_word(&value, ", \t\r\n", &word)) {
		bool holds = slice_eq_fold(word, SLICE("static:HOLD"));
		if (is_checks && !holds && is_pattern_table(word))
			holds = holds_any(word, &answers);
		if (!holds)
			continue;
		note(spool, "another program",
			xasprintf("%s (%.*s) puts all mail on hold, and somebody lets it go from "
				  "there",
				setting, SLICE_ARG(word)));
		return;
	}
}

/* ---- what the scanners are told ---- */

/* Calls `each` for every line of a file, until it says that it has found what it wants. */
static bool for_lines(
	const char *path, bool (*each)(const void *ctx, struct slice line), const void *ctx)
{
	enum { FILE_MAX = 1024 * 1024 };
	struct stat st;
	FILE *file = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
	char *line = NULL;
	size_t cap = 0, total = 0;
	bool found = false;

	if (!file)
		return false;
	for (ssize_t n; !found && total < FILE_MAX && (n = getline(&line, &cap, file)) >= 0;) {
		total += (size_t)n;
		found = each(ctx, slice_trim(slice_of(line, (size_t)n)));
	}
	free(line);
	fclose(file);
	return found;
}

/* The same for the files that a pattern stands for. */
static bool for_files(
	const char *pattern, bool (*each)(const void *ctx, const char *path), const void *ctx)
{
	glob_t files;
	bool found = false;

	if (glob(pattern, 0, NULL, &files) != 0)
		return false;
	for (size_t i = 0; !found && i < files.gl_pathc; i++)
		found = each(ctx, files.gl_pathv[i]);
	globfree(&files);
	return found;
}

static bool is_hold(const void *ctx, const char *path)
{
	const struct stat *hold = ctx;
	struct stat st;
	return stat(path, &st) == 0 && st.st_dev == hold->st_dev && st.st_ino == hold->st_ino;
}

static bool names_hold(const void *hold, struct slice value)
{
	char *pattern = xasprintf("%.*s", SLICE_ARG(value));
	bool found = for_files(pattern, is_hold, hold);

	free(pattern);
	return found;
}

/* A folder, a pattern, or a file of these, one a line. */
static bool list_names_hold(const void *hold, struct slice value)
{
	char *path = xasprintf("%.*s", SLICE_ARG(value));
	bool found = names_hold(hold, value) || for_lines(path, names_hold, hold);

	free(path);
	return found;
}

struct search {
	const struct scanner *scanner;
	const struct stat *hold;
	char **where; /* the file that said so */
};

/* "Incoming Queue Dir", "incomingqueuedir": only letters and digits count. */
static bool is_key(struct slice name, const char *key)
{
	for (; name.len; name = slice_from(name, 1)) {
		if (!ascii_is_alnum(name.ptr[0]))
			continue;
		if (ascii_lower(name.ptr[0]) != *key++)
			return false;
	}
	return !*key;
}

static bool line_names_hold(const void *ctx, struct slice line)
{
	const struct search *search = ctx;
	struct slice name, value, comment;

	slice_cut(line, '#', &line, &comment);
	return slice_cut(line, '=', &name, &value) && is_key(name, search->scanner->key) &&
		list_names_hold(search->hold, slice_trim(value));
}

static bool file_names_hold(const void *ctx, const char *path)
{
	const struct search *search = ctx;

	if (!for_lines(path, line_names_hold, search))
		return false;
	*search->where = xstrdup(path);
	return true;
}

void postfix_look_for_hold_user(struct spool *spool)
{
	struct stat hold;

	if (fstatat(spool->fd, postfix_queues[PQ_HOLD].name, &hold, 0) != 0)
		return;
	for (size_t i = 0; i < sizeof(scanners) / sizeof(*scanners); i++) {
		char *where = NULL;
		struct search search = {&scanners[i], &hold, &where};
		for (size_t k = 0; !where && scanners[i].files[k]; k++)
			for_files(scanners[i].files[k], file_names_hold, &search);
		if (!where)
			continue;
		note(spool, scanners[i].name,
			xasprintf("%s names this folder as its input", where));
		free(where);
		return;
	}
}
