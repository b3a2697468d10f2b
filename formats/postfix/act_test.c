#include "formats/postfix/test_spool.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/base/xalloc.h"

enum { NOW = 1700001000, DUE = 1700005000 };

/* Where a message with TEST_ID lies, by queue. */
static const char *const places[PQ_MESSAGES] = {
	[PQ_MAILDROP] = "maildrop/" TEST_ID,
	[PQ_INCOMING] = "incoming/" TEST_ID,
	[PQ_ACTIVE] = "active/" TEST_ID,
	[PQ_DEFERRED] = "deferred/A/" TEST_ID,
	[PQ_HOLD] = "hold/" TEST_ID,
	[PQ_CORRUPT] = "corrupt/" TEST_ID,
};

/*
 * Steps as one line each: "move spool:incoming/ID trash:incoming/ID", with '!' for the
 * commit step and '?' for what is optional; the id is "ID".
 */
static void print_path(struct buf *out, enum root root, const char *path)
{
	struct slice rest = slice_cstr(path);
	size_t at = slice_find(rest, SLICE(TEST_ID));

	buf_printf(out, " %s:", root == ROOT_SPOOL ? "spool" : "trash");
	if (at == SIZE_MAX)
		buf_add(out, rest);
	else
		buf_printf(out, "%.*sID%s", (int)at, path, path + at + strlen(TEST_ID));
}

static struct buf print_steps(const struct steps *steps)
{
	struct buf out = {0};

	for (unsigned i = 0; i < steps->count; i++) {
		const struct step *step = &steps->list[i];
		static const char *const kinds[] = {"move", "remove", "mode", "time"};
		buf_printf(&out, "%s%s%s", kinds[step->kind], step->commit ? "!" : "",
			step->optional ? "?" : "");
		if (step->kind == STEP_MODE)
			buf_printf(&out, " %o", (unsigned)step->mode);
		if (step->kind == STEP_TIME)
			buf_printf(&out, " %s",
				step->seconds == NOW           ? "now"
					: step->seconds == DUE ? "due"
							       : "else");
		if (step->kind == STEP_MOVE || step->kind == STEP_REMOVE)
			print_path(&out, step->from_root, step->from);
		if (step->kind == STEP_MOVE)
			print_path(&out, step->to_root, step->to);
		buf_addc(&out, '\n');
	}
	return out;
}

static void assert_steps(const char *where, const struct steps *steps, const char *wanted)
{
	struct buf text = print_steps(steps);

	if (!slice_eq(buf_slice(&text), slice_cstr(wanted)))
		fail_msg("%s:\n%sand not\n%s", where, buf_str(&text), wanted);
	buf_free(&text);
}

static void pin_it(struct test_spool *test, struct pin *pin)
{
	struct unit unit = {.name = SLICE(TEST_ID)};
	if (format_postfix.pin(test->spool, &unit, &test->arena, pin, &test->err) > SEV_WARN)
		fail_msg("%s", test->err.text);
}

/* The steps for a message of that mode at `path`, or "no: WHY". */
static void check_steps(struct test_spool *test, const char *path, mode_t mode,
	const struct request *request, const char *wanted)
{
	struct steps steps = {.count = 7}; /* what was in it does not count */
	struct pin pin;
	char where[80];

	snprintf(where, sizeof(where), "operation %d on %s", (int)request->op, path);
	test_spool_add(test, path, mode);
	pin_it(test, &pin);
	pin.record.inode = 0x1234; /* as TEST_ID says */
	test->err = (struct err){0};
	if (format_postfix.steps(&pin, request, &steps, &test->err) == 0)
		assert_steps(where, &steps, wanted);
	else if (strncmp(wanted, "no: ", 4) != 0 || !strstr(test->err.text, wanted + 4))
		fail_msg("%s: refused with \"%s\"", where, test->err.text);
	format_postfix.unpin(&pin);
	assert_int_equal(unlinkat(test->tree.fd, path, 0), 0);
}

