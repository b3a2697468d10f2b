#include "core/act/journal_read.h"

#include <stdlib.h>

#include "core/act/journal_files.h"
#include "core/act/journal_head.h"
#include "core/act/journal_lines.h"
#include "core/act/journal_names.h"
#include "core/base/limits.h"
#include "core/base/xalloc.h"

struct reading {
	struct journal_log *log;
	const struct format *const *formats; /* NULL: items are counted, not kept */
	unsigned number;                     /* of the run; 0 a plan */
	unsigned head;                       /* lines of it that were read */
	uint32_t cap;                        /* of log->items */
	struct arena line;                   /* of what is not kept */
	bool grows;      /* the run was at its end, and announced more messages since */
	uint32_t before; /* messages up to that end */
};

/* Functions that take a line answer NULL, or what is wrong with it in words. */

static const char *take_head(struct reading *reading, const struct journal_fields *fields)
{
	struct journal_head *head = &reading->log->head;
	const char *wrong = journal_get_head(
		&reading->log->arena, reading->formats, &reading->head, fields, head);

	if (wrong || !journal_head_whole(reading->head, head) || head->number == reading->number)
		return wrong;
	return reading->number ? "the number of the run is not that of the file"
			       : "this is the journal of a run, not a plan";
}

static void keep_item(struct reading *reading, const struct journal_item *item)
{
	struct journal_log *log = reading->log;

	if (log->nitems == reading->cap) {
		/* Not as many as the head promises: it may be wrong. */
		reading->cap = reading->cap ? reading->cap * 2 : 1024;
		log->items = xrealloc(log->items, reading->cap, sizeof(*log->items));
	}
	log->items[log->nitems] = *item;
	log->items[log->nitems].id = arena_copy(&log->arena, item->id);
}

static const char no_queue[] =
	"its queue is none that this version of spoolsweep knows: read it with the one that wrote "
	"it";

/* Nobody has to know its number where it is only counted. */
static bool is_queue(const struct journal_spool *spool, struct slice name, unsigned *queue)
{
	return !spool->format || queue_find(spool->format, name, queue);
}

static const char *take_item(struct reading *reading, const struct journal_fields *fields)
{
	struct journal_log *log = reading->log;
	const struct slice *list = fields->list;
	struct journal_item item = {0};
	uint64_t number, spool;

	if (!slice_eq(list[0], SLICE("item")))
		return "this is no message";
	if (log->nitems == log->head.items)
		return "there are more messages than the head says";
	if (fields->count < 9 || !journal_get_count(list[1], log->nitems, &number) ||
		number != log->nitems || !journal_get_text(&reading->line, list[2], &item.id) ||
		!item.id.len || !journal_get_count(list[3], LIMIT_SPOOLS, &spool) ||
		spool >= log->head.nspools ||
		!journal_get_count(list[5], UINT64_MAX, &item.inode) ||
		!journal_get_bits(list[6], &item.identity) ||
		!journal_get_bits(list[7], &item.digest) ||
		!journal_get_number(list[8], &item.size) ||
		(fields->count == 10 && !journal_get_bits(list[9], &item.lineage)))
		return "this is not the message that is due";
	item.spool = (unsigned)spool;
	if (!is_queue(&log->head.spools[spool], list[4], &item.queue))
		return no_queue;
	if (reading->formats)
		keep_item(reading, &item);
	log->nitems++;
	return NULL;
}

static const char *take_go(struct reading *reading)
{
	struct journal_log *log = reading->log;

	if (log->nitems < log->head.items)
		return "there are fewer messages than the head says";
	log->went = true;
	log->outcomes = xrealloc(log->outcomes, log->nitems, sizeof(*log->outcomes));
	for (uint32_t i = reading->before; i < log->nitems; i++)
		log->outcomes[i] = (struct journal_outcome){0};
	reading->grows = false;
	return NULL;
}

static const char *take_more(struct reading *reading, const struct journal_fields *fields)
{
	struct journal_log *log = reading->log;
	uint64_t count;

	if (!reading->number || fields->count != 2 || !slice_eq(fields->list[0], SLICE("more")))
		return "there is something behind the end";
	if (!journal_get_count(fields->list[1], LIMIT_JOURNAL_ITEMS - log->nitems, &count))
		return "this is not the number of further messages";
	reading->grows = true;
	reading->before = log->nitems;
	log->head.items += (uint32_t)count;
	log->ended = false;
	return NULL;
}

/* Of messages that were announced, and did not get to "go", none was touched. */
static void forget_more(struct reading *reading)
{
	struct journal_log *log = reading->log;

	log->nitems = log->head.items = reading->before;
	log->ended = true;
}

