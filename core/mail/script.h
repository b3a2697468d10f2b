/*
 * script: which script handed a message in, as its headers claim.
 *
 * PHP and hosting panels add a field to mail that a script sends. The claim is
 * as good as the program that wrote the message: good enough to find a hacked
 * contact form, not to prove anything.
 */
#ifndef CORE_MAIL_SCRIPT_H
#define CORE_MAIL_SCRIPT_H

#include "core/base/arena.h"
#include "core/base/slice.h"

/*
 * The script's name or path, at most LIMIT_HEADER_VALUE bytes; unknown when no
 * header names one. With several, the one that tells most: host and path, then
 * path, then bare name.
 */
struct slice script_from_headers(struct arena *arena, struct slice block);

#endif
