#include "core/mail/view.h"

#include "core/mail/view_wire.h"

const struct view_part *view_find(const struct view *view, struct slice number)
{
	for (uint32_t i = 0; number.len && i < view->nparts; i++)
		if (slice_eq(view->parts[i].number, number))
			return &view->parts[i];
	return NULL;
}

int viewer_start(struct viewer *viewer, size_t bytes, struct err *err)
{
	const size_t mib = (size_t)1024 * 1024;
	*viewer = (struct viewer){0};
	const struct sandbox_job job = {view_prepare, view_answer, viewer};
	const struct sandbox_limits limits = {
		/* The request, a part of it decoded and as text, the answer; each may be doubled. */
		.memory = 128 * mib + 8 * bytes,
		.answer = 16 * mib + bytes,
		.cpu_seconds = 10,
		.wall_seconds = 60,
	};
	return sandbox_start(&viewer->sandbox, &job, &limits, err);
}

enum sandbox_end viewer_ask(struct viewer *viewer, enum view_want want, struct slice part,
	struct slice message, struct buf *answer, struct err *err)
{
	struct buf request = {0};

	view_put_request(&request, want, part, message);
	enum sandbox_end end = sandbox_ask(&viewer->sandbox, buf_slice(&request), answer, err);
	buf_free(&request);
	return end;
}

void viewer_stop(struct viewer *viewer)
{
	sandbox_stop(&viewer->sandbox);
}
