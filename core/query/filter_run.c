/* Evaluation by column. Each node fills two bitsets: the rows where it is true, and where false. */
#include <assert.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/query/filter_set.h"

enum tri {
	UNDECIDED, /* only in a memo */
	YES,
	NO,
	UNKNOWN,
	BOTH, /* content that is still to be read: it may be true and may be false */
};

struct tri_set {
	struct bitset yes;
	struct bitset no;
};

/* What all of an evaluation shares. */
struct evaluation {
	struct field_env *env;
	bool unread_is_both; /* content that was not read is true and false; otherwise unknown */
	struct err *err;
};

/* The work on one condition. */
struct run {
	const struct cond *cond;
	struct field_env *env;
	struct err *err;
	bool failed;
	enum tri unread; /* what content is that was not read */
	int64_t number;  /* the value of < <= > >=, relative to nothing any more */
	/* What was decided about a string, 2 bits for each id. */
	uint8_t *memo;
	uint32_t memo_ids;
};

static struct tri_set tri_set_new(size_t rows)
{
	return (struct tri_set){bitset_new(rows), bitset_new(rows)};
}

static void tri_set_free(struct tri_set *set)
{
	bitset_free(&set->yes);
	bitset_free(&set->no);
}

static enum tri tri_of(bool yes)
{
	return yes ? YES : NO;
}

static enum tri tri_not(enum tri a)
{
	return a == YES ? NO : a == NO ? YES : UNKNOWN;
}

static enum tri tri_or(enum tri a, enum tri b)
{
	if (a == YES || b == YES)
		return YES;
	return a == NO && b == NO ? NO : UNKNOWN;
}

/* The queue may hold anything in an address's place: what is none is no answer. */
static enum tri test_net(const struct cond *cond, struct slice text)
{
	struct ip_net value;
	bool is_net = cond->ref.field->type == FIELD_NET;

	if (is_net ? !ip_net_parse(text, &value) : !ip_parse(text, &value.base))
		return UNKNOWN;
	return tri_of(filter_set_has_ip(cond, &value.base));
}

static enum tri test_text(struct run *run, struct slice text)
{
	const struct cond *cond = run->cond;
	const struct field *field = cond->ref.field;

	if (field->type == FIELD_WORD && slice_eq(text, SLICE("unknown"))) {
		bool asked = cond->op == COND_UNKNOWN ||
			(cond->op == COND_IN && filter_set_has_text(cond, text));
		return asked ? YES : UNKNOWN;
	}
	if (cond->op == COND_UNKNOWN)
		return NO;
	if (cond->op == COND_MATCH) {
		int found = regex_match(cond->regex, text, run->err);
		run->failed |= found < 0;
		return tri_of(found > 0);
	}
	return cond->nets ? test_net(cond, text) : tri_of(filter_set_has_text(cond, text));
}

static void grow_memo(struct run *run)
{
	size_t old = run->memo_ids / 4;
	uint32_t ids = (run->env->snap->strings.count + 4096) & ~UINT32_C(3);
	run->memo = xrealloc(run->memo, ids / 4, 1);
	memset(run->memo + old, UNDECIDED, ids / 4 - old);
	run->memo_ids = ids;
}

/* The condition, not yet negated, about a string. */
static enum tri test_id(struct run *run, uint32_t id)
{
	if (id == INTERN_UNKNOWN)
		return run->cond->op == COND_UNKNOWN ? YES : UNKNOWN;
	if (id >= run->memo_ids)
		grow_memo(run);
	unsigned shift = id % 4 * 2;
	enum tri known = run->memo[id / 4] >> shift & 3;
	if (known != UNDECIDED)
		return known;
	known = test_text(run, intern_get(&run->env->snap->strings, id));
	run->memo[id / 4] |= (uint8_t)(known << shift);
	return known;
}

/* The condition about one slot; UNDECIDED when the slot is empty. */
static enum tri test_slot(struct run *run, uint32_t row, uint32_t i)
{
	const struct field_ref *ref = &run->cond->ref;
	uint32_t id = ref->field->id(ref, run->env, row, i);

	if (id == FIELD_NO_VALUE)
		return UNDECIDED;
	enum tri result = test_id(run, id);
	if (ref->field->other_id && run->cond->op != COND_UNKNOWN) {
		uint32_t other = ref->field->other_id(ref, run->env, row, i);
		if (other != INTERN_UNKNOWN)
			result = tri_or(result, test_id(run, other));
	}
	return run->cond->negate ? tri_not(result) : result;
}

/* Any slot, or all of them and at least one. */
static enum tri test_slots(struct run *run, uint32_t row)
{
	const struct cond *cond = run->cond;
	uint32_t count = field_count(cond->ref.field, run->env, row);
	enum tri decisive = cond->all ? NO : YES;
	bool any = false, unknown = false;

	for (uint32_t i = 0; i < count; i++) {
		enum tri one = test_slot(run, row, i);
		if (one == decisive)
			return decisive;
		any |= one != UNDECIDED;
		unknown |= one == UNKNOWN;
	}
	if (unknown)
		return UNKNOWN;
	return any ? tri_not(decisive) : NO;
}

static bool compare(const struct run *run, int64_t value)
{
	switch (run->cond->op) {
	case COND_LT:
		return value < run->number;
	case COND_LE:
		return value <= run->number;
	case COND_GT:
		return value > run->number;
	case COND_GE:
		return value >= run->number;
	default:
		return filter_set_has_number(run->cond, value);
	}
}

