/* The threads of a scan and what it counts, over a driver without files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/xalloc.h"
#include "core/queue/scan.h"

/*
 * A queue of made-up units. What comes of reading one is told by its name: "ok",
 * "warn", "gone", "skip", "fail", "denied"; "late-" before it is what comes of the
 * first time, "ok" of the next. Numbers make names distinct.
 */
struct stub {
	struct unit *units;
	size_t count;
	unsigned in_folder;        /* units of one folder */
	bool twice;                /* each folder is listed twice */
	unsigned more_each_round;  /* units that come into being with each walk */
	const char *failed_folder; /* NULL: all can be listed */
	bool broken;               /* nothing can be listed */
	unsigned walks;            /* atomic, as are the two below */
	unsigned reads;
	unsigned *times; /* each unit was read */
	int64_t since[20];
};

static void list(
	const struct spool *spool, struct walk_sink *sink, size_t from, size_t to, bool *go_on)
{
	struct stub *stub = spool->data;
	for (size_t i = from; *go_on && i < to; i += stub->in_folder) {
		size_t n = to - i < stub->in_folder ? to - i : stub->in_folder;
		char path[32];
		snprintf(path, sizeof(path), "folder%zu", i);
		int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(fd >= 0);
		struct folder *folder = folder_new(spool, fd, 0, path);
		*go_on = sink->units(sink, folder, stub->units + i, n);
		folder_release(folder);
	}
}

static int stub_walk(
	const struct spool *spool, int64_t since, struct walk_sink *sink, struct err *err)
{
	struct stub *stub = spool->data;
	struct err denied;
	bool go_on = true;
	unsigned walk = __atomic_fetch_add(&stub->walks, 1, __ATOMIC_RELAXED);

	stub->since[walk] = since;
	if (stub->failed_folder) {
		err_set(&denied, ERR_PERMISSION, 0, "cannot list");
		sink->failed(sink, spool, slice_cstr(stub->failed_folder), &denied);
	}
	if (stub->broken)
		return err_set(err, ERR_IO, 0, "nothing to be seen");
	size_t there = stub->count - stub->more_each_round * 20 +
		(size_t)stub->more_each_round * (walk + 1);
	for (unsigned i = 0; i <= stub->twice; i++)
		list(spool, sink, 0, there, &go_on);
	return 0;
}

static enum severity stub_read(const struct folder *folder, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	struct stub *stub = folder->spool->data;
	struct slice what = unit->name;
	(void)need, (void)arena;

	__atomic_fetch_add(&stub->reads, 1, __ATOMIC_RELAXED);
	unsigned before = __atomic_fetch_add(&stub->times[unit->inode], 1, __ATOMIC_RELAXED);
	*record = record_unknown();
	record->queue_id = unit->name;
	record->inode = unit->inode;
	if (slice_starts(what, SLICE("late-")))
		what = before ? SLICE("ok") : slice_from(what, 5);
	if (slice_starts(what, SLICE("gone")))
		return SEV_GONE;
	if (slice_starts(what, SLICE("skip")))
		return SEV_SKIP;
	if (slice_starts(what, SLICE("fail"))) {
		err_set(err, ERR_DAMAGED, 0, "no message");
		return SEV_FAIL;
	}
	if (slice_starts(what, SLICE("denied"))) {
		err_set(err, ERR_PERMISSION, 0, "cannot open");
		return SEV_FAIL;
	}
	if (slice_starts(what, SLICE("warn")))
		record->warnings = WARN_TRUNCATED;
	return record->warnings ? SEV_WARN : SEV_OK;
}

/* Finds the unit of that name; its inode is that of the unit, plus the messages' number. */
static enum severity stub_find(const struct spool *spool, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	static struct rcpt rcpt;
	struct stub *stub = spool->data;
	(void)need, (void)arena, (void)err;

	*record = record_unknown();
	for (size_t i = 0; i < stub->count; i++) {
		if (!slice_eq(stub->units[i].name, unit->name) ||
			stub->units[i].inode != unit->inode)
			continue;
		rcpt = (struct rcpt){.reason = SLICE("connect to 192.0.2.1: refused")};
		record->queue_id = unit->name;
		record->inode = stub->units[i].inode;
		record->rcpts = &rcpt;
		record->nrcpts = 1;
		return SEV_OK;
	}
	return SEV_GONE;
}

