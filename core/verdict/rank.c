/* Recipients by number: the same address has the same one, whatever message it is in. */
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/verdict/study.h"

/* By bytes of the upper half, from low to high: in the time it takes to copy. */
void sort_by_hash(uint64_t *list, uint32_t count)
{
	uint64_t *other = xcalloc(count + 1, sizeof(*other));

	for (unsigned shift = 32; shift < 64; shift += 8) {
		uint32_t starts[257] = {0};
		for (uint32_t i = 0; i < count; i++)
			starts[(list[i] >> shift & 0xff) + 1]++;
		for (unsigned i = 1; i < 257; i++)
			starts[i] += starts[i - 1];
		for (uint32_t i = 0; i < count; i++)
			other[starts[list[i] >> shift & 0xff]++] = list[i];
		uint64_t *swap = list;
		list = other;
		other = swap;
	}
	/* Four passes: back where it came from. */
	free(other);
}

void rank_rcpts(struct study *study)
{
	struct snap *snap = study->snap;
	uint64_t *list = xcalloc(snap->nrcpts + 1, sizeof(*list));

	for (uint32_t rcpt = 0; rcpt < snap->nrcpts; rcpt++)
		list[rcpt] = (uint64_t)snap_rcpt(snap, RCPT_HASH, rcpt) << 32 | rcpt;
	sort_by_hash(list, snap->nrcpts);
	/* In the place of the hashes, which go back there in the end (rank_end). */
	study->rank = snap->rcpts[RCPT_HASH];
	study->rank_hash = xcalloc(snap->nrcpts + 1, sizeof(*study->rank_hash));
	for (uint32_t i = 0; i < snap->nrcpts; i++) {
		uint32_t hash = (uint32_t)(list[i] >> 32);
		if (i == 0 || hash != study->rank_hash[study->ranks - 1])
			study->rank_hash[study->ranks++] = hash;
		study->rank[(uint32_t)list[i]] = study->ranks - 1;
	}
	free(list);
	study->ranked = bitset_new(study->ranks);
	study->rank_hash = xrealloc(study->rank_hash, study->ranks + 1, sizeof(*study->rank_hash));
}

void rank_end(struct study *study)
{
	for (uint32_t rcpt = 0; study->rank && rcpt < study->snap->nrcpts; rcpt++)
		study->rank[rcpt] = study->rank_hash[study->rank[rcpt]];
	free(study->rank_hash);
	bitset_free(&study->ranked);
}

uint32_t rank_hash_of(const struct study *study, uint32_t rcpt)
{
	return study->rank_hash[study->rank[rcpt]];
}

uint32_t rank_find(const struct study *study, uint32_t hash)
{
	uint32_t low = 0, high = study->ranks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (study->rank_hash[middle] < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low < study->ranks && study->rank_hash[low] == hash ? low : RANK_NONE;
}
