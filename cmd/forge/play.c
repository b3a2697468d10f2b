#include "cmd/forge/play.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

/* The messages of one stream. */
struct part {
	const struct stream *stream;
	uint64_t first; /* of its messages, in the tree */
	uint64_t count, done;
	uint64_t *order; /* a permutation, for another order; or NULL */
};

struct playing {
	const struct play_options *options;
	const struct stage *stage;
	const struct play_sink *sink;
	struct part *parts;
	size_t nparts;
	uint64_t left;
	struct rng order;
	struct arena arena;
	struct buf text, head;
};

int64_t play_now(const struct play_options *options)
{
	/* Each seed is another day of the week, another hour. */
	enum { SOME_DAY = 1795327800, STEP = 3 * 86400 + 4 * 3600 + 37 * 60 };
	return SOME_DAY + (int64_t)(options->seed % 1000) * STEP;
}

void play_stage(const struct play_options *options, struct arena *arena, struct stage *stage)
{
	const struct recipe *recipe = options->recipe;
	uint64_t naming = options->naming ? options->naming : options->seed;
	*stage = (struct stage){.recipe = recipe,
		.seed = options->seed,
		.options = {.seed = options->seed,
			.now = play_now(options),
			.body_size = 4096,
			.held = HELD_DEFAULT}};
	place_name(&stage->place, &recipe->place, options->seed, naming, arena);
	stage->tree = (struct tree_options){.now = stage->options.now,
		.host = stage->place.host,
		.address = SITE_ADDRESS,
		.ids = options->seed % 2 ? IDS_SHORT : IDS_LONG,
		.fixed_ids = true,
		.hash_depth = 1};
}

/* Sites are quiet or busy. */
static uint64_t ordinary_share(const struct play_options *options)
{
	static const uint64_t shares[] = {100, 100, 50, 200, 100};
	uint64_t share = shares[options->seed % 5] * options->recipe->background / 100;
	return options->background ? share * options->background : share;
}

static uint64_t count_of(const struct play_options *options, const struct stream *stream)
{
	uint64_t count = (uint64_t)stream->count;
	if ((options->mode == PLAY_WITHOUT && stream->incident) ||
		(options->mode == PLAY_ONLY && !stream->incident))
		return 0;
	if (stream->ordinary)
		count = count * ordinary_share(options) / 100;
	if (!stream->fixed && count) {
		count = count * options->scale / 1000;
		count = count ? count : 1;
	}
	return count;
}

static void shuffle(uint64_t *list, uint64_t count, struct rng *rng)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t other = rng_below(rng, i + 1);
		list[i] = list[other];
		list[other] = i;
	}
}

static void plan(struct playing *playing)
{
	const struct recipe *recipe = playing->options->recipe;
	uint64_t first = 0;
	playing->parts = xcalloc(recipe->nstreams, sizeof(*playing->parts));
	for (size_t i = 0; i < recipe->nstreams; i++) {
		struct part part = {.stream = &recipe->streams[i], .first = first};
		part.count = count_of(playing->options, part.stream);
		first += part.count;
		if (!part.count)
			continue;
		if (playing->options->order) {
			part.order = xcalloc(part.count, sizeof(*part.order));
			shuffle(part.order, part.count, &playing->order);
		}
		playing->parts[playing->nparts++] = part;
	}
	playing->left = first;
}

/* Each message that is left is equally likely. */
static struct part *next_part(struct playing *playing)
{
	uint64_t n = rng_below(&playing->order, playing->left--);
	struct part *part = playing->parts;
	for (; n >= part->count - part->done; part++)
		n -= part->count - part->done;
	return part;
}

static void move_in_time(struct fake_message *message, int64_t shift)
{
	message->arrival += shift;
	message->last_attempt += message->last_attempt ? shift : 0;
	message->next_retry += message->next_retry ? shift : 0;
}

static int play_one(struct playing *playing, struct part *part, struct err *err)
{
	const struct stage *stage = playing->stage;
	uint64_t number = part->order ? part->order[part->done] : part->done;
	uint64_t salt = rng_mix(stage->seed, (uint64_t)(part->stream - stage->recipe->streams));
	struct draft draft = {.options = &stage->options, .arena = &playing->arena};
	part->done++;
	draft.rng = rng_start(salt, number);
	draft.message.number = part->first + number;
	stream_make(stage, part->stream, number, part->count, &draft, &playing->text);
	buf_reset(&playing->head);
	letter_head(&playing->head, &draft.rng, &draft.letter);
	buf_addc(&playing->head, '\n');
	move_in_time(&draft.message, playing->options->shift);
	const struct played played = {.message = &draft.message,
		.head = buf_slice(&playing->head),
		.size = draft.letter.size,
		.stream = part->stream,
		.index = number,
		.tree = &stage->tree};
	int failed = playing->sink->take(playing->sink->ctx, &played, err);
	arena_reset(&playing->arena);
	return failed;
}

int play(const struct play_options *options, const struct stage *stage,
	const struct play_sink *sink, struct err *err)
{
	struct playing playing = {.options = options, .stage = stage, .sink = sink};
	playing.order = rng_start(options->seed, UINT64_MAX - options->order);
	plan(&playing);
	int failed = 0;
	while (playing.left && !failed)
		failed = play_one(&playing, next_part(&playing), err);
	for (size_t i = 0; i < playing.nparts; i++)
		free(playing.parts[i].order);
	free(playing.parts);
	arena_free(&playing.arena);
	buf_free(&playing.text);
	buf_free(&playing.head);
	return failed;
}
