#include "core/queue/record.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

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

/* Little-endian whatever the machine: the digest is compared elsewhere and later. */
static void digest_number(XXH3_state_t *state, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	XXH3_64bits_update(state, bytes, sizeof(bytes));
}

/* Its length goes first, so that no byte can pass from one value into the next. */
static void digest_text(XXH3_state_t *state, struct slice text)
{
	digest_number(state, slice_known(text) ? text.len : UINT64_MAX);
	if (text.len)
		XXH3_64bits_update(state, text.ptr, text.len);
}

uint64_t record_digest(const struct record *record)
{
	/* Where no record told the arrival it is the time of the file, which a retry moves. */
	int64_t arrival = record->warnings & WARN_NO_TIME ? -1 : record->arrival;
	XXH3_state_t state;

	XXH3_64bits_reset(&state);
	digest_text(&state, record->queue_id);
	digest_number(&state, (uint64_t)arrival);
	digest_number(&state, (uint64_t)record->created);
	digest_text(&state, record->sender);
	digest_text(&state, record->account);
	digest_text(&state, record->client_ip);
	digest_number(&state, (uint64_t)record->size);
	digest_text(&state, record->log_id);
	uint64_t digest = XXH3_64bits_digest(&state);
	return digest ? digest : 1; /* 0 is "none" in a journal */
}

uint64_t record_lineage(const struct record *record)
{
	bool queue_says = record->account_source == SOURCE_QUEUE;
	bool connected = record->client_source != SOURCE_RECEIVED;
	XXH3_state_t state;

	if (!slice_known(record->first_id) || record->usec < 0)
		return 0;
	XXH3_64bits_reset(&state);
	digest_text(&state, record->first_id);
	digest_number(&state, (uint64_t)record->arrival);
	digest_number(&state, (uint64_t)record->usec);
	/* A header may say it before a requeue and be too far below for it afterwards. */
	digest_text(&state, queue_says ? record->account : (struct slice){0});
	digest_text(&state, connected ? record->client_ip : record->peer_ip);
	uint64_t lineage = XXH3_64bits_digest(&state);
	return lineage ? lineage : 1;
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