static enum tri test_number(struct run *run, uint32_t row)
{
	const struct cond *cond = run->cond;
	const struct field_ref *ref = &cond->ref;
	int64_t value;
	bool known = ref->field->number(ref, run->env, row, &value);
	enum tri result;

	if (cond->op == COND_UNKNOWN)
		result = tri_of(!known);
	else
		result = known ? tri_of(compare(run, value)) : UNKNOWN;
	return cond->negate ? tri_not(result) : result;
}

static bool is_forgeable(const struct run *run, uint32_t row)
{
	const struct field *field = run->cond->ref.field;
	return run->env->trusted_only && field->source &&
		field->source(run->env->snap, row) == SOURCE_RECEIVED;
}

static enum tri test_content(const struct run *run, uint32_t row)
{
	uint32_t answers = snap_col(run->env->snap, COL_ANSWERS, row);

	switch (answer_get(answers, run->cond->question)) {
	case ANSWER_YES:
		return YES;
	case ANSWER_NO:
		return NO;
	case ANSWER_UNKNOWN:
		return UNKNOWN;
	case ANSWER_UNREAD:
		break;
	}
	return run->unread;
}

static enum tri test_row(struct run *run, uint32_t row)
{
	const struct field *field = run->cond->ref.field;

	if (field->flags & FIELD_CONTENT)
		return test_content(run, row);
	if (is_forgeable(run, row))
		return UNKNOWN;
	if (!field_is_text(field))
		return test_number(run, row);
	return field_is_many(field) ? test_slots(run, row) : test_slot(run, row, 0);
}

static void start_run(struct run *run)
{
	const struct cond *cond = run->cond;
	if (!cond->numbers)
		return;
	run->number = cond->numbers[0];
	if (cond->relative && __builtin_add_overflow(run->number, run->env->now, &run->number))
		run->number = cond->numbers[0] < 0 ? INT64_MIN : INT64_MAX;
}

static int run_cond(const struct cond *cond, const struct evaluation *eval, struct tri_set *out)
{
	struct run run = {
		.cond = cond,
		.env = eval->env,
		.err = eval->err,
		.unread = eval->unread_is_both ? BOTH : UNKNOWN,
	};
	uint32_t rows = eval->env->snap->rows;

	start_run(&run);
	for (uint32_t row = 0; row < rows && !run.failed;) {
		uint64_t yes = 0, no = 0;
		uint32_t word = row / 64;
		for (; row < rows && row / 64 == word; row++) {
			enum tri result = test_row(&run, row);
			yes |= (uint64_t)(result == YES || result == BOTH) << row % 64;
			no |= (uint64_t)(result == NO || result == BOTH) << row % 64;
		}
		out->yes.words[word] = yes;
		out->no.words[word] = no;
	}
	free(run.memo);
	return run.failed ? -1 : 0;
}

/* AND is true where both are and false where one is; OR the other way round. */
static void combine(enum node_kind kind, struct tri_set *a, const struct tri_set *b)
{
	for (size_t i = 0; i <= a->yes.bits / 64; i++) {
		if (kind == NODE_AND) {
			a->yes.words[i] &= b->yes.words[i];
			a->no.words[i] |= b->no.words[i];
		} else {
			a->yes.words[i] |= b->yes.words[i];
			a->no.words[i] &= b->no.words[i];
		}
	}
}

static int run_node(const struct node *node, const struct evaluation *eval, struct tri_set *out)
{
	if (node->kind == NODE_COND)
		return run_cond(node->cond, eval, out);
	if (run_node(node->first, eval, out) != 0)
		return -1;
	if (node->kind == NODE_NOT) {
		struct bitset yes = out->yes;
		out->yes = out->no;
		out->no = yes;
		return 0;
	}
	int result = 0;
	struct tri_set other = tri_set_new(eval->env->snap->rows);
	for (const struct node *next = node->first->next; next && result == 0; next = next->next) {
		result = run_node(next, eval, &other);
		if (result == 0)
			combine(node->kind, out, &other);
	}
	tri_set_free(&other);
	return result;
}

/* Sets the bits of the rows where the filter is, or may be, true. */
static int run_all(const struct filter *filter, const struct evaluation *eval, struct bitset *rows)
{
	assert(rows->bits == eval->env->snap->rows);
	if (!filter->root) {
		for (size_t row = 0; row < rows->bits; row++)
			bitset_set(rows, row);
		return 0;
	}
	struct tri_set result = tri_set_new(rows->bits);
	int status = run_node(filter->root, eval, &result);
	for (size_t i = 0; status == 0 && i <= rows->bits / 64; i++)
		rows->words[i] = result.yes.words[i];
	tri_set_free(&result);
	return status;
}

int filter_run(struct filter *filter, struct field_env *env, struct bitset *rows, struct err *err)
{
	const struct evaluation eval = {.env = env, .err = err};
	const struct err *failed = filter_content_failed(filter);

	if (failed) {
		*err = *failed;
		return -1;
	}
	return run_all(filter, &eval, rows);
}

/*
 * Where content that was not read may be true as well as false, the filter is true of no fewer
 * rows than whatever it says can make it; of those that it selects in any case, nothing need be
 * read.
 */
int filter_unread(
	struct filter *filter, struct field_env *env, struct bitset *rows, struct err *err)
{
	const struct evaluation possible = {.env = env, .unread_is_both = true, .err = err};

	if (!filter->questions)
		return 0;
	struct bitset certain = bitset_new(rows->bits);
	int status = run_all(filter, &possible, rows);
	if (status == 0)
		status = filter_run(filter, env, &certain, err);
	bitset_subtract(rows, &certain);
	bitset_free(&certain);
	return status;
}