#define PURGE_LOGS                                                                                 \
	"move? spool:defer/A/ID trash:defer/A/ID\n"                                                \
	"move? spool:bounce/ID trash:bounce/ID\n"                                                  \
	"move? spool:trace/ID trash:trace/ID\n"

/* Of the id that a requeued message had. */
#define OLD_LOGS                                                                                   \
	"remove? spool:defer/A/ID\n"                                                               \
	"remove? spool:bounce/ID\n"                                                                \
	"remove? spool:trace/ID\n"

static void acts_on_every_queue(void **state)
{
	static const char *const wanted[OPS][PQ_MESSAGES] = {
		[OP_PURGE] =
			{
				"move! spool:maildrop/ID trash:maildrop/ID\n" PURGE_LOGS,
				"move! spool:incoming/ID trash:incoming/ID\n" PURGE_LOGS,
				"move! spool:active/ID trash:active/ID\n" PURGE_LOGS,
				"move! spool:deferred/A/ID trash:deferred/A/ID\n" PURGE_LOGS,
				"move! spool:hold/ID trash:hold/ID\n" PURGE_LOGS,
				"move! spool:corrupt/ID trash:corrupt/ID\n" PURGE_LOGS,
			},
		[OP_HOLD] =
			{
				"move! spool:maildrop/ID spool:hold/ID\n", /* a requeued one */
				"move! spool:incoming/ID spool:hold/ID\n",
				"move! spool:active/ID spool:hold/ID\n",
				"move! spool:deferred/A/ID spool:hold/ID\n",
				"no: on hold already",
				"no: damaged",
			},
		[OP_SHELVE] =
			{
				"move! spool:maildrop/ID trash:maildrop/ID\n" PURGE_LOGS,
				"move! spool:incoming/ID trash:incoming/ID\n" PURGE_LOGS,
				"move! spool:active/ID trash:active/ID\n" PURGE_LOGS,
				"move! spool:deferred/A/ID trash:deferred/A/ID\n" PURGE_LOGS,
				"move! spool:hold/ID trash:hold/ID\n" PURGE_LOGS,
				"no: damaged",
			},
		[OP_RELEASE] =
			{
				"no: not on hold",
				"no: not on hold",
				"no: not on hold",
				"no: not on hold",
				"time now\nmove! spool:hold/ID spool:deferred/A/ID\n",
				"no: not on hold",
			},
		[OP_RETRY] =
			{
				"no: not taken it in yet",
				"no: it is being tried",
				"no: it is being tried",
				"time now\nmove! spool:deferred/A/ID spool:incoming/ID\n",
				"no: release it",
				"no: damaged",
			},
		[OP_REQUEUE] =
			{
				"no: in maildrop already",
				"time now\nmove! spool:incoming/ID spool:maildrop/ID\n" OLD_LOGS,
				"no: delivered twice",
				"time now\nmove! spool:deferred/A/ID spool:maildrop/ID\n" OLD_LOGS,
				"time now\nmove! spool:hold/ID spool:maildrop/ID\n" OLD_LOGS,
				"no: damaged",
			},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (unsigned op = OP_PURGE; op < OP_RESTORE; op++)
		for (unsigned queue = 0; queue < PQ_MESSAGES; queue++)
			check_steps(&test, places[queue], 0700,
				&(struct request){.op = (enum op)op, .now = NOW, .due = DUE},
				wanted[op][queue]);
	test_spool_free(&test);
}

/* What a running qmgr may remember must not come back; a stopped one remembers nothing. */
static void releases_only_what_is_forgotten(void **state)
{
	static const struct {
		enum mta_state mta;
		bool forgot;
		const char *wanted;
	} cases[] = {
		{MTA_RUNNING, false, "no: postfix reload"},
		{MTA_UNKNOWN, false, "no: postfix reload"},
		{MTA_STOPPED, false, "time now\nmove! spool:hold/ID spool:deferred/A/ID\n"},
		{MTA_RUNNING, true, "time now\nmove! spool:hold/ID spool:deferred/A/ID\n"},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct spool target = *test.spool;
		target.mta = cases[i].mta;
		check_steps(&test, places[PQ_HOLD], 0700,
			&(struct request){.op = OP_RELEASE,
				.target = &target,
				.now = NOW,
				.mta_forgot = cases[i].forgot},
			cases[i].wanted);
	}
	test_spool_free(&test);
}

static void removes_for_good(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	check_steps(&test, places[PQ_DEFERRED], 0700,
		&(struct request){.op = OP_PURGE, .no_undo = true},
		"remove! spool:deferred/A/ID\n"
		"remove? spool:defer/A/ID\n"
		"remove? spool:bounce/ID\n"
		"remove? spool:trace/ID\n");
	test_spool_free(&test);
}

static void requeues_with_the_mode_that_pickup_wants(void **state)
{
	static const mode_t modes[] = {0710, 0740, 0744, 04700};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		check_steps(&test, places[PQ_HOLD], modes[i],
			&(struct request){.op = OP_REQUEUE, .now = NOW},
			"mode 700\ntime now\nmove! spool:hold/ID spool:maildrop/ID\n" OLD_LOGS);
	test_spool_free(&test);
}

/* What a user submitted is no queue file yet: pickup(8) has to make one of it. */
static void holds_only_requeued_mail_in_maildrop(void **state)
{
	static const char submitted[] = "no: not taken it in yet";
	struct request hold = {.op = OP_HOLD};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	check_steps(&test, places[PQ_MAILDROP], 0744, &hold, submitted);
	image_free(&test.image);
	test.image = (struct image){0};
	image_add(&test.image, 'T', "1700000000 123456");
	image_add(&test.image, 'S', "a@example.com");
	image_add(&test.image, 'R', "b@example.org");
	image_content(&test.image, "hi");
	image_add(&test.image, 'E', "");
	check_steps(&test, places[PQ_MAILDROP], 0700, &hold, submitted);
	test_spool_free(&test);
}

static void need_locks(const struct test_spool *test)
{
	struct hashset inodes = {0};
	struct err err;

	int r = format_postfix.in_delivery(test->spool, &inodes, &err);
	hashset_free(&inodes);
	if (r == 0)
		return;
	print_message("%s\n", err.text);
	skip();
}

/* A process with a shared lock on the file, as a delivery agent has it. */
static pid_t start_agent(const struct test_spool *test, const char *path)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t agent = fork();
	assert_true(agent >= 0);
	if (agent == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
		int fd = openat(test->tree.fd, path, O_RDONLY | O_CLOEXEC);
		(void)!write(ready[1], flock(fd, LOCK_SH | LOCK_NB) == 0 ? "y" : "n", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	close(ready[0]);
	close(ready[1]);
	return agent;
}

/* The copy that pickup makes would be delivered beside what the agent delivers. */
static void requeues_nothing_that_is_in_delivery(void **state)
{
	const struct request request = {.op = OP_REQUEUE, .now = NOW};
	struct test_spool test;
	struct pin pin;
	struct steps steps;
	(void)state;

	test_spool_make(&test);
	need_locks(&test);
	test_spool_add(&test, places[PQ_DEFERRED], 0700);
	pin_it(&test, &pin);
	test.spool->mta = MTA_UNKNOWN;
	pid_t agent = start_agent(&test, places[PQ_DEFERRED]);
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &test.err), -1);
	assert_non_null(strstr(test.err.text, "this moment"));
	assert_int_equal(kill(agent, SIGKILL), 0);
	assert_int_equal(waitpid(agent, NULL, 0), agent);
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &test.err), 0);
	format_postfix.unpin(&pin);
	test_spool_free(&test);
}

