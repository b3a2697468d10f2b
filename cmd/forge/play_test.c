/* Recipes, from their text to the messages that they make. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/forge/fill.h"
#include "cmd/forge/row.h"

#define SET "testdata/verdicts/"

/* A recipe in a file of its own; what is wrong with it, or "". */
static const char *read_text(struct recipe *recipe, const char *text, struct err *err)
{
	char path[] = "/tmp/recipe.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	int failed = recipe_read(recipe, path, err);
	unlink(path);
	return failed ? err->text : "";
}

static void assert_wrong(const char *text, const char *what)
{
	struct recipe recipe;
	struct err err;
	const char *said = read_text(&recipe, text, &err);
	if (!strstr(said, what))
		fail_msg("\"%s\" is not in \"%s\"", what, said);
}

static void test_wrong_recipes(void **state)
{
	(void)state;
	assert_wrong("[stream a]\ncount = many\n", "[stream a] count = many");
	assert_wrong("[stream a]\nto = nobody\n", "nobody");
	assert_wrong("[stream a]\ntruth = abuse\n", "truth = abuse");
	assert_wrong("[stream a]\ntruth = abuse 1\n", "no such incident");
	assert_wrong("[stream a]\ncolour = red\n", "colour");
	assert_wrong("[incident 1]\nclass = greed\n", "greed");
	assert_wrong("[incident 1]\nleast = probable\n", "no class");
	assert_wrong("[scenario]\nsite = atlantis\n", "cannot open");
	assert_wrong("[party]\nwhen = today\n", "[party]");
	assert_wrong("no section\n", "not understood");
}

/* What a play made, as far as order does not count. */
struct heap {
	uint64_t count, digest, size;
	int64_t oldest, newest;
	const struct place *place;
};

static int look(void *ctx, const struct played *played, struct err *err)
{
	struct heap *heap = ctx;
	const struct fake_message *m = played->message;
	(void)err;
	uint64_t digest = rng_mix((uint64_t)m->arrival, played->index);
	for (size_t i = 0; i < played->head.len; i++)
		digest = rng_mix(digest ^ (unsigned char)played->head.ptr[i], 5);
	heap->digest += digest;
	heap->count++;
	heap->size += played->size;
	if (!heap->oldest || m->arrival < heap->oldest)
		heap->oldest = m->arrival;
	if (m->arrival > heap->newest)
		heap->newest = m->arrival;
	assert_true(m->nrecipients > 0);
	assert_int_equal(played->head.ptr[played->head.len - 1], '\n');
	assert_true(slice_find(played->head, SLICE("\nSubject: ")) != SIZE_MAX);
	return 0;
}

static struct heap play_it(const struct play_options *options)
{
	struct arena arena = {0};
	struct stage stage;
	struct heap heap = {0};
	struct err err;
	const struct play_sink sink = {look, &heap};
	play_stage(options, &arena, &stage);
	assert_int_equal(play(options, &stage, &sink, &err), 0);
	arena_free(&arena);
	return heap;
}

static void test_what_counts(void **state)
{
	(void)state;
	struct recipe recipe;
	struct err err;
	assert_int_equal(recipe_read(&recipe, SET "stolen/02-botnet.recipe", &err), 0);
	assert_true(slice_eq(recipe.family, SLICE("stolen")));
	assert_true(slice_eq(recipe.name, SLICE("02-botnet")));
	struct play_options options = {.recipe = &recipe, .seed = 2, .scale = 100};
	struct heap once = play_it(&options), again = play_it(&options);
	assert_int_equal(once.digest, again.digest);
	options.order = 7;
	assert_int_equal(play_it(&options).digest, once.digest);
	options.order = 0;
	options.shift = 3600;
	struct heap later = play_it(&options);
	assert_int_equal(later.oldest, once.oldest + 3600);
	assert_int_equal(later.newest, once.newest + 3600);
	assert_true(once.newest < play_now(&options));
	options.shift = 0;
	options.mode = PLAY_WITHOUT;
	uint64_t without = play_it(&options).count;
	options.mode = PLAY_ONLY;
	assert_int_equal(play_it(&options).count + without, once.count);
	assert_int_equal(play_it(&options).count, 900 + 20);
	options.seed = 3;
	assert_true(play_it(&options).digest != once.digest);
	recipe_free(&recipe);
}

static void test_sizes(void **state)
{
	(void)state;
	struct buf body = {0};
	struct rng rng = rng_start(1, 2);
	for (uint64_t cost = 2; cost < 400; cost++) {
		buf_reset(&body);
		fill_body(&body, &rng, cost);
		assert_int_equal(fill_cost(buf_slice(&body)), cost);
	}
	/* A line of 128 bytes and more takes a byte more. */
	assert_int_equal(fill_cost(SLICE("a\n\nbc\n")), 3 + 2 + 4);
	buf_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_recipes),
		cmocka_unit_test(test_what_counts),
		cmocka_unit_test(test_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
