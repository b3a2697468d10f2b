/*
 * Laws of the filter language, on random filters over random messages: what
 * must hold whatever the values are. A failure prints the filters and the seed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/query/filter.h"
#include "core/query/test_dice.h"
#include "core/query/test_snap.h"

enum { MESSAGES = 150, ROUNDS = 400, DEEPEST = 4 };

static const char *const addresses[] = {"", "bob", "bob@example.com", "Alice@Example.com",
	"x@mail.test", "y@sub.example.org", "z@\xff", "a b@example.net"};
static const char *const clients[] = {"192.0.2.1", "192.0.2.130", "198.51.100.7", "2001:db8:1:2::1",
	"2001:db8:1:3::1", "::1", "no address"};
static const char *const reasons[] = {"451 4.7.1 try later", "550 5.1.1 unknown user", "timed out"};
static const char *const subjects[] = {"", "hello", "Hello", "and", "\"quoted\" \\", "a\nb"};

#define PICK(dice, list) (list)[roll(dice, sizeof(list) / sizeof(*(list)))]

/* Unknown once in four. */
static struct slice maybe(struct dice *dice, const char *text)
{
	return roll(dice, 4) ? slice_cstr(text) : (struct slice){0};
}

static void add_message(struct test_snap *test, struct dice *dice)
{
	struct rcpt rcpts[4] = {0};
	struct record record = test_record();

	record.nrcpts = roll(dice, 5);
	for (uint32_t i = 0; i < record.nrcpts; i++) {
		rcpts[i].address = maybe(dice, PICK(dice, addresses));
		rcpts[i].reason = rcpts[i].reason_key = maybe(dice, PICK(dice, reasons));
		rcpts[i].state = (uint8_t)roll(dice, RCPT_STATES);
	}
	record.rcpts = rcpts;
	record.state = (enum msg_state)roll(dice, MSG_STATES);
	record.warnings = roll(dice, 2) ? roll(dice, 8) : 0;
	record.arrival = roll(dice, 4) ? TEST_NOW - roll(dice, 9) * 900 : -1;
	record.size = roll(dice, 4) ? (int64_t)roll(dice, 5) * 512 : -1;
	record.attempts = (int64_t)roll(dice, 5) - 1;
	record.sender = maybe(dice, PICK(dice, addresses));
	record.account = maybe(dice, PICK(dice, addresses));
	record.account_source =
		slice_known(record.account) ? (enum source)(roll(dice, 3) + 1) : SOURCE_NONE;
	record.client_ip = maybe(dice, PICK(dice, clients));
	record.subject = maybe(dice, PICK(dice, subjects));
	snap_add(&test->snap, roll(dice, 2), &record);
}

static void add_quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

/* A field, and one of the values that may occur in it. */
struct question {
	const char *field;
	const char *value;
	bool ordered; /* takes < and no regex */
};

static struct question ask(struct dice *dice)
{
	static const char *const names[] = {
		"account", "sender", "rcpt", "sender_domain", "rcpt_domain"};
	static const char *const domains[] = {"", "example.com", "EXAMPLE.com", "mail.test"};
	static const char *const states[] = {"active", "held", "deferred", "bad"};
	static const char *const origins[] = {"account", "unknown", "loopback", "lan"};
	static const char *const warnings[] = {"truncated", "bad-record", "bad-pointer", "size"};
	static const char *const sizes[] = {"0", "512", "1k", "2k"};
	static const char *const numbers[] = {"0", "1", "2", "3"};
	static const char *const ages[] = {"0s", "15m", "30m", "2h"};

	switch (roll(dice, 13)) {
	case 0:
		return (struct question){"state", PICK(dice, states), false};
	case 1:
		return (struct question){"origin", PICK(dice, origins), false};
	case 2:
		return (struct question){"warnings", PICK(dice, warnings), false};
	case 3:
		return (struct question){"message_size", PICK(dice, sizes), true};
	case 4:
		return (struct question){"nrcpt", PICK(dice, numbers), true};
	case 5:
		return (struct question){"age", PICK(dice, ages), true};
	case 6:
		return (struct question){"subject", PICK(dice, subjects), false};
	case 7:
		return (struct question){"reason", PICK(dice, reasons), false};
	case 8:
		return (struct question){"client_ip", clients[roll(dice, 6)], false};
	case 9:
		return (struct question){"attempts", PICK(dice, numbers), true};
	case 10:
		return (struct question){names[roll(dice, 2) + 3], PICK(dice, domains), false};
	default:
		return (struct question){names[roll(dice, 3)], PICK(dice, addresses), false};
	}
}

