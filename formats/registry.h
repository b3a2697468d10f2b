/* registry: the drivers that this program knows. A new MTA is a new folder and one line here. */
#ifndef FORMATS_REGISTRY_H
#define FORMATS_REGISTRY_H

#include "core/queue/format.h"

/* Ended by NULL. */
extern const struct format *const formats[];

#endif
