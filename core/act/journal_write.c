#include "core/act/journal_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/act/journal_files.h"
#include "core/act/journal_text.h"
#include "core/base/limits.h"

/* Outcomes are written when there are so many bytes of them. */
enum { GROUP = 64 * 1024 };

static int fail(const struct journal *journal, struct err *err)
{
	if (!journal->number)
		return err_sys(err, "cannot write the plan %s; nothing was touched", journal->path);
	if (!journal->went)
		return err_sys(err,
			"cannot write the journal %s, so that nothing %swas touched; make room "
			"there and start again",
			journal->path, journal->grows ? "more " : "");
	return err_sys(err,
		"cannot write the journal %s, so that the run stops here; make room there, then "
		"go on with \"spoolsweep apply --resume %u\" or go back with \"spoolsweep undo "
		"%u\"",
		journal->path, journal->number, journal->number);
}

int journal_flush(struct journal *journal, struct err *err)
{
	const struct fsops *ops = journal->ops;

	if (!journal->out.len)
		return 0;
	if (ops->write(ops, journal->fd, journal->out.ptr, journal->out.len, journal->at) != 0)
		return fail(journal, err);
	journal->at += (off_t)journal->out.len;
	buf_reset(&journal->out);
	return 0;
}

/* Ends the line that began at `from`. One that could not be read back is not written. */
static int end_line(struct journal *journal, size_t from, struct err *err)
{
	if (journal->out.len - from > LIMIT_JOURNAL_LINE) {
		journal->out.len = from;
		return err_set(err, ERR_LIMIT, 0,
			"a value is too long for a line of the journal %s", journal->path);
	}
	buf_addc(&journal->out, '\n');
	return journal->out.len < GROUP ? 0 : journal_flush(journal, err);
}

int journal_item(struct journal *journal, const struct journal_item *item, struct err *err)
{
	size_t from = journal->out.len;
	bool promised = !journal->went && journal->told < journal->items;
	const char *queue = promised && item->spool < journal->nspools
		? journal->spools[item->spool].format->queue_name(item->queue)
		: NULL;

	if (!queue || !item->id.len)
		return err_set(err, ERR_USAGE, 0,
			"a message that does not belong into the journal %s", journal->path);
	buf_printf(&journal->out, "item\t%" PRIu32, journal->told);
	journal_put_text(&journal->out, item->id);
	buf_printf(&journal->out, "\t%u\t%s\t%" PRIu64, item->spool, queue, item->inode);
	journal_put_bits(&journal->out, item->identity);
	journal_put_bits(&journal->out, item->digest);
	journal_put_number(&journal->out, item->size);
	if (item->lineage)
		journal_put_bits(&journal->out, item->lineage);
	if (end_line(journal, from, err) != 0)
		return -1;
	journal->told++;
	return 0;
}

int journal_sync(struct journal *journal, struct err *err)
{
	if (journal_flush(journal, err) != 0)
		return -1;
	return journal->ops->sync(journal->ops, journal->fd) == 0 ? 0 : fail(journal, err);
}

int journal_go(struct journal *journal, struct err *err)
{
	const struct fsops *ops = journal->ops;

	if (journal->told != journal->items)
		return err_set(err, ERR_USAGE, 0,
			"%" PRIu32 " messages were announced to the journal %s, %" PRIu32 " came",
			journal->items, journal->path, journal->told);
	/* First all that is before "go": who finds that line finds the rest, whatever happens. */
	if (journal_sync(journal, err) != 0)
		return -1;
	buf_add(&journal->out, SLICE("go\n"));
	if (journal_sync(journal, err) != 0)
		return -1;
	if (journal->number && ops->sync(ops, journal->state) != 0)
		return fail(journal, err);
	journal->went = true;
	return 0;
}

int journal_outcome(struct journal *journal, uint32_t item, enum outcome outcome, const char *queue,
	struct slice words, struct err *err)
{
	size_t from = journal->out.len;

	if (!journal->went || item >= journal->items || !queue || outcome == OUTCOME_NONE)
		return err_set(err, ERR_USAGE, 0,
			"an outcome that does not belong into the journal %s", journal->path);
	buf_printf(&journal->out, "%s\t%" PRIu32 "\t%s", outcome_name(outcome), item, queue);
	journal_put_text(&journal->out, slice_upto(words, LIMIT_REASON));
	return end_line(journal, from, err);
}

int journal_pause(struct journal *journal, struct err *err)
{
	const struct fsops *ops = journal->ops;

	buf_add(&journal->out, SLICE("end\n"));
	int ok = journal_flush(journal, err);
	/* That more room is held than needed is no reason to call the run unfinished. */
	if (ok == 0)
		ops->cut(ops, journal->fd, journal->at);
	if (ok == 0 && ops->sync(ops, journal->fd) != 0)
		ok = fail(journal, err);
	buf_reset(&journal->out);
	return ok;
}

int journal_more(struct journal *journal, uint32_t count, struct err *err)
{
	off_t room = JOURNAL_ITEM_ROOM + JOURNAL_OUTCOME_ROOM;

	if (count > LIMIT_JOURNAL_ITEMS - journal->items)
		return err_set(err, ERR_LIMIT, 0,
			"%" PRIu32 " messages more are too many for one run; the limit is %d",
			count, LIMIT_JOURNAL_ITEMS);
	journal->went = false;
	journal->grows = true;
	if (journal_reserve(journal, journal->at + room * count + 64, err) != 0)
		return -1;
	journal->items += count;
	buf_printf(&journal->out, "more\t%" PRIu32 "\n", count);
	return 0;
}

int journal_end(struct journal *journal, struct err *err)
{
	int ok = journal_pause(journal, err);

	journal_close(journal);
	return ok;
}

void journal_abandon(struct journal *journal)
{
	const struct fsops *ops = journal->ops;

	if (journal->number && !journal->went)
		ops->remove(ops, journal->state, journal_name(journal->number).text);
	journal_close(journal);
}

void journal_close(struct journal *journal)
{
	struct err ignored;

	/* What became of a message is worth a last try. */
	if (journal->went)
		journal_flush(journal, &ignored);
	if (journal->number)
		close(journal->fd);
	free(journal->path);
	buf_free(&journal->out);
	free(journal);
}
