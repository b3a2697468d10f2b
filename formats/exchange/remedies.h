/* What an admin of Exchange 2000 and 2003 does against an incident, for its driver. */
#ifndef FORMATS_EXCHANGE_REMEDIES_H
#define FORMATS_EXCHANGE_REMEDIES_H

#include "core/verdict/remedy_book.h"

extern const struct remedy_book exchange_remedies;

#endif
