#include "cmd/forge/recipe.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

struct reading {
	struct recipe *recipe;
	struct stream *stream; /* of the section at hand, or NULL */
	struct expectation *expected;
	bool site; /* the site's file */
	int64_t varied;
	const char *path;
	struct err *err;
};

static int wrong(const struct reading *reading, const char *section, const char *name,
	const char *value, const char *what)
{
	if (reading->err->code == ERR_NONE)
		err_set(reading->err, ERR_USAGE, 0, "%s: [%s] %s = %s: %s", reading->path, section,
			name, value, what);
	return 0;
}

static struct stream *new_stream(struct reading *reading, struct slice name)
{
	struct recipe *recipe = reading->recipe;
	recipe->streams = xrealloc(recipe->streams, recipe->nstreams + 1, sizeof(*recipe->streams));
	struct stream *stream = &recipe->streams[recipe->nstreams++];
	*stream = (struct stream){.name = arena_copy(&recipe->arena, name),
		.ordinary = reading->site,
		.group = 1,
		.repeat = 1,
		.php = SLICE(""),
		.list = SLICE(""),
		.mailer = SLICE(""),
		.login = SLICE("")};
	for (const struct property *p = stream_properties; p->name; p++)
		choices_parse((struct choices *)((char *)stream + p->offset), &recipe->arena,
			slice_cstr(p->usual), p->words, reading->err);
	return stream;
}

static bool parse_truth(struct stream *stream, struct slice value)
{
	struct slice word, rest = value;
	int64_t incident = 0;
	slice_word(&rest, " ", &word);
	for (unsigned i = 0; i < TRUTHS; i++) {
		if (!slice_eq(word, slice_cstr(truth_name((enum truth)i))))
			continue;
		stream->truth = (enum truth)i;
		if (i == TRUTH_LEGIT || (i == TRUTH_UNCLEAR && !slice_trim(rest).len))
			return !slice_trim(rest).len;
		if (!slice_to_i64(slice_trim(rest), &incident) || incident < 1 ||
			incident > RECIPE_INCIDENTS)
			return false;
		stream->incident = (unsigned)incident;
		return true;
	}
	return false;
}

static bool parse_signs(struct stream *stream, struct slice value)
{
	struct slice word;
	while (slice_word(&value, " ,", &word)) {
		int sign = choice_word(word, stream_signs);
		if (sign < 0)
			return false;
		stream->signs |= 1U << sign;
	}
	return true;
}

static bool parse_unsigned(struct slice value, unsigned *number)
{
	int64_t n;
	if (!choice_number(value, &n) || n > 100000000)
		return false;
	*number = (unsigned)n;
	return true;
}

static bool parse_range(struct slice value, unsigned *low, unsigned *high)
{
	struct slice first, second;
	if (!slice_cut(value, '-', &first, &second))
		second = first;
	return parse_unsigned(first, low) && parse_unsigned(second, high) && *low <= *high;
}

static bool parse_bool(struct slice value, bool *flag)
{
	*flag = slice_eq(value, SLICE("yes"));
	return *flag || slice_eq(value, SLICE("no"));
}

static bool stream_value(struct reading *reading, struct slice name, struct slice value)
{
	struct stream *stream = reading->stream;
	struct arena *arena = &reading->recipe->arena;
	for (const struct property *p = stream_properties; p->name; p++)
		if (slice_eq(name, slice_cstr(p->name)))
			return !choices_parse((struct choices *)((char *)stream + p->offset), arena,
				value, p->words, reading->err);
	if (slice_eq(name, SLICE("truth")))
		return parse_truth(stream, value);
	if (slice_eq(name, SLICE("marks")))
		return parse_signs(stream, value);
	if (slice_eq(name, SLICE("count")))
		return choice_number(value, &stream->count);
	if (slice_eq(name, SLICE("fixed")))
		return parse_bool(value, &stream->fixed);
	if (slice_eq(name, SLICE("group")))
		return parse_unsigned(value, &stream->group) && stream->group;
	if (slice_eq(name, SLICE("repeat")))
		return parse_unsigned(value, &stream->repeat) && stream->repeat;
	if (slice_eq(name, SLICE("hops")))
		return parse_range(value, &stream->hops_low, &stream->hops_high);
	if (slice_eq(name, SLICE("entry"))) {
		int entry = choice_word(value, stream_entries);
		stream->entry = entry < 0 ? BY_LOGIN : (enum stream_entry)entry;
		return entry >= 0;
	}
	struct slice *texts[] = {&stream->php, &stream->list, &stream->mailer, &stream->login};
	static const char *const names[] = {"php", "list", "mailer", "login", NULL};
	int text = choice_word(name, names);
	if (text >= 0)
		*texts[text] = arena_copy(arena, value);
	return text >= 0;
}

static int class_named(struct slice name)
{
	for (int i = 0; i < FINDING_CLASSES; i++)
		if (slice_eq(name, slice_cstr(finding_class_name((enum finding_class)i))))
			return i;
	return -1;
}

