/* The way back: from the trash, from the queue, and what must not come back. */
#include "formats/postfix/test_steps.h"

#include "core/base/xalloc.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_nothing_back_that_qmgr_remembers),
		cmocka_unit_test(gives_no_foreign_name_to_a_live_queue),
		cmocka_unit_test(leaves_hold_to_its_user),
		cmocka_unit_test(comes_back_the_way_it_went),
		cmocka_unit_test(restores_from_the_trash),
		cmocka_unit_test(restores_from_where_it_lies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
