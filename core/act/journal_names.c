#include "core/act/journal_names.h"

static const char *const ops[OPS] = {
	[OP_PURGE] = "purge",
	[OP_HOLD] = "hold",
	[OP_SHELVE] = "hold-in-trash",
	[OP_RELEASE] = "release",
	[OP_RETRY] = "retry",
	[OP_REQUEUE] = "requeue",
	[OP_RESTORE] = "restore",
};

static const char *const outcomes[OUTCOMES] = {
	[OUTCOME_NONE] = "unknown",
	[OUTCOME_DONE] = "done",
	[OUTCOME_DELIVERING] = "delivering",
	[OUTCOME_GONE] = "gone",
	[OUTCOME_CHANGED] = "changed",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_UNTIDY] = "untidy",
};

const char *op_name(enum op op)
{
	return ops[op];
}

bool op_find(struct slice name, enum op *op)
{
	for (unsigned i = 0; i < OPS; i++) {
		if (slice_eq(name, slice_cstr(ops[i]))) {
			*op = (enum op)i;
			return true;
		}
	}
	return false;
}

const char *outcome_name(enum outcome outcome)
{
	return outcomes[outcome];
}

const struct format *format_find(const struct format *const *formats, struct slice name)
{
	while (*formats && !slice_eq(name, slice_cstr((*formats)->name)))
		formats++;
	return *formats;
}

bool queue_find(const struct format *format, struct slice name, unsigned *queue)
{
	const char *known;

	for (*queue = 0; (known = format->queue_name(*queue)); ++*queue)
		if (slice_eq(name, slice_cstr(known)))
			return true;
	return false;
}
