#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/queue/test_cache.h"
#include "core/queue/test_tree.h"

enum { ROWS = 300 };

static const struct format stub = {.name = "stub"};

struct place {
	struct tree tree;
	struct spool spool;
	struct spool *list[1];
	struct spools spools;
	struct need need;
	struct snap snap;
	struct cache_identity identity;
	char *bytes;
	size_t len;
};

static void fill(struct snap *snap)
{
	char text[8][64];

	for (uint32_t i = 0; i < ROWS; i++) {
		struct rcpt rcpts[3] = {{.address = SLICE("anna@example.org"), .state = RCPT_DONE}};
		struct record record = record_unknown();
		snprintf(text[0], sizeof(text[0]), "4X3vqF3RdBz%u", i);
		snprintf(text[1], sizeof(text[1]), "user%u@example.com", i % 40);
		snprintf(text[2], sizeof(text[2]), "to%u@example.net", i);
		snprintf(text[3], sizeof(text[3]), "refused %u", i % 7);
		record.queue_id = slice_cstr(text[0]);
		record.queue_name = i % 2 ? SLICE("deferred") : SLICE("active");
		record.inode = 1000 + i;
		record.stamp = i + 1;
		record.arrival = 1700000000 + i;
		record.size = i;
		record.sender = i % 5 ? slice_cstr(text[1]) : SLICE("");
		record.account = i % 3 ? SLICE("bob") : (struct slice){0};
		record.subject = i % 4 ? slice_cstr(text[3]) : SLICE("=?utf-8?Q?caf=C3=A9?=");
		record.extra[0] = SLICE("Mailer");
		record.marks = i;
		record.subject_key = slice_cstr(text[3]);
		record.message_id = i % 9 ? slice_cstr(text[0]) : (struct slice){0};
		rcpts[1] = (struct rcpt){.address = slice_cstr(text[2]),
			.reason = slice_cstr(text[3]),
			.reason_key = slice_cstr(text[3])};
		record.rcpts = rcpts;
		record.nrcpts = i % 3;
		snap_add(snap, 0, &record);
	}
}

static void begin(struct place *place, unsigned parts, bool keep_reason_text)
{
	struct err err;
	*place = (struct place){.need = {.parts = parts | NEED_STAMP,
					.headers = {SLICE("X-Mailer")},
					.nheaders = 1}};
	tree_make(&place->tree, "cache");
	place->spool = (struct spool){.format = &stub, .fd = place->tree.fd, .owner = geteuid()};
	place->list[0] = &place->spool;
	place->spools = (struct spools){.list = place->list, .count = 1};
	snap_init(&place->snap, (const struct spool *const *)place->list, 1, &place->need);
	place->snap.keep_reason_text = keep_reason_text;
	fill(&place->snap);
	place->identity = cache_identity(&place->spools, &place->need, keep_reason_text);
	assert_int_equal(cache_save(&place->snap, 1000, place->tree.fd, &place->spools, &err), 0);
}

static void end(struct place *place)
{
	snap_free(&place->snap);
	free(place->bytes);
	tree_remove(&place->tree);
}

static int load(struct place *place, struct cache *cache, struct err *err)
{
	*cache = (struct cache){0};
	*err = (struct err){0};
	return cache_load(cache, place->tree.fd, &place->spools, &place->need,
		place->snap.keep_reason_text, LIMIT_INDEX_BYTES, err);
}

static void same_text(struct slice a, struct slice b)
{
	if (slice_known(a) != slice_known(b) || !slice_eq(a, b))
		fail_msg("\"%.*s\" became \"%.*s\"", SLICE_ARG(a), SLICE_ARG(b));
}

static void compare(const struct snap *a, const struct snap *b)
{
	assert_int_equal(a->rows, b->rows);
	assert_int_equal(a->nrcpts, b->nrcpts);
	for (uint32_t row = 0; row < a->rows; row++) {
		uint32_t count, again;
		for (unsigned col = 0; col < SNAP_COLS; col++)
			if (snap_is_string(col) || col == COL_QUEUE_ID)
				same_text(snap_text(a, col, row), snap_text(b, col, row));
			else
				assert_int_equal(snap_col(a, col, row), snap_col(b, col, row));
		for (unsigned col = 0; col < SNAP_WIDES; col++)
			assert_true(snap_wide(a, col, row) == snap_wide(b, col, row));
		assert_memory_equal(&a->small[row], &b->small[row], sizeof(*a->small));
		uint32_t first = snap_rcpts(a, row, &count);
		assert_int_equal(first, snap_rcpts(b, row, &again));
		assert_int_equal(count, again);
		for (uint32_t i = first; i < first + count; i++) {
			for (unsigned col = 0; col < RCPT_COLS; col++)
				if (snap_rcpt_is_string(col))
					same_text(intern_get(&a->strings, snap_rcpt(a, col, i)),
						intern_get(&b->strings, snap_rcpt(b, col, i)));
				else
					assert_int_equal(
						snap_rcpt(a, col, i), snap_rcpt(b, col, i));
			assert_int_equal(a->rcpt_state[i], b->rcpt_state[i]);
			if (a->rcpt_class)
				assert_int_equal(a->rcpt_class[i], b->rcpt_class[i]);
		}
	}
}

