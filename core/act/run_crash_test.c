/*
 * Every call of a whole run fails, or is where the process dies; or it is killed at any
 * moment. Every file is where it was or where it should be, the journal reads and tells
 * no tales; to go on reaches the end, to go back the beginning. Never a third state.
 */
#include "formats/postfix/test_run.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "core/act/failing_fsops.h"

enum { CALLS_MAX = 500 };

#ifdef __SANITIZE_THREAD__
/* Hundreds of processes end here; it would have each wait for a second. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "atexit_sleep_ms=0";
}
#endif

/* ---- an operation, from its beginning to its end ---- */

struct scenario {
	const char *name;
	enum op op;
	bool no_undo;
	const char *left_out; /* ids that begin so are not planned */
};

static const struct scenario scenarios[] = {
	{"purge", OP_PURGE, false, "INNOCENT"},
	{"purge for good", OP_PURGE, true, "INNOCENT"},
	{"hold", OP_HOLD, false, "INNOCENT"},
	{"hold in the trash", OP_SHELVE, false, "INNOCENT"},
	{"release", OP_RELEASE, false, "INNOCENT"},
	{"restore", OP_RESTORE, false, "INNOCENT"},
};
enum { SCENARIOS = sizeof(scenarios) / sizeof(*scenarios) };

static void fill(struct test_run *test, enum op op)
{
	static const char *const waiting[] = {"deferred/A/ABCDE0001", "active/ABCDE0002",
		"incoming/ABCDE0003", "deferred/A/ABCDE0004", "deferred/A/INNOCENT1", NULL};
	static const char *const held[] = {
		"hold/ABCDE0001", "hold/ABCDE0002", "hold/ABCDE0004", "hold/INNOCENT1", NULL};
	static const char *const logs[] = {"defer/A/ABCDE0001", "bounce/ABCDE0001",
		"trace/ABCDE0001", "bounce/ABCDE0002", "defer/A/ABCDE0004", "defer/A/INNOCENT1",
		NULL};
	const char *const *messages = op == OP_RELEASE ? held : waiting;

	for (size_t i = 0; messages[i]; i++)
		add_message(test, messages[i]);
	for (size_t i = 0; logs[i]; i++)
		add_log(test, logs[i]);
}

/* Up to the moment before the run. */
static void prepare(struct test_run *test, const struct scenario *scenario)
{
	test_run_make(test);
	fill(test, scenario->op);
	test_run_open(test);
	plan_all(test, scenario->op == OP_RESTORE ? OP_PURGE : scenario->op, scenario->left_out);
	test->plan.head.no_undo = scenario->no_undo;
	if (scenario->op != OP_RESTORE)
		return;
	good_run(test);
	run_free(&test->run);
	assert_true(plan_undo(test, false));
}

struct bounds {
	struct shot begin, end;
	bool removes;
};

static struct bounds bounds_of(const struct scenario *scenario)
{
	struct test_run test;
	struct bounds bounds = {.removes = scenario->no_undo};

	prepare(&test, scenario);
	bounds.begin = take_shot(&test);
	good_run(&test);
	assert_int_equal(test.run.counts[OUTCOME_DONE] + test.run.counts[OUTCOME_DELIVERING],
		test.plan.count);
	run_free(&test.run);
	bounds.end = take_shot(&test);
	test_run_free(&test);
	return bounds;
}

static void bounds_free(struct bounds *bounds)
{
	shot_free(&bounds->begin);
	shot_free(&bounds->end);
}

/* ---- what may be, wherever it stopped ---- */

