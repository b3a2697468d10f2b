#include "core/act/journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/act/journal_read.h"
#include "core/act/journal_text.h"
#include "core/base/xalloc.h"

struct journal_name journal_name(unsigned number)
{
	struct journal_name name;
	snprintf(name.text, sizeof(name.text), "%06u.journal", number);
	return name;
}

char *journal_path(int fd)
{
	char path[PATH_MAX];
	char *link = xasprintf("/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, sizeof(path) - 1);

	free(link);
	path[len < 0 ? 0 : len] = '\0';
	return xstrdup(len > 0 ? path : "the journal");
}

static void set_open_error(int state, const char *name, struct err *err)
{
	int sys = errno;
	char *folder = journal_path(state);
	errno = sys;
	if (sys == ENOENT)
		err_set(err, ERR_GONE, 0, "there is no run of that number: no file %s/%s", folder,
			name);
	else if (sys == ELOOP)
		err_set(err, ERR_DAMAGED, 0,
			"%s/%s is a symbolic link, which no journal is: find out who made it",
			folder, name);
	else
		err_sys(err, "cannot open the journal %s/%s", folder, name);
	free(folder);
}

int journal_open_file(int state, unsigned number, int flags, struct err *err)
{
	struct journal_name name = journal_name(number);
	struct stat st;
	int fd = openat(state, name.text, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		set_open_error(state, name.text, err);
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return err_set(
		err, ERR_DAMAGED, 0, "%s is not a plain file, which every journal is", name.text);
}

bool journal_looks_ended(int state, unsigned number)
{
	static const char end[] = "\nend\n";
	char tail[sizeof(end) - 1];
	struct err unused;
	int fd = journal_open_file(state, number, O_RDONLY, &unused);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t len = (off_t)sizeof(tail);

	bool ended = size > len && pread(fd, tail, sizeof(tail), size - len) == len &&
		memcmp(tail, end, sizeof(tail)) == 0;
	if (fd >= 0)
		close(fd);
	return ended;
}

bool journal_is_running(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) != 0)
		return errno == EWOULDBLOCK;
	/* Given back at once: a reader must not keep a run from going on. */
	flock(fd, LOCK_UN);
	return false;
}

int64_t journal_time(int state, unsigned number)
{
	struct journal_name name = journal_name(number);
	struct stat st;

	if (fstatat(state, name.text, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

int journal_read(int state, unsigned number, const struct format *const *formats,
	struct journal_log *log, struct err *err)
{
	int fd = journal_open_file(state, number, O_RDONLY, err);

	*log = (struct journal_log){0};
	if (fd < 0)
		return -1;
	int ok = journal_read_file(fd, number, formats, journal_is_running(fd), log, NULL, err);
	close(fd);
	return ok;
}

int journal_read_counts(int state, unsigned number, struct journal_log *log, struct err *err)
{
	return journal_read(state, number, NULL, log, err);
}

static bool number_of(const char *file, unsigned *number)
{
	struct slice digits, rest;
	uint64_t value;

	if (!slice_cut(slice_cstr(file), '.', &digits, &rest) ||
		!journal_get_count(digits, UINT_MAX, &value))
		return false;
	*number = (unsigned)value;
	/* One name for a number: 17.journal is none of ours. */
	return *number && strcmp(journal_name(*number).text, file) == 0;
}

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return (x > y) - (x < y);
}

static DIR *open_listing(int state)
{
	int fd = openat(state, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

int journal_numbers(int state, unsigned **numbers, size_t *count, struct err *err)
{
	DIR *dir = open_listing(state);
	size_t cap = 0;
	unsigned number;

	*numbers = NULL;
	*count = 0;
	errno = dir ? 0 : errno;
	for (struct dirent *entry; dir && (entry = readdir(dir)); errno = 0) {
		if (!number_of(entry->d_name, &number))
			continue;
		if (*count == cap) {
			cap = cap ? cap * 2 : 64;
			*numbers = xrealloc(*numbers, cap, sizeof(**numbers));
		}
		(*numbers)[(*count)++] = number;
	}
	int sys = errno;
	if (dir)
		closedir(dir);
	if (sys) {
		char *folder = journal_path(state);
		free(*numbers);
		*numbers = NULL;
		*count = 0;
		errno = sys;
		err_sys(err, "cannot list the journals in %s", folder);
		free(folder);
		return -1;
	}
	if (*count)
		qsort(*numbers, *count, sizeof(**numbers), by_number);
	return 0;
}
