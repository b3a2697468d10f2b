/* archive: what a run took out of the queue, as a file to hand on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/message.h"
#include "core/act/archive.h"
#include "core/act/journal.h"
#include "core/act/state.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

enum { MESSAGE_MAX = 1 << 30 };

/* What `list --json` says, of a message of the index, into *out. */
static void add_json(struct app *app, uint32_t row, const struct record *record, struct buf *out)
{
	char *text = NULL;
	size_t len = 0;
	struct err err;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		return;
	struct sink *sink = sink_json(file, SINK_LINES, true);
	sink_object(sink, NULL);
	sink_message(sink, app, row, record);
	sink_end(sink);
	sink_flush(sink, &err);
	sink_free(sink);
	fclose(file);
	buf_add(out, slice_of(text, len));
	free(text);
}

/* "run-17/messages/4c9FhJ2kzXz1qT.eml"; a queue id is made of letters and digits. */
static char *name_of(int64_t run, struct slice id)
{
	return xasprintf("run-%lld/messages/%.*s.eml", (long long)run, SLICE_ARG(id));
}

static int add_message(struct app *app, struct archive_writer *writer, uint32_t row,
	struct arena *arena, struct buf *list, struct err *err)
{
	static const struct need need = {.parts = NEED_ALL & ~(NEED_HEADERS | NEED_ATTEMPT)};
	const struct snap *snap = &app->scan.snap;
	const struct spool *spool = snap->spools[snap->small[row].spool];
	struct unit unit = {.name = snap_text(snap, COL_QUEUE_ID, row),
		.inode = (uint64_t)snap_wide(snap, WIDE_INODE, row)};
	struct buf content = {0};
	struct record record;

	enum severity severity = scan_read_again(snap, row, &need, arena, &record, err);
	if (severity <= SEV_WARN)
		severity = spool->format->content(spool, &unit, false, MESSAGE_MAX, &content, err);
	if (severity > SEV_WARN) {
		buf_free(&content);
		return -1;
	}
	add_json(app, row, &record, list);
	char *name = name_of(app->options.trash_run, unit.name);
	int r = archive_add(writer, name, buf_slice(&content), record.arrival, err);
	free(name);
	buf_free(&content);
	return r;
}

static int add_all(struct app *app, struct archive_writer *writer, uint32_t *unread)
{
	struct arena arena = {0};
	struct buf list = {0};
	struct err err;
	int r = 0;

	for (size_t row = bitset_next(&app->rows, 0); r == 0 && row != SIZE_MAX && !interrupted;
		row = bitset_next(&app->rows, row + 1)) {
		struct err why = {0};
		if (add_message(app, writer, (uint32_t)row, &arena, &list, &why) != 0) {
			struct slice id = snap_text(&app->scan.snap, COL_QUEUE_ID, (uint32_t)row);
			warn_text("%.*s: %s", SLICE_ARG(id),
				why.code ? why.text : "it left the trash meanwhile");
			++*unread;
			/* Not this message, but the archive itself. */
			r = why.sys == ENOSPC || why.sys == EIO || why.sys == EDQUOT ? -1 : 0;
		}
		arena_reset(&arena);
	}
	char *name = xasprintf("run-%lld/messages.jsonl", (long long)app->options.trash_run);
	if (r == 0 && archive_add(writer, name, buf_slice(&list), app->now, &err) != 0)
		r = complain(&err);
	free(name);
	buf_free(&list);
	arena_free(&arena);
	return r == 0 ? EXIT_DONE : EXIT_IO;
}

static int open_file(struct app *app)
{
	return make_file(app, app->operands[1]);
}

static int write_file(struct app *app)
{
	uint32_t unread = 0;
	struct err err;
	struct archive_writer *writer = archive_new(app->file, &err);

	if (!writer)
		return complain(&err);
	int code = add_all(app, writer, &unread);
	if (code != EXIT_DONE || interrupted) {
		archive_drop(writer);
		warn_text("%s is not complete", app->operands[1]);
		return interrupted ? EXIT_INTERRUPTED : code;
	}
	if (archive_end(writer, app->now, &err) != 0)
		return complain(&err);
	if (fsync(app->file) != 0) {
		err_sys(&err, "%s cannot be synced", app->operands[1]);
		return complain(&err);
	}
	struct buf out = {0};
	units_count(&out, (int64_t)bitset_count(&app->rows) - unread);
	buf_printf(&out, " messages of run %lld in ", (long long)app->options.trash_run);
	put(app, &out, slice_cstr(app->operands[1]));
	buf_add(&out, SLICE("; to check it: tar xzf, then sha256sum -c MANIFEST.sha256\n"));
	code = print_buf(&out);
	return code == EXIT_DONE && unread ? EXIT_PARTLY : code;
}

static int run(struct app *app)
{
	int64_t number;

	if (app->noperands != 2 || !slice_to_i64(slice_cstr(app->operands[0]), &number) ||
		number < 1) {
		warn_text("archive takes a run and the file to make: spoolsweep archive 17 "
			  "run17.tar.gz");
		return EXIT_USAGE;
	}
	app->options.trash = true;
	app->options.trash_run = number;
	app->as_started = open_file;
	app->need.parts |= NEED_ALL & ~(NEED_ATTRIBUTES | NEED_REASONS | NEED_ATTEMPT);
	int code = prepare_scan(app, NULL);
	if (code == EXIT_DONE)
		code = write_file(app);
	else
		drop_file(app, app->operands[1]);
	if (code == EXIT_DONE)
		code = tell_failures(app);
	return code;
}

const struct command command_archive = {
	.name = "archive",
	.operands = "RUN FILE",
	.summary = "a run in the trash as a .tar.gz: messages, facts, digests",
	.takes = OPT_QUEUE,
	.run = run,
};
