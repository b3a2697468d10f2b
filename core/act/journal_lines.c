#include "core/act/journal_lines.h"

#include <errno.h>
#include <unistd.h>

#include "core/base/limits.h"

enum { CHUNK = 64 * 1024 };

/* pread(2) that appends. The bytes read, 0 at the end, -1 with *err. */
static ssize_t read_more(
	const struct journal_lines *lines, struct buf *to, off_t at, struct err *err)
{
	ssize_t got;

	do
		got = pread(lines->fd, buf_room(to, CHUNK), CHUNK, at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(err, "cannot read the journal %s", lines->path);
	to->len += (size_t)got;
	return got;
}

enum journal_line journal_lines_next(
	struct journal_lines *lines, struct slice *line, struct err *err)
{
	for (;;) {
		struct slice rest = slice_from(buf_slice(&lines->window), lines->at);
		size_t len = slice_index(rest, '\n');
		*line = slice_upto(rest, len);
		if (slice_index(*line, '\0') != SIZE_MAX)
			return JOURNAL_TAIL;
		if (line->len > LIMIT_JOURNAL_LINE) {
			err_set(err, ERR_DAMAGED, 0,
				"the journal %s is damaged in line %zu: it is too long; see "
				"spoolsweep-journal(5)",
				lines->path, lines->number + 1);
			return JOURNAL_LINE_FAILED;
		}
		if (len != SIZE_MAX) {
			lines->at += len + 1;
			lines->whole += (off_t)len + 1;
			lines->number++;
			return JOURNAL_LINE;
		}
		if (rest.len)
			memmove(lines->window.ptr, rest.ptr, rest.len);
		lines->window.len = rest.len;
		lines->at = 0;
		ssize_t got = read_more(lines, &lines->window, lines->whole + (off_t)rest.len, err);
		if (got <= 0)
			return got ? JOURNAL_LINE_FAILED : JOURNAL_TAIL;
	}
}

int journal_lines_tail(
	const struct journal_lines *lines, struct journal_tail *tail, struct err *err)
{
	struct buf chunk = {0};
	off_t at = lines->whole;
	ssize_t got;

	*tail = (struct journal_tail){.end = at};
	while ((got = read_more(lines, &chunk, at, err)) > 0) {
		size_t kept = chunk.len - (size_t)got, used = chunk.len;
		while (used > kept && !chunk.ptr[used - 1])
			used--;
		if (used > kept) {
			tail->end = at + (off_t)(used - kept);
			tail->go = tail->go ||
				slice_find(buf_slice(&chunk), SLICE("\ngo\n")) != SIZE_MAX;
		}
		at += got;
		/* The line may lie across the end of the chunk. */
		kept = chunk.len < 3 ? chunk.len : 3;
		memmove(chunk.ptr, chunk.ptr + chunk.len - kept, kept);
		chunk.len = kept;
	}
	buf_free(&chunk);
	return got < 0 ? -1 : 0;
}

void journal_lines_free(struct journal_lines *lines)
{
	buf_free(&lines->window);
}