static void add_condition(struct buf *out, struct dice *dice)
{
	struct question q = ask(dice);
	static const char *const orders[] = {"<", "<=", ">", ">="};
	static const char *const patterns[] = {"a", "^b", "e.*m$", "[0-9]", "^$", "\xc3\xa9"};

	buf_printf(out, "%s%s", roll(dice, 4) ? "" : "all ", q.field);
	switch (roll(dice, 6)) {
	case 0:
		buf_add(out, roll(dice, 2) ? SLICE(" is unknown") : SLICE(" is not unknown"));
		return;
	case 1:
		buf_add(out, roll(dice, 2) ? SLICE(" in (") : SLICE(" not in ("));
		add_quoted(out, q.value);
		buf_addc(out, ')');
		return;
	case 2:
		if (q.ordered) {
			buf_printf(out, " %s %s", PICK(dice, orders), q.value);
			return;
		}
		buf_add(out, roll(dice, 2) ? SLICE(" ~ ") : SLICE(" !~ "));
		add_quoted(out, PICK(dice, patterns));
		return;
	default:
		buf_add(out, roll(dice, 3) ? SLICE(" = ") : SLICE(" != "));
		add_quoted(out, q.value);
	}
}

static void add_filter(struct buf *out, struct dice *dice, int depth)
{
	if (depth == 0 || roll(dice, 4) == 0) {
		add_condition(out, dice);
		return;
	}
	if (roll(dice, 3) == 0)
		buf_add(out, SLICE("not "));
	buf_addc(out, '(');
	add_filter(out, dice, depth - 1);
	buf_add(out, roll(dice, 2) ? SLICE(" and ") : SLICE(" or "));
	add_filter(out, dice, depth - 1);
	buf_addc(out, ')');
}

static struct test_snap snap;
static struct dice dice;

static int set_up(void **state)
{
	(void)state;
	dice.state = 20261122;
	test_snap_init(&snap);
	for (int i = 0; i < MESSAGES; i++)
		add_message(&snap, &dice);
	test_snap_done(&snap);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_snap_free(&snap);
	return 0;
}

/* The rows of a filter written with printf. */
static struct bitset __attribute__((format(printf, 1, 2))) rows_of(const char *format, ...)
{
	struct buf text = {0};
	struct err err = {0};
	struct need need = snap.need;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	struct filter *filter = filter_parse(buf_slice(&text), &need, &err);
	if (!filter)
		fail_msg("%s\n%s", buf_str(&text), err.text);
	struct bitset rows = bitset_new(snap.snap.rows);
	assert_int_equal(filter_run(filter, &snap.env, &rows, &err), 0);
	filter_free(filter);
	buf_free(&text);
	return rows;
}

/* Whether two sets are the same; frees them. */
static bool same(struct bitset a, struct bitset b)
{
	size_t bytes = (a.bits / 64 + 1) * sizeof(uint64_t);
	bool result = a.bits == b.bits && memcmp(a.words, b.words, bytes) == 0;
	bitset_free(&a);
	bitset_free(&b);
	return result;
}

/* Two random filters, as text. */
struct pair {
	struct buf x, y;
};

static struct pair new_pair(void)
{
	struct pair pair = {0};
	add_filter(&pair.x, &dice, (int)roll(&dice, DEEPEST));
	add_filter(&pair.y, &dice, (int)roll(&dice, DEEPEST));
	return pair;
}

static void free_pair(struct pair *pair)
{
	buf_free(&pair->x);
	buf_free(&pair->y);
}

static void test_logic(void **state)
{
	size_t selected = 0;
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct pair pair = new_pair();
		const char *x = buf_str(&pair.x), *y = buf_str(&pair.y);
		struct bitset once = rows_of("%s", x);
		selected += bitset_count(&once);

		bool ok = same(once, rows_of("not (not (%s))", x)) &&
			same(rows_of("not ((%s) and (%s))", x, y),
				rows_of("not (%s) or not (%s)", x, y)) &&
			same(rows_of("not ((%s) or (%s))", x, y),
				rows_of("not (%s) and not (%s)", x, y)) &&
			same(rows_of("(%s) and (%s)", x, y), rows_of("(%s) and (%s)", y, x)) &&
			same(rows_of("(%s) or ((%s) and (%s))", x, x, y), rows_of("%s", x)) &&
			same(rows_of("(%s) and not (%s)", x, x), bitset_new(MESSAGES));
		if (!ok)
			fail_msg("round %d\nx: %s\ny: %s", round, x, y);
		free_pair(&pair);
	}
	/* The filters are no empty words: between them they select something, not everything. */
	assert_in_range(selected, ROUNDS * MESSAGES / 20, ROUNDS * MESSAGES / 2);
}

