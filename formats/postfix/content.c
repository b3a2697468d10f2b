#include "formats/postfix/content.h"

#include "core/queue/record.h"
#include "formats/postfix/records.h"

uint32_t content_read(struct window *window, const struct envelope *envelope, bool headers_only,
	size_t limit, struct buf *out)
{
	struct records records;
	struct record_view view;
	size_t begin = out->len, line = out->len;
	/* Each record is longer than what it adds: more than the file is a loop of pointers. */
	bool loops = window->size < limit;
	size_t most = loops ? (size_t)window->size : limit;

	if (!envelope->data_offset)
		return WARN_TRUNCATED;
	records_start(&records, window, envelope->data_offset);
	records.unlimited = true;
	while (records_next(&records, &view) && view.type != 'X') {
		if (view.type == 'w')
			continue;
		if (view.type != 'N' && view.type != 'L') {
			records.warnings |= WARN_BAD_RECORD;
			break;
		}
		if (view.data.len + 1 > most - (out->len - begin)) {
			records.warnings |= loops ? WARN_BAD_POINTER : WARN_TOO_MANY;
			break;
		}
		buf_add(out, view.data);
		if (view.type == 'L')
			continue;
		bool empty = out->len == line;
		buf_addc(out, '\n');
		line = out->len;
		if (empty && headers_only)
			break;
	}
	return records.warnings;
}
