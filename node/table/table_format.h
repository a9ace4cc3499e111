/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_TABLE_FORMAT_H
#define HL_NODE_TABLE_TABLE_FORMAT_H

/* The forms a table takes in a file. Pure, any thread. */

#include <stdbool.h>

#include "protocol/base/hl_err.h"

enum table_format {
    TABLE_AUTO, /* by the file's first bytes, then by its name */
    TABLE_CSV,
    TABLE_TSV,
    TABLE_JSONL, /* an object a line */
    TABLE_JSON,  /* an array of objects, or an object with one in it */
    TABLE_XLSX,
};

/* "csv", also for TABLE_AUTO "auto". */
const char *table_format_name(enum table_format format);

/* The format of that name; TABLE_AUTO is none of them.
 *
 * HL_EMALFORMED  no format has that name. */
HL_MUST_USE hl_err table_format_parse(const char *name, enum table_format *out);

/* By the end of a file's name; TABLE_AUTO where that says nothing. */
enum table_format table_format_of_name(const char *path);

#endif
