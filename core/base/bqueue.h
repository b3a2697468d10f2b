/*
 * bqueue: a bounded queue of pointers between threads.
 *
 * Any number of threads put and take. put waits while the queue is full, take
 * while it is empty; after bqueue_close put refuses and take drains what is
 * left, then says no. Whoever takes a pointer owns it.
 */
#ifndef CORE_BASE_BQUEUE_H
#define CORE_BASE_BQUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct bqueue {
	pthread_mutex_t lock;
	pthread_cond_t not_full;
	pthread_cond_t not_empty;
	void **items; /* a ring of `cap` places */
	size_t cap;
	size_t head;
	size_t count;
	bool closed;
};

void bqueue_init(struct bqueue *queue, size_t cap);
/* Nobody may use it any more; items still inside are not freed. */
void bqueue_free(struct bqueue *queue);

/* False when the queue is closed: the caller keeps the item. */
bool bqueue_put(struct bqueue *queue, void *item);
/* The next item, or NULL when the queue is closed and empty. */
void *bqueue_take(struct bqueue *queue);
void bqueue_close(struct bqueue *queue);

#endif
