#include "formats/postfix/records.h"

#include "core/queue/record.h"

enum { LENGTH_BYTES = 4 };

void records_start(struct records *records, struct window *window, uint64_t offset)
{
	*records = (struct records){.window = window, .at = offset};
}

static bool stop(struct records *records, enum warning why)
{
	if (records->window->sys)
		why = WARN_UNREADABLE;
	records->warnings |= why;
	return false;
}

/* Reads one record as it lies in the file. */
static bool read_one(struct records *records, struct record_view *view)
{
	struct window *window = records->window;
	uint64_t offset = records->at;
	size_t head = 1;
	uint64_t length = 0;

	/* The type and a length of one byte come at once; that is nearly every record. */
	const uint8_t *p = window_at(window, offset, 2);
	if (!p)
		return stop(records, WARN_TRUNCATED);
	char type = (char)p[0];
	for (;; head++) {
		if (head > LENGTH_BYTES)
			return stop(records, WARN_BAD_RECORD);
		if (head > 1 && !(p = window_at(window, offset, head + 1)))
			return stop(records, WARN_TRUNCATED);
		length |= (uint64_t)(p[head] & 0x7f) << 7 * (head - 1);
		if (!(p[head] & 0x80))
			break;
	}
	head++;
	if (type == 0)
		return stop(records, WARN_BAD_RECORD);
	if (length > window->size - offset - head)
		return stop(records, WARN_TRUNCATED);
	size_t keep = length < LIMIT_VALUE ? (size_t)length : LIMIT_VALUE;
	if (keep < length)
		records->warnings |= WARN_LONG_VALUE;
	p = window_at(window, offset, head + keep);
	if (!p)
		return stop(records, WARN_TRUNCATED);
	*view = (struct record_view){type, slice_of(p + head, keep), offset};
	records->at = offset + head + length;
	return true;
}

/* Jumps to the target of a pointer record. A target of 0 means "go on". */
static bool follow(struct records *records, const struct record_view *view)
{
	int64_t target;
	if (!slice_to_i64(slice_trim(view->data), &target) || target < 0 ||
		(uint64_t)target >= records->window->size)
		return stop(records, WARN_BAD_POINTER);
	if (target == 0)
		return true;
	if ((uint64_t)target <= view->offset && ++records->jumps > LIMIT_POINTERS)
		return stop(records, WARN_BAD_POINTER);
	records->at = (uint64_t)target;
	return true;
}

bool records_next(struct records *records, struct record_view *view)
{
	/* No file visits a byte twice, so content has fewer records than half its bytes. */
	uint64_t most = records->unlimited ? records->window->size / 2 + LIMIT_POINTERS
					   : (uint64_t)LIMIT_RECORDS;
	do {
		if (++records->count > most)
			return stop(records, WARN_TOO_MANY);
		if (!read_one(records, view))
			return false;
		if (view->type == 'p' && !follow(records, view))
			return false;
	} while (view->type == 'p');
	return true;
}
