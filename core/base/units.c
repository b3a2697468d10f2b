#include "core/base/units.h"

#include <inttypes.h>
#include <time.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, WEEK = 7 * DAY };

/* Takes the digits at the start of *s, at most `most` of them. False if there are none. */
static bool take_number(struct slice *s, size_t most, int64_t *value)
{
	size_t n = 0;
	while (n < s->len && n < most && ascii_is_digit(s->ptr[n]))
		n++;
	if (!slice_to_i64(slice_upto(*s, n), value))
		return false;
	*s = slice_from(*s, n);
	return true;
}

/* Takes exactly `digits` digits that make a number from `low` to `high`. */
static bool take_field(struct slice *s, size_t digits, int64_t low, int64_t high, int *value)
{
	size_t before = s->len;
	int64_t n;
	if (!take_number(s, digits, &n) || before - s->len != digits || n < low || n > high)
		return false;
	*value = (int)n;
	return true;
}

/* Takes one of `chars`, in either case; '\0' when something else or nothing is next. */
static char take_char(struct slice *s, const char *chars)
{
	char c = s->len ? ascii_lower(s->ptr[0]) : '\0';
	if (!c || !strchr(chars, c))
		return '\0';
	*s = slice_from(*s, 1);
	return c;
}

static int64_t size_factor(char unit)
{
	switch (unit) {
	case 'k':
		return INT64_C(1) << 10;
	case 'm':
		return INT64_C(1) << 20;
	case 'g':
		return INT64_C(1) << 30;
	default:
		return 1;
	}
}

bool units_parse_size(struct slice text, int64_t *bytes)
{
	static const int64_t scales[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
	enum { FRACTION_DIGITS = sizeof(scales) / sizeof(*scales) - 1 };
	int64_t whole, fraction = 0, scale = 1, total;

	if (!take_number(&text, SIZE_MAX, &whole))
		return false;
	bool point = take_char(&text, ".");
	if (point) {
		size_t before = text.len;
		if (!take_number(&text, FRACTION_DIGITS, &fraction))
			return false;
		scale = scales[before - text.len];
	}
	char unit = take_char(&text, "kmg");
	int64_t factor = size_factor(unit);
	if (text.len || (point && !unit) || __builtin_mul_overflow(whole, factor, &total) ||
		__builtin_add_overflow(total, fraction * factor / scale, &total))
		return false;
	*bytes = total;
	return true;
}

static int64_t duration_factor(char unit)
{
	switch (unit) {
	case 'w':
		return WEEK;
	case 'd':
		return DAY;
	case 'h':
		return HOUR;
	case 'm':
		return MINUTE;
	default:
		return 1;
	}
}

bool units_parse_duration(struct slice text, int64_t *seconds)
{
	int64_t n, total = 0, last = INT64_MAX;

	do {
		if (!take_number(&text, SIZE_MAX, &n))
			return false;
		bool bare = !text.len && last == INT64_MAX;
		if (!bare && (!text.len || slice_index(SLICE("wdhms"), text.ptr[0]) == SIZE_MAX))
			return false;
		int64_t factor = bare ? 1 : duration_factor(text.ptr[0]);
		text = slice_from(text, 1);
		/* The larger unit first, each once: "5m1h" is more likely a slip than a wish. */
		if (factor >= last || __builtin_mul_overflow(n, factor, &n) ||
			__builtin_add_overflow(total, n, &total))
			return false;
		last = factor;
	} while (text.len);
	*seconds = total;
	return true;
}

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct slice *s, struct tm *tm)
{
	int year, month, day;
	if (!take_field(s, 4, 0, 9999, &year) || !take_char(s, "-") ||
		!take_field(s, 2, 1, 12, &month) || !take_char(s, "-") ||
		!take_field(s, 2, 1, days_of_month(year, month), &day))
		return false;
	*tm = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	return true;
}

/* HH:MM[:SS[.fraction]]; a fraction is dropped, second 60 is the leap second. */
static bool take_clock(struct slice *s, struct tm *tm)
{
	int64_t fraction;
	if (!take_field(s, 2, 0, 23, &tm->tm_hour) || !take_char(s, ":") ||
		!take_field(s, 2, 0, 59, &tm->tm_min))
		return false;
	if (!take_char(s, ":"))
		return true;
	if (!take_field(s, 2, 0, 60, &tm->tm_sec))
		return false;
	return !take_char(s, ".") || take_number(s, SIZE_MAX, &fraction);
}

/* "Z", "+02:00", " UTC" as we print it, or nothing for UTC. */
static bool take_offset(struct slice *s, int *seconds)
{
	int hours, minutes;
	*seconds = 0;
	if (slice_eq_fold(*s, SLICE(" UTC")))
		*s = slice_from(*s, s->len);
	char sign = take_char(s, "z+-");
	if (!sign || sign == 'z')
		return true;
	if (!take_field(s, 2, 0, 23, &hours) || !take_char(s, ":") ||
		!take_field(s, 2, 0, 59, &minutes))
		return false;
	*seconds = (hours * HOUR + minutes * MINUTE) * (sign == '-' ? -1 : 1);
	return true;
}