/* From hold agents may still deliver what was active; from deferred they hardly do. */
static void requeues_with_care_where_locks_are_hidden(void **state)
{
	const struct request request = {.op = OP_REQUEUE, .now = NOW};
	struct test_spool test;
	struct pin pin;
	struct steps steps;
	(void)state;

	test_spool_make(&test);
	need_locks(&test);
	tree_file(&test.tree, "pid/master.pid", SLICE("1\n"), 0600);
	test_spool_add(&test, places[PQ_HOLD], 0700);
	pin_it(&test, &pin);
	test.spool->mta = MTA_RUNNING; /* and yet its master has no lock that can be seen */
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &test.err), -1);
	assert_non_null(strstr(test.err.text, "not known"));
	pin.queue = PQ_DEFERRED;
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &test.err), 0);
	format_postfix.unpin(&pin);
	test_spool_free(&test);
}

static void hashes_as_the_queue_is(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	tree_folder(&test.tree, "hold/B/C");
	tree_folder(&test.tree, "trace/0");
	test_spool_open(&test);
	check_steps(&test, places[PQ_DEFERRED], 0700, &(struct request){.op = OP_HOLD},
		"move! spool:deferred/A/ID spool:hold/A/B/ID\n");
	/* What lies where no hashing put it is taken from there. */
	check_steps(&test, "hold/" TEST_ID, 0700, &(struct request){.op = OP_PURGE},
		"move! spool:hold/ID trash:hold/ID\n"
		"move? spool:defer/A/ID trash:defer/A/ID\n"
		"move? spool:bounce/ID trash:bounce/ID\n"
		"move? spool:trace/A/ID trash:trace/A/ID\n");
	test_spool_free(&test);
}

