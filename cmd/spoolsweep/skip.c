/* What an operation has nothing to do with: told in the preview, and not part of the plan. */
#include "cmd/spoolsweep/act.h"

enum skip_kind {
	SKIP_NONE,
	SKIP_HELD,
	SKIP_FREE,
	SKIP_WAITING,
	SKIP_NEW,
	SKIP_TRIED,
	SKIP_DAMAGED
};
_Static_assert(SKIP_DAMAGED + 1 == SKIP_KINDS, "act.h says how many there are");

static const char *const words[SKIP_KINDS] = {
	[SKIP_HELD] = "on hold already",
	[SKIP_FREE] = "not on hold",
	[SKIP_WAITING] = "on hold; release sends them",
	[SKIP_NEW] = "not yet taken in by the mail server; hold them later, or purge them",
	[SKIP_TRIED] = "being tried, or next in turn",
	[SKIP_DAMAGED] = "damaged; nothing delivers them",
};

/* The way back of a hold is a release, to wherever the message came from. */
static enum op op_of(const struct act *act)
{
	enum op op = act->plan.head.op;
	return op == OP_RESTORE && act->undone == OP_HOLD ? OP_RELEASE : op;
}

static enum skip_kind kind_of(const struct act *act, enum msg_state state)
{
	switch (op_of(act)) {
	case OP_HOLD:
		return state == STATE_HELD                                      ? SKIP_HELD
			: state == STATE_SUBMITTED && act->undone != OP_REQUEUE ? SKIP_NEW
			: state == STATE_CORRUPT                                ? SKIP_DAMAGED
										: SKIP_NONE;
	case OP_SHELVE:
		return state == STATE_CORRUPT ? SKIP_DAMAGED : SKIP_NONE;
	case OP_RELEASE:
		return state == STATE_HELD ? SKIP_NONE : SKIP_FREE;
	case OP_RETRY:
		return state == STATE_DEFERRED   ? SKIP_NONE
			: state == STATE_HELD    ? SKIP_WAITING
			: state == STATE_CORRUPT ? SKIP_DAMAGED
						 : SKIP_TRIED;
	case OP_PURGE:
	case OP_REQUEUE:
	case OP_RESTORE:
	case OPS:
		break;
	}
	return SKIP_NONE;
}

void skip_rows(const struct act *act, struct bitset *rows, uint32_t skipped[SKIP_KINDS])
{
	const struct snap *snap = &act->app->scan.snap;
	struct bitset kept = bitset_new(snap->rows);

	for (size_t row = bitset_next(rows, 0); row != SIZE_MAX; row = bitset_next(rows, row + 1)) {
		enum skip_kind kind = kind_of(act, (enum msg_state)snap->small[row].state);
		if (kind == SKIP_NONE)
			bitset_set(&kept, row);
		else
			skipped[kind]++;
	}
	bitset_free(rows);
	*rows = kept;
}

const char *skip_words(unsigned kind)
{
	return words[kind];
}
