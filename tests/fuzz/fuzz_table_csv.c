/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever a csv or tsv holds: texts are valid, rows have the heading's cells
 * and come line by line; and a row that was read, written and read again is
 * the same. The first byte chooses the options. */

#include "node/table/csv.h"
#include "node/table/table_reader.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/table_check.h"

static const char *const encodings[] = {NULL, "utf-8", "gb18030", "macintosh"};

/* Rows, as csv_encode() writes them under a heading of the same width. */
static void check_again(struct bytes text, size_t columns,
                        const struct writer *rows, uint64_t count)
{
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    const struct table_options options = {.format = TABLE_CSV,
                                          .encoding = "utf-8"};
    struct writer again = {0};
    hl_err err = table_reader_open_memory(text, "", &options, &reader, NULL);
    HL_ASSERT(err == HL_OK);
    HL_ASSERT(table_reader_columns(reader) == columns);
    for (uint64_t i = 0; i < count; i++) {
        err = table_reader_next(reader, &row, NULL);
        HL_ASSERT(err == HL_OK);
        HL_ASSERT(row != NULL);
        HL_ASSERT(row->err == HL_OK);
        for (size_t c = 0; c < columns; c++) {
            writer_bytes(&again, row->cells[c].text);
            writer_u8(&again, 0);
        }
    }
    HL_ASSERT(bytes_equal(writer_view(&again), writer_view(rows)));
    table_reader_close(&reader);
    writer_fini(&again);
}

static void put_row(const struct bytes *cells, size_t count,
                    struct writer *text, struct writer *rows)
{
    csv_encode(cells, count, ',', text);
    for (size_t i = 0; i < count; i++) {
        writer_bytes(rows, cells[i]);
        writer_u8(rows, 0);
    }
}

static void check_all(struct table_reader *reader)
{
    size_t columns = table_reader_columns(reader);
    struct bytes *cells = hl_alloc(columns, sizeof(*cells));
    struct writer text = {0};
    struct writer rows = {0};
    const struct table_row *row = NULL;
    uint64_t count = 0;
    for (size_t i = 0; i < columns; i++) {
        cells[i] = table_reader_column(reader, i);
    }
    csv_encode(cells, columns, ',', &text);
    while ((row = table_check_next(reader)) != NULL) {
        if (row->err != HL_OK || !table_check_writable(row)) {
            continue;
        }
        for (size_t i = 0; i < columns; i++) {
            cells[i] = row->cells[i].text;
        }
        put_row(cells, columns, &text, &rows);
        count++;
    }
    check_again(writer_view(&text), columns, &rows, count);
    writer_fini(&text);
    writer_fini(&rows);
    hl_free(cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct table_reader *reader = NULL;
    struct table_options options = {
        .format = (data[0] & 1) != 0 ? TABLE_TSV : TABLE_CSV,
        .encoding = encodings[data[0] >> 1 & 3],
        .short_rows = (data[0] & 8) != 0,
        .heading = (data[0] & 16) != 0 ? 2 : 0,
    };
    reader = table_check_open(bytes_of(data + 1, size - 1), &options);
    if (reader != NULL) {
        check_all(reader);
    }
    table_reader_close(&reader);
    return 0;
}
