/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_TABLE_TABLE_DUMP_H
#define HL_TESTS_UNIT_TABLE_TABLE_DUMP_H

/* All that a reader says of a table, as a text to compare. */

#include "node/table/table_reader.h"
#include "protocol/base/writer.h"

/* Appends the heading and the rows, a line each:
 *
 *     csv UTF-8: name|price
 *     2: laser|5
 *     3: laser|a\xCAb{BYTES}       a cell's fault behind its text
 *     4! HL_EMALFORMED b: why      a row that fails; the column, or -
 *     ! HL_EMALFORMED @5: why      the file; @ where a line is known
 *
 * LF and CR within cells are shown as \n and \r. */
void table_dump(const char *path, const struct table_options *options,
                struct writer *out);
void table_dump_memory(struct bytes file, const char *name,
                       const struct table_options *options, struct writer *out);

#endif