static void comes_back_as_it_was(void **state)
{
	static const unsigned needs[] = {0, NEED_RCPTS, NEED_REASONS, NEED_RCPTS | NEED_ADDRESSES,
		NEED_HEADERS | NEED_SUBJECT | NEED_EXTRA,
		NEED_ALL & ~NEED_IDENTITY & ~NEED_CREATED & ~NEED_LINEAGE, NEED_MARKS,
		NEED_RCPTS | NEED_MARKS};
	(void)state;
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		struct place p;
		struct cache cache;
		struct err err;
		begin(&p, needs[i], i % 2);
		if (load(&p, &cache, &err) != 0)
			fail_msg("%zu: %s", i, err.text);
		assert_int_equal(cache.began, 1000);
		compare(&p.snap, &cache.snap);
		for (uint32_t row = 0; row < ROWS; row++) {
			struct unit unit = {
				.name = snap_text(&p.snap, COL_QUEUE_ID, row), .inode = 1000 + row};
			assert_int_equal(cache_row(&cache, 0, &unit), row);
			assert_int_equal(cache_row(&cache, 1, &unit), CACHE_NONE);
			unit.inode++;
			assert_int_equal(cache_row(&cache, 0, &unit), CACHE_NONE);
			unit.inode--;
			unit.name.len--;
			assert_int_equal(cache_row(&cache, 0, &unit), CACHE_NONE);
		}
		assert_true(cache_touch(&cache, &p.need) > 0);
		cache_free(&cache);
		end(&p);
	}
}

