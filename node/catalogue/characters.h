/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_CHARACTERS_H
#define HL_NODE_CATALOGUE_CHARACTERS_H

/* What the texts of records may hold, and how people's typing is brought into
 * that form. Pure, any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

bool character_is_digit(uint8_t byte);
uint8_t character_to_upper(uint8_t byte); /* ASCII */
uint8_t character_to_lower(uint8_t byte);

/* One line for people: UTF-8 without control characters, without marks that
 * turn the direction of text or separate lines, and without a space at either
 * end.
 *
 * HL_EMALFORMED */
HL_MUST_USE hl_err character_validate_line(struct bytes text,
                                           struct hl_detail *detail);

/* Empty, or local@domain: letters, digits and . _ % + - before the one '@',
 * labels of letters, digits and inner '-' behind it, two of them at least.
 *
 * HL_EMALFORMED */
HL_MUST_USE hl_err character_validate_mailbox(struct bytes text,
                                              struct hl_detail *detail);

enum character_width {
    CHARACTER_NARROW_ALL,   /* U+FF01..FF5E and U+3000 become ASCII */
    CHARACTER_NARROW_ALNUM, /* letters, digits and the space of them */
};

/* Narrows full-width characters and drops white space at both ends. Writes at
 * most text.size bytes to `out` and returns them. */
struct bytes character_narrow(struct bytes text, enum character_width width,
                              uint8_t *out);

/* As fields ask for it (record.h): codes and everything in Latin letters
 * (CHARACTER_NARROW_ALL), names (CHARACTER_NARROW_ALNUM), and texts of several
 * lines: lines end in LF, without white space before it and around the whole.
 */
struct bytes character_normalise_code(struct bytes text, uint8_t *out);
struct bytes character_normalise_name(struct bytes text, uint8_t *out);
struct bytes character_normalise_lines(struct bytes text, uint8_t *out);

/* What character_normalise_lines() makes, each line as
 * character_validate_line() has it.
 *
 * HL_EMALFORMED */
HL_MUST_USE hl_err character_validate_lines(struct bytes text,
                                            struct hl_detail *detail);

#endif
