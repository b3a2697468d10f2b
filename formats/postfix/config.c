/*
 * What postconf(1) says about the instances on this machine: where the queues
 * are, how they are hashed, which domains and networks are the site's own. A
 * queue that no instance here names is an offline copy, and does without.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/run.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"
#include "formats/postfix/postfix.h"

#define SEPARATORS ", \t\r\n"

/* "name = value" lines of one postconf run. */
struct settings {
	struct buf text;
};

/* Settings of the instance in config_dir, or of the default one for NULL. False: no Postfix here. */
static bool ask(const char *config_dir, struct settings *settings)
{
	char *postconf = run_find("postconf");
	const char *argv[40] = {postconf};
	static const char *const names[] = {
		"config_directory",
		"mail_version",
		"queue_directory",
		"hash_queue_names",
		"hash_queue_depth",
		"myhostname",
		"mydestination",
		"virtual_alias_domains",
		"virtual_mailbox_domains",
		"relay_domains",
		"mynetworks",
		"multi_instance_directories",
		"multi_instance_name",
		"qmgr_message_active_limit",
		"queue_minfree",
		"message_size_limit",
		"maximal_queue_lifetime",
		"bounce_queue_lifetime",
		NULL,
	};
	size_t n = 1;
	struct err err;

	if (!postconf)
		return false;
	argv[n++] = "-x";
	if (config_dir) {
		argv[n++] = "-c";
		argv[n++] = config_dir;
	}
	for (size_t i = 0; names[i]; i++)
		argv[n++] = names[i];
	for (size_t i = 0; postfix_hold_settings[i]; i++)
		argv[n++] = postfix_hold_settings[i];
	argv[n] = NULL;
	buf_reset(&settings->text);
	int status = run_capture(argv, &settings->text, &err);
	free(postconf);
	return status >= 0 && settings->text.len > 0;
}

static struct slice get(const struct settings *settings, const char *name)
{
	struct slice rest = buf_slice(&settings->text), line, key, value;

	while (rest.len) {
		slice_cut(rest, '\n', &line, &rest);
		if (slice_cut(line, '=', &key, &value) &&
			slice_eq(slice_trim(key), slice_cstr(name)))
			return slice_trim(value);
	}
	return (struct slice){0};
}

static char *get_string(const struct settings *settings, const char *name)
{
	struct slice value = get(settings, name);
	return value.len ? xasprintf("%.*s", SLICE_ARG(value)) : NULL;
}

/* Calls `each` for the default instance, then for those it lists, until it says stop. */
static void for_each_instance(bool (*each)(void *ctx, const struct settings *), void *ctx)
{
	struct settings first = {0}, other = {0};
	struct slice rest, dir;

	if (ask(NULL, &first) && each(ctx, &first)) {
		rest = get(&first, "multi_instance_directories");
		bool go_on = true;
		while (go_on && rest.len && slice_word(&rest, SEPARATORS, &dir)) {
			char *path = xasprintf("%.*s", SLICE_ARG(dir));
			go_on = !ask(path, &other) || each(ctx, &other);
			free(path);
		}
	}
	buf_free(&first.text);
	buf_free(&other.text);
}

struct finder {
	void (*found)(void *ctx, const char *path);
	void *ctx;
};

static bool tell_queue(void *ctx, const struct settings *settings)
{
	struct finder *finder = ctx;
	char *path = get_string(settings, "queue_directory");
	if (path)
		finder->found(finder->ctx, path);
	free(path);
	return true;
}

void postfix_find(void (*found)(void *ctx, const char *path), void *ctx)
{
	struct finder finder = {found, ctx};
	for_each_instance(tell_queue, &finder);
}

static unsigned hash_depth(const struct settings *settings, const char *queue)
{
	struct slice rest = get(settings, "hash_queue_names"), name;
	int64_t depth;

	if (!slice_to_i64(get(settings, "hash_queue_depth"), &depth) || depth < 1 ||
		depth > LIMIT_DEPTH)
		depth = 1;
	while (rest.len && slice_word(&rest, SEPARATORS, &name))
		if (slice_eq_fold(name, slice_cstr(queue)))
			return (unsigned)depth;
	return 0;
}

