/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_TERM_H
#define HL_NODE_CLI_TERM_H

/* Text for a terminal. What a node says is foreign: control characters, marks
 * that turn the direction of text and what is not UTF-8 are shown as '?'.
 * Columns are counted as a terminal does, Chinese characters as two (UAX #11).
 * Any thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "protocol/base/bytes.h"
#include "protocol/base/writer.h"

/* Prints it clean. */
void term_put(FILE *out, const char *text);

/* The same, and blanks up to that column. */
void term_put_padded(FILE *out, const char *text, size_t columns);

/* Columns of the text as term_put() shows it. */
size_t term_columns(const char *text);

/* Appends lower-case hex. */
void term_hex(struct bytes data, struct writer *out);

enum { TERM_TABLE_COLUMNS_MAX = 12 };

/* Rows whose columns are aligned; all cells are copied. */
struct term_table {
    size_t column_count;
    size_t row_count;
    char **cells;
    size_t columns[TERM_TABLE_COLUMNS_MAX]; /* the widest cell so far */
};

void term_table_add(struct term_table *table, const char *const *cells);
/* Prints and forgets the rows; later ones get columns at least as wide. */
void term_table_print(struct term_table *table, FILE *out);
void term_table_fini(struct term_table *table);

#endif