/* ---- the way back ---- */

#define RESTORE_LOGS                                                                               \
	"move? trash:defer/A/ID spool:defer/A/ID\n"                                                \
	"move? trash:bounce/ID spool:bounce/ID\n"                                                  \
	"move? trash:trace/ID spool:trace/ID\n"

static void restores_from_the_trash(void **state)
{
	static const struct {
		const char *to_origin, *to_hold;
	} wanted[PQ_MESSAGES] = {
		[PQ_MAILDROP] = {RESTORE_LOGS "move! trash:maildrop/ID spool:maildrop/ID\n",
			"no: --to origin"},
		[PQ_INCOMING] = {RESTORE_LOGS
			"time due\nmove! trash:incoming/ID spool:incoming/ID\n",
			RESTORE_LOGS "move! trash:incoming/ID spool:hold/A/ID\n"},
		[PQ_ACTIVE] = {RESTORE_LOGS "time due\nmove! trash:active/ID spool:incoming/ID\n",
			RESTORE_LOGS "move! trash:active/ID spool:hold/A/ID\n"},
		[PQ_DEFERRED] = {RESTORE_LOGS
			"time due\nmove! trash:deferred/A/ID spool:deferred/A/ID\n",
			RESTORE_LOGS "move! trash:deferred/A/ID spool:hold/A/ID\n"},
		[PQ_HOLD] = {RESTORE_LOGS "move! trash:hold/ID spool:hold/A/ID\n",
			RESTORE_LOGS "move! trash:hold/ID spool:hold/A/ID\n"},
		[PQ_CORRUPT] = {RESTORE_LOGS "move! trash:corrupt/ID spool:corrupt/ID\n",
			RESTORE_LOGS "move! trash:corrupt/ID spool:corrupt/ID\n"},
	};
	struct test_spool live, trash;
	(void)state;

	/* The trash does not show that hold is hashed: that the live queue knows. */
	test_spool_make(&live);
	tree_folder(&live.tree, "hold/A");
	test_spool_open(&live);
	test_spool_make(&trash);
	struct request request = {.op = OP_RESTORE,
		.target = live.spool,
		.from_root = ROOT_TRASH,
		.now = NOW,
		.due = DUE};
	for (unsigned queue = 0; queue < PQ_MESSAGES; queue++) {
		/* Where it lies in the trash counts, not what a journal says. */
		request.origin = (queue + 1) % PQ_MESSAGES;
		request.to_hold = false;
		check_steps(&trash, places[queue], 0700, &request, wanted[queue].to_origin);
		request.to_hold = true;
		check_steps(&trash, places[queue], 0700, &request, wanted[queue].to_hold);
	}
	request.target = NULL;
	check_steps(&trash, places[PQ_HOLD], 0700, &request, "no: no queue is named");
	request.target = trash.spool;
	check_steps(&trash, places[PQ_HOLD], 0700, &request, "no: no queue is named");
	test_spool_free(&trash);
	test_spool_free(&live);
}

