/* When a message of a stream came, and where it lies by now. */
#include "cmd/forge/stream.h"

#include "cmd/forge/fate.h"

/* The run of a recipe begins a little earlier or later with each seed. */
static int64_t varied(const struct making *making, int64_t before)
{
	return before * (80 + (int64_t)(rng_mix(making->pool, 77) % 41)) / 100;
}

static int64_t within_bursts(
	struct rng *rng, const struct choice *choice, int64_t start, int64_t length)
{
	int64_t bursts = 4, each = 120;
	slice_to_i64(choice->text, &bursts);
	int64_t burst = rng_between(rng, 0, bursts > 1 ? bursts - 1 : 0);
	return start + length * burst / (bursts > 0 ? bursts : 1) + rng_between(rng, 0, each);
}

/* At a time of the group's own; what else is in it follows within seconds. */
static int64_t arrival_of(struct making *making)
{
	struct draft *draft = making->draft;
	const struct stream *stream = making->stream;
	const struct choice *choice = choices_draw(&stream->time, &draft->rng);
	int64_t now = draft->options->now, start = now - varied(making, choice->a);
	int64_t length = now - 3 - start < choice->b ? now - 3 - start : choice->b;
	uint64_t groups = (making->count + stream->group - 1) / stream->group, at;
	int64_t then;
	length = length > 1 ? length : 1;
	switch (choice->word) {
	case TIME_STEADY:
		at = making->group * 1000 + rng_below(&draft->rng, 400);
		return start + (int64_t)((uint64_t)length * at / (groups * 1000));
	case TIME_POISSON:
		return rng_between(&draft->rng, start, start + length);
	case TIME_BURSTS:
		return within_bursts(&draft->rng, choice, start, length);
	default:
		do
			then = draft_ordinary_time(draft);
		while (choice->a && now - then > choice->a);
		return then;
	}
}

static void place_in_time(struct making *making)
{
	struct draft *draft = making->draft;
	struct rng own = draft->rng;
	if (making->stream->group > 1)
		draft->rng = rng_start(rng_mix(making->salt, 3), making->group);
	int64_t then = arrival_of(making);
	draft->rng = own;
	if (making->stream->group > 1)
		then += (int64_t)(making->number % making->stream->group / 4);
	int64_t last = draft->options->now - 1;
	draft->message.arrival = then < last ? then : last;
	draft->message.arrival_usec = (unsigned)rng_below(&draft->rng, 1000000);
}

static enum fake_queue queue_of(struct making *making)
{
	static const enum fake_queue queues[] = {[LIES_ACTIVE] = FAKE_ACTIVE,
		[LIES_DEFERRED] = FAKE_DEFERRED,
		[LIES_HELD] = FAKE_HELD,
		[LIES_INCOMING] = FAKE_INCOMING};
	enum { FRESH = 90 };
	struct draft *draft = making->draft;
	int word = choices_draw(&making->stream->lies, &draft->rng)->word;
	if (word != LIES_USUAL)
		return queues[word];
	if (draft->options->now - draft->message.arrival < FRESH)
		return FAKE_INCOMING;
	if (rng_chance(&draft->rng, 10))
		return FAKE_HELD;
	return rng_chance(&draft->rng, 1500) ? FAKE_ACTIVE : FAKE_DEFERRED;
}

void stream_make(const struct stage *stage, const struct stream *stream, uint64_t number,
	uint64_t count, struct draft *draft, struct buf *text)
{
	struct making making = {.stage = stage,
		.stream = stream,
		.number = number,
		.count = count,
		.group = number / stream->group,
		.pool = rng_mix(stage->seed, 1000 + stream->incident),
		.salt = rng_mix(stage->seed, 2000 + (uint64_t)(stream - stage->recipe->streams)),
		.draft = draft,
		.text = text};
	place_in_time(&making);
	stream_who(&making);
	stream_rcpts(&making);
	stream_names(&making);
	stream_letter(&making);
	fate_place(draft, queue_of(&making));
}
