/*
 * test_steps: what the driver would do to a message, as text. Only tests include this.
 */
#ifndef FORMATS_POSTFIX_TEST_STEPS_H
#define FORMATS_POSTFIX_TEST_STEPS_H

#include "formats/postfix/test_spool.h"

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
static inline void print_path(struct buf *out, enum root root, const char *path)
{
	struct slice rest = slice_cstr(path);
	size_t at = slice_find(rest, SLICE(TEST_ID));

	buf_printf(out, " %s:", root == ROOT_SPOOL ? "spool" : "trash");
	if (at == SIZE_MAX)
		buf_add(out, rest);
	else
		buf_printf(out, "%.*sID%s", (int)at, path, path + at + strlen(TEST_ID));
}

static inline struct buf print_steps(const struct steps *steps)
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

static inline void assert_steps(const char *where, const struct steps *steps, const char *wanted)
{
	struct buf text = print_steps(steps);

	if (!slice_eq(buf_slice(&text), slice_cstr(wanted)))
		fail_msg("%s:\n%sand not\n%s", where, buf_str(&text), wanted);
	buf_free(&text);
}

static inline void pin_it(struct test_spool *test, struct pin *pin)
{
	struct unit unit = {.name = SLICE(TEST_ID)};
	if (format_postfix.pin(test->spool, &unit, &test->arena, pin, &test->err) > SEV_WARN)
		fail_msg("%s", test->err.text);
}

/* The steps for a message of that mode at `path`, or "no: WHY". */
static inline void check_steps(struct test_spool *test, const char *path, mode_t mode,
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

#endif
