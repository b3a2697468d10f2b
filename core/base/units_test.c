#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/units.h"

struct reading {
	const char *text;
	int64_t value;
};

typedef bool parse_fn(struct slice text, int64_t *value);
typedef void print_fn(struct buf *out, int64_t value);

static void check_good(parse_fn *parse, const struct reading *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t value = -99;
		if (!parse(slice_cstr(cases[i].text), &value))
			fail_msg("\"%s\" was refused", cases[i].text);
		if (value != cases[i].value)
			fail_msg("\"%s\" was read as %lld", cases[i].text, (long long)value);
	}
}

static void check_bad(parse_fn *parse, const char *const *cases, size_t count)
{
	int64_t value;
	for (size_t i = 0; i < count; i++)
		if (parse(slice_cstr(cases[i]), &value))
			fail_msg("\"%s\" was read as %lld", cases[i], (long long)value);
	assert_false(parse((struct slice){0}, &value));
	assert_false(parse(SLICE("1\0"), &value));
	assert_false(parse(SLICE("1m\0"), &value));
	assert_false(parse(SLICE("\0"), &value));
}

static void check_print(print_fn *print, const struct reading *cases, size_t count)
{
	struct buf out = {0};
	for (size_t i = 0; i < count; i++) {
		buf_reset(&out);
		print(&out, cases[i].value);
		assert_string_equal(buf_str(&out), cases[i].text);
	}
	buf_free(&out);
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void reads_sizes(void **state)
{
	static const struct reading good[] = {{"0", 0}, {"10", 10}, {"10k", 10240}, {"10K", 10240},
		{"1.5M", 1572864}, {"2G", 2147483648}, {"2g", 2147483648}, {"0.5k", 512},
		{"1.000000k", 1024}, {"0.999999k", 1023}, {"007k", 7168},
		{"9223372036854775807", INT64_MAX}, {"8589934591G", INT64_MAX - 1073741823},
		{"9007199254740991.999k", INT64_MAX - 1}};
	static const char *const bad[] = {"", "k", "-1", "+1", "1 k", " 1", "1 ", "1.5", "1.k",
		".5k", "1,5k", "1kb", "1kk", "1T", "0x10", "1.0000000k", "1.5.5k", "1e3",
		"9223372036854775808", "8589934592G", "9007199254740992k",
		"99999999999999999999999999k"};
	(void)state;
	check_good(units_parse_size, good, COUNT(good));
	check_bad(units_parse_size, bad, COUNT(bad));
}

static void reads_durations(void **state)
{
	static const struct reading good[] = {{"0", 0}, {"90", 90}, {"90s", 90}, {"15m", 900},
		{"4h", 14400}, {"2d", 172800}, {"1w", 604800}, {"1d12h", 129600},
		{"1w2d3h4m5s", 788645}, {"1d0h", 86400}, {"90m30s", 5430},
		{"9223372036854775807", INT64_MAX}, {"15250284452471w3d15h30m7s", INT64_MAX}};
	static const char *const bad[] = {"", "s", "-5", "-5m", "+5m", "5 m", "5m ", "1.5h", "5M",
		"5x", "1d12", "12h1d", "1h1h", "5mm", "m5", "1y", "9223372036854775808",
		"15250284452472w", "15250284452471w3d15h30m8s", "99999999999999999999d"};
	(void)state;
	check_good(units_parse_duration, good, COUNT(good));
	check_bad(units_parse_duration, bad, COUNT(bad));
}

static void reads_times(void **state)
{
	static const struct reading good[] = {{"0", 0}, {"-1", -1}, {"1795316820", 1795316820},
		{"2026", 2026}, {"1970-01-01", 0}, {"2026-11-22", 1795305600},
		{"2026-11-22 03:07", 1795316820}, {"2026-11-22T03:07:00Z", 1795316820},
		{"2026-11-22t03:07:00z", 1795316820}, {"2026-11-22T03:07:59", 1795316879},
		{"2026-11-22T03:07:59.999Z", 1795316879}, {"2026-11-22T03:07Z", 1795316820},
		{"2026-11-22T03:07:00+02:00", 1795309620},
		{"2026-11-22T03:07:00-05:30", 1795336620},
		{"2026-11-22T03:07:00-00:00", 1795316820}, {"2026-11-22 03:07:00 UTC", 1795316820},
		{"2026-11-22 03:07 utc", 1795316820}, {"1969-12-31T23:59:59Z", -1},
		{"2024-02-29", 1709164800}, {"2000-02-29", 951782400}, {"2024-12-31", 1735603200},
		{"2016-12-31T23:59:60Z", 1483228800}, {"0000-01-01", -62167219200},
		{"0000-02-29", -62162121600}, {"1900-03-01", -2203891200},
		{"9999-12-31T23:59:59Z", 253402300799}, {"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN}};
	static const char *const bad[] = {"", "now", "2026-11", "2026-11-22T", "2026-11-22 ",
		"2026-11-22Z", "26-11-22", "2026-1-22", "2026-11-2", "2026-11-222", "12026-11-22",
		"2026-00-10", "2026-13-10", "2026-11-00", "2026-11-31", "2026-04-31", "2025-02-29",
		"1900-02-29", "2100-02-29", "2024-02-30", "2026-11-22T24:00", "2026-11-22T03:60",
		"2026-11-22T03:07:61", "2026-11-22T3:07", "2026-11-22T03",
		"2026-11-22T03:07:", "2026-11-22T03:07:00.", "2026-11-22T03:07:00+0200",
		"2026-11-22T03:07:00+02", "2026-11-22T03:07:00+24:00", "2026-11-22T03:07:00+02:60",
		"2026-11-22T03:07:00 ", "2026-11-22T03:07:00 CET", "2026-11-22T03:07:00Z+02:00",
		"2026-11-22T03:07:00 UTCZ+", "2026/11/22", "-2026-11-22", "2026-11-22x03:07",
		"9223372036854775808"};
	(void)state;
	check_good(units_parse_time, good, COUNT(good));
	check_bad(units_parse_time, bad, COUNT(bad));
}

static void prints_counts(void **state)
{
	static const struct reading cases[] = {{"0", 0}, {"7", 7}, {"999", 999}, {"1,000", 1000},
		{"100,412", 100412}, {"1,000,000", 1000000}, {"-1", -1}, {"-999", -999},
		{"-1,234", -1234}, {"9,223,372,036,854,775,807", INT64_MAX},
		{"-9,223,372,036,854,775,808", INT64_MIN}};
	(void)state;
	check_print(units_count, cases, COUNT(cases));
}

static void prints_sizes(void **state)
{
	static const struct reading cases[] = {{"0 B", 0}, {"812 B", 812}, {"1023 B", 1023},
		{"1.0 KB", 1024}, {"1.5 KB", 1536}, {"99.9 KB", 102297}, {"100 KB", 102400},
		{"100 KB", 102399}, {"1023 KB", 1047552}, {"1023 KB", 1048000}, {"1.0 MB", 1048064},
		{"1.0 MB", 1048575}, {"1.0 MB", 1048576}, {"1.4 GB", 1503238553},
		{"8.0 EB", INT64_MAX}, {"-812 B", -812}, {"-1.5 KB", -1536},
		{"-8.0 EB", INT64_MIN}};
	struct buf out = {0};
	(void)state;
	check_print(units_size, cases, COUNT(cases));
	for (unsigned bit = 0; bit < 63; bit++)
		for (int64_t near = -2; near <= 2; near++) {
			int64_t n = (int64_t)((uint64_t)1 << bit) + near;
			buf_reset(&out);
			units_size(&out, n < 0 ? 0 : n);
			assert_in_range(out.len, 3, 7);
		}
	buf_free(&out);
}

static void prints_ages(void **state)
{
	static const struct reading cases[] = {{"0 s", 0}, {"3 s", 3}, {"59 s", 59}, {"1 m", 60},
		{"12 m", 779}, {"59 m", 3599}, {"1h 00m", 3600}, {"5h 02m", 18120},
		{"23h 59m", 86399}, {"1d 00h", 86400}, {"4d 02h", 352800}, {"999d 23h", 86399999},
		{"1000 d", 86400000}, {">999999d", INT64_MAX}, {"in 1 s", -1}, {"in 59 s", -59},
		{"in 5 m", -300}, {"in 67 m", -4020}, {"in 2 h", -7300}, {"in 99 h", -359999},
		{"in 4 d", -360000}, {"in 999 d", -86399999}, {"in >999d", -86400000},
		{"in >999d", INT64_MIN}};
	struct buf out = {0};
	(void)state;
	check_print(units_age, cases, COUNT(cases));
	for (unsigned bit = 0; bit < 63; bit++) {
		int64_t n = (int64_t)((uint64_t)1 << bit);
		buf_reset(&out);
		units_age(&out, n);
		assert_in_range(out.len, 3, 8);
		buf_reset(&out);
		units_age(&out, -n);
		assert_in_range(out.len, 3, 8);
	}
	buf_free(&out);
}

static void prints_times(void **state)
{
	static const struct reading people[] = {{"1970-01-01 00:00:00 UTC", 0},
		{"2026-11-22 03:07:00 UTC", 1795316820}, {"1969-12-31 23:59:59 UTC", -1},
		{"0000-01-01 00:00:00 UTC", -62167219200},
		{"9999-12-31 23:59:59 UTC", 253402300799}, {"@-62167219201", -62167219201},
		{"@253402300800", 253402300800}, {"@9223372036854775807", INT64_MAX},
		{"@-9223372036854775808", INT64_MIN}};
	static const struct reading machines[] = {{"2026-11-22T03:07:00Z", 1795316820},
		{"2024-02-29T23:59:59Z", 1709251199}, {"@9223372036854775807", INT64_MAX}};
	(void)state;
	check_print(units_time, people, COUNT(people));
	check_print(units_rfc3339, machines, COUNT(machines));
}

static void reads_the_times_it_prints(void **state)
{
	struct buf out = {0};
	int64_t again;
	(void)state;
	for (int64_t epoch = -62167219200; epoch <= 253402300799; epoch += 86400 * 97 + 12345) {
		buf_reset(&out);
		units_time(&out, epoch);
		assert_true(units_parse_time(buf_slice(&out), &again) && again == epoch);
		buf_reset(&out);
		units_rfc3339(&out, epoch);
		assert_true(units_parse_time(buf_slice(&out), &again) && again == epoch);
	}
	buf_free(&out);
}

static void prints_shares(void **state)
{
	static const struct {
		int64_t part, total;
		const char *text;
	} cases[] = {{60112, 100412, "59.9 %"}, {0, 5, "0.0 %"}, {5, 5, "100.0 %"}, {0, 0, "-"},
		{3, 0, "-"}, {1, -5, "-"}, {-1, 5, "-"}, {1, 3, "33.3 %"}, {2, 3, "66.7 %"},
		{999999, 1000000, "99.9 %"}, {1, 1000000, "0.0 %"}, {3, 2, "150.0 %"},
		{INT64_MAX, INT64_MAX, "100.0 %"}, {INT64_MAX / 2, INT64_MAX, "50.0 %"}};
	struct buf out = {0};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_reset(&out);
		units_share(&out, cases[i].part, cases[i].total);
		assert_string_equal(buf_str(&out), cases[i].text);
	}
	buf_reset(&out);
	units_share(&out, INT64_MAX, 1); /* must not overflow */
	assert_true(out.len > 2);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(reads_times),
		cmocka_unit_test(prints_counts),
		cmocka_unit_test(prints_sizes),
		cmocka_unit_test(prints_ages),
		cmocka_unit_test(prints_times),
		cmocka_unit_test(reads_the_times_it_prints),
		cmocka_unit_test(prints_shares),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
