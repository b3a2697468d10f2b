/*
 * Text becomes a number first: the distinct strings are sorted and each gets its
 * rank, so that a million rows with a thousand senders compare a thousand texts.
 */
#include "core/query/sort.h"

#include <stdlib.h>

#include "core/base/ip.h"
#include "core/base/xalloc.h"

struct sort_row {
	int64_t key;
	int64_t arrival;
	uint32_t row;
	bool known;
};

struct sort_work {
	const struct snap *snap;
	bool descending;
};

/* A text with its first bytes at hand: most comparisons need no more. */
struct sort_text {
	uint64_t head[2];
	struct slice text;
	uint32_t id;
};

static uint64_t eight_bytes(const unsigned char *bytes, size_t len)
{
	uint64_t head = 0;
	for (size_t i = 0; i < 8; i++)
		head = head << 8 | (i < len ? bytes[i] : 0);
	return head;
}

/* IPv4 addresses as the IPv4-mapped ones of IPv6: in one order with those. */
static void set_head(struct sort_text *out, bool is_ip)
{
	unsigned char bytes[16] = {[10] = 0xff, [11] = 0xff};
	struct slice text = out->text;
	struct ip_net net;

	if (is_ip && ip_net_parse(text, &net)) {
		if (net.base.family == 4)
			memcpy(bytes + 12, net.base.bytes, 4);
		else
			memcpy(bytes, net.base.bytes, 16);
		text = slice_of(bytes, sizeof(bytes));
	}
	const unsigned char *at = (const unsigned char *)text.ptr;
	out->head[0] = eight_bytes(at, text.len);
	out->head[1] = text.len > 8 ? eight_bytes(at + 8, text.len - 8) : 0;
}

static int order_of_texts(const void *a, const void *b)
{
	const struct sort_text *x = a, *y = b;
	for (int i = 0; i < 2; i++)
		if (x->head[i] != y->head[i])
			return x->head[i] < y->head[i] ? -1 : 1;
	return slice_cmp(x->text, y->text);
}

/* The rank of each string id in `ids`, by id. */
static uint32_t *rank_texts(const struct intern *strings, const struct bitset *ids, bool is_ip)
{
	size_t count = bitset_count(ids), n = 0;
	struct sort_text *texts = xcalloc(count + 1, sizeof(*texts));
	uint32_t *ranks = xcalloc(ids->bits, sizeof(*ranks));

	for (size_t id = bitset_next(ids, 0); id != SIZE_MAX; id = bitset_next(ids, id + 1)) {
		texts[n].id = (uint32_t)id;
		texts[n].text = intern_get(strings, (uint32_t)id);
		set_head(&texts[n++], is_ip);
	}
	qsort(texts, n, sizeof(*texts), order_of_texts);
	for (size_t i = 0; i < n; i++)
		ranks[texts[i].id] = (uint32_t)i;
	free(texts);
	return ranks;
}

/* The id of a row's first value. */
static uint32_t first_id(const struct field_ref *by, struct field_env *env, uint32_t row)
{
	uint32_t count = field_count(by->field, env, row);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = by->field->id(by, env, row, i);
		if (id != FIELD_NO_VALUE)
			return id;
	}
	return INTERN_UNKNOWN;
}

/* Fills key and known from the text of a field. */
static void key_texts(
	const struct field_ref *by, struct field_env *env, struct sort_row *rows, size_t count)
{
	bool is_ip = by->field->type == FIELD_IP || by->field->type == FIELD_NET;

	for (size_t i = 0; i < count; i++)
		rows[i].key = first_id(by, env, rows[i].row);
	/* Only now all derived strings are there. */
	struct bitset ids = bitset_new(env->snap->strings.count);
	for (size_t i = 0; i < count; i++)
		bitset_set(&ids, (size_t)rows[i].key);
	uint32_t *ranks = rank_texts(&env->snap->strings, &ids, is_ip);
	for (size_t i = 0; i < count; i++) {
		rows[i].known = rows[i].key != INTERN_UNKNOWN;
		rows[i].key = ranks[rows[i].key];
	}
	free(ranks);
	bitset_free(&ids);
}

static int order_of_rows(const void *a, const void *b, void *arg)
{
	const struct sort_work *work = arg;
	const struct sort_row *x = a, *y = b;

	if (x->known != y->known)
		return x->known ? -1 : 1;
	if (x->known && x->key != y->key)
		return (x->key < y->key) != work->descending ? -1 : 1;
	if (x->arrival != y->arrival)
		return x->arrival < y->arrival ? -1 : 1;
	int order = slice_cmp(snap_text(work->snap, COL_QUEUE_ID, x->row),
		snap_text(work->snap, COL_QUEUE_ID, y->row));
	if (order)
		return order;
	uint8_t spool_x = work->snap->small[x->row].spool,
		spool_y = work->snap->small[y->row].spool;
	if (spool_x != spool_y)
		return spool_x < spool_y ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

uint32_t *sort_rows(const struct field_ref *by, bool descending, struct field_env *env,
	const struct bitset *rows, size_t *count)
{
	struct sort_work work = {env->snap, descending};
	size_t n = 0;

	*count = bitset_count(rows);
	struct sort_row *sorted = xcalloc(*count + 1, sizeof(*sorted));
	for (size_t row = bitset_next(rows, 0); row != SIZE_MAX; row = bitset_next(rows, row + 1)) {
		sorted[n].row = (uint32_t)row;
		sorted[n++].arrival = snap_wide(env->snap, WIDE_ARRIVAL, (uint32_t)row);
	}
	if (field_is_text(by->field))
		key_texts(by, env, sorted, n);
	else
		for (size_t i = 0; i < n; i++)
			sorted[i].known = by->field->number(by, env, sorted[i].row, &sorted[i].key);
	qsort_r(sorted, n, sizeof(*sorted), order_of_rows, &work);

	uint32_t *result = xcalloc(n + 1, sizeof(*result));
	for (size_t i = 0; i < n; i++)
		result[i] = sorted[i].row;
	free(sorted);
	return result;
}