static void restores_from_where_it_lies(void **state)
{
	static const struct {
		unsigned lies, origin;
		bool to_hold;
		const char *wanted;
	} cases[] = {
		/* a hold taken back */
		{PQ_HOLD, PQ_DEFERRED, false,
			"time due\nmove! spool:hold/ID spool:deferred/A/ID\n"},
		{PQ_HOLD, PQ_ACTIVE, false, "time due\nmove! spool:hold/ID spool:incoming/ID\n"},
		{PQ_HOLD, PQ_INCOMING, false, "time due\nmove! spool:hold/ID spool:incoming/ID\n"},
		{PQ_HOLD, PQ_DEFERRED, true, "no: in hold already"},
		/* a release */
		{PQ_DEFERRED, PQ_HOLD, false, "move! spool:deferred/A/ID spool:hold/ID\n"},
		{PQ_ACTIVE, PQ_HOLD, false, "move! spool:active/ID spool:hold/ID\n"},
		/* a retry */
		{PQ_INCOMING, PQ_DEFERRED, false,
			"time due\nmove! spool:incoming/ID spool:deferred/A/ID\n"},
		{PQ_ACTIVE, PQ_DEFERRED, false, "no: being tried"},
		{PQ_ACTIVE, PQ_INCOMING, false, "no: being tried"},
		{PQ_ACTIVE, PQ_DEFERRED, true, "move! spool:active/ID spool:hold/ID\n"},
		{PQ_DEFERRED, PQ_DEFERRED, false, "no: in deferred already"},
		{PQ_INCOMING, PQ_ACTIVE, false, "no: in incoming already"},
		/* a requeue that pickup has not seen yet */
		{PQ_MAILDROP, PQ_HOLD, false, "move! spool:maildrop/ID spool:hold/ID\n"},
		{PQ_MAILDROP, PQ_DEFERRED, true, "move! spool:maildrop/ID spool:hold/ID\n"},
		{PQ_CORRUPT, PQ_DEFERRED, false, "no: damaged"},
		{PQ_CORRUPT, PQ_CORRUPT, true, "no: in corrupt already"},
		/* a journal that lies */
		{PQ_HOLD, PQ_MESSAGES, false, "no: none"},
		{PQ_HOLD, PQ_TRACE, true, "no: none"},
		{PQ_HOLD, 4000000000u, false, "no: none"},
	};
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct request request = {.op = OP_RESTORE,
			.from_root = ROOT_SPOOL,
			.origin = cases[i].origin,
			.to_hold = cases[i].to_hold,
			.target = i % 2 ? test.spool : NULL,
			.now = NOW,
			.due = DUE};
		check_steps(&test, places[cases[i].lies], 0700, &request, cases[i].wanted);
	}
	test_spool_free(&test);
}

