/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_NAME_KEY_H
#define HL_NODE_CATALOGUE_NAME_KEY_H

/* Names of code tables, and how people's typing of them is found. Pure, any
 * thread. */

#include "protocol/base/bytes.h"

/* Longer than any name of a table; a longer one is nobody's. */
enum { NAME_KEY_BYTES = 256 };

/* The form in which names are compared: full-width characters narrowed
 * (CHARACTER_NARROW_ALL), without white space, ASCII letters in upper case.
 * Empty for a name of more than NAME_KEY_BYTES. `out` has NAME_KEY_BYTES. */
struct bytes name_key(struct bytes name, uint8_t *out);

/* Whether both have the same key, and one at all. */
bool name_equal(struct bytes a, struct bytes b);

/* As much of what people typed as a message can quote: at most
 * NAME_SHOWN_BYTES, not ending inside a character. */
enum { NAME_SHOWN_BYTES = 90 };
struct bytes name_shown(struct bytes name);

struct name_row {
    const char *key;
    uint16_t row; /* of the table that the index is of */
};

/* Ascending by key; several rows may have the same one. Made when the program
 * is built (name_key.cmake). */
struct name_index {
    const struct name_row *rows;
    size_t count;
};

/* The rows of that name, ascending: a part of the index, empty if it has none.
 */
struct name_index name_index_find(const struct name_index *index,
                                  struct bytes name);

#endif
