#include "core/verdict/phrases.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/units.h"
#include "core/query/regex.h"

enum { WEIGHT_MOST = 1000 };

struct phrase {
	char *field;
	char *pattern;
	double weight;
	struct regex *regex;
};

struct phrases {
	struct phrase list[LIMIT_PHRASES];
	size_t count;
};

struct phrases *phrases_new(void)
{
	return xcalloc(1, sizeof(struct phrases));
}

void phrases_free(struct phrases *phrases)
{
	for (size_t i = 0; phrases && i < phrases->count; i++) {
		free(phrases->list[i].field);
		free(phrases->list[i].pattern);
		regex_free(phrases->list[i].regex);
	}
	free(phrases);
}

bool phrases_any(const struct phrases *phrases)
{
	return phrases && phrases->count;
}

static bool parse_weight(struct slice text, double *weight)
{
	char room[32], *end = room;

	if (!text.len || text.len >= sizeof(room))
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	*weight = strtod(room, &end);
	return !*end && isfinite(*weight) && fabs(*weight) <= WEIGHT_MOST;
}

int phrases_add(struct phrases *phrases, struct slice field, struct slice weight,
	struct slice pattern, struct err *err)
{
	struct phrase *phrase = &phrases->list[phrases->count];
	struct need unused = {0};
	struct field_ref ref;
	size_t at = 0;

	if (phrases->count == LIMIT_PHRASES)
		return err_set(err, ERR_USAGE, 0, "more than %d phrases", LIMIT_PHRASES);
	if (field_find(field, &unused, &ref, err) != 0)
		return -1;
	if (!parse_weight(weight, &phrase->weight))
		return err_set(err, ERR_USAGE, 0,
			"a phrase is written WEIGHT = REGEX, and '%.*s' is no number up to %d",
			SLICE_ARG(weight), WEIGHT_MOST);
	phrase->regex = regex_new(pattern, true, &at, err);
	if (!phrase->regex)
		return -1;
	phrase->field = xasprintf("%.*s", SLICE_ARG(field));
	phrase->pattern = xasprintf("%.*s", SLICE_ARG(pattern));
	phrases->count++;
	return 0;
}

int phrases_need(const struct phrases *phrases, struct need *need, struct err *err)
{
	struct field_ref ref;

	for (size_t i = 0; i < phrases->count; i++)
		if (field_find(slice_cstr(phrases->list[i].field), need, &ref, err) != 0)
			return -1;
	return 0;
}

/* Sets the rows that it matches; each string is looked at once. */
static int match_rows(
	const struct phrase *phrase, struct field_env *env, struct bitset *rows, struct err *err)
{
	struct need need = env->snap->need;
	struct field_ref ref;
	int found = 0;

	if (field_find(slice_cstr(phrase->field), &need, &ref, err) != 0)
		return -1;
	size_t strings = env->snap->strings.count;
	struct bitset asked = bitset_new(strings), yes = bitset_new(strings);
	for (uint32_t row = 0; row < env->snap->rows && found >= 0; row++) {
		uint32_t id = ref.field->id(&ref, env, row, 0);
		if (id == INTERN_UNKNOWN || id >= strings)
			continue;
		if (!bitset_has(&asked, id)) {
			bitset_set(&asked, id);
			found = regex_match(
				phrase->regex, intern_get(&env->snap->strings, id), err);
			if (found > 0)
				bitset_set(&yes, id);
		}
		if (bitset_has(&yes, id))
			bitset_set(rows, row);
	}
	bitset_free(&asked);
	bitset_free(&yes);
	return found < 0 ? -1 : 0;
}

static size_t count_common(const struct bitset *a, const struct bitset *b)
{
	size_t n = 0;
	for (size_t i = 0; i <= a->bits / 64; i++)
		n += (size_t)__builtin_popcountll(a->words[i] & b->words[i]);
	return n;
}

static void add_note(struct finding *finding, struct arena *arena, const struct buf *text)
{
	struct slice *notes = arena_alloc(arena, (finding->nnotes + 1) * sizeof(*notes));

	if (finding->nnotes)
		memcpy(notes, finding->notes, finding->nnotes * sizeof(*notes));
	notes[finding->nnotes++] = arena_copy(arena, buf_slice(text));
	finding->notes = notes;
}

/* "users' phrases: weight 2400 in 812 of 1,200 messages; most by /wire transfer/: 800" */
static void note_finding(const struct phrases *phrases, const struct bitset *matched,
	struct finding *finding, struct arena *arena)
{
	struct bitset any = bitset_new(finding->rows.bits);
	struct buf text = {0};
	size_t most = 0, best = 0;
	double weight = 0;

	for (size_t i = 0; i < phrases->count; i++) {
		size_t n = count_common(&finding->rows, &matched[i]);
		weight += phrases->list[i].weight * (double)n;
		if (n > most) {
			most = n;
			best = i;
		}
		for (size_t k = 0; k <= any.bits / 64; k++)
			any.words[k] |= finding->rows.words[k] & matched[i].words[k];
	}
	if (most) {
		buf_printf(&text, "users' phrases: weight %.10g in ", weight);
		units_count(&text, (int64_t)bitset_count(&any));
		buf_add(&text, SLICE(" of "));
		units_count(&text, finding->messages);
		buf_printf(&text, " messages; most by /%s/: ", phrases->list[best].pattern);
		units_count(&text, (int64_t)most);
		add_note(finding, arena, &text);
	}
	buf_free(&text);
	bitset_free(&any);
}

int phrases_note(const struct phrases *phrases, struct field_env *env, struct verdict *verdict,
	struct err *err)
{
	size_t count = verdict->count ? phrases->count : 0;
	struct bitset *matched = xcalloc(count + 1, sizeof(*matched));
	int status = 0;

	for (size_t i = 0; i < count; i++)
		matched[i] = bitset_new(env->snap->rows);
	for (size_t i = 0; i < count && status == 0; i++)
		status = match_rows(&phrases->list[i], env, &matched[i], err);
	for (size_t i = 0; i < verdict->count && count && status == 0; i++)
		note_finding(phrases, matched, &verdict->findings[i], &verdict->arena);
	for (size_t i = 0; i < count; i++)
		bitset_free(&matched[i]);
	free(matched);
	return status;
}
