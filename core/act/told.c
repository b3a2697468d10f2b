#include "core/act/told.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/xalloc.h"

#define FILE_NAME "told"
#define FIRST_LINE "spoolsweep-told 1"

enum { LINE_MOST = 120, FILE_MOST = (LIMIT_TOLD + 1) * LINE_MOST, MOST_LEVEL = 9 };

uint64_t told_asker(const char *const *paths, size_t count)
{
	struct buf all = {0};

	for (size_t i = 0; i < count; i++)
		buf_add(&all, slice_of(paths[i], strlen(paths[i]) + 1));
	uint64_t hash = XXH3_64bits(all.ptr ? all.ptr : "", all.len);
	buf_free(&all);
	return hash;
}

void told_free(struct told *told)
{
	free(told->list);
	*told = (struct told){0};
}

static struct told_entry *add(struct told *told)
{
	told->list = xrealloc(told->list, told->count + 1, sizeof(*told->list));
	told->list[told->count] = (struct told_entry){0};
	return &told->list[told->count++];
}

/* ---- reading ---- */

static bool take_number(struct slice *rest, int64_t most, int64_t *number)
{
	struct slice word;
	return slice_word(rest, " ", &word) && slice_to_i64(word, number) && *number >= 0 &&
		*number <= most;
}

static bool take_asker(struct slice *rest, uint64_t *asker)
{
	struct slice word;

	if (!slice_word(rest, " ", &word) || word.len != 16)
		return false;
	*asker = 0;
	for (size_t i = 0; i < word.len; i++) {
		int digit = ascii_hex_digit(word.ptr[i]);
		if (digit < 0)
			return false;
		*asker = *asker << 4 | (uint64_t)digit;
	}
	return true;
}

static bool take_id(struct slice *rest, char id[16])
{
	struct slice word;

	if (!slice_word(rest, " ", &word) || word.len >= 16)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (!ascii_is_alnum(word.ptr[i]) && word.ptr[i] != '-')
			return false;
	memcpy(id, word.ptr, word.len);
	id[word.len] = '\0';
	return true;
}

static bool parse_line(struct slice line, struct told_entry *entry)
{
	int64_t level, messages;

	if (!take_asker(&line, &entry->asker) || !take_id(&line, entry->id) ||
		!take_number(&line, MOST_LEVEL, &level) ||
		!take_number(&line, UINT32_MAX, &messages) ||
		!take_number(&line, LIMIT_TIME, &entry->told) ||
		!take_number(&line, LIMIT_TIME, &entry->seen) || line.len)
		return false;
	entry->level = (unsigned)level;
	entry->messages = (uint32_t)messages;
	return true;
}

static int parse(struct slice text, struct told *told, struct err *err)
{
	struct slice line;

	slice_cut(text, '\n', &line, &text);
	bool good = slice_eq(line, SLICE(FIRST_LINE));
	while (good && text.len && told->count < LIMIT_TOLD) {
		good = slice_cut(text, '\n', &line, &text) && line.len < LINE_MOST &&
			parse_line(line, add(told));
	}
	if (good && !text.len)
		return 0;
	told_free(told);
	return err_set(err, ERR_DAMAGED, 0,
		"what was told before cannot be made out: the file " FILE_NAME " is damaged, or of "
		"another version");
}

int told_read(int dir, struct told *told, struct err *err)
{
	struct buf text = {0};
	struct stat st;
	ssize_t n = 0;
	int answer = 0;

	*told = (struct told){0};
	int fd = openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		answer = err_sys(err, "what was told before cannot be read");
	else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MOST)
		answer = err_set(
			err, ERR_DAMAGED, 0, "what was told before is no file, or one too long");
	while (answer == 0 && text.len <= FILE_MOST &&
		(n = read(fd, buf_room(&text, LINE_MOST), LINE_MOST)) > 0)
		text.len += (size_t)n;
	if (answer == 0 && n < 0)
		answer = err_sys(err, "what was told before cannot be read");
	if (answer == 0)
		answer = parse(buf_slice(&text), told, err);
	buf_free(&text);
	if (fd >= 0)
		close(fd);
	return answer;
}

/* ---- writing ---- */

static void print(const struct told *told, struct buf *out)
{
	buf_add(out, SLICE(FIRST_LINE "\n"));
	for (size_t i = 0; i < told->count; i++) {
		const struct told_entry *entry = &told->list[i];
		buf_printf(out, "%016" PRIx64 " %s %u %" PRIu32 " %" PRId64 " %" PRId64 "\n",
			entry->asker, entry->id, entry->level, entry->messages, entry->told,
			entry->seen);
	}
}

static bool write_all(int fd, struct slice text)
{
	while (text.len) {
		ssize_t n = write(fd, text.ptr, text.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text = slice_from(text, (size_t)n);
	}
	return fdatasync(fd) == 0;
}

int told_write(int dir, const struct told *told, struct err *err)
{
	struct buf text = {0};
	char fresh[64];

	print(told, &text);
	snprintf(fresh, sizeof(fresh), FILE_NAME ".%d", (int)getpid());
	unlinkat(dir, fresh, 0); /* of a process of that number that died */
	int fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool done = fd >= 0 && write_all(fd, buf_slice(&text)) &&
		renameat(dir, fresh, dir, FILE_NAME) == 0;
	if (!done) {
		err_sys(err, "what is told now cannot be written down");
		if (fd >= 0)
			unlinkat(dir, fresh, 0);
	}
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return done ? 0 : -1;
}

/* ---- what is news ---- */

static struct told_entry *find(const struct told *told, uint64_t asker, const char *id)
{
	for (size_t i = 0; i < told->count; i++)
		if (told->list[i].asker == asker && strcmp(told->list[i].id, id) == 0)
			return &told->list[i];
	return NULL;
}

bool told_is_news(
	const struct told *told, uint64_t asker, const char *id, unsigned level, uint32_t messages)
{
	const struct told_entry *entry = find(told, asker, id);
	return !entry || level > entry->level ||
		(messages > entry->messages && messages / 2 >= entry->messages);
}

static struct told_entry *room(struct told *told)
{
	struct told_entry *oldest = told->list;

	if (told->count < LIMIT_TOLD)
		return add(told);
	for (size_t i = 1; i < told->count; i++)
		if (told->list[i].seen < oldest->seen)
			oldest = &told->list[i];
	return oldest;
}

void told_note(struct told *told, uint64_t asker, const char *id, unsigned level, uint32_t messages,
	bool news, int64_t now)
{
	struct told_entry *entry = find(told, asker, id);

	if (!entry)
		entry = room(told);
	if (news) {
		*entry = (struct told_entry){
			.asker = asker, .level = level, .messages = messages, .told = now};
		snprintf(entry->id, sizeof(entry->id), "%s", id);
	}
	entry->seen = now;
}

void told_forget(struct told *told, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < told->count; i++) {
		struct told_entry entry = told->list[i];
		if (entry.seen > now)
			entry.seen = now;
		if (now - entry.seen <= TOLD_QUIET)
			told->list[kept++] = entry;
	}
	told->count = kept;
}