/* With its bytes, at one of two places, and with the mode it had. */
static void nothing_is_lost(const struct shot *now, const struct bounds *bounds)
{
	size_t gone = 0;

	for (size_t i = 0; i < bounds->begin.count; i++) {
		const struct shot_file *was = &bounds->begin.list[i];
		const struct shot_file *should = shot_find(&bounds->end, was->content);
		const struct shot_file *is = shot_find(now, was->content);
		if (!is && (should || !bounds->removes))
			fail_msg("%s is lost", was->path);
		gone += !is;
		if (is && strcmp(is->path, was->path) != 0 &&
			(!should || strcmp(is->path, should->path) != 0))
			fail_msg("%s is at %s", was->path, is->path);
		if (is)
			assert_int_equal(is->mode, was->mode);
	}
	assert_int_equal(now->count, bounds->begin.count - gone);
}

/* What the journal says is done is done, and what it says is not is not. */
static void journal_is_true(
	struct test_run *test, const struct shot *now, const struct bounds *bounds)
{
	struct journal_log log;

	if (!read_last(test, &log)) {
		assert_same(now, &bounds->begin);
		return;
	}
	if (log.head.op != test->plan.head.op) { /* that of the purge before the restore */
		assert_same(now, &bounds->begin);
		journal_log_free(&log);
		return;
	}
	for (uint32_t i = 0; i < log.nitems; i++) {
		unsigned outcome = log.outcomes[i].outcome;
		const struct shot_file *is = shot_message(now, log.items[i].id);
		const struct shot_file *was = shot_message(&bounds->begin, log.items[i].id);
		const struct shot_file *should = shot_message(&bounds->end, log.items[i].id);
		if (outcome == OUTCOME_NONE)
			continue;
		if (!was_done(outcome))
			assert_string_equal(is->path, was->path);
		else if (should)
			assert_string_equal(is->path, should->path);
		else
			assert_null(is);
	}
	journal_log_free(&log);
}

static void holds_together(struct test_run *test, const struct bounds *bounds)
{
	struct shot now = take_shot(test);
	nothing_is_lost(&now, bounds);
	journal_is_true(test, &now, bounds);
	shot_free(&now);
}

static void goes_on(
	struct test_run *test, const struct scenario *scenario, const struct bounds *bounds)
{
	struct journal_log log;

	/* The journal of the purge before is not the one to go on with. */
	if (read_last(test, &log)) {
		bool other = log.head.op != scenario->op;
		journal_log_free(&log);
		if (other) {
			good_run(test);
			run_free(&test->run);
		} else {
			finish_run(test);
		}
	} else {
		good_run(test);
		run_free(&test->run);
	}
	if (bounds) {
		struct shot now = take_shot(test);
		assert_same(&now, &bounds->end);
		shot_free(&now);
	}
	assert_true(read_last(test, &log));
	assert_true(log.ended);
	journal_log_free(&log);
}

static void goes_back(
	struct test_run *test, const struct scenario *scenario, const struct bounds *bounds)
{
	struct journal_log log;
	bool began = read_last(test, &log);

	if (began) {
		began = log.head.op == scenario->op;
		journal_log_free(&log);
	}
	if (began && plan_undo(test, false)) {
		good_run(test);
		run_free(&test->run);
	}
	struct shot now = take_shot(test);
	/* Logs that were put back and wait for their message are not taken away again. */
	for (size_t i = 0; scenario->op == OP_RESTORE && i < now.count; i++) {
		struct shot_file *file = &now.list[i];
		const struct shot_file *was = shot_find(&bounds->begin, file->content);
		if (!file->message && was)
			*file = *was;
	}
	assert_same(&now, &bounds->begin);
	shot_free(&now);
}

/* ---- (a) a call fails ---- */

static int counted_sync(const struct fsops *ops, int fd)
{
	(void)fd;
	return failing_now(ops, FSOP_SYNC) ? failing_answer(ops) : 0;
}

static struct failing_fsops fails(unsigned call, int error, bool stays)
{
	struct failing_fsops failing = failing_fsops_new();
	/* The disk itself is not on trial. */
	failing.ops.sync = failing.ops.sync_all = counted_sync;
	failing.at = call, failing.error = error, failing.stays = stays;
	return failing;
}

