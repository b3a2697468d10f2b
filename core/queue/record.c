#include "core/queue/record.h"

#include <stdlib.h>

/* One table for both names: bit, name for scripts, words for people. */
static const struct {
	enum warning bit;
	const char *name;
	const char *text;
} warnings[] = {
	{WARN_TRUNCATED, "truncated", "the file ends before its end record"},
	{WARN_BAD_RECORD, "bad-record", "a record that no version of the MTA writes"},
	{WARN_BAD_POINTER, "bad-pointer", "a pointer that leaves the file or runs in circles"},
	{WARN_NO_SENDER, "no-sender", "no envelope sender"},
	{WARN_NO_TIME, "no-time", "no arrival time: the time of the file is shown"},
	{WARN_NOT_READY, "not-ready", "still being written, or left over from a crash"},
	{WARN_SIZE, "size", "the size record does not fit the file"},
	{WARN_TOO_MANY, "too-many", "more recipients or records than are kept"},
	{WARN_LONG_VALUE, "long-value", "a value was cut"},
	{WARN_NOT_REGULAR, "not-regular", "not a plain file"},
	{WARN_UNREADABLE, "unreadable", "the file could not be read"},
	{WARN_BAD_NAME, "bad-name", "the file name is no queue id"},
	{WARN_MISPLACED, "misplaced", "in a folder where the MTA does not look"},
	{WARN_BAD_LOG, "bad-log", "the log of reasons is damaged or too long"},
	{WARN_MARKED_CORRUPT, "marked-corrupt", "the MTA marked the file corrupt"},
	{WARN_INODE, "inode", "the inode in the queue id is not the file's"},
};

static int by_log_then_file(const void *a, const void *b)
{
	const struct rcpt *x = *(const struct rcpt *const *)a, *y = *(const struct rcpt *const *)b;
	uint32_t left = x->order - 1, right = y->order - 1; /* those in no log go last */

	if (x->order && y->order && x->bounced != y->bounced)
		return x->bounced ? 1 : -1;
	if (left != right)
		return left < right ? -1 : 1;
	/* Not by offset: what a milter added is read before what stands behind the content. */
	return (x > y) - (x < y);
}

const struct rcpt **record_listed_rcpts(const struct record *record, struct arena *arena)
{
	const struct rcpt **listed = arena_alloc(arena, record->nrcpts * sizeof(struct rcpt *));

	for (uint32_t i = 0; i < record->nrcpts; i++)
		listed[i] = &record->rcpts[i];
	if (record->nrcpts)
		qsort(listed, record->nrcpts, sizeof(struct rcpt *), by_log_then_file);
	return listed;
}

const char *warning_text(enum warning bit)
{
	for (size_t i = 0; i < sizeof(warnings) / sizeof(*warnings); i++)
		if (warnings[i].bit == bit)
			return warnings[i].text;
	return NULL;
}

const char *warning_name(enum warning bit)
{
	for (size_t i = 0; i < sizeof(warnings) / sizeof(*warnings); i++)
		if (warnings[i].bit == bit)
			return warnings[i].name;
	return NULL;
}

const char *msg_state_name(enum msg_state state)
{
	static const char *const names[MSG_STATES] = {
		[STATE_UNKNOWN] = "unknown",
		[STATE_SUBMITTED] = "submitted",
		[STATE_INCOMING] = "incoming",
		[STATE_ACTIVE] = "active",
		[STATE_DEFERRED] = "deferred",
		[STATE_HELD] = "held",
		[STATE_BAD] = "bad",
		[STATE_CORRUPT] = "corrupt",
	};
	return names[state];
}

const char *rcpt_state_name(enum rcpt_state state)
{
	static const char *const names[RCPT_STATES] = {
		[RCPT_PENDING] = "pending",
		[RCPT_DONE] = "done",
		[RCPT_CANCELLED] = "cancelled",
	};
	return names[state];
}

const char *source_name(enum source source)
{
	static const char *const names[SOURCES] = {
		[SOURCE_QUEUE] = "queue",
		[SOURCE_RECEIVED] = "received",
		[SOURCE_LOG] = "log",
	};
	return names[source];
}
