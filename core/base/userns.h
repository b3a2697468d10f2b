/*
 * userns: whether ids of users mean here what they mean elsewhere.
 *
 * In a container with a user namespace of its own, users outside of it have no id: all
 * their files look like those of one user, the overflow user (65534, nobody). Such files
 * can be neither given to their owner nor acted on as that owner.
 */
#ifndef CORE_BASE_USERNS_H
#define CORE_BASE_USERNS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/base/slice.h"

/* Whether a file that seems to be `owner`'s may be somebody's who has no id here. */
bool userns_hides(uid_t owner);

/* Its parts: of /proc/self/uid_map whether every user has an id. */
bool userns_is_whole(struct slice uid_map);

#endif