/* qmgr loses what comes back while it has it in memory: seen with Postfix 3.7. */
static void gives_nothing_back_that_qmgr_remembers(void **state)
{
	static const struct {
		enum mta_state mta;
		bool forgot, to_hold;
		const char *from_trash, *from_spool;
	} cases[] = {
		{MTA_RUNNING, false, false, "no: reload", "no: reload"},
		{MTA_UNKNOWN, false, false, "no: reload", "no: reload"},
		{MTA_RUNNING, true, false,
			RESTORE_LOGS "time due\nmove! trash:active/ID spool:incoming/ID\n",
			"time due\nmove! spool:hold/ID spool:incoming/ID\n"},
		{MTA_RUNNING, false, true, RESTORE_LOGS "move! trash:active/ID spool:hold/ID\n",
			"no: in hold already"},
	};
	struct test_spool live, trash;
	(void)state;

	test_spool_make(&live);
	test_spool_make(&trash);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct spool target = *live.spool;
		struct request request = {.op = OP_RESTORE,
			.target = &target,
			.from_root = ROOT_TRASH,
			.origin = PQ_ACTIVE,
			.mta_forgot = cases[i].forgot,
			.to_hold = cases[i].to_hold,
			.due = DUE};
		target.mta = cases[i].mta;
		check_steps(&trash, places[PQ_ACTIVE], 0700, &request, cases[i].from_trash);
		request.from_root = ROOT_SPOOL;
		check_steps(&live, places[PQ_HOLD], 0700, &request, cases[i].from_spool);
	}
	test_spool_free(&trash);
	test_spool_free(&live);
}

/* Where ids are given out the next message may get that one: in a copy the inode is another. */
static void gives_no_foreign_name_to_a_live_queue(void **state)
{
	static const enum mta_state states[] = {MTA_RUNNING, MTA_UNKNOWN, MTA_STOPPED};
	struct test_spool live, trash;
	struct steps steps;
	struct pin pin;
	(void)state;

	test_spool_make(&live);
	test_spool_make(&trash);
	test_spool_add(&trash, places[PQ_HOLD], 0700);
	pin_it(&trash, &pin);
	pin.record.inode = 0x1235;
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		struct spool target = *live.spool;
		struct request request = {.op = OP_RESTORE,
			.target = &target,
			.from_root = ROOT_TRASH,
			.to_hold = true};
		target.mta = states[i];
		int refused = format_postfix.steps(&pin, &request, &steps, &live.err);
		assert_int_equal(refused, states[i] == MTA_STOPPED ? 0 : -1);
	}
	format_postfix.unpin(&pin);
	test_spool_free(&trash);
	test_spool_free(&live);
}

/* Another program would send what is put there, and what is taken from there goes past it. */
static void leaves_hold_to_its_user(void **state)
{
	static const struct {
		enum op op;
		enum postfix_queue lies, origin;
		bool to_hold;
		const char *wanted;
	} cases[] = {
		{OP_HOLD, PQ_DEFERRED, PQ_DEFERRED, false, "no: hold is Scanner's on this site"},
		{OP_RELEASE, PQ_HOLD, PQ_HOLD, false, "no: hold is Scanner's on this site"},
		{OP_RESTORE, PQ_DEFERRED, PQ_DEFERRED, true, "no: hold is Scanner's on this site"},
		{OP_RESTORE, PQ_DEFERRED, PQ_DEFERRED, false,
			RESTORE_LOGS "time due\nmove! trash:deferred/A/ID spool:deferred/A/ID\n"},
		/* What the scanner had not yet seen goes back to it. */
		{OP_RESTORE, PQ_HOLD, PQ_HOLD, false,
			RESTORE_LOGS "move! trash:hold/ID spool:hold/ID\n"},
		{OP_SHELVE, PQ_HOLD, PQ_HOLD, false,
			"move! spool:hold/ID trash:hold/ID\n" PURGE_LOGS},
	};
	struct test_spool live, trash;
	(void)state;

	test_spool_make(&live);
	test_spool_make(&trash);
	live.spool->hold_user = xstrdup("Scanner");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool back = cases[i].op == OP_RESTORE;
		struct request request = {.op = cases[i].op,
			.target = live.spool,
			.from_root = back ? ROOT_TRASH : ROOT_SPOOL,
			.origin = cases[i].origin,
			.to_hold = cases[i].to_hold,
			.mta_forgot = true,
			.now = NOW,
			.due = DUE};
		check_steps(back ? &trash : &live, places[cases[i].lies], 0700, &request,
			cases[i].wanted);
	}
	test_spool_free(&trash);
	test_spool_free(&live);
}

