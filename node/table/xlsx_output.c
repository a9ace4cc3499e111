/* SPDX-License-Identifier: Apache-2.0 */

/* xlsx, by libxlsxwriter, which keeps one row in memory and the rest in a file
 * in TMPDIR. It looks at no result of its writes there: table_writer.c reads
 * the file again. */

#include <errno.h>
#include <stdlib.h>
#include <xlsxwriter.h>

#include "node/table/output.h"
#include "node/table/xlsx_text.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Excel's own limit; the library keeps it to itself. */
enum { CELL_CHARACTERS_MAX = 32767 };

struct xlsx_output {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_row_t row;
    struct writer text;
};

static hl_err fail_library(lxw_error error, struct hl_detail *detail)
{
    if (error == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED) {
        return hl_fail(detail, HL_ELIMIT,
                       "a cell of an xlsx holds %d characters: write csv",
                       CELL_CHARACTERS_MAX);
    }
    if (error == LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE) {
        return hl_fail(detail, HL_ELIMIT, "an xlsx holds %d rows: write csv",
                       LXW_ROW_MAX);
    }
    bool full = errno == ENOSPC || errno == EDQUOT;
    return hl_fail(detail, full ? HL_EFULL : HL_EIO,
                   "cannot write: %s; temporary files lie in TMPDIR, or /tmp",
                   lxw_strerror(error));
}

static hl_err put_cell(struct xlsx_output *xlsx, size_t column,
                       struct bytes cell, struct hl_detail *detail)
{
    if (cell.size == 0) {
        return HL_OK;
    }
    writer_clear(&xlsx->text);
    xlsx_escape(cell, &xlsx->text);
    writer_u8(&xlsx->text, 0);
    lxw_error error =
        worksheet_write_string(xlsx->sheet, xlsx->row, (lxw_col_t)column,
                               (const char *)xlsx->text.data, NULL);
    return error == LXW_NO_ERROR ? HL_OK : fail_library(error, detail);
}

/* A row is written whole or not at all: what has no room is found first. */
static hl_err check_row(const struct xlsx_output *xlsx,
                        const struct bytes *cells, size_t count,
                        struct hl_detail *detail)
{
    if (xlsx->row == LXW_ROW_MAX) {
        return fail_library(LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE, detail);
    }
    for (size_t i = 0; i < count; i++) {
        if (xlsx_written_characters(cells[i]) > CELL_CHARACTERS_MAX) {
            return fail_library(LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED, detail);
        }
    }
    return HL_OK;
}

static hl_err put(void *self, const struct bytes *cells, size_t count,
                  struct hl_detail *detail)
{
    struct xlsx_output *xlsx = self;
    errno = 0;
    hl_err err = check_row(xlsx, cells, count, detail);
    for (size_t i = 0; i < count && err == HL_OK; i++) {
        err = put_cell(xlsx, i, cells[i], detail);
    }
    xlsx->row += err == HL_OK ? 1 : 0;
    return err;
}

static hl_err finish(void *self, struct hl_detail *detail)
{
    struct xlsx_output *xlsx = self;
    errno = 0;
    lxw_error error = workbook_close(xlsx->book);
    writer_fini(&xlsx->text);
    hl_free(xlsx);
    return error == LXW_NO_ERROR ? HL_OK : fail_library(error, detail);
}

static const struct output_ops ops = {put, finish};

hl_err xlsx_output_open(const char *path, struct output *out,
                        struct hl_detail *detail)
{
    char *folder = getenv("TMPDIR");
    lxw_workbook_options options = {
        .constant_memory = LXW_TRUE,
        .tmpdir = folder == NULL || *folder == '\0' ? NULL : folder,
    };
    errno = 0;
    lxw_workbook *book = workbook_new_opt(path, &options);
    lxw_worksheet *sheet =
        book == NULL ? NULL : workbook_add_worksheet(book, NULL);
    if (sheet == NULL) {
        if (book != NULL) {
            lxw_workbook_free(book);
        }
        return fail_library(LXW_ERROR_CREATING_TMPFILE, detail);
    }
    struct xlsx_output *xlsx = hl_alloc(1, sizeof(*xlsx));
    *xlsx = (struct xlsx_output){.book = book, .sheet = sheet};
    *out = (struct output){&ops, xlsx};
    return HL_OK;
}
