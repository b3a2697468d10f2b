/* What an admin of Sendmail does against an incident, for its driver. */
#ifndef FORMATS_SENDMAIL_REMEDIES_H
#define FORMATS_SENDMAIL_REMEDIES_H

#include "core/verdict/remedy_book.h"

extern const struct remedy_book sendmail_remedies;

#endif
