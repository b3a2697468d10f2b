#include "cmd/forge/choice.h"

#include <string.h>

int choice_word(struct slice word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (slice_eq(word, slice_cstr(words[i])))
			return i;
	return -1;
}

bool choice_number(struct slice text, int64_t *value)
{
	static const struct {
		char unit;
		int64_t of;
	} units[] = {{'k', 1000}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	int64_t times = 1;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (text.len > 1 && text.ptr[text.len - 1] == units[i].unit)
			times = units[i].of;
	if (times > 1 || (text.len > 1 && text.ptr[text.len - 1] == 's'))
		text.len--;
	if (!slice_to_i64(text, value) || *value < 0 || *value > INT64_MAX / times)
		return false;
	*value *= times;
	return true;
}

/* Takes a number off the front of *rest, when it begins with one. */
static bool take_number(struct slice *rest, int64_t *value)
{
	struct slice tail = *rest, word;
	if (!slice_word(&tail, " \t", &word) || !choice_number(word, value))
		return false;
	*rest = slice_trim(tail);
	return true;
}

static int parse_one(
	struct choice *choice, struct slice item, const char *const *words, struct err *err)
{
	struct slice rest = slice_trim(item), word = {0};
	int64_t weight = 1;
	*choice = (struct choice){.text = SLICE("")};
	take_number(&rest, &weight);
	slice_word(&rest, " \t", &word);
	choice->word = choice_word(word, words);
	choice->weight = (unsigned)weight;
	if (choice->word < 0 || weight > 1000000)
		return err_set(
			err, ERR_USAGE, 0, "\"%.*s\": unknown word, or no weight", SLICE_ARG(item));
	rest = slice_trim(rest);
	if (take_number(&rest, &choice->a))
		take_number(&rest, &choice->b);
	choice->text = rest.len ? rest : SLICE("");
	return 0;
}

int choices_parse(struct choices *choices, struct arena *arena, struct slice text,
	const char *const *words, struct err *err)
{
	size_t count = 1;
	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == ',';
	text = arena_copy(arena, text);
	*choices = (struct choices){.list = arena_alloc(arena, count * sizeof(struct choice))};
	struct slice item;
	for (size_t i = 0; i < count; i++) {
		slice_cut(text, ',', &item, &text);
		if (parse_one(&choices->list[choices->count], item, words, err))
			return -1;
		choices->total += choices->list[choices->count++].weight;
	}
	if (!choices->total)
		return err_set(err, ERR_USAGE, 0, "all weights are 0");
	return 0;
}

const struct choice *choices_draw(const struct choices *choices, struct rng *rng)
{
	uint64_t n = choices->count > 1 ? rng_below(rng, choices->total) : 0;
	size_t i = 0;
	while (n >= choices->list[i].weight && i + 1 < choices->count)
		n -= choices->list[i++].weight;
	return &choices->list[i];
}
