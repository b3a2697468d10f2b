/* test_slice: comparing slices. Only tests include this. */
#ifndef CORE_BASE_TEST_SLICE_H
#define CORE_BASE_TEST_SLICE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/slice.h"

/* NULL stands for unknown. */
static inline void assert_slice(struct slice got, const char *want)
{
	if (slice_known(got) != (want != NULL))
		fail_msg("%s, not %s", want ? "unknown" : "known", want ? want : "unknown");
	if (want && !slice_eq(got, slice_cstr(want)))
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(got), want);
}

#endif
