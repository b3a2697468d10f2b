#include "core/act/run_one.h"

#include "core/queue/spool.h"

enum { MOST_MOVES = 8 }; /* of one message, that are followed */

bool run_is_planned(const struct journal_item *item, const struct record *record)
{
	/* A file system without handles or birth times leaves the inode and the digest. */
	bool same_file = !item->identity || item->identity == record->identity;
	return same_file && record->inode == item->inode && record_digest(record) == item->digest;
}

static struct request request_for(const struct run *run, uint32_t number)
{
	const struct journal_head *head = &run->plan->head;
	const struct journal_item *item = &run->plan->items[number];
	const struct run_place *place = &run->places[item->spool];
	const struct run_options *options = run->options;

	return (struct request){
		.op = head->op,
		.target = place->spool,
		.no_undo = head->no_undo,
		.to_hold = head->to_hold,
		.from_root = place->from == place->spool ? ROOT_SPOOL : ROOT_TRASH,
		.origin = item->queue,
		.mta_forgot = !run->remembered || !hashset_has(run->remembered, item->digest),
		.now = options->now,
		.due = options->now + (int64_t)(options->spread * number),
	};
}

/* With the file held open. OUTCOME_NONE: it moved on, look again. */
static enum outcome act_on(const struct run_place *place, const struct pin *pin,
	const struct request *request, struct err *words)
{
	const struct format *format = place->from->format;
	struct steps steps;

	if (format->steps(pin, request, &steps, words) != 0)
		return OUTCOME_REFUSED;
	if (!format->in_place(pin))
		return OUTCOME_NONE;
	switch (execute(&place->places, pin, &steps, words)) {
	case EXEC_DONE:
		return OUTCOME_DONE;
	case EXEC_UNTIDY:
		return OUTCOME_UNTIDY;
	case EXEC_FAILED:
		return OUTCOME_FAILED;
	case EXEC_MOVED_ON:
		break;
	}
	return OUTCOME_NONE;
}

static enum outcome act_where_it_is(const struct run *run, uint32_t number, struct arena *arena,
	struct found_as *as, struct err *words)
{
	const struct journal_item *item = &run->plan->items[number];
	const struct run_place *place = &run->places[item->spool];
	const struct format *format = place->from->format;
	struct request request = request_for(run, number);
	struct unit unit = {.name = item->id, .inode = item->inode};
	enum outcome outcome = OUTCOME_NONE;

	*as = (struct found_as){.queue = item->queue};
	/* What is in the queue by now is where somebody wants it. */
	if (place->emptied)
		return OUTCOME_GONE;
	for (unsigned i = 0; i < MOST_MOVES && outcome == OUTCOME_NONE; i++) {
		struct pin pin;
		enum severity severity = format->pin(place->from, &unit, arena, &pin, words);
		if (severity == SEV_GONE)
			return OUTCOME_GONE;
		if (severity == SEV_SKIP)
			return OUTCOME_REFUSED;
		if (severity == SEV_FAIL)
			return OUTCOME_FAILED;
		as->queue = pin.queue;
		as->state = pin.record.state;
		as->served = record_count(&pin.record, RCPT_DONE);
		as->waiting = record_count(&pin.record, RCPT_PENDING);
		outcome = run_is_planned(item, &pin.record) ? act_on(place, &pin, &request, words)
							    : OUTCOME_CHANGED;
		format->unpin(&pin);
		arena_reset(arena);
	}
	if (outcome != OUTCOME_NONE)
		return outcome;
	err_set(words, ERR_IO, 0, "it moved from queue to queue too fast to be caught: try again");
	return OUTCOME_FAILED;
}

const char *run_queue_name(const struct run *run, uint32_t number, unsigned queue)
{
	const struct journal_item *item = &run->plan->items[number];
	return run->places[item->spool].from->format->queue_name(queue);
}

/* ---- of a run that goes on after another process died ---- */

bool run_is_known(const struct run *run, uint32_t item)
{
	return run->known && run->known[item] != OUTCOME_NONE && run->known[item] != OUTCOME_FAILED;
}

/*
 * The process that died did not come to the end of its run, where logs are swept: it is
 * done for all of them. OUTCOME_NONE: there is nothing new to tell.
 */
static enum outcome finish_one(
	const struct run *run, uint32_t number, struct found_as *as, struct err *words)
{
	enum outcome known = (enum outcome)run->known[number];
	int left = 0;

	*as = (struct found_as){.queue = run->plan->items[number].queue};
	if (outcome_is_done(known) && op_fills_trash(run->plan->head.op))
		left = run_sweep(run, number, words);
	if (known != OUTCOME_UNTIDY)
		return OUTCOME_NONE;
	return left == 0 ? OUTCOME_DONE : OUTCOME_UNTIDY;
}

/* Whether it left by itself or with --no-undo cannot be told. Its logs are nobody's now. */
static enum outcome try_one(const struct run *run, uint32_t number, struct arena *arena,
	struct found_as *as, struct err *words)
{
	const struct journal_head *head = &run->plan->head;
	struct err unused;

	enum outcome outcome = act_where_it_is(run, number, arena, as, words);
	if (outcome == OUTCOME_GONE && run->known && head->op == OP_PURGE && head->no_undo)
		run_sweep(run, number, &unused);
	return outcome;
}

enum outcome run_one(const struct run *run, uint32_t number, struct arena *arena,
	struct found_as *as, struct err *words)
{
	return run_is_known(run, number) ? finish_one(run, number, as, words)
					 : try_one(run, number, arena, as, words);
}

int run_sweep(const struct run *run, uint32_t number, struct err *err)
{
	const struct journal_item *item = &run->plan->items[number];
	const struct run_place *place = &run->places[item->spool];
	struct steps steps;

	place->spool->format->sweep(place->spool, item->id, run->plan->head.no_undo, &steps);
	return execute_sweep(&place->places, &steps, err);
}
