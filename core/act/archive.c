#include "core/act/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmime/gmime.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/xalloc.h"

struct archive_writer {
	struct archive *archive;
	struct buf manifest;
};

static int failed(struct archive_writer *writer, struct err *err)
{
	const char *words = archive_error_string(writer->archive);
	int sys = archive_errno(writer->archive);
	err_set(err, ERR_IO, 0, "the archive cannot be written: %s", words ? words : "no reason");
	err->sys = sys;
	return -1;
}

struct archive_writer *archive_new(int fd, struct err *err)
{
	struct archive_writer *writer = xcalloc(1, sizeof(*writer));

	writer->archive = archive_write_new();
	if (!writer->archive || archive_write_add_filter_gzip(writer->archive) != ARCHIVE_OK ||
		archive_write_set_format_pax_restricted(writer->archive) != ARCHIVE_OK ||
		archive_write_open_fd(writer->archive, fd) != ARCHIVE_OK) {
		failed(writer, err);
		archive_drop(writer);
		return NULL;
	}
	return writer;
}

static int add(struct archive_writer *writer, const char *name, struct slice bytes, int64_t seconds,
	struct err *err)
{
	struct archive_entry *entry = archive_entry_new();
	int answer = 0;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)bytes.len);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_mtime(entry, (time_t)seconds, 0);
	if (archive_write_header(writer->archive, entry) != ARCHIVE_OK ||
		archive_write_data(writer->archive, bytes.ptr, bytes.len) != (la_ssize_t)bytes.len)
		answer = failed(writer, err);
	archive_entry_free(entry);
	return answer;
}

int archive_add(struct archive_writer *writer, const char *name, struct slice bytes,
	int64_t seconds, struct err *err)
{
	gchar *digest = g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, (const guchar *)(bytes.len ? bytes.ptr : ""), bytes.len);

	buf_printf(&writer->manifest, "%s  %s\n", digest, name);
	g_free(digest);
	return add(writer, name, bytes, seconds, err);
}

int archive_end(struct archive_writer *writer, int64_t seconds, struct err *err)
{
	int answer = add(writer, "MANIFEST.sha256", buf_slice(&writer->manifest), seconds, err);

	if (answer == 0 && archive_write_close(writer->archive) != ARCHIVE_OK)
		answer = failed(writer, err);
	archive_drop(writer);
	return answer;
}

void archive_drop(struct archive_writer *writer)
{
	if (!writer)
		return;
	if (writer->archive)
		archive_write_free(writer->archive);
	buf_free(&writer->manifest);
	free(writer);
}
