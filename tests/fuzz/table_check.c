/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/table_check.h"

#include <string.h>

#include "node/table/row.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/text.h"

static void check_text(struct bytes text)
{
    HL_ASSERT(text_utf8_valid(text));
    HL_ASSERT(text.size == 0 || memchr(text.data, 0, text.size) == NULL);
}

struct table_reader *table_check_open(struct bytes file,
                                      const struct table_options *options)
{
    struct table_reader *reader = NULL;
    struct hl_detail detail = {0};
    hl_err err = table_reader_open_memory(file, "", options, &reader, &detail);
    HL_ASSERT((err == HL_OK) == (reader != NULL));
    HL_ASSERT(err == HL_OK || detail.text[0] != '\0');
    if (reader == NULL) {
        return NULL;
    }
    size_t columns = table_reader_columns(reader);
    HL_ASSERT(columns > 0);
    HL_ASSERT(columns <= HL_TABLE_COLUMNS_MAX);
    for (size_t i = 0; i < columns; i++) {
        HL_ASSERT(table_reader_column(reader, i).size > 0);
        check_text(table_reader_column(reader, i));
    }
    return reader;
}

static void check_row(const struct table_reader *reader,
                      const struct table_row *row)
{
    if (row->err != HL_OK) {
        HL_ASSERT(row->count == 0);
        HL_ASSERT(row->detail.text[0] != '\0');
        HL_ASSERT(row->detail.at == row->line);
        return;
    }
    HL_ASSERT(row->count == table_reader_columns(reader));
    for (size_t i = 0; i < row->count; i++) {
        check_text(row->cells[i].text);
        HL_ASSERT(row->cells[i].text.size <=
                  (size_t)4 * HL_TABLE_CELL_MAX_BYTES);
    }
}

const struct table_row *table_check_next(struct table_reader *reader)
{
    const struct table_row *row = NULL;
    struct hl_detail detail = {0};
    hl_err err = table_reader_next(reader, &row, &detail);
    if (err != HL_OK) {
        HL_ASSERT(detail.text[0] != '\0');
        HL_ASSERT(table_reader_next(reader, &row, NULL) == err);
        return NULL;
    }
    if (row != NULL) {
        check_row(reader, row);
    }
    return row;
}

bool table_check_writable(const struct table_row *row)
{
    size_t size = 0;
    bool blank = true;
    for (size_t i = 0; i < row->count; i++) {
        const struct table_cell *cell = &row->cells[i];
        if (cell->fault != TABLE_FINE) {
            return false;
        }
        blank = blank && row_text_is_blank(cell->text);
        size += cell->text.size;
    }
    return !blank && size <= HL_TABLE_ROW_MAX_BYTES;
}
