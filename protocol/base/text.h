/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_TEXT_H
#define HL_PROTOCOL_BASE_TEXT_H

/* Strict reading of line-oriented text: notes, policies, charters. Whatever a
 * writer of ours would not have written is refused. Pure, any thread. */

#include <stdbool.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing
 * above U+10FFFF). U+0000 is well-formed here. */
bool text_utf8_valid(struct bytes text);

/* Bytes at the front of text that are well-formed so. */
size_t text_utf8_prefix(struct bytes text);

/* ASCII digits, no sign, no leading zero but "0" itself, value at most max.
 *
 * HL_EMALFORMED  anything else. */
HL_MUST_USE hl_err text_decimal(struct bytes text, uint64_t max,
                                uint64_t *value);

/* A DNS label (RFC 1123) in lower case: a-z, 0-9, inner '-', 1 to 63 bytes.
 * Node ids and the names of platforms and people's roles are such labels. */
bool text_is_label(struct bytes text);

/* Labels joined by '.', at most 253 bytes: an alliance's name. */
bool text_is_domain(struct bytes text);

/* Walks the lines of a text, each of which must end in LF. */
struct lines {
    struct bytes text;
    size_t offset;
    uint64_t number; /* of the line last given, counted from 1 */
};

void lines_init(struct lines *lines, struct bytes text);

/* Gives the next line without its LF. False at the end of the text or where
 * the last line has no LF; lines_at_end() tells these apart. */
bool lines_next(struct lines *lines, struct bytes *line);
bool lines_at_end(const struct lines *lines);

/* What has not been walked yet. */
struct bytes lines_rest(const struct lines *lines);

/* Splits at single spaces into at most max fields, none of them empty; the
 * last one takes the rest, spaces included, when there are more. Returns how
 * many, or 0 where a field is empty (leading, trailing or double space). */
size_t text_fields(struct bytes line, struct bytes *fields, size_t max);

#endif