/* What an engine does with moves, in as few words as possible. */
static void carry_out(const struct steps *steps, const struct tree *spool, const struct tree *trash)
{
	for (unsigned i = 0; i < steps->count; i++) {
		const struct step *step = &steps->list[i];
		const struct tree *from = step->from_root == ROOT_SPOOL ? spool : trash;
		const struct tree *to = step->to_root == ROOT_SPOOL ? spool : trash;
		char above[STEP_PATH_MAX];
		if (step->kind != STEP_MOVE)
			continue;
		snprintf(above, sizeof(above), "%.*s", (int)(strrchr(step->to, '/') - step->to),
			step->to);
		tree_folder(to, above);
		if (renameat2(from->fd, step->from, to->fd, step->to, RENAME_NOREPLACE) != 0)
			assert_true(step->optional && errno == ENOENT);
	}
}

/* The trash is read as a queue of its own; no table says what came from where. */
static void comes_back_the_way_it_went(void **state)
{
	static const struct format *const formats[] = {&format_postfix, NULL};
	static const char *const files[] = {
		"deferred/A/B/" TEST_ID, "defer/A/B/" TEST_ID, "trace/" TEST_ID};
	struct spools opened = {.formats = formats};
	uint64_t inodes[sizeof(files) / sizeof(*files)];
	struct test_spool live;
	struct tree trash;
	struct pin pin;
	struct steps steps;
	(void)state;

	test_spool_make(&live);
	tree_folder(&live.tree, "deferred/A/B");
	tree_folder(&live.tree, "defer/A/B");
	test_spool_open(&live);
	tree_make(&trash, "trash");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		test_spool_add(&live, files[i], 0700);
		inodes[i] = tree_inode(&live.tree, files[i]);
	}
	pin_it(&live, &pin);
	uint64_t digest = record_digest(&pin.record), identity = pin.record.identity;
	struct request request = {.op = OP_PURGE};
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &live.err), 0);
	carry_out(&steps, &live.tree, &trash);
	assert_false(format_postfix.in_place(&pin));
	format_postfix.unpin(&pin);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		assert_int_equal(faccessat(live.tree.fd, files[i], F_OK, 0), -1);
		assert_true(tree_inode(&trash, files[i]) == inodes[i]);
	}

	assert_int_equal(spools_open(&opened, trash.path, true, &live.err), 0);
	struct unit unit = {.name = SLICE(TEST_ID), .inode = inodes[0]};
	assert_int_equal(
		format_postfix.pin(opened.list[0], &unit, &live.arena, &pin, &live.err), SEV_OK);
	assert_true(record_digest(&pin.record) == digest);
	assert_true(pin.record.identity == identity);
	request = (struct request){
		.op = OP_RESTORE, .from_root = ROOT_TRASH, .target = live.spool, .due = DUE};
	assert_int_equal(format_postfix.steps(&pin, &request, &steps, &live.err), 0);
	carry_out(&steps, &live.tree, &trash);
	format_postfix.unpin(&pin);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		assert_true(tree_inode(&live.tree, files[i]) == inodes[i]);
	spools_close(&opened);
	tree_remove(&trash);
	test_spool_free(&live);
}

/* ---- the second sweep ---- */

static void check_sweep(struct test_spool *test, const char *id, bool no_undo, const char *wanted)
{
	struct steps steps = {.count = 7};

	format_postfix.sweep(test->spool, slice_cstr(id), no_undo, &steps);
	assert_steps("sweep", &steps, wanted);
}