bool units_parse_time(struct slice text, int64_t *epoch)
{
	struct tm tm;
	int offset = 0;

	if (slice_to_i64(text, epoch))
		return true;
	if (!take_date(&text, &tm))
		return false;
	if (text.len &&
		(!take_char(&text, "t ") || !take_clock(&text, &tm) ||
			!take_offset(&text, &offset)))
		return false;
	if (text.len)
		return false;
	*epoch = (int64_t)timegm(&tm) - offset;
	return true;
}

/* |n|, also where it does not fit int64_t. */
static uint64_t magnitude(int64_t n)
{
	return n < 0 ? -(uint64_t)n : (uint64_t)n;
}

void units_count(struct buf *out, int64_t n)
{
	char text[sizeof("-9,223,372,036,854,775,808")];
	size_t at = sizeof(text);
	uint64_t rest = magnitude(n);

	for (unsigned digits = 0; rest || !digits; digits++) {
		if (digits && digits % 3 == 0)
			text[--at] = ',';
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	}
	if (n < 0)
		text[--at] = '-';
	buf_add(out, slice_of(text + at, sizeof(text) - at));
}

/* Rounded to a tenth of 2^shift, in tenths. Fits: shift is at least 10. */
static uint64_t tenths_of(uint64_t n, unsigned shift)
{
	uint64_t unit = UINT64_C(1) << shift;
	return (n >> shift) * 10 + ((n & (unit - 1)) * 10 + unit / 2) / unit;
}

void units_size(struct buf *out, int64_t bytes)
{
	static const char prefixes[] = "KMGTPE";
	uint64_t n = magnitude(bytes);
	const char *sign = bytes < 0 ? "-" : "";

	if (n < 1024) {
		buf_printf(out, "%s%" PRIu64 " B", sign, n);
		return;
	}
	unsigned shift = 10, step = 0;
	/* By what would be printed: 1,048,575 bytes are "1.0 MB", not "1024 KB". */
	while (step + 2 < sizeof(prefixes) && tenths_of(n, shift) >= 10235) {
		shift += 10;
		step++;
	}
	uint64_t tenths = tenths_of(n, shift);
	if (tenths < 1000)
		buf_printf(out, "%s%" PRIu64 ".%" PRIu64 " %cB", sign, tenths / 10, tenths % 10,
			prefixes[step]);
	else
		buf_printf(out, "%s%" PRIu64 " %cB", sign, (tenths + 5) / 10, prefixes[step]);
}

/* A time to come, in one unit: there is no room for two behind the "in". */
static void add_coming(struct buf *out, uint64_t seconds)
{
	static const struct {
		uint64_t seconds, below;
		char name;
	} units[] = {{1, MINUTE, 's'}, {MINUTE, UINT64_C(100) * MINUTE, 'm'},
		{HOUR, UINT64_C(100) * HOUR, 'h'}, {DAY, UINT64_C(1000) * DAY, 'd'}};
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (seconds < units[i].below) {
			buf_printf(out, "in %" PRIu64 " %c", seconds / units[i].seconds,
				units[i].name);
			return;
		}
	buf_add(out, SLICE("in >999d"));
}

void units_age(struct buf *out, int64_t seconds)
{
	if (seconds < 0)
		add_coming(out, magnitude(seconds));
	else if (seconds < MINUTE)
		buf_printf(out, "%" PRId64 " s", seconds);
	else if (seconds < HOUR)
		buf_printf(out, "%" PRId64 " m", seconds / MINUTE);
	else if (seconds < DAY)
		buf_printf(out, "%" PRId64 "h %02" PRId64 "m", seconds / HOUR,
			seconds % HOUR / MINUTE);
	else if (seconds < INT64_C(1000) * DAY)
		buf_printf(out, "%" PRId64 "d %02" PRId64 "h", seconds / DAY, seconds % DAY / HOUR);
	else if (seconds < INT64_C(1000000) * DAY)
		buf_printf(out, "%" PRId64 " d", seconds / DAY);
	else
		buf_add(out, SLICE(">999999d"));
}

static void add_time(struct buf *out, int64_t epoch, const char *between, const char *end)
{
	time_t when = (time_t)epoch;
	struct tm tm;

	/* A damaged file can claim any time; four digits are all a year has here. */
	if (!gmtime_r(&when, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) {
		buf_printf(out, "@%" PRId64, epoch);
		return;
	}
	buf_printf(out, "%04d-%02d-%02d%s%02d:%02d:%02d%s", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, between, tm.tm_hour, tm.tm_min, tm.tm_sec, end);
}

void units_time(struct buf *out, int64_t epoch)
{
	add_time(out, epoch, " ", " UTC");
}

void units_rfc3339(struct buf *out, int64_t epoch)
{
	add_time(out, epoch, "T", "Z");
}

void units_share(struct buf *out, int64_t part, int64_t total)
{
	if (total <= 0 || part < 0) {
		buf_addc(out, '-');
		return;
	}
	/* In integers: the decimal sign must not follow the locale. */
	double exact = (double)part * 1000.0 / (double)total + 0.5;
	int64_t tenths = exact < 1e15 ? (int64_t)exact : (int64_t)1e15;
	if (tenths >= 1000 && part < total)
		tenths = 999; /* "100 %" is said of all of them only */
	buf_printf(out, "%" PRId64 ".%" PRId64 " %%", tenths / 10, tenths % 10);
}
