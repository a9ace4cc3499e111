/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/row.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/table/decoder.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

void row_fini(struct row *row)
{
    writer_fini(&row->text);
    writer_fini(&row->shown);
    hl_free(row->spans);
    hl_free(row->cells);
    *row = (struct row){0};
}

void row_begin(struct row *row, uint64_t line)
{
    writer_clear(&row->text);
    writer_clear(&row->shown);
    row->line = line;
    row->count = 0;
    row->open = 0;
    row->err = HL_OK;
    row->column = TABLE_NO_COLUMN;
    row->detail = (struct hl_detail){0};
}

void row_fail(struct row *row, int column, hl_err err, const char *format, ...)
{
    if (row->err != HL_OK) {
        return;
    }
    char text[HL_DETAIL_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    row->column = column;
    row->err = hl_fail_line(&row->detail, row->line, err, "%s", text);
}

void row_put(struct row *row, struct bytes text)
{
    if (row->text.size - row->open + text.size > HL_TABLE_CELL_MAX_BYTES) {
        row_fail(row, (int)row->count, HL_ELIMIT,
                 "a cell is larger than %d bytes", HL_TABLE_CELL_MAX_BYTES);
    } else if (row->text.size + text.size > HL_TABLE_ROW_MAX_BYTES) {
        row_fail(row, TABLE_NO_COLUMN, HL_ELIMIT,
                 "the row is larger than %d bytes", HL_TABLE_ROW_MAX_BYTES);
    }
    if (row->err == HL_OK) {
        writer_bytes(&row->text, text);
    }
}

bool row_text_is_blank(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!isspace(text.data[i])) {
            return false;
        }
    }
    return true;
}

static struct bytes span_text(const struct row *row, size_t index)
{
    const struct row_span *span = &row->spans[index];
    return bytes_slice(writer_view(&row->text), span->offset, span->size);
}

static bool span_is_blank(const struct row *row, size_t index)
{
    return row->spans[index].fault == TABLE_FINE &&
           row_text_is_blank(span_text(row, index));
}

static void reserve(struct row *row)
{
    if (row->count < row->capacity) {
        return;
    }
    row->capacity = row->capacity == 0 ? 64 : row->capacity * 2;
    row->spans = hl_realloc(row->spans, row->capacity, sizeof(*row->spans));
    row->cells = hl_realloc(row->cells, row->capacity, sizeof(*row->cells));
}

void row_end_cell(struct row *row, enum table_fault fault)
{
    struct row_span span = {row->open, row->text.size - row->open, fault};
    row->open = row->text.size;
    if (row->count == HL_TABLE_COLUMNS_MAX) {
        struct bytes text =
            bytes_slice(writer_view(&row->text), span.offset, span.size);
        if (fault != TABLE_FINE || !row_text_is_blank(text)) {
            row_fail(row, TABLE_NO_COLUMN, HL_ELIMIT,
                     "more than %d columns have a value", HL_TABLE_COLUMNS_MAX);
        }
        return;
    }
    reserve(row);
    row->spans[row->count++] = span;
}

void row_pad(struct row *row, size_t count)
{
    while (row->count < count && row->count < HL_TABLE_COLUMNS_MAX) {
        row_end_cell(row, TABLE_FINE);
    }
}

size_t row_width(const struct row *row)
{
    size_t width = row->count;
    while (width > 0 && span_is_blank(row, width - 1)) {
        width--;
    }
    return width;
}

bool row_is_blank(const struct row *row)
{
    return row_width(row) == 0;
}

/* --- What is shown of bytes that are not valid. ------------------------- */

/* The size of the mark at the front of text and the byte it stands for; 0:
 * there is none, and the byte is as good as any. */
static size_t bad_at_front(struct bytes text, unsigned *byte)
{
    if (text.data[0] == 0) {
        *byte = 0;
        return 1;
    }
    size_t size = DECODER_BAD_BYTES + DECODER_BAD_HEX;
    if (text.size < size ||
        memcmp(text.data, DECODER_BAD, DECODER_BAD_BYTES) != 0) {
        return 0;
    }
    const uint8_t *hex = text.data + DECODER_BAD_BYTES;
    char digits[DECODER_BAD_HEX + 1] = {(char)hex[0], (char)hex[1], 0};
    return isxdigit(hex[0]) && isxdigit(hex[1]) &&
                   sscanf(digits, "%2x", byte) == 1
               ? size
               : 0;
}

static bool has_bad(struct bytes text)
{
    if (text.size == 0) {
        return false;
    }
    if (memchr(text.data, 0, text.size) != NULL) {
        return true;
    }
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.size;
    while ((at = memchr(at, DECODER_BAD[0] & 0xff, (size_t)(end - at))) !=
           NULL) {
        if ((size_t)(end - at) >= DECODER_BAD_BYTES &&
            memcmp(at, DECODER_BAD, DECODER_BAD_BYTES) == 0) {
            return true;
        }
        at++;
    }
    return false;
}

static void show(struct bytes text, struct writer *out)
{
    for (size_t at = 0; at < text.size;) {
        unsigned byte = 0;
        struct bytes rest = bytes_slice(text, at, text.size - at);
        size_t bad = bad_at_front(rest, &byte);
        if (bad > 0) {
            writer_format(out, "\\x%02X", byte);
        } else {
            writer_u8(out, text.data[at]);
        }
        at += bad > 0 ? bad : 1;
    }
}

static void show_bad(struct row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        struct bytes text = span_text(row, i);
        if (!has_bad(text)) {
            continue;
        }
        size_t offset = row->shown.size;
        show(text, &row->shown);
        row->cells[i].fault = TABLE_BAD_BYTES;
        row->cells[i].text =
            (struct bytes){.data = NULL, .size = row->shown.size - offset};
    }
}

/* Only now that row->shown has its place. */
static void point_at_shown(struct row *row)
{
    size_t offset = 0;
    for (size_t i = 0; i < row->count; i++) {
        struct table_cell *cell = &row->cells[i];
        if (cell->fault == TABLE_BAD_BYTES) {
            cell->text.data = row->shown.data + offset;
            offset += cell->text.size;
        }
    }
}

void row_finish(struct row *row, size_t columns, bool short_rows)
{
    HL_ASSERT(columns <= HL_TABLE_COLUMNS_MAX);
    size_t given = row->count;
    size_t width = row_width(row);
    if (width > columns) {
        row_fail(row, TABLE_NO_COLUMN, HL_EMALFORMED,
                 "cell %zu has a value, but there are %zu columns", width,
                 columns);
    } else if (given < columns && !short_rows) {
        row_fail(row, TABLE_NO_COLUMN, HL_EMALFORMED,
                 "the row has %zu cells, but there are %zu columns", given,
                 columns);
    }
    row->count = row->err != HL_OK ? 0 : given < columns ? given : columns;
    if (row->err != HL_OK) {
        return;
    }
    row_pad(row, columns);
    for (size_t i = 0; i < row->count; i++) {
        row->cells[i] =
            (struct table_cell){span_text(row, i), row->spans[i].fault};
    }
    show_bad(row);
    point_at_shown(row);
}