static void sweeps_logs_that_came_later(void **state)
{
	struct test_spool test;
	(void)state;

	test_spool_make(&test);
	check_sweep(&test, TEST_ID, false, "");
	check_sweep(&test, "../" TEST_ID, false, "");
	check_sweep(&test, "", true, "");
	tree_file(&test.tree, "defer/A/" TEST_ID, SLICE("x"), 0600);
	check_sweep(&test, TEST_ID, true, "remove? spool:defer/A/ID\n");
	tree_file(&test.tree, "trace/" TEST_ID, SLICE("x"), 0600);
	check_sweep(&test, TEST_ID, false,
		"move? spool:defer/A/ID trash:defer/A/ID\n"
		"move? spool:defer/A/ID trash:late/defer/A/ID\n"
		"move? spool:trace/ID trash:trace/ID\n"
		"move? spool:trace/ID trash:late/trace/ID\n");
	/* Put back meanwhile, or the id was given out again: the logs of that message. */
	for (unsigned queue = 0; queue < PQ_MESSAGES; queue++) {
		test_spool_add(&test, places[queue], 0700);
		check_sweep(&test, TEST_ID, false, "");
		check_sweep(&test, TEST_ID, true, "");
		assert_int_equal(unlinkat(test.tree.fd, places[queue], 0), 0);
	}
	/* Whatever stands there: one that cannot be looked at may be one. */
	assert_int_equal(symlinkat("nowhere", test.tree.fd, "active/" TEST_ID), 0);
	check_sweep(&test, TEST_ID, true, "");
	test_spool_free(&test);
}

static void fits_the_longest_id(void **state)
{
	enum { ID = 255 };
	char id[ID + 1], path[ID + 40];
	struct test_spool test;
	struct steps steps;
	(void)state;

	memset(id, 'A', ID);
	id[ID] = '\0';
	test_spool_make(&test);
	for (unsigned i = 0; i < PQ_FOLDERS; i++)
		((struct postfix *)test.spool->data)->depth[i] = LIMIT_DEPTH;
	snprintf(path, sizeof(path), "bounce/A/A/A/A/A/A/A/A/A/A/A/A/%s", id);
	tree_file(&test.tree, path, SLICE("x"), 0600);
	format_postfix.sweep(test.spool, slice_of(id, ID), false, &steps);
	assert_int_equal(steps.count, 2);
	assert_string_equal(steps.list[1].from, path);
	assert_memory_equal(steps.list[1].to, "late/", 5);
	assert_string_equal(steps.list[1].to + 5, path);
	test_spool_free(&test);
}

static void logs_what_postsuper_logs(void **state)
{
	(void)state;
	assert_string_equal(format_postfix.logged_as(OP_PURGE), "removed");
	assert_string_equal(format_postfix.logged_as(OP_HOLD), "placed on hold");
	assert_string_equal(format_postfix.logged_as(OP_RELEASE), "released from hold");
	assert_string_equal(format_postfix.logged_as(OP_REQUEUE), "requeued");
	/* Not one of postsuper's: who reads the log must not take them for these. */
	assert_non_null(format_postfix.logged_as(OP_RETRY));
	assert_non_null(format_postfix.logged_as(OP_RESTORE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acts_on_every_queue),
		cmocka_unit_test(releases_only_what_is_forgotten),
		cmocka_unit_test(removes_for_good),
		cmocka_unit_test(requeues_with_the_mode_that_pickup_wants),
		cmocka_unit_test(holds_only_requeued_mail_in_maildrop),
		cmocka_unit_test(requeues_nothing_that_is_in_delivery),
		cmocka_unit_test(requeues_with_care_where_locks_are_hidden),
		cmocka_unit_test(hashes_as_the_queue_is),
		cmocka_unit_test(gives_nothing_back_that_qmgr_remembers),
		cmocka_unit_test(gives_no_foreign_name_to_a_live_queue),
		cmocka_unit_test(leaves_hold_to_its_user),
		cmocka_unit_test(comes_back_the_way_it_went),
		cmocka_unit_test(restores_from_the_trash),
		cmocka_unit_test(restores_from_where_it_lies),
		cmocka_unit_test(sweeps_logs_that_came_later),
		cmocka_unit_test(fits_the_longest_id),
		cmocka_unit_test(logs_what_postsuper_logs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
