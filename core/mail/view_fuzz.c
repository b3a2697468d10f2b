/*
 * Both sides of a view. Any bytes as a message: what the child answers is read back, and lies
 * within the bounds; any bytes as the child's answer: they are a view within them, or none.
 */
#include <stdlib.h>

#include "core/mail/view_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct view *view)
{
	if (view->nheaders > LIMIT_VIEW_HEADERS || view->nparts > LIMIT_MIME_PARTS)
		abort();
	for (uint32_t i = 0; i < view->nparts; i++) {
		const struct view_part *part = &view->parts[i];
		if (!slice_known(part->number) || !slice_known(part->type) || part->bytes < 0)
			abort();
		if (part->number.len && !view_find(view, part->number))
			abort();
	}
}

static void ask(struct viewer *viewer, enum view_want want, struct slice part, struct slice message,
	struct buf *answer)
{
	struct buf request = {0};
	view_put_request(&request, want, part, message);
	view_answer(viewer, buf_slice(&request), answer);
	buf_free(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct viewer viewer;
	static bool prepared;
	const struct slice input = slice_of(size ? (const void *)data : "", size);
	struct buf answer = {0}, part = {0};
	struct arena arena = {0};
	struct view view;

	if (!prepared)
		view_prepare(&viewer);
	prepared = true;
	if (view_read(&arena, input, &view))
		check(&view);
	ask(&viewer, VIEW_ALL, SLICE(""), input, &answer);
	if (!view_read(&arena, buf_slice(&answer), &view))
		abort();
	check(&view);
	for (uint32_t i = 0; i < view.nparts && i < 4; i++) {
		ask(&viewer, VIEW_BYTES, view.parts[i].number, input, &part);
		ask(&viewer, VIEW_TEXT, view.parts[i].number, input, &part);
	}
	buf_free(&answer);
	buf_free(&part);
	arena_free(&arena);
	return 0;
}