static bool met;

static void fails_at(const struct scenario *scenario, const struct bounds *bounds, unsigned call,
	int error, bool stays, bool back)
{
	struct failing_fsops failing = fails(call, error, stays);
	struct test_run test;
	bool stopped = true;

	prepare(&test, scenario);
	if (start_run(&test, &failing.ops) == 0) {
		/* Whatever failed is told: by the run, or by a message. */
		bool told = test.run.stopped || test.run.counts[OUTCOME_FAILED] ||
			test.run.counts[OUTCOME_UNTIDY] || test.run.counts[OUTCOME_REFUSED];
		if (told)
			assert_true(failing.calls[FSOP_ANY] >= call);
		stopped = test.run.stopped || test.run.counts[OUTCOME_DONE] == test.plan.count ||
			scenario->no_undo;
		if (test.run.stopped)
			assert_true(test.run.why.text[0] != '\0');
		run_free(&test.run);
	}
	met = failing.calls[FSOP_ANY] >= call;
	test.options.ops = test.place.places.ops = &test.fast;
	holds_together(&test, bounds);
	if (back && !scenario->no_undo)
		goes_back(&test, scenario, bounds);
	else
		goes_on(&test, scenario, bounds);
	/* What failed in a run that ended is done by another, which its journal knows nothing of. */
	if (!back && !scenario->no_undo && (stopped || op_fills_trash(scenario->op)))
		goes_back(&test, scenario, bounds);
	test_run_free(&test);
}

static void every_call_fails(void **state)
{
	static const int errors[] = {ENOSPC, EIO, EROFS, EACCES};
	unsigned runs = 0;
	(void)state;

	for (size_t s = 0; s < SCENARIOS; s++) {
		struct bounds bounds = bounds_of(&scenarios[s]);
		unsigned call = 1;
		for (met = true; met; call++) {
			assert_true(call < CALLS_MAX);
			for (unsigned e = 0; e < 4 && met; e++, runs++)
				fails_at(&scenarios[s], &bounds, call, errors[e], (call + e) % 2,
					(call + e) / 2 % 2);
		}
		print_message("%s: %u calls\n", scenarios[s].name, call - 2);
		assert_true(call > 10);
		bounds_free(&bounds);
	}
	print_message("%u runs\n", runs);
}

/* ---- (b) the process dies at a call ---- */

static bool dies_at(
	const struct scenario *scenario, const struct bounds *bounds, unsigned call, bool back)
{
	struct test_run test;
	int status;

	prepare(&test, scenario);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct failing_fsops failing = fails(call, 0, false);
		_exit(start_run(&test, &failing.ops) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	bool died = WEXITSTATUS(status) == FAILING_EXIT;
	assert_true(died || WEXITSTATUS(status) == 0);
	holds_together(&test, bounds);
	if (back && !scenario->no_undo)
		goes_back(&test, scenario, bounds);
	else
		goes_on(&test, scenario, bounds);
	if (!back && !scenario->no_undo)
		goes_back(&test, scenario, bounds);
	test_run_free(&test);
	return died;
}

static void dies_at_every_call(void **state)
{
	(void)state;
	for (size_t s = 0; s < SCENARIOS; s++) {
		struct bounds bounds = bounds_of(&scenarios[s]);
		for (unsigned back = 0; back < 2; back++) {
			unsigned call = 1;
			while (dies_at(&scenarios[s], &bounds, call, back))
				assert_true(++call < CALLS_MAX);
			assert_true(call > 10);
		}
		bounds_free(&bounds);
	}
}

/* ---- (c) kill -9 at any moment of a larger run ---- */

#ifdef __SANITIZE_THREAD__
enum { MANY = 500, KILLS = 10 }; /* it is ten times slower */
#else
enum { MANY = 2000, KILLS = 30 };
#endif

static void fill_many(struct test_run *test)
{
	char path[64];

	test_run_make(test);
	for (unsigned i = 0; i < MANY; i++) {
		static const char *const folders[] = {"deferred/A", "active", "incoming"};
		snprintf(path, sizeof(path), "%s/ABCDE%05X", folders[i % 3], i);
		add_message(test, path);
		snprintf(path, sizeof(path), "defer/A/ABCDE%05X", i);
		if (i % 4 == 0)
			add_log(test, path);
	}
	test_run_open(test);
}

/* Runs it in a process of its own, and kills that `after` microseconds later. False: too late. */
static bool kill_run(struct test_run *test, long after)
{
	const struct timespec moment = {.tv_nsec = after * 1000};
	int ready[2], status;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ready[0]);
		test->options.jobs = 4;
		if (write(ready[1], "", 1) != 1)
			_exit(2);
		_exit(start_run(test, &test->fast) == 0 ? 0 : 1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	nanosleep(&moment, NULL);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status);
}