static const struct format stub_format = {
	.name = "stub", .walk = stub_walk, .read = stub_read, .find_id = stub_find};

struct place {
	struct stub stub[2];
	struct spool spool[2];
	struct spool *list[2];
	struct spools spools;
	struct scan scan;
	struct err err;
};

/* Adds `count` units of that name; with a number behind it when there are several. */
static void add(struct place *place, unsigned queue, const char *name, size_t count)
{
	struct stub *stub = &place->stub[queue];
	stub->units = xrealloc(stub->units, stub->count + count, sizeof(*stub->units));
	stub->times = xrealloc(stub->times, stub->count + count, sizeof(*stub->times));
	for (size_t i = 0; i < count; i++) {
		char *text = count == 1 ? xstrdup(name) : xasprintf("%s%05zu", name, i);
		stub->units[stub->count] = (struct unit){slice_cstr(text), stub->count, 0};
		stub->times[stub->count++] = 0;
	}
}

static void begin(struct place *place)
{
	*place = (struct place){0};
	for (unsigned i = 0; i < 2; i++) {
		place->spool[i] = (struct spool){
			.format = &stub_format, .number = i, .data = &place->stub[i]};
		place->list[i] = &place->spool[i];
		place->stub[i].in_folder = 50;
	}
	place->spools = (struct spools){.list = place->list, .count = 1};
}

static int run_with(struct place *place, const struct scan_options *options)
{
	static const struct need need = {0};
	return scan_run(&place->scan, &place->spools, &need, options, &place->err);
}

static void run(struct place *place)
{
	assert_int_equal(run_with(place, &(struct scan_options){.jobs = 4}), 0);
	assert_true(place->scan.complete);
}

static void end(struct place *place)
{
	scan_free(&place->scan);
	for (unsigned i = 0; i < 2; i++) {
		for (size_t n = 0; n < place->stub[i].count; n++)
			free((char *)place->stub[i].units[n].name.ptr);
		free(place->stub[i].units);
		free(place->stub[i].times);
	}
}

static void counts_what_comes_of_each(void **state)
{
	static const unsigned jobs[] = {0, 1, 3, 64, 1000};
	(void)state;

	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++) {
		struct place p;
		begin(&p);
		add(&p, 0, "ok", 3000);
		add(&p, 0, "warn", 200);
		add(&p, 0, "gone", 30);
		add(&p, 0, "skip", 20);
		add(&p, 0, "fail", 10);
		assert_int_equal(run_with(&p, &(struct scan_options){.jobs = jobs[i]}), 0);
		assert_true(p.scan.complete);
		assert_int_equal(p.scan.snap.rows, 3200);
		assert_int_equal(p.scan.damaged, 200);
		assert_int_equal(p.scan.vanished, 30);
		assert_int_equal(p.scan.unready, 20);
		assert_int_equal(p.scan.failed, 10);
		assert_false(p.scan.denied);
		assert_true(p.scan.listed >= 3260);
		assert_true(p.scan.seconds >= 0);
		end(&p);
	}
}

static void does_with_an_empty_queue(void **state)
{
	struct place p;
	(void)state;

	begin(&p);
	run(&p);
	assert_int_equal(p.scan.snap.rows, 0);
	assert_int_equal(p.stub[0].walks, 2);
	end(&p);

	begin(&p);
	p.spools.count = 0;
	run(&p);
	assert_int_equal(p.scan.snap.rows, 0);
	end(&p);
}

/* A quiet queue is listed twice, the second time only what changed meanwhile. */
static void looks_twice_at_a_quiet_queue(void **state)
{
	struct place p;
	(void)state;

	begin(&p);
	add(&p, 0, "ok", 1000);
	p.stub[0].twice = true;
	run(&p);
	assert_int_equal(p.scan.snap.rows, 1000);
	assert_int_equal(p.stub[0].walks, 2);
	assert_int_equal(p.stub[0].since[0], 0);
	assert_true(p.stub[0].since[1] > 1000000000);
	/* What the first round indexed is not read again in the second. */
	assert_true(p.stub[0].reads <= 2000);
	for (size_t i = 0; i < 1000; i++)
		assert_in_range(p.stub[0].times[i], 1, 2);
	end(&p);
}

