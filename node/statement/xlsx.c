/* SPDX-License-Identifier: Apache-2.0 */

/* A statement as XLSX, by libxlsxwriter. It looks at no result of its writes to
 * temporary files: what was written is read again. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

#include "node/statement/render.h"
#include "node/statement/sheet.h"
#include "node/table/table_reader.h"
#include "node/table/xlsx_text.h"
#include "node/text/columns.h"

/* A spreadsheet's numbers have 15 digits: fen below this are exact in them, and
 * so are yuan as it shows them. What is larger is written as a text. */
#define EXACT_BELOW UINT64_C(1000000000000000)

enum { WIDTH_MAX = 80, GAP = 2, SHEET_NAME_BYTES = 64 };

struct book {
    lxw_workbook *book;
    lxw_format *heading, *money, *figure;
    enum statement_lang lang;
    lxw_error error; /* the first; it sticks */
};

static void note(struct book *book, lxw_error error)
{
    book->error = book->error == LXW_NO_ERROR ? error : book->error;
}

/* --- Cells. -------------------------------------------------------------- */

static void put_text(struct book *book, lxw_worksheet *sheet, lxw_row_t row,
                     size_t column, const char *text, lxw_format *format)
{
    struct writer escaped = {0};
    xlsx_escape(bytes_of_text(text), &escaped);
    writer_u8(&escaped, 0);
    if (escaped.size > 1) {
        note(book, worksheet_write_string(sheet, row, (lxw_col_t)column,
                                          (const char *)escaped.data, format));
    }
    writer_fini(&escaped);
}

/* The library takes numbers as doubles alone: a whole number of fen below
 * EXACT_BELOW is one, and its hundredth is the double nearest to those yuan,
 * which is what a spreadsheet makes of them when somebody types them in. */
static double in_yuan(const struct sheet_cell *cell)
{
    double yuan = (double)cell->value / 100.0;
    return cell->below_zero ? -yuan : yuan;
}

static void put_cell(struct book *book, lxw_worksheet *sheet, lxw_row_t row,
                     size_t column, const struct sheet_cell *cell)
{
    if (cell->kind == CELL_TEXT || cell->value >= EXACT_BELOW) {
        put_text(book, sheet, row, column, cell->text, NULL);
    } else if (cell->kind == CELL_MONEY) {
        note(book, worksheet_write_number(sheet, row, (lxw_col_t)column,
                                          in_yuan(cell), book->money));
    } else {
        note(book, worksheet_write_number(sheet, row, (lxw_col_t)column,
                                          (double)cell->value, book->figure));
    }
}

/* --- Sheets. ------------------------------------------------------------- */

/* A sheet's name holds no '/'. */
static void name_sheet(const struct sheet *sheet, enum statement_lang lang,
                       char out[SHEET_NAME_BYTES])
{
    snprintf(out, SHEET_NAME_BYTES, "%s%s%s",
             lang == STATEMENT_EN ? "" : sheet->title.zh,
             lang == STATEMENT_BOTH ? " " : "",
             lang == STATEMENT_ZH ? "" : sheet->title.en);
}

static size_t put_heading(struct book *book, lxw_worksheet *to, size_t column,
                          struct words words)
{
    struct writer text = {0};
    words_put(words, book->lang, &text);
    writer_u8(&text, 0);
    put_text(book, to, 0, column, (const char *)text.data, book->heading);
    size_t width = text_columns((const char *)text.data);
    writer_fini(&text);
    return width;
}

