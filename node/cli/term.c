/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/term.h"

#include <string.h>

#include "node/text/columns.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

void term_put(FILE *out, const char *text)
{
    term_put_padded(out, text, 0);
}

void term_put_padded(FILE *out, const char *text, size_t columns)
{
    size_t used = 0;
    while (*text != '\0') {
        struct glyph glyph = glyph_next(&text);
        fwrite(glyph.bytes, 1, glyph.size, out);
        used += glyph.columns;
    }
    for (; used < columns; used++) {
        fputc(' ', out);
    }
}

size_t term_columns(const char *text)
{
    return text_columns(text);
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
