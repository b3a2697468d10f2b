/* Which messages are being delivered: agents hold a shared lock from open to end. */
#include "formats/postfix/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "formats/postfix/postfix.h"

enum {
	LOCKS_MAX = 64 * 1024 * 1024, /* half a million locks */
	LOCKS_PIECE = 256 * 1024,
};

/* A number in base 10 or 16 that is all of the text. */
static bool to_number(struct slice text, unsigned base, uint64_t *value)
{
	uint64_t v = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = ascii_lower(text.ptr[i]);
		unsigned digit = ascii_is_digit(c) ? (unsigned)(c - '0')
			: c >= 'a' && c <= 'f'     ? (unsigned)(c - 'a') + 10
						   : base;
		if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
			__builtin_add_overflow(v, digit, &v))
			return false;
	}
	*value = v;
	return text.len > 0;
}

static bool read_place(struct slice text, struct lock *lock)
{
	struct slice major, minor, inode;
	uint64_t numbers[2];

	if (!slice_cut(text, ':', &major, &minor) || !slice_cut(minor, ':', &minor, &inode) ||
		!to_number(major, 16, &numbers[0]) || !to_number(minor, 16, &numbers[1]) ||
		numbers[0] > UINT32_MAX || numbers[1] > UINT32_MAX)
		return false;
	lock->major = (uint32_t)numbers[0];
	lock->minor = (uint32_t)numbers[1];
	return to_number(inode, 10, &lock->inode);
}

static bool read_line(struct slice line, struct lock *lock)
{
	enum { NUMBER, KIND, ADVISORY, MODE, PID, PLACE, WORDS };
	struct slice words[WORDS];

	for (unsigned i = 0; i < WORDS; i++)
		if (!slice_word(&line, " \t", &words[i]))
			return false;
	/* For one who waits, the word behind the number is "->". */
	if (!slice_eq(words[KIND], SLICE("FLOCK")))
		return false;
	lock->shared = slice_eq(words[MODE], SLICE("READ"));
	return (lock->shared || slice_eq(words[MODE], SLICE("WRITE"))) &&
		slice_to_i64(words[PID], &lock->pid) && read_place(words[PLACE], lock);
}

bool lock_next(struct slice *text, struct lock *lock)
{
	struct slice line;

	while (text->len) {
		slice_cut(*text, '\n', &line, text);
		if (read_line(line, lock))
			return true;
	}
	return false;
}

void locks_shared(struct slice text, const struct lock *like, int64_t self, struct hashset *inodes)
{
	struct lock lock;

	while (lock_next(&text, &lock))
		if (lock.shared && lock.pid != self && lock.major == like->major &&
			lock.minor == like->minor)
			hashset_add(inodes, lock.inode);
}

bool locks_find(struct slice text, uint64_t inode, int64_t pid, struct lock *lock)
{
	while (lock_next(&text, lock))
		if (lock->inode == inode && (!pid || lock->pid == pid))
			return true;
	return false;
}

/* ---- the file ---- */

/* All of the file, behind what `text` has. */
static int read_to_end(int fd, struct buf *text)
{
	ssize_t got = 1;

	while (got > 0 && text->len < LOCKS_MAX) {
		got = read(fd, buf_room(text, LOCKS_PIECE), LOCKS_PIECE);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			text->len += (size_t)got;
	}
	return got < 0 ? -1 : 0;
}

/*
 * Twice: the kernel gives the list in pieces, by number, and a lock that goes in between moves
 * the next one out of sight.
 */
static int read_locks(struct buf *text, struct err *err)
{
	int fd = open("/proc/locks", O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && read_to_end(fd, text) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
		read_to_end(fd, text) == 0;
	int result = done
		? 0
		: err_sys(err, "what is in delivery is not known: cannot read /proc/locks");

	if (fd >= 0)
		close(fd);
	return result;
}

/*
 * A lock of our own on the folder that holds active mail, while the list is read. How
 * it is listed there is how the queue's device is: on some file systems (btrfs) that
 * is not what stat(2) says. If it is not listed, no lock is.
 */
static int read_with_own(
	const struct spool *spool, struct buf *text, struct lock *own, struct err *err)
{
	struct stat st;
	const char *name = postfix_queues[PQ_ACTIVE].name;
	int fd = openat(spool->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int result = -1;

	if (fd < 0 || fstat(fd, &st) != 0 || flock(fd, LOCK_SH | LOCK_NB) != 0)
		err_sys(err, "what is in delivery is not known: cannot lock the folder %s", name);
	else if (read_locks(text, err) == 0)
		result = locks_find(buf_slice(text), st.st_ino, getpid(), own)
			? 0
			: err_set(err, ERR_PERMISSION, 0,
				  "what is in delivery is not known: /proc/locks does not list the "
				  "locks of this file system, or not those of this container");
	if (fd >= 0)
		close(fd);
	return result;
}

/* master(8) has a lock as long as it runs: if that is hidden, so are those of its agents. */
static bool hides_master(const struct spool *spool, struct slice text)
{
	struct stat st;
	struct lock lock;

	return spool->mta == MTA_RUNNING &&
		fstatat(spool->fd, "pid/master.pid", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		!locks_find(text, st.st_ino, 0, &lock);
}

int postfix_in_delivery(const struct spool *spool, struct hashset *inodes, struct err *err)
{
	struct buf text = {0};
	struct lock own = {0};
	int result = read_with_own(spool, &text, &own, err);

	if (result == 0 && hides_master(spool, buf_slice(&text)))
		result = err_set(err, ERR_PERMISSION, 0,
			"what is in delivery is not known: Postfix runs in another container, and "
			"its locks cannot be seen from here");
	if (result == 0)
		locks_shared(buf_slice(&text), &own, getpid(), inodes);
	buf_free(&text);
	return result;
}