static void put_sheet(struct book *book, const struct sheet *sheet)
{
    char name[SHEET_NAME_BYTES];
    size_t widths[SHEET_COLUMNS_MAX];
    name_sheet(sheet, book->lang, name);
    lxw_worksheet *to = workbook_add_worksheet(book->book, name);
    if (to == NULL) {
        note(book, LXW_ERROR_CREATING_TMPFILE);
        return;
    }
    for (size_t i = 0; i < sheet->columns; i++) {
        widths[i] = put_heading(book, to, i, sheet->headings[i]);
    }
    for (size_t row = 0; row < sheet_rows(sheet); row++) {
        for (size_t i = 0; i < sheet->columns; i++) {
            const struct sheet_cell *cell = sheet_at(sheet, row, i);
            size_t width = text_columns(cell->text);
            put_cell(book, to, (lxw_row_t)row + 1, i, cell);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    for (size_t i = 0; i < sheet->columns; i++) {
        size_t width = widths[i] < WIDTH_MAX ? widths[i] : WIDTH_MAX;
        note(book, worksheet_set_column(to, (lxw_col_t)i, (lxw_col_t)i,
                                        (double)(width + GAP), NULL));
    }
    worksheet_freeze_panes(to, 1, 0);
}

static hl_err fail(lxw_error error, struct hl_detail *detail)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    return hl_fail(detail, full ? HL_EFULL : HL_EIO,
                   "cannot write: %s; temporary files lie in TMPDIR, or /tmp",
                   lxw_strerror(error));
}

static hl_err write_book(const struct sheet sheets[SHEETS],
                         enum statement_lang lang, const char *path,
                         struct hl_detail *detail)
{
    char *folder = getenv("TMPDIR");
    lxw_workbook_options options = {
        .constant_memory = LXW_TRUE,
        .tmpdir = folder == NULL || *folder == '\0' ? NULL : folder,
    };
    errno = 0;
    struct book book = {.book = workbook_new_opt(path, &options), .lang = lang};
    if (book.book == NULL) {
        return fail(LXW_ERROR_CREATING_TMPFILE, detail);
    }
    book.heading = workbook_add_format(book.book);
    format_set_bold(book.heading);
    book.money = workbook_add_format(book.book);
    format_set_num_format(book.money, "0.00");
    book.figure = workbook_add_format(book.book);
    format_set_num_format(book.figure, "0");
    for (size_t i = 0; i < SHEETS; i++) {
        put_sheet(&book, &sheets[i]);
    }
    note(&book, workbook_close(book.book));
    return book.error == LXW_NO_ERROR ? HL_OK : fail(book.error, detail);
}

/* --- Read again. --------------------------------------------------------- */

static bool row_is_same(const struct table_row *row, const struct sheet *sheet,
                        size_t at)
{
    bool same = row->err == HL_OK && at < sheet_rows(sheet);
    for (size_t i = 0; same && i < sheet->columns; i++) {
        const struct sheet_cell *cell = sheet_at(sheet, at, i);
        same = cell->kind != CELL_TEXT
                   ? row->cells[i].text.size > 0
                   : bytes_equal_text(row->cells[i].text, cell->text);
    }
    return same;
}

/* Of a sheet without rows its heading. */
static bool sheet_is_there(const struct sheet *sheet, enum statement_lang lang,
                           const char *path, struct hl_detail *why)
{
    char name[SHEET_NAME_BYTES];
    const struct table_options options = {.format = TABLE_XLSX, .sheet = name};
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    size_t at = 0;
    name_sheet(sheet, lang, name);
    bool good = table_reader_open(path, &options, &reader, why) == HL_OK &&
                table_reader_columns(reader) == sheet->columns &&
                table_reader_next(reader, &row, why) == HL_OK;
    for (; good && row != NULL; at++) {
        good = row_is_same(row, sheet, at) &&
               table_reader_next(reader, &row, why) == HL_OK;
    }
    table_reader_close(&reader);
    return good && at == sheet_rows(sheet);
}

static hl_err read_again(const struct sheet sheets[SHEETS],
                         enum statement_lang lang, const char *path,
                         struct hl_detail *detail)
{
    struct hl_detail why = {0};
    for (size_t i = 0; i < SHEETS; i++) {
        if (!sheet_is_there(&sheets[i], lang, path, &why)) {
            return hl_fail(detail, HL_EIO,
                           "what was written does not read the same: is there "
                           "room for it, and in TMPDIR or /tmp? %s",
                           why.text);
        }
    }
    return HL_OK;
}

hl_err statement_xlsx(const struct statement *statement,
                      enum statement_lang lang, const char *path,
                      struct hl_detail *detail)
{
    struct sheet sheets[SHEETS];
    if (statement->of.claim_count >= LXW_ROW_MAX) {
        return hl_fail(detail, HL_ELIMIT, "an xlsx holds %d rows: write csv",
                       LXW_ROW_MAX);
    }
    sheets_make(statement, lang, sheets);
    hl_err err = write_book(sheets, lang, path, detail);
    if (err == HL_OK) {
        err = read_again(sheets, lang, path, detail);
    }
    sheets_fini(sheets);
    return err;
}
