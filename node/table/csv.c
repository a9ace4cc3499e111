/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/csv.h"

#include <string.h>

/* What a reader takes for something else at the front of a file. */
static const char *const fronts[] = {CSV_MARK, "sep=", "PK"};

static bool needs_quotes(struct bytes cell)
{
    if (cell.size == 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(fronts) / sizeof(*fronts); i++) {
        size_t size = strlen(fronts[i]);
        if (cell.size >= size && memcmp(cell.data, fronts[i], size) == 0) {
            return true;
        }
    }
    bool found = cell.data[0] == ' ' || cell.data[cell.size - 1] == ' ';
    for (size_t i = 0; i < cell.size && !found; i++) {
        found = strchr(",;\t\"\r\n", cell.data[i]) != NULL;
    }
    return found;
}

static void put_quoted(struct bytes cell, struct writer *out)
{
    writer_u8(out, '"');
    while (cell.size > 0) {
        const uint8_t *quote = memchr(cell.data, '"', cell.size);
        size_t size =
            quote == NULL ? cell.size : (size_t)(quote - cell.data) + 1;
        writer_bytes(out, bytes_slice(cell, 0, size));
        if (quote != NULL) {
            writer_u8(out, '"');
        }
        cell = bytes_slice(cell, size, cell.size - size);
    }
    writer_u8(out, '"');
}

void csv_encode(const struct bytes *cells, size_t count, char delimiter,
                struct writer *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            writer_u8(out, (uint8_t)delimiter);
        }
        if (needs_quotes(cells[i]) || (count == 1 && cells[i].size == 0)) {
            put_quoted(cells[i], out);
        } else {
            writer_bytes(out, cells[i]);
        }
    }
    writer_text(out, "\r\n");
}
