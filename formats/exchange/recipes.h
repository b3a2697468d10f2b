/* What an admin of Exchange 2000 and 2003 does against an incident, for its driver. */
#ifndef FORMATS_EXCHANGE_RECIPES_H
#define FORMATS_EXCHANGE_RECIPES_H

#include "core/verdict/recipe.h"

extern const struct recipe_book exchange_recipes;

#endif
