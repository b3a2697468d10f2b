/*
 * html_entity: what "&eacute;" and "&#233;" stand for. Private to html_text.c.
 */
#ifndef CORE_MAIL_HTML_ENTITY_H
#define CORE_MAIL_HTML_ENTITY_H

#include "core/base/slice.h"

/*
 * Length of the entity at the start of s, which is a '&', and its code point; 0 when it is
 * none. The names are those of HTML 4, as mail has them; the ';' may be missing, as in browsers.
 */
size_t html_entity(struct slice s, uint32_t *code_point);

#endif
