/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_XLSX_BOOK_H
#define HL_NODE_TABLE_XLSX_BOOK_H

/* A workbook's parts, found the way the package says (ECMA-376 part 2): its
 * relations, not the names that Excel happens to use. Inside node/table/ only.
 * One thread. */

#include "node/table/package.h"

enum { XLSX_PART_NAME_BYTES = 256, XLSX_NAMES_BYTES = 256 };

struct xlsx_book {
    char sheet[XLSX_PART_NAME_BYTES];
    char strings[XLSX_PART_NAME_BYTES]; /* "": it has none */
    char styles[XLSX_PART_NAME_BYTES];  /* "": it has none */
    bool is_1904;
    /* For people: the sheet's name; and where none was asked for those of the
     * others that could be meant, as many as fit, with ", " between. */
    char name[XLSX_NAMES_BYTES];
    char others[XLSX_NAMES_BYTES];
};

/* The sheet of that name, which may be hidden, or the first that is not and has
 * cells.
 *
 * HL_EMALFORMED    no such sheet: detail has the names; or no workbook.
 * HL_EUNSUPPORTED  another kind of file in a zip.
 * HL_ELIMIT, HL_EIO */
HL_MUST_USE hl_err xlsx_book_read(struct package *package, const char *sheet,
                                  struct xlsx_book *out,
                                  struct hl_detail *detail);

#endif