static void finds_later_what_was_missed(void **state)
{
	struct place p;
	(void)state;

	begin(&p);
	add(&p, 0, "late-gone", 100);
	add(&p, 0, "late-skip", 100);
	add(&p, 0, "late-fail", 5);
	add(&p, 0, "gone", 1);
	add(&p, 0, "ok", 100);
	run(&p);
	assert_int_equal(p.scan.snap.rows, 300);
	assert_int_equal(p.scan.vanished, 1);
	assert_int_equal(p.scan.unready, 0);
	assert_int_equal(p.scan.failed, 5); /* a failure is told, and not tried again */
	end(&p);
}

/* Mail that keeps coming does not keep the scan from ending. */
static void ends_while_mail_arrives(void **state)
{
	struct place p;
	(void)state;

	begin(&p);
	add(&p, 0, "ok", 100 + 20 * 10);
	p.stub[0].more_each_round = 10;
	run(&p);
	assert_in_range(p.stub[0].walks, 3, 19);
	assert_int_equal(p.scan.snap.rows, 100 + p.stub[0].walks * 10);
	end(&p);
}

static void keeps_messages_apart(void **state)
{
	struct place p;
	(void)state;

	begin(&p);
	add(&p, 0, "ok", 1);
	add(&p, 0, "ok", 1); /* the same id, another inode */
	add(&p, 0, "other", 1);
	p.stub[0].units[2].inode = 0; /* another id, the same inode */
	add(&p, 1, "ok", 1);          /* the same in another queue */
	p.spools.count = 2;
	run(&p);
	assert_int_equal(p.scan.snap.rows, 4);
	unsigned in_second = 0;
	for (uint32_t row = 0; row < 4; row++)
		in_second += p.scan.snap.small[row].spool == 1;
	assert_int_equal(in_second, 1);
	end(&p);
}

static void names_failures_in_order(void **state)
{
	struct place p;
	(void)state;

	begin(&p);
	add(&p, 0, "fail", 70);
	add(&p, 0, "denied", 1);
	add(&p, 0, "fail\033[31m", 1);
	add(&p, 1, "fail", 1);
	p.stub[0].failed_folder = "deferred/A";
	p.spools.count = 2;
	run(&p);
	assert_int_equal(p.scan.failed, 74); /* the folder once, though it failed in each round */
	assert_int_equal(p.scan.nfailures, 74);
	assert_true(p.scan.denied);
	for (size_t i = 1; i < p.scan.nfailures; i++) {
		const struct scan_failure *a = &p.scan.failures[i - 1], *b = &p.scan.failures[i];
		assert_true(a->spool < b->spool ||
			(a->spool == b->spool && strcmp(a->path, b->path) < 0));
	}
	assert_string_equal(p.scan.failures[0].path, "deferred/A");
	assert_string_equal(p.scan.failures[0].err.text, "cannot list");
	assert_string_equal(p.scan.failures[1].path, "folder0/fail00000");
	assert_string_equal(p.scan.failures[1].err.text, "no message");
	assert_string_equal(p.scan.failures[73].path, "folder0/fail");
	assert_int_equal(p.scan.failures[73].spool, 1);
	end(&p);
}

static void names_only_so_many_failures(void **state)
{
	struct place p;
	(void)state;

	begin(&p);
	add(&p, 0, "fail", LIMIT_NAMED_FAILURES + 500);
	run(&p);
	assert_int_equal(p.scan.failed, LIMIT_NAMED_FAILURES + 500);
	assert_int_equal(p.scan.nfailures, LIMIT_NAMED_FAILURES);
	end(&p);
}

