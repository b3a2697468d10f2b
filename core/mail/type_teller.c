#include "core/mail/type_teller.h"

static void prepare(void *ctx)
{
	struct type_teller *teller = ctx;
	real_type_open(&teller->real_type);
}

static void answer(void *ctx, struct slice request, struct buf *out)
{
	struct type_teller *teller = ctx;
	buf_add(out, real_type_of(&teller->real_type, request));
}

int type_teller_start(struct type_teller *teller, struct err *err)
{
	enum { MIB = 1024 * 1024 };
	const struct sandbox_job job = {prepare, answer, teller};
	const struct sandbox_limits limits = {
		.memory = (size_t)128 * MIB,
		.answer = 1024,
		.cpu_seconds = 5,
		.wall_seconds = 60,
	};

	*teller = (struct type_teller){0};
	if (sandbox_start(&teller->sandbox, &job, &limits, err) != 0)
		return -1;
	pthread_mutex_init(&teller->lock, NULL);
	return 0;
}

void type_teller_stop(struct type_teller *teller)
{
	sandbox_stop(&teller->sandbox);
	pthread_mutex_destroy(&teller->lock);
}

bool type_teller_ask(struct type_teller *teller, struct slice bytes, struct buf *type)
{
	size_t begin = type->len;
	struct err err;

	pthread_mutex_lock(&teller->lock);
	enum sandbox_end end =
		sandbox_ask(&teller->sandbox, slice_upto(bytes, TYPE_TELLER_LOOK), type, &err);
	pthread_mutex_unlock(&teller->lock);
	return end == SANDBOX_ANSWERED && type->len > begin;
}
