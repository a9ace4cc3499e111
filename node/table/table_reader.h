/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_TABLE_READER_H
#define HL_NODE_TABLE_TABLE_READER_H

/* Reads a table from a file, row after row, in memory that does not grow with
 * the file: csv, tsv, jsonl, json, xlsx. What cells mean is the caller's.
 *
 * A row that cannot be read is given with its reason, and reading goes on
 * behind it where that is safe; what ends the whole file is an error. Nothing
 * is dropped in silence but rows without any value, and white space beyond the
 * last column.
 *
 * csv     RFC 4180, and what Excel does: any line ends, `sep=;`, `;` and tab
 *         for `,`. A quote within an unquoted cell is a character. A row whose
 *         quotes go wrong fails, and the next is read from the line behind its
 *         first. tsv is csv by tabs.
 * jsonl   an object a line; json an array of objects, or an object with one in
 *         it. Columns are the members in the order they first appear in (so
 *         the file is read twice). Numbers and booleans are their texts, null
 *         is empty, a list of such is joined by ','; an object as a value, or
 *         a ',' in a list, fails the row.
 * xlsx    one sheet. Numbers have the 15 digits that Excel has; dates, by
 *         their cell's format, are YYYY-MM-DD, with hh:mm:ss where there is a
 *         time of day. Only the first cell of merged ones has their value, as
 *         in the file. Hidden rows and columns are read.
 *
 * Owned by its caller, one thread at a time. */

#include <stdbool.h>

#include "node/table/table_format.h"
#include "protocol/base/bytes.h"

struct table_reader;

struct table_options {
    enum table_format format;
    const char *encoding; /* for iconv(3); NULL: by the bytes. Not for xlsx */
    const char *sheet; /* NULL: the first with cells, not hidden. xlsx only */
    char delimiter;    /* 0: by the heading. csv only */
    uint64_t heading;  /* its line; 0: the first that is not blank */
    bool short_rows;   /* missing cells at a row's end are empty ones: older
                          Excels left them out of a csv */
};

/* What is wrong with one cell, while the row can be read. */
enum table_fault {
    TABLE_FINE,
    TABLE_BAD_BYTES,   /* not valid in the encoding, or 0: shown as \xNN */
    TABLE_ERROR_VALUE, /* such as #N/A */
    TABLE_NO_VALUE,    /* a formula that was never computed */
};

/* A reason for a person. */
const char *table_fault_text(enum table_fault fault);

struct table_cell {
    struct bytes text; /* valid UTF-8 without U+0000 */
    enum table_fault fault;
};

enum { TABLE_NO_COLUMN = -1 };

struct table_row {
    uint64_t line; /* it begins at; xlsx: its number; json: of its element */
    const struct table_cell *cells;
    size_t count; /* that of the heading; 0 where err is set: */
    hl_err err;   /* HL_OK, or why the row cannot be used */
    struct hl_detail detail;
    int column; /* where that is, from 0, or TABLE_NO_COLUMN */
};

/* Opens a file and reads its heading. *out is NULL on failure.
 *
 * HL_ENOTFOUND, HL_EIO
 * HL_EMALFORMED    no table, empty, no heading, one name twice, no such sheet,
 *                  or bytes of no encoding that is tried.
 * HL_EUNSUPPORTED  a format that is not read (.xls, encrypted, .ods): detail
 *                  says what to do; or no encoding of that name.
 * HL_ELIMIT        over a bound of hl_limits.h (HL_TABLE_...). */
HL_MUST_USE hl_err table_reader_open(const char *path,
                                     const struct table_options *options,
                                     struct table_reader **out,
                                     struct hl_detail *detail);

/* The same of bytes, borrowed until table_reader_close(). The name, which may
 * be "", tells the format only. */
HL_MUST_USE hl_err table_reader_open_memory(struct bytes file, const char *name,
                                            const struct table_options *options,
                                            struct table_reader **out,
                                            struct hl_detail *detail);

/* Releases, and sets NULL. */
void table_reader_close(struct table_reader **reader);

/* Never TABLE_AUTO. */
enum table_format table_reader_format(const struct table_reader *reader);
/* Worth telling where nobody declared it; NULL for xlsx. */
const char *table_reader_encoding(const struct table_reader *reader);
/* The sheet that is read. *others: where the options name none, the others that
 * have cells and are not hidden, as text for people; else "". Both are NULL for
 * all but xlsx. */
const char *table_reader_sheet(const struct table_reader *reader,
                               const char **others);

/* The line of the heading; of JSON that of its first object. */
uint64_t table_reader_heading(const struct table_reader *reader);
/* The heading: names without white space around, no two the same. */
size_t table_reader_columns(const struct table_reader *reader);
struct bytes table_reader_column(const struct table_reader *reader,
                                 size_t index);

/* The next row, borrowed until the next call; NULL past the last.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EIO  the file cannot be read any further; also
 *                                   for every later call. */
HL_MUST_USE hl_err table_reader_next(struct table_reader *reader,
                                     const struct table_row **row,
                                     struct hl_detail *detail);

#endif
