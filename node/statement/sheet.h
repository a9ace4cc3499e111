/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STATEMENT_SHEET_H
#define HL_NODE_STATEMENT_SHEET_H

/* A statement as tables, from which text, CSV and XLSX derive. Foreign text is
 * clean in them. Inside this folder; pure, any thread. */

#include "node/statement/words.h"

enum cell_kind { CELL_TEXT, CELL_COUNT, CELL_MONEY };

struct sheet_cell {
    enum cell_kind kind;
    char *text;     /* of money in yuan, with two decimals */
    uint64_t value; /* of money fen, */
    bool below_zero;
};

enum { SHEET_COLUMNS_MAX = 12 };

struct sheet {
    struct words title;
    const struct words *headings;
    size_t columns;
    struct sheet_cell *cells; /* row by row */
    size_t count;
};

enum sheet_which {
    SHEET_SUMMARY,
    SHEET_PARTNERS,
    SHEET_LINES,
    SHEET_TRANSFERS,
    SHEET_ANSWERS,
    SHEET_CUT,
    SHEETS,
};

void sheets_make(const struct statement *statement, enum statement_lang lang,
                 struct sheet out[SHEETS]);
void sheets_fini(struct sheet sheets[SHEETS]);

size_t sheet_rows(const struct sheet *sheet);
const struct sheet_cell *sheet_at(const struct sheet *sheet, size_t row,
                                  size_t column);

/* Appends summary and cut as lines, each with that before it: for forms that
 * have no tables. */
void sheets_facts(const struct statement *statement, const char *before,
                  struct writer *out);

#endif