enum { DAY = 24 * 60 * 60, LIFETIME = 5 * DAY };

void postfix_assume_lifetime(struct spool *spool)
{
	spool->lifetime = spool->bounce_lifetime = LIFETIME;
	spool->lifetime_assumed = true;
}

/* A life time of the queue: without a unit it is in days. False: not to be understood. */
static bool get_days(const struct settings *settings, const char *name, int64_t *seconds)
{
	struct slice value = get(settings, name);
	int64_t days;

	if (!slice_to_i64(value, &days))
		return units_parse_duration(value, seconds) && *seconds >= 0;
	return days >= 0 && !__builtin_mul_overflow(days, (int64_t)DAY, seconds);
}

static void read_lifetime(struct spool *spool, const struct settings *settings)
{
	int64_t mail, bounce;

	if (!get_days(settings, "maximal_queue_lifetime", &mail) ||
		!get_days(settings, "bounce_queue_lifetime", &bounce))
		return;
	/* qmgr(8) does not let a bounce live longer than the rest. */
	spool->lifetime = mail;
	spool->bounce_lifetime = bounce < mail ? bounce : mail;
	spool->lifetime_assumed = false;
}

/* A domain list being read: its items go to the site, what cannot be listed is noted. */
struct domains {
	struct spool *spool;
	bool with_subdomains; /* relay_domains, by parent_domain_matches_subdomains */
	bool complete;
	unsigned nesting;
};

static void add_domain(struct domains *domains, struct slice domain)
{
	struct site *site = &domains->spool->site;
	struct arena *arena = &domains->spool->arena;
	char dotted[256];

	if (slice_index(domain, '@') != SIZE_MAX)
		return; /* a virtual alias table lists addresses beside its domains */
	site_add_local(site, arena, domain);
	if (domains->with_subdomains && domain.ptr[0] != '.' && domain.len < sizeof(dotted)) {
		int n = snprintf(dotted, sizeof(dotted), ".%.*s", SLICE_ARG(domain));
		site_add_local(site, arena, slice_of(dotted, (size_t)n));
	}
}

static void read_list(struct domains *domains, struct slice list);

/* A table whose keys can be listed: postmap -s does it for the file-based types. */
static bool read_table(struct domains *domains, struct slice table)
{
	static const char *const listable[] = {
		"hash:", "btree:", "lmdb:", "cdb:", "dbm:", "sdbm:", "texthash:", "inline:"};
	struct buf text = {0};
	struct err err;
	bool done = false;

	if (slice_starts(table, SLICE("proxy:")))
		table = slice_from(table, 6);
	for (size_t i = 0; !done && i < sizeof(listable) / sizeof(*listable); i++) {
		if (!slice_starts(table, slice_cstr(listable[i])))
			continue;
		char *postmap = run_find("postmap");
		char *name = xasprintf("%.*s", SLICE_ARG(table));
		const char *const argv[] = {postmap, "-s", name, NULL};
		done = postmap && run_capture(argv, &text, &err) == 0;
		free(name);
		free(postmap);
	}
	struct slice rest = buf_slice(&text), line, key;
	while (done && rest.len) {
		slice_cut(rest, '\n', &line, &rest);
		if (slice_word(&line, " \t", &key))
			add_domain(domains, key);
	}
	buf_free(&text);
	return done;
}

/* A file whose lines are further items, as "/etc/postfix/domains". */
static bool read_list_file(struct domains *domains, struct slice path)
{
	enum { LIST_MAX = 16 * 1024 * 1024 };
	char *name = xasprintf("%.*s", SLICE_ARG(path));
	FILE *file = fopen(name, "re");
	char *line = NULL;
	size_t cap = 0, total = 0;

	free(name);
	if (!file)
		return false;
	for (ssize_t n; total < LIST_MAX && (n = getline(&line, &cap, file)) >= 0;) {
		total += (size_t)n;
		if (line[0] != '#')
			read_list(domains, slice_of(line, (size_t)n));
	}
	free(line);
	fclose(file);
	return total < LIST_MAX;
}

