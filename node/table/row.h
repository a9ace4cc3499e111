/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_ROW_H
#define HL_NODE_TABLE_ROW_H

/* One row while a format fills it, cell after cell, and the bounds that hold
 * whatever the format: what is over them is dropped and the row fails, so a
 * format need not look. Inside node/table/ only. One thread. */

#include "node/table/table_reader.h"
#include "protocol/base/writer.h"

struct row_span {
    size_t offset;
    size_t size;
    enum table_fault fault;
};

struct row {
    uint64_t line;
    struct writer text;
    struct row_span *spans;
    struct table_cell *cells;
    size_t count;
    size_t capacity; /* of spans and cells */
    size_t open;     /* where the open cell's text begins */
    hl_err err;      /* HL_OK, or the row cannot be used */
    int column;
    struct hl_detail detail;
    struct writer shown; /* texts that row_finish() had to change */
};

void row_fini(struct row *row);

/* Forgets the former row. */
void row_begin(struct row *row, uint64_t line);

/* Appends to the open cell. */
void row_put(struct row *row, struct bytes text);
/* Ends the open cell; a fault of the cell's own, or TABLE_FINE. */
void row_end_cell(struct row *row, enum table_fault fault);
/* Ends empty cells until there are `count`. */
void row_pad(struct row *row, size_t count);

/* Fails the row at a column, or TABLE_NO_COLUMN; the first reason stands. */
void row_fail(struct row *row, int column, hl_err err, const char *format, ...)
    HL_PRINTF(4, 5);

/* White space only, or nothing. */
bool row_text_is_blank(struct bytes text);
/* Whether that is so of every cell, and none has a fault. */
bool row_is_blank(const struct row *row);

/* Cells without the blank ones at the end. */
size_t row_width(const struct row *row);

/* Fills up, or drops blank cells behind the last column, so that row->cells
 * has `columns` texts; a row that has more, or fewer and may not, fails. Marks
 * and shows bytes that were not valid. The texts are borrowed until
 * row_begin(). */
void row_finish(struct row *row, size_t columns, bool short_rows);

#endif
