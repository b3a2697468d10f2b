/* What an admin of Sendmail does against an incident, for its driver. */
#ifndef FORMATS_SENDMAIL_RECIPES_H
#define FORMATS_SENDMAIL_RECIPES_H

#include "core/verdict/recipe.h"

extern const struct recipe_book sendmail_recipes;

#endif