/* Class names as bits; "none" sets *none where that may be said. */
static bool parse_classes(struct slice value, unsigned *bits, bool *none)
{
	struct slice word;
	while (slice_word(&value, " ,", &word)) {
		int class = class_named(word);
		if (class >= 0)
			*bits |= 1U << class;
		else if (none && slice_eq(word, SLICE("none")))
			*none = true;
		else
			return false;
	}
	return true;
}

static bool expected_value(struct expectation *expected, struct slice name, struct slice value)
{
	if (slice_eq(name, SLICE("class"))) {
		int class = class_named(value);
		if (class < 0)
			return false;
		expected->class = (enum finding_class) class;
		expected->accept |= 1U << class;
		return true;
	}
	if (slice_eq(name, SLICE("accept")))
		return parse_classes(value, &expected->accept, &expected->none);
	if (slice_eq(name, SLICE("blind-accept")))
		return parse_classes(value, &expected->accept_blind, NULL);
	if (slice_eq(name, SLICE("clear")))
		return parse_bool(value, &expected->clear);
	if (slice_eq(name, SLICE("least"))) {
		if (!level_parse(value, &expected->least))
			return false;
		expected->least_small = expected->least_blind = expected->least;
		return true;
	}
	if (slice_eq(name, SLICE("most")))
		return level_parse(value, &expected->most);
	if (slice_eq(name, SLICE("small")))
		return level_parse(value, &expected->least_small);
	if (slice_eq(name, SLICE("blind")))
		return level_parse(value, &expected->least_blind);
	return false;
}

static bool parse_sizes(struct slice value, unsigned *sizes)
{
	static const char *const names[] = {"x0.1", "x1", "x10", NULL};
	struct slice word;
	*sizes = 0;
	while (slice_word(&value, " ,", &word)) {
		int size = choice_word(word, names);
		if (size < 0)
			return false;
		*sizes |= 1U << size;
	}
	return *sizes;
}

static int read_file(struct reading *reading, const char *path);

/* The site comes first: what the recipe says of it itself counts more. */
static bool read_site(struct reading *reading, struct slice name)
{
	struct reading site = *reading;
	site.site = true;
	size_t slash = slice_rindex(slice_cstr(reading->path), '/');
	char *path = xasprintf("%.*s../sites/%.*s.recipe", slash == SIZE_MAX ? 0 : (int)slash + 1,
		reading->path, SLICE_ARG(name));
	int failed = read_file(&site, path);
	free(path);
	return !failed;
}

static bool scenario_value(struct reading *reading, struct slice name, struct slice value)
{
	struct recipe *recipe = reading->recipe;
	if (slice_eq(name, SLICE("about"))) {
		recipe->about = arena_copy(&recipe->arena, value);
		return true;
	}
	if (slice_eq(name, SLICE("site")))
		return read_site(reading, value);
	if (slice_eq(name, SLICE("background")))
		return parse_unsigned(value, &recipe->background);
	if (slice_eq(name, SLICE("forbid")))
		return parse_classes(value, &recipe->forbid, NULL);
	if (slice_eq(name, SLICE("sizes")))
		return parse_sizes(value, &recipe->sizes);
	return false;
}

static bool site_value(struct recipe *recipe, struct slice name, struct slice value)
{
	struct place_spec *place = &recipe->place;
	static const char *const forms[] = {"address", "bare", "down-level", NULL};
	if (slice_eq(name, SLICE("domains")))
		return parse_unsigned(value, &place->domains) && place->domains &&
			place->domains <= PLACE_DOMAINS;
	if (slice_eq(name, SLICE("logins")))
		return parse_unsigned(value, &place->logins) && place->logins;
	if (slice_eq(name, SLICE("contacts")))
		return parse_unsigned(value, &place->contacts) && place->contacts;
	if (slice_eq(name, SLICE("office")))
		return parse_unsigned(value, &place->office) && place->office <= 100;
	if (slice_eq(name, SLICE("login-form"))) {
		int form = choice_word(value, forms);
		place->form = form < 0 ? LOGIN_ADDRESS : (enum login_form)form;
		return form >= 0;
	}
	if (slice_eq(name, SLICE("lan")))
		place->lan = arena_copy(&recipe->arena, value);
	else if (slice_eq(name, SLICE("trusted")))
		place->trust = arena_copy(&recipe->arena, value);
	else
		return slice_eq(name, SLICE("about"));
	return true;
}

static bool begin_incident(struct reading *reading, struct slice number)
{
	struct recipe *recipe = reading->recipe;
	int64_t n;
	if (!slice_to_i64(number, &n) || n < 1 || n > RECIPE_INCIDENTS)
		return false;
	reading->expected = &recipe->expected[n];
	if (n > recipe->incidents) {
		recipe->incidents = (unsigned)n;
		*reading->expected = (struct expectation){.class = FINDING_CLASSES,
			.clear = true,
			.least = LEVEL_PROBABLE,
			.least_small = LEVEL_PROBABLE,
			.least_blind = LEVEL_PROBABLE,
			.most = LEVEL_CONFIRMED};
	}
	return true;
}

