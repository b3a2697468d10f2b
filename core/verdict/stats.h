/* stats: the little statistics that evidence is made of. Pure functions. */
#ifndef CORE_VERDICT_STATS_H
#define CORE_VERDICT_STATS_H

#include <stddef.h>
#include <stdint.h>

struct interval {
	double low, high;
};

/* Wilson's 95 % interval of the share k of n; 0 to 1 without any n. */
struct interval stats_wilson(double k, double n);

/* Sorts `values`; the value below which the share `q` of them lies. `n` is not 0. */
double stats_quantile(double *values, size_t n, double q);

/*
 * How far x is from the others, in robust standard deviations (Iglewicz and Hoaglin's modified
 * z), on a logarithmic scale. 0 where there are fewer than 8 others. Sorts `others`.
 */
double stats_outlier(double x, double *others, size_t n);

/*
 * Coefficient of variation of how many of the sorted `times` fall into each of equal parts of
 * their time: below 0.3 a program keeps the pace. -1 where there are too few to say.
 */
double stats_unsteady(const int64_t *times, size_t n);

#endif
