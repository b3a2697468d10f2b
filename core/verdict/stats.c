#include "core/verdict/stats.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/xalloc.h"

struct interval stats_wilson(double k, double n)
{
	const double z = 1.959964;

	if (n <= 0)
		return (struct interval){0, 1};
	double p = k / n, zz = z * z / n;
	double middle = p + zz / 2, half = z * sqrt(p * (1 - p) / n + zz / (4 * n));
	double low = (middle - half) / (1 + zz), high = (middle + half) / (1 + zz);
	return (struct interval){low > 0 ? low : 0, high < 1 ? high : 1};
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double stats_quantile(double *values, size_t n, double q)
{
	qsort(values, n, sizeof(*values), by_value);
	size_t at = (size_t)(q * (double)(n - 1) + 0.5);
	return values[at < n ? at : n - 1];
}

double stats_outlier(double x, double *others, size_t n)
{
	enum { LEAST = 8 };
	double *far, sum = 0;

	if (n < LEAST)
		return 0;
	double middle = log1p(stats_quantile(others, n, 0.5));
	far = xcalloc(n, sizeof(*far));
	for (size_t i = 0; i < n; i++) {
		far[i] = fabs(log1p(others[i]) - middle);
		sum += far[i];
	}
	double spread = stats_quantile(far, n, 0.5) / 0.6745;
	free(far);
	if (spread <= 0)
		spread = 1.2533 * sum / (double)n;
	/* All others alike: what is another half as much again is as far as it gets. */
	if (spread <= 0)
		spread = 0.1;
	return (log1p(x) - middle) / spread;
}

double stats_unsteady(const int64_t *times, size_t n)
{
	enum { PARTS = 12, LEAST = 120 };
	uint32_t counts[PARTS] = {0};
	double sum = 0;

	if (n < LEAST)
		return -1;
	/* Without the first and the last of them, who may have nothing to do with the rest. */
	int64_t first = times[n / 50], last = times[n - 1 - n / 50];
	if (last - first < PARTS)
		return -1;
	size_t used = 0;
	for (size_t i = 0; i < n; i++) {
		if (times[i] < first || times[i] >= last)
			continue;
		counts[(times[i] - first) * PARTS / (last - first)]++;
		used++;
	}
	double mean = (double)used / PARTS;
	for (size_t i = 0; i < PARTS; i++)
		sum += ((double)counts[i] - mean) * ((double)counts[i] - mean);
	return mean > 0 ? sqrt(sum / PARTS) / mean : -1;
}
