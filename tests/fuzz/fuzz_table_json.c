/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever a json or jsonl holds: texts are valid, rows have the heading's
 * cells; and what was read, written and read again is the same. The first byte
 * chooses the options. */

#include "node/table/output.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/table_check.h"

static void check_again(const struct bytes *names, const struct bytes *cells,
                        size_t count)
{
    const struct table_options options = {.format = TABLE_JSONL};
    struct writer text = {0};
    json_encode(names, cells, count, &text);
    struct table_reader *reader =
        table_check_open(writer_view(&text), &options);
    HL_ASSERT(reader != NULL);
    const struct table_row *row = table_check_next(reader);
    HL_ASSERT(row != NULL);
    HL_ASSERT(row->err == HL_OK);
    for (size_t i = 0; i < count; i++) {
        HL_ASSERT(bytes_equal(table_reader_column(reader, i), names[i]));
        HL_ASSERT(bytes_equal(row->cells[i].text, cells[i]));
    }
    table_reader_close(&reader);
    writer_fini(&text);
}

static void check_all(struct table_reader *reader)
{
    size_t columns = table_reader_columns(reader);
    struct bytes *names = hl_alloc(columns, sizeof(*names));
    struct bytes *cells = hl_alloc(columns, sizeof(*cells));
    const struct table_row *row = NULL;
    for (size_t i = 0; i < columns; i++) {
        names[i] = table_reader_column(reader, i);
    }
    while ((row = table_check_next(reader)) != NULL) {
        if (row->err != HL_OK || !table_check_writable(row)) {
            continue;
        }
        for (size_t i = 0; i < columns; i++) {
            cells[i] = row->cells[i].text;
        }
        check_again(names, cells, columns);
    }
    hl_free(names);
    hl_free(cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct table_options options = {
        .format = (data[0] & 1) != 0 ? TABLE_JSONL : TABLE_JSON,
        .encoding = (data[0] & 2) != 0 ? "utf-8" : NULL,
    };
    struct table_reader *reader =
        table_check_open(bytes_of(data + 1, size - 1), &options);
    if (reader != NULL) {
        check_all(reader);
    }
    table_reader_close(&reader);
    return 0;
}