/* What is not trusted becomes unknown, and knowing less never selects more. */
static void test_trusted_is_less(void **state)
{
	size_t lost = 0;
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct pair pair = new_pair();
		struct bitset all = rows_of("%s", buf_str(&pair.x));
		snap.env.trusted_only = true;
		struct bitset trusted = rows_of("%s", buf_str(&pair.x));
		snap.env.trusted_only = false;
		for (size_t row = 0; row < MESSAGES; row++)
			if (bitset_has(&trusted, row) && !bitset_has(&all, row))
				fail_msg("round %d, row %zu\n%s", round, row, buf_str(&pair.x));
		lost += bitset_count(&all) - bitset_count(&trusted);
		bitset_free(&all);
		bitset_free(&trusted);
		free_pair(&pair);
	}
	assert_true(lost > 0);
}

static void test_print(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct pair pair = new_pair();
		struct buf print = {0};
		struct err err;
		struct need need = snap.need;
		struct filter *filter = filter_parse(buf_slice(&pair.x), &need, &err);
		assert_non_null(filter);
		filter_print(filter, &print);
		filter_free(filter);
		if (!same(rows_of("%s", buf_str(&pair.x)), rows_of("%s", buf_str(&print))))
			fail_msg("round %d\n%s\n%s", round, buf_str(&pair.x), buf_str(&print));
		buf_free(&print);
		free_pair(&pair);
	}
}

static void test_lists(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct question q = ask(&dice), r;
		do
			r = ask(&dice);
		while (strcmp(q.field, r.field) != 0);
		struct buf a = {0}, b = {0};
		add_quoted(&a, q.value);
		add_quoted(&b, r.value);
		const char *f = q.field, *x = buf_str(&a), *y = buf_str(&b);

		bool ok = same(rows_of("%s in (%s, %s)", f, x, y),
				  rows_of("%s = %s or %s = %s", f, x, f, y)) &&
			same(rows_of("all %s not in (%s, %s)", f, x, y),
				rows_of("all %s != %s and all %s != %s", f, x, f, y)) &&
			same(rows_of("%s in (%s)", f, x), rows_of("%s eq %s", f, x)) &&
			/* What matches every value matches any; none is not "not all". */
			same(rows_of("all %s = %s and %s = %s", f, x, f, x),
				rows_of("all %s = %s", f, x)) &&
			/* "Every value differs" is "no value is equal", where there is a value. */
			same(rows_of("all %s != %s", f, x),
				rows_of("not %s = %s and (%s is unknown or %s is not unknown)", f,
					x, f, f));
		if (!ok)
			fail_msg("round %d: %s, %s, %s", round, f, x, y);
		buf_free(&a);
		buf_free(&b);
	}
}

/* Every message is in a condition, in its negation, or unknown; in one of them only. */
static void test_three_values(void **state)
{
	static const char *const single[] = {"account", "sender", "state", "message_size",
		"attempts", "subject", "age", "sender_domain"};
	static const char *const values[] = {
		"bob", "\"\"", "held", "512", "1", "hello", "30m", "example.com"};
	(void)state;
	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++) {
		const char *f = single[i], *v = values[i];
		struct bitset yes = rows_of("%s = %s", f, v);
		struct bitset no = rows_of("not %s = %s", f, v);
		struct bitset unknown = rows_of("%s is unknown", f);
		for (size_t row = 0; row < MESSAGES; row++)
			assert_int_equal(bitset_has(&yes, row) + bitset_has(&no, row) +
					bitset_has(&unknown, row),
				1);
		assert_true(bitset_count(&yes) > 0 && bitset_count(&no) > 0 &&
			bitset_count(&unknown) > 0);
		bitset_free(&yes);
		bitset_free(&no);
		bitset_free(&unknown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logic),
		cmocka_unit_test(test_trusted_is_less),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_three_values),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
