/*
 * The moment in which the queue manager may not lose a message.
 *
 * When an attempt is over it has bounce(8) tell the sender: a delay warning that is
 * due, or the report of `sendmail -v`. Then it notes in the file that this was done,
 * and if the file is not in active any more it dies (qmgr/qmgr_message.c,
 * qmgr_message_update_warn and qmgr_message_kill_record): Postfix starts it again,
 * but everything active is tried once more. All other times it takes a missing file
 * for one that somebody removed.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "formats/postfix/postfix.h"

static int64_t attribute_number(const struct record *record, struct slice name)
{
	int64_t number;

	for (uint32_t i = 0; i < record->nattributes; i++)
		if (slice_eq(record->attributes[i].name, name) &&
			slice_to_i64(record->attributes[i].value, &number))
			return number;
	return 0;
}

/* Of this attempt: the log of the last one is gone since the message is active. */
static bool has_log(const struct pin *pin, enum postfix_queue folder)
{
	char path[POSTFIX_PATH_MAX];
	struct stat st;

	return postfix_path(postfix_of(pin->spool), folder, pin->record.queue_id, path) &&
		fstatat(pin->spool->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool postfix_attempt_ends(const struct pin *pin)
{
	/* In the trash, which is laid out as the queue, nobody is at work. */
	if (pin->queue != PQ_ACTIVE || pin->spool->mta == MTA_STOPPED || pin->spool->view_of)
		return false;
	/* This report is sent also when all went well, and without a trace beforehand. */
	if (attribute_number(&pin->record, SLICE("trace_flags")))
		return true;
	/* A warning is sent only when somebody was deferred, which is logged before. */
	int64_t due = attribute_number(&pin->record, SLICE("warning_time"));
	return due > 0 && due <= (int64_t)time(NULL) + 1 && has_log(pin, PQ_DEFER);
}