static bool sweep_value(struct sweep *sweep, struct slice name, struct slice value)
{
	static const char *const directions[] = {"down", "either", "up", NULL};
	struct slice word;
	if (slice_eq(name, SLICE("direction"))) {
		int direction = choice_word(value, directions);
		sweep->direction = direction - 1;
		return direction >= 0;
	}
	if (!slice_eq(name, SLICE("values")))
		return false;
	for (sweep->count = 0; slice_word(&value, " ", &word); sweep->count++)
		if (sweep->count == SWEEP_VALUES ||
			!choice_number(word, &sweep->values[sweep->count]))
			return false;
	return sweep->count > 0;
}

/* "{}" is the number that is varied, "{-}" what is missing to 100. */
static struct slice with_varied(const struct reading *reading, const char *value)
{
	struct buf text = {0};
	for (; *value; value++)
		if (!strncmp(value, "{}", 2)) {
			buf_printf(&text, "%ld", (long)reading->varied);
			value++;
		} else if (!strncmp(value, "{-}", 3)) {
			buf_printf(&text, "%ld", (long)(100 - reading->varied));
			value += 2;
		} else {
			buf_addc(&text, *value);
		}
	struct slice whole = arena_copy(&reading->recipe->arena, buf_slice(&text));
	buf_free(&text);
	return whole;
}

static int take(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	struct recipe *recipe = reading->recipe;
	struct slice head, rest, n = slice_cstr(name), v = with_varied(reading, value);
	bool ok = false;
	slice_cut(slice_cstr(section), ' ', &head, &rest);
	if (slice_eq(head, SLICE("stream"))) {
		if (!reading->stream || !slice_eq(reading->stream->name, rest))
			reading->stream = new_stream(reading, rest);
		ok = stream_value(reading, n, v);
	} else if (slice_eq(head, SLICE("incident"))) {
		ok = begin_incident(reading, rest) && expected_value(reading->expected, n, v);
	} else if (slice_eq(head, SLICE("scenario")) && !reading->site) {
		ok = scenario_value(reading, n, v);
	} else if (slice_eq(head, SLICE("sweep")) && !reading->site) {
		ok = sweep_value(&recipe->sweep, n, v);
	} else if (slice_eq(head, SLICE("site"))) {
		ok = site_value(recipe, n, v);
	}
	return ok ? 1 : wrong(reading, section, name, value, "not understood");
}

static int read_file(struct reading *reading, const char *path)
{
	reading->path = path;
	reading->stream = NULL;
	FILE *file = fopen(path, "re");
	if (!file)
		return err_sys(reading->err, "%s: cannot open", path);
	int line = ini_parse_file(file, take, reading);
	fclose(file);
	if (line > 0 && reading->err->code == ERR_NONE)
		err_set(reading->err, ERR_USAGE, 0, "%s:%d: not understood", path, line);
	return reading->err->code == ERR_NONE ? 0 : -1;
}

/* Family and name are where it lies: ".../stolen/01-one-address.recipe". */
static void name_it(struct recipe *recipe, const char *path)
{
	struct slice whole = slice_cstr(path);
	size_t slash = slice_rindex(whole, '/');
	struct slice file = slash == SIZE_MAX ? whole : slice_from(whole, slash + 1);
	struct slice folder = slash == SIZE_MAX ? SLICE("") : slice_upto(whole, slash);
	size_t above = slice_rindex(folder, '/');
	recipe->name = arena_copy(&recipe->arena, slice_upto(file, slice_rindex(file, '.')));
	recipe->family = arena_copy(
		&recipe->arena, above == SIZE_MAX ? folder : slice_from(folder, above + 1));
}

static int check(const struct recipe *recipe, const char *path, struct err *err)
{
	for (unsigned i = 1; i <= recipe->incidents; i++)
		if (recipe->expected[i].class == FINDING_CLASSES)
			return err_set(err, ERR_USAGE, 0, "%s: incident %u has no class", path, i);
	for (size_t i = 0; i < recipe->nstreams; i++)
		if (recipe->streams[i].incident > recipe->incidents)
			return err_set(err, ERR_USAGE, 0, "%s: [stream %.*s]: no such incident",
				path, SLICE_ARG(recipe->streams[i].name));
	return 0;
}

int recipe_read(struct recipe *recipe, const char *path, struct err *err)
{
	return recipe_read_with(recipe, path, 1, err);
}

int recipe_read_with(struct recipe *recipe, const char *path, int64_t value, struct err *err)
{
	*recipe = (struct recipe){.background = 100,
		.about = SLICE(""),
		.sizes = 7,
		.place = {.domains = 3,
			.logins = 120,
			.contacts = 3000,
			.office = 60,
			.lan = SLICE("10.0.4"),
			.trust = SLICE("10.0.0.0/8 127.0.0.0/8")}};
	struct reading reading = {.recipe = recipe, .varied = value, .err = err};
	*err = (struct err){0};
	name_it(recipe, path);
	int failed = read_file(&reading, path);
	if (!failed)
		failed = check(recipe, path, err);
	if (failed)
		recipe_free(recipe);
	return failed;
}

void recipe_free(struct recipe *recipe)
{
	free(recipe->streams);
	arena_free(&recipe->arena);
	*recipe = (struct recipe){0};
}
