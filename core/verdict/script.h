/* script: what the name of a program that hands in mail says about it. Pure. */
#ifndef CORE_VERDICT_SCRIPT_H
#define CORE_VERDICT_SCRIPT_H

#include "core/base/slice.h"

/* The file's own name: of "33:mail.php", "example.com/x/mail.php", "x.php(2) : eval()'d code". */
struct slice script_name(struct slice script);

/*
 * Whether a file of that name is part of well-known programs: many sites have one, each honest,
 * and the name alone does not say whose mail it is.
 */
bool script_is_common(struct slice name);

/* Whether it lies where nobody installs programs, or has a name that nobody gave it. */
bool script_is_odd(struct slice script);

#endif
