/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/term.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

struct range {
    uint32_t first, last;
};

/* Never shown. */
static const struct range hidden[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
};

/* Two columns: East Asian Wide and Fullwidth (UAX #11). */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
    {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

/* No column of their own. */
static const struct range combining[] = {
    {0x0300, 0x036f},
    {0x1ab0, 0x1aff},
    {0x20d0, 0x20ff},
    {0xfe00, 0xfe0f},
};

#define IS_IN(code, ranges)                                                    \
    is_in(code, ranges, sizeof(ranges) / sizeof((ranges)[0]))

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static size_t length_of(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

struct glyph {
    const char *bytes; /* as shown */
    size_t size;
    size_t columns;
};

/* Takes one character, good or bad, from the text. */
static struct glyph next_glyph(const char **text)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const uint8_t *data = (const uint8_t *)*text;
    size_t size = length_of(data[0]);
    size_t left = strnlen(*text, size);
    if (left < size || !text_utf8_valid(bytes_of(data, size))) {
        (*text)++;
        return (struct glyph){"?", 1, 1};
    }
    uint32_t code = data[0] & masks[size];
    for (size_t i = 1; i < size; i++) {
        code = code << 6 | (data[i] & 0x3f);
    }
    struct glyph glyph = {*text, size,
                          IS_IN(code, wide)        ? 2
                          : IS_IN(code, combining) ? 0
                                                   : 1};
    *text += size;
    return IS_IN(code, hidden) ? (struct glyph){"?", 1, 1} : glyph;
}

void term_put(FILE *out, const char *text)
{
    term_put_padded(out, text, 0);
}

void term_put_padded(FILE *out, const char *text, size_t columns)
{
    size_t used = 0;
    while (*text != '\0') {
        struct glyph glyph = next_glyph(&text);
        fwrite(glyph.bytes, 1, glyph.size, out);
        used += glyph.columns;
    }
    for (; used < columns; used++) {
        fputc(' ', out);
    }
}

size_t term_columns(const char *text)
{
    size_t columns = 0;
    while (*text != '\0') {
        columns += next_glyph(&text).columns;
    }
    return columns;
}

void term_hex(struct bytes data, struct writer *out)
{
    for (size_t i = 0; i < data.size; i++) {
        writer_format(out, "%02x", data.data[i]);
    }
}

void term_table_add(struct term_table *table, const char *const *cells)
{
    HL_ASSERT(table->column_count <= TERM_TABLE_COLUMNS_MAX);
    size_t at = table->row_count * table->column_count;
    table->cells = hl_realloc(table->cells, at + table->column_count,
                              sizeof(*table->cells));
    for (size_t i = 0; i < table->column_count; i++) {
        table->cells[at + i] = hl_copy(cells[i], strlen(cells[i]));
    }
    table->row_count++;
}

static void measure(struct term_table *table)
{
    for (size_t i = 0; i < table->row_count * table->column_count; i++) {
        size_t *widest = &table->columns[i % table->column_count];
        size_t used = term_columns(table->cells[i]);
        *widest = used > *widest ? used : *widest;
    }
}

void term_table_print(struct term_table *table, FILE *out)
{
    measure(table);
    for (size_t i = 0; i < table->row_count * table->column_count; i++) {
        size_t column = i % table->column_count;
        bool last = column + 1 == table->column_count;
        term_put_padded(out, table->cells[i],
                        last ? 0 : table->columns[column]);
        fputs(last ? "\n" : "  ", out);
    }
    term_table_fini(table);
}

void term_table_fini(struct term_table *table)
{
    for (size_t i = 0; i < table->row_count * table->column_count; i++) {
        hl_free(table->cells[i]);
    }
    hl_free(table->cells);
    table->cells = NULL;
    table->row_count = 0;
}
