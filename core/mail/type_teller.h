/*
 * type_teller: the real type of bytes for many threads, told by one child in a sandbox:
 * libmagic takes formats to pieces that strangers chose.
 *
 * To be started while the process has one thread. After that any thread may ask; they take turns.
 */
#ifndef CORE_MAIL_TYPE_TELLER_H
#define CORE_MAIL_TYPE_TELLER_H

#include <pthread.h>

#include "core/base/sandbox.h"
#include "core/mail/real_type.h"

/* Bytes from the beginning of an attachment that are looked at: more than libmagic's tests need. */
enum { TYPE_TELLER_LOOK = 256 * 1024 };

/* It must not move as long as it is started. */
struct type_teller {
	pthread_mutex_t lock;
	struct sandbox sandbox;
	struct real_type real_type; /* the child's */
};

/* -1 with *err when there is no sandbox to be had. */
int type_teller_start(struct type_teller *teller, struct err *err);
void type_teller_stop(struct type_teller *teller);

/* Appends the MIME type of the bytes; false when it cannot be told. */
bool type_teller_ask(struct type_teller *teller, struct slice bytes, struct buf *type);

#endif
