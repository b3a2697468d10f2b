/*
 * sandbox_child: the inside of a sandbox, for sandbox.c only.
 *
 * A frame, in both directions, is its length as eight bytes in the machine's order, and that many
 * bytes. The child's first one is empty, or says why the door could not be closed.
 */
#ifndef CORE_BASE_SANDBOX_CHILD_H
#define CORE_BASE_SANDBOX_CHILD_H

#include "core/base/sandbox.h"

/*
 * A sanitizer takes terabytes of addresses and a few calls of its own. It gets them in its own
 * builds: what holds a release back is not weakened by what its tests need.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* The life of the child, behind fork(2). */
_Noreturn void sandbox_child(int socket, pid_t parent, const struct sandbox_job *job,
	const struct sandbox_limits *limits);

/* sandbox_filter.c: from here on only the calls on the list. -1 with errno. */
int sandbox_filter(void);

#endif
