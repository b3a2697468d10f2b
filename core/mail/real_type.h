/*
 * real_type: what bytes are, whatever they are said to be, by libmagic.
 *
 * libmagic reads formats that strangers chose: for use in a sandbox. real_type_open needs
 * files, what comes after it none. One thread at a time.
 */
#ifndef CORE_MAIL_REAL_TYPE_H
#define CORE_MAIL_REAL_TYPE_H

#include "core/base/slice.h"

struct real_type {
	void *magic; /* NULL: no type is ever known */
};

/* Loads the system's database; without one nothing is known. */
void real_type_open(struct real_type *real_type);
void real_type_close(struct real_type *real_type);

/*
 * The MIME type of the bytes, by their beginning; unknown where it cannot be told, or there are
 * none. Lives until the next call.
 */
struct slice real_type_of(const struct real_type *real_type, struct slice bytes);

/*
 * Whether bytes of the real type may go by the declared one: what says nothing ("data"), the other
 * names of a type, and text as text of any kind. False is worth a warning.
 */
bool real_type_fits(struct slice declared, struct slice real);

#endif
