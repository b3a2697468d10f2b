/*
 * html_text: HTML as a person reads it, in one pass.
 *
 * Pure, linear, any bytes are safe; the answer is hardly longer than the input. Tags
 * go; so does what is in script, style and title elements, and comments. Blocks become
 * lines, white space collapses, entities become what they stand for. The target of a
 * link stands behind its text, since that is what one decides by:
 * "your account <https://login.example.net/>"; of a picture its alternative text is
 * kept. What style sheets hide is not hidden here: that takes a browser.
 */
#ifndef CORE_MAIL_HTML_TEXT_H
#define CORE_MAIL_HTML_TEXT_H

#include "core/mail/flow.h"

/* Adds the text of UTF-8 HTML. */
void html_text(struct slice html, struct flow *flow);

#endif
