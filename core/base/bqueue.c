#include "core/base/bqueue.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

void bqueue_init(struct bqueue *queue, size_t cap)
{
	*queue = (struct bqueue){.items = xcalloc(cap, sizeof(*queue->items)), .cap = cap};
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->not_full, NULL);
	pthread_cond_init(&queue->not_empty, NULL);
}

void bqueue_free(struct bqueue *queue)
{
	pthread_cond_destroy(&queue->not_empty);
	pthread_cond_destroy(&queue->not_full);
	pthread_mutex_destroy(&queue->lock);
	free(queue->items);
}

bool bqueue_put(struct bqueue *queue, void *item)
{
	pthread_mutex_lock(&queue->lock);
	while (queue->count == queue->cap && !queue->closed)
		pthread_cond_wait(&queue->not_full, &queue->lock);
	bool open = !queue->closed;
	if (open) {
		queue->items[(queue->head + queue->count) % queue->cap] = item;
		queue->count++;
		pthread_cond_signal(&queue->not_empty);
	}
	pthread_mutex_unlock(&queue->lock);
	return open;
}

/* With the lock held. */
static void *pop(struct bqueue *queue)
{
	if (!queue->count)
		return NULL;
	void *item = queue->items[queue->head];
	queue->head = (queue->head + 1) % queue->cap;
	queue->count--;
	/* Whoever waits to put is woken for half a queue at once, not for every place. */
	if (queue->count == queue->cap / 2)
		pthread_cond_broadcast(&queue->not_full);
	return item;
}

void *bqueue_take(struct bqueue *queue)
{
	pthread_mutex_lock(&queue->lock);
	while (!queue->count && !queue->closed)
		pthread_cond_wait(&queue->not_empty, &queue->lock);
	void *item = pop(queue);
	pthread_mutex_unlock(&queue->lock);
	return item;
}

void bqueue_close(struct bqueue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->not_full);
	pthread_cond_broadcast(&queue->not_empty);
	pthread_mutex_unlock(&queue->lock);
}