/* What is not asked about the same thing, by the same program, on the same machine. */
static void others_have_no_use_for_it(void **state)
{
	struct place p;
	struct cache cache;
	struct err err;
	(void)state;

	begin(&p, NEED_RCPTS, false);
	p.need.parts |= NEED_REASONS;
	assert_int_equal(load(&p, &cache, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	p.need.parts &= ~(unsigned)NEED_REASONS;
	p.need.headers[0] = SLICE("X-Other");
	assert_int_equal(load(&p, &cache, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	p.need.headers[0] = SLICE("X-Mailer");
	assert_int_equal(load(&p, &cache, &err), 0);
	cache_free(&cache);
	/* Other domains of the site: the origin of mail may be another. */
	site_add_local(&p.spool.site, &p.spool.arena, SLICE("example.com"));
	site_seal(&p.spool.site);
	assert_int_equal(load(&p, &cache, &err), -1);
	assert_int_equal(err.code, ERR_DAMAGED);
	site_free(&p.spool.site);
	arena_free(&p.spool.arena);
	end(&p);
}

static void read_bytes(struct place *place)
{
	/* The one file that the tree has. */
	FTS *walk = fts_open((char *const[]){place->tree.path, NULL}, FTS_PHYSICAL, NULL);
	for (FTSENT *entry; (entry = fts_read(walk));) {
		if (entry->fts_info != FTS_F)
			continue;
		int fd = open(entry->fts_accpath, O_RDONLY);
		place->len = (size_t)entry->fts_statp->st_size;
		place->bytes = malloc(place->len);
		assert_int_equal(read(fd, place->bytes, place->len), place->len);
		close(fd);
	}
	fts_close(walk);
	assert_non_null(place->bytes);
}

static int parse(struct place *place, struct cache *cache, const char *bytes, size_t len)
{
	struct err err = {0};
	*cache = (struct cache){0};
	snap_init(&cache->snap, (const struct spool *const *)place->list, 1, &place->need);
	cache->snap.keep_reason_text = place->snap.keep_reason_text;
	int answer = cache_parse(cache, &place->identity, slice_of(bytes, len), &err);
	assert_true(answer == 0 || err.text[0]);
	return answer;
}

static void each_byte_counts(void **state)
{
	struct place p;
	struct cache cache;
	(void)state;

	begin(&p, NEED_RCPTS | NEED_REASONS, false);
	read_bytes(&p);
	assert_int_equal(parse(&p, &cache, p.bytes, p.len), 0);
	cache_free(&cache);
	for (size_t at = 0; at < p.len; at += at < 200 ? 1 : 97) {
		p.bytes[at] ^= 0x10;
		if (parse(&p, &cache, p.bytes, p.len) == 0)
			fail_msg("a change at %zu was not noticed", at);
		cache_free(&cache);
		p.bytes[at] ^= 0x10;
		assert_int_equal(parse(&p, &cache, p.bytes, at), -1);
		cache_free(&cache);
	}
	end(&p);
}

/* Its owner may write what he likes, with the right checksum: nothing is out of bounds. */
static void hostile_bytes(void **state)
{
	struct place p;
	struct cache cache;
	unsigned taken = 0;
	uint32_t seed = 4711;
	(void)state;

	begin(&p, NEED_ALL & ~NEED_IDENTITY & ~NEED_CREATED & ~NEED_LINEAGE, true);
	read_bytes(&p);
	char *copy = malloc(p.len);
	for (unsigned i = 0; i < 4000; i++) {
		static const uint32_t odd[] = {
			0, 1, 2, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
		size_t len = p.len;
		memcpy(copy, p.bytes, len);
		for (unsigned k = 0; k <= i % 3; k++) {
			seed = seed * 1664525 + 1013904223;
			/* One in three in the head. */
			size_t at = (seed >> 4) % ((i + k) % 3 ? len - 4 : 104);
			memcpy(copy + at, &odd[seed >> 28 & 7], 4);
		}
		if (i % 7 == 0)
			len -= (seed >> 8) % (len / 2);
		cache_seal(copy, len, &p.identity);
		if (parse(&p, &cache, copy, len) == 0) {
			taken++;
			cache_touch(&cache, &p.need);
		}
		cache_free(&cache);
	}
	/* Most changes are of what may be anything: a size, a letter. */
	assert_in_range(taken, 100, 3900);
	free(copy);
	end(&p);
}

static void files_that_are_none(void **state)
{
	struct place p;
	struct cache cache;
	struct err err;
	char path[256] = "";
	(void)state;

	begin(&p, 0, false);
	FTS *walk = fts_open((char *const[]){p.tree.path, NULL}, FTS_PHYSICAL, NULL);
	for (FTSENT *entry; (entry = fts_read(walk));)
		if (entry->fts_info == FTS_F)
			snprintf(path, sizeof(path), "%s", entry->fts_name);
	fts_close(walk);
	/* Others may write it. */
	assert_int_equal(fchmodat(p.tree.fd, path, 0666, 0), 0);
	assert_int_equal(load(&p, &cache, &err), -1);
	assert_int_equal(err.code, ERR_DAMAGED);
	assert_int_equal(unlinkat(p.tree.fd, path, 0), 0);
	assert_int_equal(load(&p, &cache, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	assert_int_equal(symlinkat("/etc/passwd", p.tree.fd, path), 0);
	assert_int_equal(load(&p, &cache, &err), -1);
	assert_int_not_equal(err.code, ERR_GONE);
	assert_int_equal(unlinkat(p.tree.fd, path, 0), 0);
	assert_int_equal(mkfifoat(p.tree.fd, path, 0600), 0);
	assert_int_equal(load(&p, &cache, &err), -1);
	assert_int_equal(err.code, ERR_DAMAGED);
	end(&p);
}

/* Of what nobody asks for any more sixteen are kept. */
static void old_ones_go(void **state)
{
	struct place p;
	struct err err;
	unsigned files = 0;
	char name[32];
	(void)state;

	begin(&p, 0, false);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%016x.cache", i);
		tree_file(&p.tree, name, SLICE("old"), 0600);
	}
	assert_int_equal(cache_save(&p.snap, 1000, p.tree.fd, &p.spools, &err), 0);
	FTS *walk = fts_open((char *const[]){p.tree.path, NULL}, FTS_PHYSICAL, NULL);
	for (FTSENT *entry; (entry = fts_read(walk));)
		files += entry->fts_info == FTS_F;
	fts_close(walk);
	assert_in_range(files, 16, 17);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was),
		cmocka_unit_test(others_have_no_use_for_it),
		cmocka_unit_test(each_byte_counts),
		cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(files_that_are_none),
		cmocka_unit_test(old_ones_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
