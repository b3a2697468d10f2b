#include "cmd/spoolsweep/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/ip.h"

#define SITE_CONFIG "/etc/spoolsweep.conf"

/* ini.h cuts longer names off without a word. */
enum { LONGEST_NAME = 49 };

struct reading {
	struct config *config;
	struct slice rest; /* what the parser has not seen yet */
	int line;          /* that it is at */
	int wrong_line;    /* where the first error was found; 0 none */
	struct err err;
};

static int wrong(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Keeps the first error. Returns what a handler of ini.h says then. */
static int wrong(struct reading *reading, const char *format, ...)
{
	struct buf text = {0};
	va_list args;

	if (!reading->wrong_line) {
		va_start(args, format);
		buf_vprintf(&text, format, args);
		va_end(args);
		err_set(&reading->err, ERR_USAGE, 0, "%s", buf_str(&text));
		reading->wrong_line = reading->line;
		buf_free(&text);
	}
	return 0;
}

/* As fgets(3), from memory. What is too long for the parser would be split in two. */
static char *next_line(char *room, int size, void *stream)
{
	struct reading *reading = stream;
	struct slice line;

	if (!reading->rest.len || reading->wrong_line)
		return NULL;
	slice_cut(reading->rest, '\n', &line, &reading->rest);
	reading->line++;
	if (line.len + 2 > (size_t)size) {
		wrong(reading,
			"longer than %d bytes; a line that begins with a blank goes on with the "
			"value of the one above",
			size - 2);
		return NULL;
	}
	if (memchr(line.ptr, '\0', line.len)) {
		wrong(reading, "there is a zero byte in it");
		return NULL;
	}
	memcpy(room, line.ptr, line.len);
	memcpy(room + line.len, "\n", 2);
	return room;
}

/* ---- sections ---- */

/* What is on several lines is one list. */
static void append(char **list, const char *value)
{
	char *longer = *list ? xasprintf("%s,%s", *list, value) : xstrdup(value);
	free(*list);
	*list = longer;
}

static int take_site(struct reading *reading, struct slice name, const char *value)
{
	struct slice rest = slice_cstr(value), word;
	struct ip_net net;

	if (slice_eq(name, SLICE("local-domains"))) {
		append(&reading->config->local_domains, value);
		return 1;
	}
	if (!slice_eq(name, SLICE("trusted-networks")))
		return wrong(reading, "[site] has local-domains and trusted-networks, no '%.*s'",
			SLICE_ARG(name));
	while (slice_word(&rest, ", ", &word))
		if (!ip_net_parse(word, &net))
			return wrong(
				reading, "'%.*s' is no network (192.0.2.0/24)", SLICE_ARG(word));
	append(&reading->config->trusted_networks, value);
	return 1;
}

static int take_threshold(struct reading *reading, struct slice name, const char *value)
{
	struct err err;

	if (rules_set(&reading->config->rules, name, slice_cstr(value), &err) == 0)
		return 1;
	return wrong(reading, "%s", err.text);
}

/* "phrases", or "phrases X-Mailer" */
static int take_phrase(
	struct reading *reading, struct slice section, struct slice weight, const char *value)
{
	struct slice header = slice_trim(slice_from(section, sizeof("phrases") - 1));
	struct buf field = {0};
	struct err err;

	if (header.len)
		buf_printf(&field, "header:%.*s", SLICE_ARG(header));
	else
		buf_add(&field, SLICE("subject"));
	int status = phrases_add(
		reading->config->phrases, buf_slice(&field), weight, slice_cstr(value), &err);
	buf_free(&field);
	return status == 0 ? 1 : wrong(reading, "%s", err.text);
}

static int take(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	struct slice of = slice_cstr(section), key = slice_cstr(name);

	if (of.len >= LONGEST_NAME || key.len >= LONGEST_NAME)
		return wrong(reading, "a name has %d bytes or more", LONGEST_NAME);
	if (slice_eq(of, SLICE("site")))
		return take_site(reading, key, value);
	if (slice_eq(of, SLICE("thresholds")))
		return take_threshold(reading, key, value);
	if (slice_eq(of, SLICE("phrases")) || slice_starts(of, SLICE("phrases ")))
		return take_phrase(reading, of, key, value);
	return wrong(reading, "%s%s%s [site], [thresholds] and [phrases]",
		of.len ? "there is no section [" : "", section,
		of.len ? "], there are" : "there is no section above it; there are");
}

static int parse(struct config *config, struct slice text, struct err *err)
{
	struct reading reading = {.config = config, .rest = text};

	int line = ini_parse_stream(next_line, &reading, take, &reading);
	if (reading.wrong_line && (line <= 0 || reading.wrong_line <= line))
		return err_set(err, ERR_USAGE, 0, "%s, line %d: %s", config->path,
			reading.wrong_line, reading.err.text);
	if (line == 0)
		return 0;
	return err_set(err, ERR_USAGE, 0, "%s, line %d: neither [SECTION] nor NAME = VALUE",
		config->path, line);
}

/* ---- the file ---- */

static int check(const struct config *config, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(err, "%s: cannot be read", config->path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, 0, "%s is no plain file", config->path);
	if (st.st_size > LIMIT_CONFIG)
		return err_set(
			err, ERR_USAGE, 0, "%s has more than %d bytes", config->path, LIMIT_CONFIG);
	/* It decides what is called a crime, and so what root removes. */
	if (geteuid() == 0 && (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(err, ERR_PERMISSION, 0,
			"%s %s: root does not use it; chown root %s; chmod go-w %s", config->path,
			st.st_uid ? "is not root's" : "can be written by others", config->path,
			config->path);
	return 0;
}

static int read_file(const struct config *config, int fd, struct buf *text, struct err *err)
{
	enum { PIECE = 4096 };
	ssize_t n;

	if (check(config, fd, err) != 0)
		return -1;
	while ((n = read(fd, buf_room(text, PIECE), PIECE)) > 0 && text->len <= LIMIT_CONFIG)
		text->len += (size_t)n;
	return n < 0 ? err_sys(err, "%s: cannot be read", config->path) : 0;
}

static const char *site_config(void)
{
	const char *path = secure_getenv("SPOOLSWEEP_CONFIG");
	return path ? path : SITE_CONFIG;
}

int config_read(struct config *config, const char *named, struct err *err)
{
	const char *path = named ? named : site_config();
	struct buf text = {0};

	*config = (struct config){.phrases = phrases_new()};
	rules_default(&config->rules);
	if (!*path)
		return 0;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !named)
		return 0;
	config->path = xstrdup(path);
	int status = fd < 0 ? err_set(err, errno == EACCES ? ERR_PERMISSION : ERR_IO, errno,
				      "%s: cannot be opened", path)
			    : read_file(config, fd, &text, err);
	if (status == 0)
		status = parse(config, buf_slice(&text), err);
	buf_free(&text);
	if (fd >= 0)
		close(fd);
	return status;
}

void config_free(struct config *config)
{
	free(config->path);
	free(config->local_domains);
	free(config->trusted_networks);
	phrases_free(config->phrases);
	*config = (struct config){0};
}