/* The same queue again and again: to the end, back, to the end ... */
static void killed_at_any_moment(void **state)
{
	static const struct scenario purge = {"purge", OP_PURGE, false, "-"};
	static const struct scenario hold = {"hold", OP_HOLD, false, "-"};
	unsigned random = 12345, killed = 0;
	(void)state;

	for (unsigned i = 0; i < 2; i++) {
		const struct scenario *scenario = i ? &hold : &purge;
		struct bounds bounds = {0};
		struct test_run test;
		long longest = 400000;

		fill_many(&test);
		for (unsigned round = 0; round <= KILLS / 2; round++) {
			/* Times and what was active differ from round to round; begin anew from here. */
			test.place.from = test.place.spool;
			plan_all(&test, scenario->op, scenario->left_out);
			assert_int_equal(test.plan.count, MANY);
			bounds.begin = take_shot(&test);
			if (round == 0) {
				struct timespec from, to;
				clock_gettime(CLOCK_MONOTONIC, &from);
				test.options.jobs = 4;
				good_run(&test);
				clock_gettime(CLOCK_MONOTONIC, &to);
				longest = (to.tv_sec - from.tv_sec) * 1000000 +
					(to.tv_nsec - from.tv_nsec) / 1000;
				run_free(&test.run);
			} else {
				random = random * 1103515245 + 12345;
				bool hit = kill_run(&test, (long)(random >> 8) % longest);
				killed += hit;
				/* How long a run takes is another thing on every machine, every minute. */
				longest = hit ? longest * 5 / 4 : longest / 2 + 1;
				struct journal_log log;
				bounds.end = (struct shot){0};
				/* Every message in one place, once, whole. */
				struct shot now = take_shot(&test);
				for (size_t k = 0; k < bounds.begin.count; k++) {
					const struct shot_file *was = &bounds.begin.list[k];
					const struct shot_file *is = shot_find(&now, was->content);
					assert_non_null(is);
					assert_int_equal(is->mode, was->mode);
				}
				assert_int_equal(now.count, bounds.begin.count);
				if (read_last(&test, &log)) {
					if (log.head.op == scenario->op && !log.ended)
						for (uint32_t k = 0; k < log.nitems; k++) {
							const struct shot_file *is =
								shot_message(&now, log.items[k].id);
							if (log.outcomes[k].outcome == OUTCOME_DONE)
								assert_int_equal(
									strncmp(is->path,
										i ? "hold/"
										  : "trash/",
										i ? 5 : 6),
									0);
						}
					journal_log_free(&log);
				}
				shot_free(&now);
				if (round % 2)
					goes_on(&test, scenario, NULL);
			}
			goes_back(&test, scenario, &bounds);
			shot_free(&bounds.begin);
		}
		test_run_free(&test);
	}
	print_message("%u runs were killed before their end\n", killed);
	assert_true(killed > KILLS / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_fails),
		cmocka_unit_test(dies_at_every_call),
		cmocka_unit_test(killed_at_any_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
