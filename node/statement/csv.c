/* SPDX-License-Identifier: Apache-2.0 */

/* A statement as CSV. */

#include "node/table/csv.h"
#include "node/statement/render.h"
#include "node/statement/sheet.h"

#include <string.h>

/* The table's name, and its columns. */
enum { WIDTH = 1 + SHEET_COLUMNS_MAX };

struct row {
    struct bytes cells[WIDTH];
    struct writer texts[WIDTH];
};

static void put_row(struct row *row, struct writer *out)
{
    for (size_t i = 0; i < WIDTH; i++) {
        row->cells[i] = writer_view(&row->texts[i]);
    }
    csv_encode(row->cells, WIDTH, ',', out);
    for (size_t i = 1; i < WIDTH; i++) {
        writer_clear(&row->texts[i]);
    }
}

/* Whether a spreadsheet may compute it: by a Chinese keyboard's signs, too. */
static bool is_formula(const char *text)
{
    static const char *const signs[] = {"=",  "+",  "-",  "@",
                                        "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (strncmp(text, signs[i], strlen(signs[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Texts are what partners and banks wrote. */
static void put_cell(const struct sheet_cell *cell, struct writer *out)
{
    bool computed = cell->kind == CELL_TEXT && is_formula(cell->text);
    writer_text(out, computed ? "'" : "");
    writer_text(out, cell->text);
}

static void put_sheet(const struct sheet *sheet, enum statement_lang lang,
                      struct writer *out)
{
    struct row row = {0};
    words_put(sheet->title, lang, &row.texts[0]);
    for (size_t i = 0; i < sheet->columns; i++) {
        words_put(sheet->headings[i], lang, &row.texts[1 + i]);
    }
    put_row(&row, out);
    for (size_t at = 0; at < sheet_rows(sheet); at++) {
        for (size_t i = 0; i < sheet->columns; i++) {
            put_cell(sheet_at(sheet, at, i), &row.texts[1 + i]);
        }
        put_row(&row, out);
    }
    for (size_t i = 0; i < WIDTH; i++) {
        writer_fini(&row.texts[i]);
    }
}

void statement_csv(const struct statement *statement, enum statement_lang lang,
                   struct writer *out)
{
    struct sheet sheets[SHEETS];
    sheets_make(statement, lang, sheets);
    writer_text(out, CSV_MARK);
    for (size_t i = 0; i < SHEETS; i++) {
        put_sheet(&sheets[i], lang, out);
    }
    sheets_fini(sheets);
}
