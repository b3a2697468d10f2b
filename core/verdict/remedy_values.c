#include "core/verdict/remedy_values.h"

#include "core/base/buf.h"
#include "core/base/shell.h"
#include "core/base/units.h"
#include "core/verdict/script.h"

const char *remedy_value_name(enum remedy_value kind)
{
	static const char *const names[REMEDY_VALUES] = {
		[VALUE_LOGIN] = "login",
		[VALUE_SYSTEM_USER] = "system_user",
		[VALUE_WINDOWS_USER] = "windows_user",
		[VALUE_CLIENT] = "client",
		[VALUE_CLIENT4] = "client4",
		[VALUE_CLIENT6] = "client6",
		[VALUE_CLIENT_PREFIX] = "client_prefix",
		[VALUE_CLIENT_MASK] = "client_mask",
		[VALUE_HOST] = "host",
		[VALUE_SHARED_HOST] = "shared_host",
		[VALUE_UID] = "uid",
		[VALUE_SCRIPT] = "script",
		[VALUE_SCRIPT_NAME] = "script_name",
		[VALUE_LIBRARY] = "library",
		[VALUE_RCPT] = "rcpt",
		[VALUE_DOMAIN] = "domain",
		[VALUE_FILTER] = "filter",
		[VALUE_BOUNCES] = "bounces",
		[VALUE_EXAMPLE] = "example",
		[VALUE_FIRST] = "first",
	};
	return names[kind];
}

bool remedy_value_is_plain(enum remedy_value kind)
{
	return (kind >= VALUE_CLIENT && kind <= VALUE_CLIENT_MASK) || kind == VALUE_UID ||
		kind >= VALUE_BOUNCES;
}

void remedy_values_add(struct remedy_values *values, enum remedy_value kind, struct slice text)
{
	struct value_list *list = &values->of[kind];

	if (list->count == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 8;
		struct slice *more = arena_alloc(values->arena, cap * sizeof(*more));
		if (list->count)
			memcpy(more, list->values, list->count * sizeof(*more));
		list->values = more;
		list->cap = cap;
	}
	list->values[list->count++] = arena_copy(values->arena, text);
}

/* Only letters, digits and `others`, and no option: the first is a letter, a digit or _. */
static bool is_made_of(struct slice s, const char *others)
{
	if (!s.len || !(ascii_is_alnum(s.ptr[0]) || s.ptr[0] == '_'))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alnum(s.ptr[i]) && !(s.ptr[i] && strchr(others, s.ptr[i])))
			return false;
	return true;
}

static bool is_plain(struct slice s)
{
	return is_made_of(s, "._-");
}

/*
 * A key of a table, or a name that doveadm(1) takes for a pattern: no blank and no quote, which
 * end it, no wildcard, which makes it many, no backslash.
 */
static bool is_key(struct slice s)
{
	return is_made_of(s, "._-+@=/'~!#$%&^{|}");
}

static void add_if(
	struct remedy_values *values, enum remedy_value kind, struct slice text, bool fits)
{
	if (fits)
		remedy_values_add(values, kind, text);
	else
		values->of[kind].unfit++;
}

static void add_account(struct remedy_values *values, struct slice account)
{
	size_t at = slice_index(account, '@');
	struct slice domain, name;
	bool windows = slice_cut(account, '\\', &domain, &name); /* CORP\bob */

	add_if(values, VALUE_LOGIN, account,
		windows ? is_plain(domain) && is_plain(name) : is_key(account));
	if (is_plain(account))
		remedy_values_add(values, VALUE_SYSTEM_USER, account);
	if (!windows)
		name = slice_upto(account, at);
	add_if(values, VALUE_WINDOWS_USER, name, is_plain(name));
}

