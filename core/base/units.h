/*
 * units: sizes, durations and times, read from and written for people.
 * Pure functions; times are seconds since the epoch, printed in UTC.
 */
#ifndef CORE_BASE_UNITS_H
#define CORE_BASE_UNITS_H

#include "core/base/buf.h"
#include "core/base/slice.h"

/* "10", "10k", "1.5M", "2G" (factors of 1024, either case) in bytes. */
bool units_parse_size(struct slice text, int64_t *bytes);

/* "90", "90s", "15m", "4h", "2d", "1w" and sums such as "1d12h", in seconds. */
bool units_parse_duration(struct slice text, int64_t *seconds);

/*
 * A point in time: epoch seconds, or RFC 3339 with the parts behind the date
 * optional: "2026-11-22", "2026-11-22 03:07", "2026-11-22T03:07:00Z",
 * "2026-11-22T03:07:00+02:00". Without an offset it is UTC, and " UTC" is understood.
 */
bool units_parse_time(struct slice text, int64_t *epoch);

/* "100,412" */
void units_count(struct buf *out, int64_t n);
/* "812 B", "1.4 GB": at most 7 columns, factors of 1024. */
void units_size(struct buf *out, int64_t bytes);
/* "3 s", "12 m", "5h 02m", "4d 02h": at most 8 columns; negative as "in 5 m". */
void units_age(struct buf *out, int64_t seconds);
/* "2026-11-22 03:07:00 UTC" */
void units_time(struct buf *out, int64_t epoch);
/* "2026-11-22T03:07:00Z" */
void units_rfc3339(struct buf *out, int64_t epoch);
/* Share of total in per cent with one decimal: "59.9 %"; "-" when total is 0. */
void units_share(struct buf *out, int64_t part, int64_t total);

#endif