static bool find_outcome(struct slice name, uint8_t *outcome)
{
	for (unsigned i = OUTCOME_DONE; i < OUTCOMES; i++) {
		if (slice_eq(name, slice_cstr(outcome_name((enum outcome)i)))) {
			*outcome = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static const char *take_outcome(struct reading *reading, const struct journal_fields *fields)
{
	struct journal_log *log = reading->log;
	const struct slice *list = fields->list;
	struct slice words;
	uint64_t item;
	uint8_t outcome;
	unsigned queue = 0;

	if (fields->count != 4 || !find_outcome(list[0], &outcome))
		return "this is no outcome";
	if (!journal_get_count(list[1], UINT32_MAX, &item) || item >= log->nitems)
		return "an outcome of a message that the run does not have";
	if (reading->formats &&
		!queue_find(log->head.spools[log->items[item].spool].format, list[2], &queue))
		return no_queue;
	if (!journal_get_text(&reading->line, list[3], &words))
		return "the words of an outcome are not escaped as they should be";
	log->outcomes[item] = (struct journal_outcome){.outcome = outcome,
		.queue = (uint8_t)queue,
		.words = reading->formats ? intern_add(&log->words, words) : INTERN_UNKNOWN};
	return NULL;
}

static const char *take_line(struct reading *reading, struct slice line)
{
	struct journal_log *log = reading->log;
	struct journal_fields fields;
	bool due = !log->went || reading->grows;

	arena_reset(&reading->line);
	if (!journal_split(line, &fields))
		return "this is no line that spoolsweep writes";
	if (!journal_head_whole(reading->head, &log->head))
		return take_head(reading, &fields);
	if (due)
		return slice_eq(line, SLICE("go")) ? take_go(reading) : take_item(reading, &fields);
	if (log->ended || !reading->number)
		return take_more(reading, &fields);
	if (!slice_eq(line, SLICE("end")))
		return take_outcome(reading, &fields);
	log->ended = true;
	return NULL;
}

/* What can be wrong with a file all of whose lines are right. */
static const char *check_end(
	const struct reading *reading, bool running, bool rest, const struct journal_tail *tail)
{
	const struct journal_log *log = reading->log;

	if (rest && log->went && !reading->number)
		return "there is something behind the end";
	/* "go" is written when all before it is on disk: what is missing here was there once. */
	if (tail->go && (!log->went || log->ended || reading->grows) && !running)
		return "there is a hole before the line \"go\"; see spoolsweep-journal(5)";
	if (!reading->number && !log->went)
		return "such a plan is not carried out; make it anew";
	if (!journal_head_whole(reading->head, &log->head))
		return running
			? "its run is only starting; look again in a moment"
			: "its run stopped before it touched anything; the file may be removed";
	return NULL;
}

static void count_outcomes(struct journal_log *log)
{
	if (!log->outcomes)
		log->outcomes = xcalloc(log->nitems, sizeof(*log->outcomes));
	for (uint32_t i = 0; i < log->nitems; i++)
		log->counts[log->outcomes[i].outcome]++;
}

static int read_all(struct reading *reading, struct journal_lines *lines, bool running,
	struct journal_end *end, struct err *err)
{
	struct journal_tail tail;
	struct slice line;
	enum journal_line got;
	const char *wrong;

	while ((got = journal_lines_next(lines, &line, err)) == JOURNAL_LINE) {
		wrong = take_line(reading, line);
		if (wrong)
			return err_set(err, ERR_DAMAGED, 0,
				"the journal %s is damaged in line %zu: %s; see "
				"spoolsweep-journal(5)",
				lines->path, lines->number, wrong);
	}
	if (got == JOURNAL_LINE_FAILED || journal_lines_tail(lines, &tail, err) != 0)
		return -1;
	wrong = check_end(reading, running, tail.end > lines->whole, &tail);
	if (wrong)
		return err_set(err, ERR_DAMAGED, 0, "the journal %s, behind line %zu: %s",
			lines->path, lines->number, wrong);
	if (reading->grows)
		forget_more(reading);
	if (end)
		*end = (struct journal_end){.whole = lines->whole, .end = tail.end};
	return 0;
}

int journal_read_file(int fd, unsigned number, const struct format *const *formats, bool running,
	struct journal_log *log, struct journal_end *end, struct err *err)
{
	char *path = journal_path(fd);
	struct journal_lines lines = {.fd = fd, .path = path};
	struct reading reading = {.log = log, .formats = formats, .number = number};

	*log = (struct journal_log){0};
	intern_init(&log->words);
	int ok = read_all(&reading, &lines, running, end, err);
	if (ok == 0) {
		count_outcomes(log);
		log->running = running;
	} else {
		journal_log_free(log);
	}
	journal_lines_free(&lines);
	arena_free(&reading.line);
	free(path);
	return ok;
}

int journal_read_plan(
	int fd, const struct format *const *formats, struct journal_log *log, struct err *err)
{
	return journal_read_file(fd, 0, formats, false, log, NULL, err);
}

void journal_log_free(struct journal_log *log)
{
	free(log->items);
	free(log->outcomes);
	intern_free(&log->words);
	arena_free(&log->arena);
	*log = (struct journal_log){0};
}