/* The next item of a list; "{ ... }", as inline tables have it, belongs to one item. */
static bool next_item(struct slice *list, struct slice *item)
{
	unsigned braces = 0;
	size_t n = 0;

	while (list->len && strchr(SEPARATORS, list->ptr[0]))
		*list = slice_from(*list, 1);
	for (; n < list->len && (braces || !strchr(SEPARATORS, list->ptr[n])); n++) {
		braces += list->ptr[n] == '{';
		braces -= braces && list->ptr[n] == '}';
	}
	*item = slice_upto(*list, n);
	*list = slice_from(*list, n);
	return n > 0;
}

static void read_list(struct domains *domains, struct slice list)
{
	struct slice item;

	if (domains->nesting > 4)
		return;
	domains->nesting++;
	while (next_item(&list, &item)) {
		bool known = true;
		if (item.ptr[0] == '/')
			known = read_list_file(domains, item);
		else if (item.ptr[0] == '!' || item.ptr[0] == '{')
			known = false;
		else if (item.ptr[0] != '[' && slice_index(item, ':') != SIZE_MAX)
			known = read_table(domains, item);
		else
			add_domain(domains, item);
		domains->complete &= known;
	}
	domains->nesting--;
}

static void read_site(struct spool *spool, const struct settings *settings)
{
	static const char *const lists[] = {"mydestination", "virtual_alias_domains",
		"virtual_mailbox_domains", "relay_domains"};
	struct domains domains = {.spool = spool, .complete = true};
	struct slice rest = get(settings, "mynetworks"), item;
	struct ip_net net;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		domains.with_subdomains = i == 3;
		struct slice list = get(settings, lists[i]);
		if (list.len)
			read_list(&domains, list);
	}
	spool->site.local_complete = domains.complete;
	while (rest.len && slice_word(&rest, SEPARATORS, &item))
		if (ip_net_parse(item, &net))
			site_add_trusted(&spool->site, &net);
	spool->site.hostname = arena_copy(&spool->arena, get(settings, "myhostname"));
}

static bool same_folder(int fd, const char *path)
{
	struct stat a, b;
	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
		a.st_ino == b.st_ino;
}

/*
 * smtpd(8) takes no mail below one and a half times its largest message, nor below
 * queue_minfree (smtpd/smtpd_check.c). 0 is no limit for either.
 */
static int64_t min_free(const struct settings *settings, int64_t otherwise)
{
	int64_t largest, least;

	if (!slice_to_i64(get(settings, "message_size_limit"), &largest) || largest < 0 ||
		largest > INT64_MAX / 2 || !slice_to_i64(get(settings, "queue_minfree"), &least))
		return otherwise;
	return least > largest + largest / 2 ? least : largest + largest / 2;
}

struct configuration {
	struct spool *spool;
	struct postfix *postfix;
};

/* Takes the settings when they are those of the spool at hand; then there is no need to go on. */
static bool take_settings(void *ctx, const struct settings *settings)
{
	struct configuration *to = ctx;
	struct spool *spool = to->spool;
	char *queue = get_string(settings, "queue_directory");
	bool mine = queue && same_folder(spool->fd, queue);

	free(queue);
	if (!mine)
		return true;
	spool->config_path = get_string(settings, "config_directory");
	spool->version = get_string(settings, "mail_version");
	char *name = get_string(settings, "multi_instance_name");
	if (name) {
		free(spool->name);
		spool->name = name;
	}
	int64_t limit;
	if (slice_to_i64(get(settings, "qmgr_message_active_limit"), &limit) && limit > 0 &&
		limit <= UINT32_MAX)
		spool->active_limit = (uint32_t)limit;
	spool->min_free = min_free(settings, spool->min_free);
	for (unsigned i = 0; i < PQ_FOLDERS; i++)
		to->postfix->depth[i] = hash_depth(settings, postfix_queues[i].name);
	to->postfix->depth_configured = true;
	for (size_t i = 0; postfix_hold_settings[i]; i++)
		postfix_look_at_hold_setting(
			spool, postfix_hold_settings[i], get(settings, postfix_hold_settings[i]));
	read_lifetime(spool, settings);
	read_site(spool, settings);
	return false;
}

void postfix_configure(struct spool *spool, struct postfix *postfix)
{
	struct configuration to = {spool, postfix};
	for_each_instance(take_settings, &to);
}
