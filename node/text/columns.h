/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TEXT_COLUMNS_H
#define HL_NODE_TEXT_COLUMNS_H

/* Text as it is shown in columns: foreign text clean, and how wide it is. What
 * acts where it is shown (control characters, marks that turn the direction of
 * text) and what is not UTF-8 is '?'. Chinese characters take two columns
 * (UAX #11), whatever the locale. Pure, any thread. */

#include <stddef.h>

#include "protocol/base/writer.h"

/* A character as it is shown; borrowed from its text. */
struct glyph {
    const char *bytes;
    size_t size;
    size_t columns;
};

/* Takes one character, good or bad, from the front of a text that is not
 * empty. */
struct glyph glyph_next(const char **text);

/* Of the text as it is shown. */
size_t text_columns(const char *text);

/* Appends it as it is shown. */
void text_clean(const char *text, struct writer *out);

#endif
