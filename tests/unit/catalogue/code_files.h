/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_CATALOGUE_CODE_FILES_H
#define HL_TESTS_UNIT_CATALOGUE_CODE_FILES_H

/* The files that code tables were made of, read by other code than what made
 * them. For tests. */

#include <stddef.h>

#include "node/catalogue/name_key.h"

enum { CODE_FILE_COLUMNS = 4 };

typedef void (*code_file_fn)(size_t row, char *const *columns, void *context);

/* Calls `fn` for each row of a file of node/catalogue/data but the heading, in
 * their order, with its columns (empty ones where it has fewer), without
 * quotes. Returns how many rows there are. */
size_t code_file_each(const char *name, char separator, code_file_fn fn,
                      void *context);

/* Asserts that the index has `count` rows, ascending, with keys that are keys.
 */
void name_index_check(const struct name_index *index, size_t count);

#endif