/* A path is what mail claims: one that no web server runs as a script must not be touched. */
static bool is_script_path(struct slice path)
{
	static const char *const ends[] = {
		".php", ".php5", ".php7", ".phtml", ".pl", ".cgi", ".py"};

	if (!shell_can_paste(path) || slice_find(path, SLICE("/../")) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (slice_ends_fold(path, slice_cstr(ends[i])))
			return true;
	return false;
}

/* What many sites have is never to be switched off by its name, nor where one site has it. */
static void add_script(struct remedy_values *values, struct slice script)
{
	struct slice file = script_name(script);
	bool path = script.len && script.ptr[0] == '/' && is_script_path(script);

	if (script_is_common(file))
		remedy_values_add(values, VALUE_LIBRARY, file);
	else if (path)
		remedy_values_add(values, VALUE_SCRIPT, script);
	else
		add_if(values, VALUE_SCRIPT_NAME, file, is_made_of(file, "._-+@ "));
}

static void add_who(struct remedy_values *values, const struct who *who)
{
	int64_t number;

	switch (who->kind) {
	case WHO_ACCOUNT:
		add_account(values, who->value);
		break;
	case WHO_UID:
		add_if(values, VALUE_UID, who->value,
			slice_to_i64(who->value, &number) && number >= 0);
		break;
	case WHO_SCRIPT:
		add_script(values, who->value);
		break;
	case WHO_RCPT:
		add_if(values, VALUE_RCPT, who->value, is_key(who->value));
		break;
	case WHO_DOMAIN:
		add_if(values, VALUE_DOMAIN, who->value, is_plain(who->value));
		break;
	default:
		break;
	}
}

/* The queue that most of its messages are in: of the machine on which the lines are to be pasted. */
static const struct spool *main_spool(const struct finding *finding, const struct snap *snap)
{
	uint32_t counts[LIMIT_SPOOLS] = {0};
	size_t most = 0;

	for (size_t row = bitset_next(&finding->rows, 0); row != SIZE_MAX;
		row = bitset_next(&finding->rows, row + 1))
		counts[snap->small[row].spool]++;
	for (size_t i = 1; i < snap->nspools; i++)
		if (counts[i] > counts[most])
			most = i;
	return snap->nspools ? snap->spools[most] : NULL;
}

/* A path as it stands in a line, within quotes or not; unknown if that would need care. */
static struct slice line_path(struct slice path)
{
	return path.len && path.ptr[0] == '/' && is_made_of(slice_from(path, 1), "/._-+,:@")
		? path
		: (struct slice){0};
}

static void add_places(struct remedy_values *values, const struct spool *spool)
{
	const struct remedy_book *book = spool ? spool->format->remedies : NULL;
	struct buf option = {0};

	if (!book)
		return;
	values->pages = book->pages;
	/* A queue that no configuration here names is a copy: the lines are for where it is from. */
	values->config =
		line_path(slice_cstr(spool->config_path ? spool->config_path : book->config));
	values->spool = line_path(slice_cstr(spool->config_path ? spool->path : book->spool));
	if (!slice_eq(values->config, slice_cstr(book->config)))
		buf_printf(&option, "-c %.*s ", SLICE_ARG(values->config));
	values->config_option = arena_copy(values->arena, buf_slice(&option));
	buf_free(&option);
}

/* A few messages to look at, and the time at which to look into other programs' logs. */
static void add_messages(
	struct remedy_values *values, const struct finding *finding, const struct snap *snap)
{
	const struct evidence *first = finding->evidence;
	struct buf text = {0};

	for (unsigned i = 0; finding->nevidence && i < first->nexamples; i++) {
		struct slice id = snap_text(snap, COL_QUEUE_ID, first->examples[i]);
		if (is_plain(id))
			remedy_values_add(values, VALUE_EXAMPLE, id);
	}
	if (finding->first == WIDE_UNKNOWN)
		return;
	units_rfc3339(&text, finding->first);
	remedy_values_add(values, VALUE_FIRST, buf_slice(&text));
	buf_reset(&text);
	buf_add(&text, SLICE("the first message came "));
	units_time(&text, finding->first);
	values->of[VALUE_FIRST].note = arena_copy(values->arena, buf_slice(&text));
	buf_free(&text);
}

void remedy_values_collect(struct remedy_values *values, const struct finding *finding,
	const struct field_env *env, struct arena *arena)
{
	const struct spool *spool = main_spool(finding, env->snap);

	*values = (struct remedy_values){.id = slice_cstr(finding->id), .arena = arena};
	add_places(values, spool);
	for (size_t i = 0; i < finding->nwho; i++)
		add_who(values, &finding->who[i]);
	if (finding->filter.len)
		add_if(values, VALUE_FILTER, finding->filter, shell_can_paste(finding->filter));
	if (finding->nbounces) {
		struct buf id = {0};
		buf_printf(&id, "%s-bounces", finding->id);
		remedy_values_add(values, VALUE_BOUNCES, buf_slice(&id));
		buf_free(&id);
	}
	add_messages(values, finding, env->snap);
	if (spool)
		remedy_values_clients(values, finding, env, spool);
}
