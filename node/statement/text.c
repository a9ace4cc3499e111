/* SPDX-License-Identifier: Apache-2.0 */

/* A statement as text. */

#include <string.h>

#include "node/statement/render.h"
#include "node/statement/sheet.h"
#include "node/text/columns.h"

enum { GAP = 2 };

struct layout {
    enum statement_lang lang;
    size_t widths[SHEET_COLUMNS_MAX];
    bool right[SHEET_COLUMNS_MAX]; /* a column of figures */
};

static void widen(size_t *width, const char *text)
{
    size_t columns = text_columns(text);
    *width = columns > *width ? columns : *width;
}

/* Figures stand to the right where a column has nothing else. */
static bool is_of_figures(const struct sheet *sheet, size_t column)
{
    bool figures = false;
    for (size_t row = 0; row < sheet_rows(sheet); row++) {
        const struct sheet_cell *cell = sheet_at(sheet, row, column);
        if (cell->kind == CELL_TEXT && cell->text[0] != '\0') {
            return false;
        }
        figures = figures || cell->kind != CELL_TEXT;
    }
    return figures;
}

static struct layout lay_out(const struct sheet *sheet,
                             enum statement_lang lang)
{
    struct layout layout = {.lang = lang};
    for (size_t column = 0; column < sheet->columns; column++) {
        size_t *width = &layout.widths[column];
        if (lang != STATEMENT_EN) {
            widen(width, sheet->headings[column].zh);
        }
        if (lang != STATEMENT_ZH) {
            widen(width, sheet->headings[column].en);
        }
        for (size_t row = 0; row < sheet_rows(sheet); row++) {
            widen(width, sheet_at(sheet, row, column)->text);
        }
        layout.right[column] = is_of_figures(sheet, column);
    }
    return layout;
}

static void put_blanks(size_t count, struct writer *out)
{
    for (size_t i = 0; i < count; i++) {
        writer_u8(out, ' ');
    }
}

static void put_row(const struct layout *layout, const char *const *texts,
                    size_t count, struct writer *out)
{
    size_t owed = 0; /* blanks, unless the line ends before */
    for (size_t i = 0; i < count; i++) {
        size_t blanks = layout->widths[i] - text_columns(texts[i]);
        owed += layout->right[i] ? blanks : 0;
        if (texts[i][0] != '\0') {
            put_blanks(owed, out);
            writer_text(out, texts[i]);
            owed = 0;
        }
        owed += (layout->right[i] ? 0 : blanks) + GAP;
    }
    writer_u8(out, '\n');
}

static void put_headings(const struct sheet *sheet, const struct layout *layout,
                         struct writer *out)
{
    const char *zh[SHEET_COLUMNS_MAX], *en[SHEET_COLUMNS_MAX];
    for (size_t i = 0; i < sheet->columns; i++) {
        zh[i] = sheet->headings[i].zh;
        en[i] = sheet->headings[i].en;
    }
    if (layout->lang != STATEMENT_EN) {
        put_row(layout, zh, sheet->columns, out);
    }
    if (layout->lang != STATEMENT_ZH) {
        put_row(layout, en, sheet->columns, out);
    }
}

static void put_sheet(const struct sheet *sheet, enum statement_lang lang,
                      bool headed, struct writer *out)
{
    const struct layout layout = lay_out(sheet, lang);
    const char *texts[SHEET_COLUMNS_MAX];
    writer_text(out, "== ");
    words_put(sheet->title, lang, out);
    writer_text(out, " ==\n");
    if (headed) {
        put_headings(sheet, &layout, out);
    }
    for (size_t row = 0; row < sheet_rows(sheet); row++) {
        for (size_t i = 0; i < sheet->columns; i++) {
            texts[i] = sheet_at(sheet, row, i)->text;
        }
        put_row(&layout, texts, sheet->columns, out);
    }
}

void statement_text(const struct statement *statement, enum statement_lang lang,
                    struct writer *out)
{
    struct sheet sheets[SHEETS];
    sheets_make(statement, lang, sheets);
    for (size_t i = 0; i < SHEETS; i++) {
        writer_text(out, i == 0 ? "" : "\n");
        put_sheet(&sheets[i], lang, i != SHEET_SUMMARY, out);
    }
    sheets_fini(sheets);
}
