/*
 * What the queue manager may still have in memory.
 *
 * qmgr(8) knows active mail by its queue id until all of it was tried, wherever the
 * file is by then. One that comes back under its id meanwhile is taken for new, finds
 * the old work, and is removed undelivered (qmgr/qmgr_active.c, qmgr/qmgr_job.c; seen
 * with 3.7.11). A new process remembers nothing: `postfix reload` starts one.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/slice.h"
#include "formats/postfix/postfix.h"

enum { TICK_MS = 20 };

/* A small file of /proc, whole; "" when it cannot be read. */
static struct slice read_small(int at, const char *path, char *room, size_t size)
{
	int fd = openat(at, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, room, size);

	if (fd >= 0)
		close(fd);
	return slice_of(room, got > 0 ? (size_t)got : 0);
}

/* The n-th blank-separated word behind the name in /proc/PID/stat; proc(5) counts from 1. */
static bool stat_field(struct slice stat, unsigned field, int64_t *value)
{
	/* The name is in parentheses, and may hold anything. */
	size_t close = slice_rindex(stat, ')');
	struct slice rest, word = {0};

	if (close == SIZE_MAX)
		return false;
	rest = slice_from(stat, close + 1);
	for (unsigned i = 2; i < field; i++)
		if (!slice_word(&rest, " \n", &word))
			return false;
	return slice_to_i64(word, value);
}

/* When a process began, a little early rather than late: the kernel counts in ticks. */
static int64_t began(int64_t ticks)
{
	int64_t per_second = sysconf(_SC_CLK_TCK);
	int64_t boot = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME);
	return per_second > 0 ? boot + ticks * 1000 / per_second - TICK_MS : -1;
}

/*
 * Whether a process is the master that wrote this number: in a container it has another
 * one there than here, and the last of the line NSpid in /proc/PID/status is its own.
 */
static bool is_master(int proc, int64_t pid, int64_t master)
{
	char path[64], room[4096];
	struct slice line = {0}, word;
	int64_t own = pid;

	snprintf(path, sizeof(path), "%lld/status", (long long)pid);
	struct slice status = read_small(proc, path, room, sizeof(room));
	size_t at = slice_find(status, SLICE("\nNSpid:"));
	if (at != SIZE_MAX)
		slice_cut(slice_from(status, at + strlen("\nNSpid:")), '\n', &line, &status);
	while (line.len && slice_word(&line, " \t", &word))
		if (!slice_to_i64(word, &own))
			return false;
	return own == master;
}

/* The start of that process if it is a queue manager, of this master where that is known. */
static int64_t start_of_qmgr(int proc, const char *pid, int64_t master)
{
	char path[64], room[4096];
	int64_t parent, ticks;

	snprintf(path, sizeof(path), "%.20s/stat", pid);
	struct slice stat = read_small(proc, path, room, sizeof(room));
	if (slice_find(stat, SLICE("(qmgr)")) == SIZE_MAX || !stat_field(stat, 4, &parent) ||
		(master && !is_master(proc, parent, master)) || !stat_field(stat, 22, &ticks))
		return -1;
	return began(ticks);
}

int64_t postfix_remembers_since(const struct spool *spool)
{
	int64_t master = postfix_of(spool)->master_pid, since = -1;

	if (spool->mta == MTA_STOPPED)
		return INT64_MAX;
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = proc < 0 ? NULL : fdopendir(proc);
	if (!dir) {
		if (proc >= 0)
			close(proc);
		return -1;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		int64_t start =
			ascii_is_digit(e->d_name[0]) ? start_of_qmgr(proc, e->d_name, master) : -1;
		/* Of several, as of several instances, the one that remembers longest. */
		if (start >= 0 && (since < 0 || start < since))
			since = start;
	}
	closedir(dir);
	return since;
}

bool postfix_in_memory(unsigned queue)
{
	return queue == PQ_ACTIVE;
}
