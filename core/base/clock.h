/*
 * clock: how long something takes, and waiting no longer than that. Any thread.
 */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

static inline int64_t clock_ms(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For intervals: does not jump when somebody sets the time. */
static inline int64_t clock_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* The seconds since clock_now_ms was `begin`. */
static inline double clock_since(int64_t begin)
{
	return (double)(clock_now_ms() - begin) / 1000;
}

/* A condition whose timed waits take clock_after. */
static inline void clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static inline struct timespec clock_after(int milliseconds)
{
	int64_t until = clock_now_ms() + milliseconds;
	return (struct timespec){
		.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};
}

#endif
