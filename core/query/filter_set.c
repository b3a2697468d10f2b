#include "core/query/filter_set.h"

#include <stdlib.h>

/* a in any case against b, which is in lower case. */
static int cmp_fold(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int order = (unsigned char)ascii_lower(a.ptr[i]) - (unsigned char)b.ptr[i];
		if (order)
			return order;
	}
	return (a.len > b.len) - (a.len < b.len);
}

static int by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static int by_net(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip_net)); /* bytes only, so nothing is padded */
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static size_t sort_unique(
	void *values, size_t count, size_t size, int (*order)(const void *a, const void *b))
{
	char *at = values;
	size_t kept = 1;

	qsort(values, count, size, order);
	for (size_t i = 1; i < count; i++)
		if (order(at + i * size, at + (kept - 1) * size) != 0)
			memmove(at + kept++ * size, at + i * size, size);
	return kept;
}

void filter_set_seal(struct cond *cond)
{
	if (cond->count < 2)
		return;
	if (cond->texts)
		cond->count = sort_unique(cond->texts, cond->count, sizeof(struct slice), by_text);
	else if (cond->nets)
		cond->count = sort_unique(cond->nets, cond->count, sizeof(struct ip_net), by_net);
	else
		cond->count = sort_unique(cond->numbers, cond->count, sizeof(int64_t), by_number);
}

bool filter_set_has_text(const struct cond *cond, struct slice text)
{
	bool fold = cond->ref.field->type == FIELD_NAME; /* whose values are kept folded */
	size_t low = 0, high = cond->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct slice value = cond->texts[middle];
		int order = fold ? cmp_fold(text, value) : slice_cmp(text, value);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

bool filter_set_has_number(const struct cond *cond, int64_t number)
{
	return bsearch(&number, cond->numbers, cond->count, sizeof(number), by_number) != NULL;
}

bool filter_set_has_ip(const struct cond *cond, const struct ip *ip)
{
	for (size_t i = 0; i < cond->count; i++)
		if (ip_in_net(ip, &cond->nets[i]))
			return true;
	return false;
}
