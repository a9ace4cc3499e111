/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_TABLE_WRITER_H
#define HL_NODE_TABLE_TABLE_WRITER_H

/* Writes a table to a file, row after row, in memory that does not grow with
 * it. The rule is that table_reader gives back what was put, byte for byte, in
 * every format; all cells are texts, in an xlsx and in JSON too, so that no
 * program drops a leading zero. (But json and jsonl have no names where there
 * is no row, and then are not read.)
 *
 * Hence a cell that begins with = + - @ is written as it is: a mark before it
 * would come back as data. In a csv Excel takes such a cell for a formula; in
 * an xlsx it is a text whatever it begins with. Where strangers wrote the cells
 * and Excel will open the file, write an xlsx.
 *
 * The file has a name of its own beside the path until table_writer_commit();
 * no failure, full disk or kill leaves half a table under the path.
 *
 * Owned by its caller, one thread at a time. */

#include <stdbool.h>

#include "node/table/table_format.h"
#include "protocol/base/bytes.h"

struct table_writer;

struct table_target {
    enum table_format format; /* TABLE_AUTO: by the path's name */
    bool mark; /* begin a csv or tsv with the mark of UTF-8: without it Excel
                  takes a csv to be in its country's encoding */
};

/* Names are of 1 to HL_TABLE_COLUMNS_MAX columns, as table_reader has them:
 * not empty, without white space around, no two the same (else HL_EMALFORMED;
 * the file would not be read). *out is NULL on failure.
 *
 * HL_EEXISTS       the path exists: nothing is ever replaced.
 * HL_EUNSUPPORTED  the path's name tells no format.
 * HL_EMALFORMED, HL_ELIMIT, HL_EFULL, HL_EIO */
HL_MUST_USE hl_err table_writer_open(const char *path,
                                     const struct table_target *target,
                                     const struct bytes *names, size_t count,
                                     struct table_writer **out,
                                     struct hl_detail *detail);

/* One row, of as many cells as there are names. The writer is still good where
 * the row is not: it was not written. A row without any value is written, and
 * not read.
 *
 * HL_EMALFORMED  a cell is not UTF-8, or has U+0000 or U+FDD0.
 * HL_ELIMIT      over what is read (hl_limits.h), or what an xlsx holds.
 * HL_EFULL, HL_EIO */
HL_MUST_USE hl_err table_writer_put(struct table_writer *writer,
                                    const struct bytes *cells,
                                    struct hl_detail *detail);

/* To the disk, and then under its name. An xlsx is read again first, as the
 * library that makes it says nothing of writes that failed. Releases the
 * writer and sets it NULL, also on failure; then no file is left.
 *
 * HL_EEXISTS, HL_EFULL, HL_EIO */
HL_MUST_USE hl_err table_writer_commit(struct table_writer **writer,
                                       struct hl_detail *detail);

/* Leaves no file. Releases, sets NULL. */
void table_writer_abort(struct table_writer **writer);

#endif