static void counts_a_queue_that_cannot_be_listed(void **state)
{
	struct place p;
	(void)state;

	begin(&p);
	p.stub[0].broken = true;
	add(&p, 1, "ok", 10);
	p.spools.count = 2;
	run(&p);
	assert_int_equal(p.scan.snap.rows, 10);
	assert_int_equal(p.scan.failed, 1);
	assert_string_equal(p.scan.failures[0].path, ".");
	assert_string_equal(p.scan.failures[0].err.text, "nothing to be seen");
	end(&p);
}

static void stops_when_interrupted_before(void **state)
{
	static const volatile sig_atomic_t interrupted = 1;
	struct place p;
	(void)state;

	begin(&p);
	add(&p, 0, "ok", 5000);
	assert_int_equal(run_with(&p, &(struct scan_options){.interrupted = &interrupted}), 0);
	assert_false(p.scan.complete);
	assert_int_equal(p.scan.snap.rows, 0);
	end(&p);
}

static volatile sig_atomic_t interrupted_later;

/* A read that takes its time, so that there is progress to tell and something to interrupt. */
static enum severity slow_read(const struct folder *folder, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	usleep(500);
	return stub_read(folder, unit, need, arena, record, err);
}

static void interrupt(void *ctx, const struct scan *scan)
{
	uint32_t *rows = ctx;
	assert_true(scan->snap.rows >= *rows);
	assert_true(scan->listed >= scan->snap.rows);
	*rows = scan->snap.rows;
	__atomic_store_n(&interrupted_later, 1, __ATOMIC_RELAXED);
}

static void stops_when_interrupted_in_between(void **state)
{
	static const struct format slow = {.name = "slow", .walk = stub_walk, .read = slow_read};
	struct place p;
	uint32_t rows = 0;
	(void)state;

	begin(&p);
	p.spool[0].format = &slow;
	add(&p, 0, "ok", 200 * 1000);
	interrupted_later = 0;
	struct scan_options options = {
		.jobs = 2, .progress = interrupt, .ctx = &rows, .interrupted = &interrupted_later};
	assert_int_equal(run_with(&p, &options), 0);
	assert_int_equal(interrupted_later, 1);
	assert_false(p.scan.complete);
	assert_true(p.scan.snap.rows < 200 * 1000);
	/* What was read until then is there to be shown. */
	assert_int_equal(p.scan.snap.rows, p.stub[0].reads);
	end(&p);
}

static void reads_a_message_again(void **state)
{
	struct need need = {.parts = NEED_REASONS};
	struct place p;
	struct arena arena = {0};
	struct record record;
	(void)state;

	begin(&p);
	add(&p, 0, "ok", 20);
	run(&p);
	const struct snap *snap = &p.scan.snap;
	assert_int_equal(scan_read_again(snap, 7, &need, &arena, &record, &p.err), SEV_OK);
	assert_true(slice_eq(record.queue_id, snap_text(snap, COL_QUEUE_ID, 7)));
	assert_true(slice_known(record.rcpts[0].reason_key));
	/* Its id is another message's now, and then nobody's. */
	for (size_t i = 0; i < p.stub[0].count; i++)
		p.stub[0].units[i].inode += 1000;
	assert_int_equal(scan_read_again(snap, 7, &need, &arena, &record, &p.err), SEV_GONE);
	for (size_t i = 0; i < p.stub[0].count; i++)
		((char *)p.stub[0].units[i].name.ptr)[0] = 'x';
	assert_int_equal(scan_read_again(snap, 7, &need, &arena, &record, &p.err), SEV_GONE);
	arena_free(&arena);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_comes_of_each),
		cmocka_unit_test(does_with_an_empty_queue),
		cmocka_unit_test(looks_twice_at_a_quiet_queue),
		cmocka_unit_test(finds_later_what_was_missed),
		cmocka_unit_test(ends_while_mail_arrives),
		cmocka_unit_test(keeps_messages_apart),
		cmocka_unit_test(names_failures_in_order),
		cmocka_unit_test(names_only_so_many_failures),
		cmocka_unit_test(counts_a_queue_that_cannot_be_listed),
		cmocka_unit_test(stops_when_interrupted_before),
		cmocka_unit_test(stops_when_interrupted_in_between),
		cmocka_unit_test(reads_a_message_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
