/*
 * archive: evidence that can be handed on: a .tar.gz with a digest of every file.
 *
 * Its last file, MANIFEST.sha256, is what sha256sum -c reads. libarchive writes the
 * container. One thread.
 */
#ifndef CORE_ACT_ARCHIVE_H
#define CORE_ACT_ARCHIVE_H

#include <stdint.h>

#include "core/base/err.h"
#include "core/base/slice.h"

struct archive_writer;

/* Writes to an open file; the caller closes it. NULL with *err. */
struct archive_writer *archive_new(int fd, struct err *err);

/* Adds a file, 0600. `name` is relative and made of harmless bytes. -1 with *err. */
int archive_add(struct archive_writer *writer, const char *name, struct slice bytes,
	int64_t seconds, struct err *err);

/* Adds the manifest and ends the file. Frees the writer in any case. */
int archive_end(struct archive_writer *writer, int64_t seconds, struct err *err);
/* Frees it; what was written so far is no archive. */
void archive_drop(struct archive_writer *writer);

#endif
