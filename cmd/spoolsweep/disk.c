#include "cmd/spoolsweep/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/act/journal.h"
#include "core/act/state.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

/*
 * A message takes an inode, its log one more, and so may their folders. With so few
 * the MTA takes mail for some seconds, and then says that the disk is full.
 */
enum { FEW_INODES = 16 };

static bool has_few_inodes(const struct disk *disk)
{
	return disk->inodes_known && disk->free_inodes < FEW_INODES;
}

/* A byte, where it is not known how many. */
static int64_t bytes_needed(const struct disk *disk)
{
	return disk->needed ? disk->needed : 1;
}

bool disk_is_full(const struct disk *disk)
{
	return (int64_t)disk->free_bytes < bytes_needed(disk) || has_few_inodes(disk);
}

static void look_at(const struct spool *spool, struct disk *disk)
{
	struct statvfs fs;

	*disk = (struct disk){
		.needed = spool->min_free, .title = spool->format->title, .free_bytes = INT64_MAX};
	if (fstatvfs(spool->fd, &fs) != 0)
		return;
	disk->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	disk->free_inodes = (uint64_t)fs.f_favail;
	disk->inodes_known = fs.f_files != 0;
}

void disk_look(const struct app *app, struct disk *disk)
{
	struct disk other;

	look_at(app->spools.list[0], disk);
	for (size_t i = 1; i < app->spools.count && !disk_is_full(disk); i++) {
		look_at(app->spools.list[i], &other);
		if (disk_is_full(&other))
			*disk = other;
	}
}

void disk_put_free(const struct disk *disk, struct buf *out)
{
	units_size(out, (int64_t)disk->free_bytes);
	if (!disk->inodes_known)
		return;
	buf_add(out, SLICE(", "));
	units_count(out, (int64_t)disk->free_inodes);
	buf_add(out, SLICE(" inodes"));
}

void disk_sink(const struct disk *disk, struct sink *sink)
{
	sink_int(sink, "free_bytes", (int64_t)disk->free_bytes);
	if (disk->inodes_known)
		sink_int(sink, "free_inodes", (int64_t)disk->free_inodes);
	else
		sink_null(sink, "free_inodes");
	sink_int(sink, "needed_bytes", disk->needed);
	sink_bool(sink, "full", disk_is_full(disk));
}

void disk_put_full(const struct disk *disk, struct buf *out)
{
	struct buf least = {0};

	if (has_few_inodes(disk))
		buf_printf(&least, "%d inodes", FEW_INODES);
	else
		units_size(&least, bytes_needed(disk));
	buf_printf(
		out, "DISK FULL: %s takes no mail below %s; free: ", disk->title, buf_str(&least));
	disk_put_free(disk, out);
	buf_free(&least);
}

/* ---- the journal ---- */

/* The folder of the journals, or the one above it that is there. */
static bool look_at_state(struct statvfs *fs)
{
	char *path = xstrdup(state_path()), *slash;
	int r = statvfs(path, fs);

	while (r != 0 && errno == ENOENT && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		r = statvfs(path, fs);
	}
	if (r != 0 && errno == ENOENT)
		r = statvfs(path[0] == '/' ? "/" : ".", fs);
	free(path);
	return r == 0;
}

void disk_look_for_journal(const struct app *app, uint32_t messages, struct journal_room *room)
{
	struct statvfs fs;

	*room = (struct journal_room){.needed = journal_room(messages), .fits = true};
	if (!look_at_state(&fs))
		return;
	room->free = (uint64_t)(app->started_as_root ? fs.f_bfree : fs.f_bavail) * fs.f_frsize;
	room->no_inode = fs.f_files && !fs.f_favail;
	room->fits = room->free >= (uint64_t)room->needed && !room->no_inode;
}

bool disk_keeps_room_for_root(void)
{
	struct statvfs fs;

	return look_at_state(&fs) && fs.f_bfree > fs.f_bavail &&
		(uint64_t)fs.f_bavail * fs.f_frsize < (uint64_t)journal_room(LIMIT_JOURNAL_ITEMS);
}

/* ---- lines to type ---- */

void disk_add_line(const struct app *app, struct buf *out, const char *more)
{
	bool owner = app->started_as_root;

	for (size_t i = 0; !owner && i < app->spools.count; i++)
		owner = geteuid() == app->spools.list[i]->owner;
	buf_add(out, owner ? SLICE("spoolsweep") : SLICE("sudo spoolsweep"));
	for (int i = 1; i < app->options.argc; i++) {
		struct slice name = slice_cstr(app->options.argv[i]), value;
		bool has_value = slice_cut(name, '=', &name, &value);
		/* What is followed needs a journal. */
		if (strstr(more, "--no-journal") && slice_eq(name, SLICE("--follow"))) {
			i += !has_value;
			continue;
		}
		buf_addc(out, ' ');
		add_argument(out, app->options.argv[i]);
	}
	buf_addc(out, ' ');
	buf_add(out, slice_cstr(more));
}

void disk_tell_way_out(const struct app *app, enum op op, const struct err *err, bool trash)
{
	struct buf line = {0};
	bool here = app->command->takes & OPT_PURGE; /* the options can be added to this line */

	if (err->sys != ENOSPC && err->sys != EDQUOT)
		return;
	if (op == OP_PURGE && here && !app->options.no_undo) {
		disk_add_line(app, &line, trash ? "--no-undo" : "--no-undo --no-journal");
		warn_text("a purge into the trash frees nothing; to remove the mail at once and "
			  "for good%s:\n  %s",
			trash ? "" : ", with no record of it", buf_str(&line));
	} else if (op == OP_PURGE && app->options.no_undo && !trash) {
		disk_add_line(app, &line, "--no-journal");
		warn_text("to go on without a journal, so that nobody can tell later what was "
			  "removed, and a run that stops cannot be resumed:\n  %s",
			buf_str(&line));
	} else {
		put_command(app, &line, "expunge");
		warn_text("make room first (df, df -i); what the trash would give back: %s",
			buf_str(&line));
	}
	buf_free(&line);
}
