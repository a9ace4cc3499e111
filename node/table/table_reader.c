/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/table_reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "node/table/input.h"
#include "node/table/sniff.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct table_reader {
    struct source source;
    struct table_options options;
    struct input input;
    struct row row;
    struct table_row given;
    struct writer names; /* what the columns borrow */
    struct bytes *columns;
    size_t column_count;
    uint64_t heading; /* its line */
    hl_err err;       /* HL_OK, or what ended the file */
    struct hl_detail detail;
};

const char *table_fault_text(enum table_fault fault)
{
    switch (fault) {
    case TABLE_BAD_BYTES:
        return "has bytes that are not valid in the file's encoding";
    case TABLE_ERROR_VALUE:
        return "is an error of the spreadsheet";
    case TABLE_NO_VALUE:
        return "is a formula that was never computed: open the file in a "
               "spreadsheet program and save it";
    case TABLE_FINE:
    default:
        return "is fine";
    }
}

/* --- The heading. -------------------------------------------------------- */

static struct bytes trimmed(struct bytes text)
{
    while (text.size > 0 && isspace(text.data[0])) {
        text = bytes_slice(text, 1, text.size - 1);
    }
    while (text.size > 0 && isspace(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

static hl_err check_names(const struct table_reader *reader,
                          struct hl_detail *detail)
{
    const struct row *row = &reader->row;
    for (size_t i = 0; i < row->count; i++) {
        const struct table_cell *cell = &row->cells[i];
        struct bytes name = reader->columns[i];
        if (cell->fault != TABLE_FINE) {
            return hl_fail_line(detail, row->line, HL_EMALFORMED,
                                "the heading of column %zu, '%.*s', %s", i + 1,
                                BYTES_ARGS(name),
                                table_fault_text(cell->fault));
        }
        if (name.size == 0) {
            return hl_fail_line(detail, row->line, HL_EMALFORMED,
                                "column %zu has no heading, but columns "
                                "behind it have: is the heading another line?",
                                i + 1);
        }
        for (size_t k = 0; k < i; k++) {
            if (bytes_equal(name, reader->columns[k])) {
                return hl_fail_line(detail, row->line, HL_EMALFORMED,
                                    "columns %zu and %zu have one heading, "
                                    "'%.*s'",
                                    k + 1, i + 1, BYTES_ARGS(name));
            }
        }
    }
    return HL_OK;
}

static void keep_names(struct table_reader *reader)
{
    struct row *row = &reader->row;
    for (size_t i = 0; i < row->count; i++) {
        writer_bytes(&reader->names, trimmed(row->cells[i].text));
    }
    reader->columns = hl_alloc(row->count, sizeof(*reader->columns));
    reader->column_count = row->count;
    size_t offset = 0;
    for (size_t i = 0; i < row->count; i++) {
        size_t size = trimmed(row->cells[i].text).size;
        reader->columns[i] =
            bytes_slice(writer_view(&reader->names), offset, size);
        offset += size;
    }
}

/* The next row that has anything in it. */
static hl_err next_row(struct table_reader *reader, bool *got,
                       struct hl_detail *detail)
{
    hl_err err = HL_OK;
    do {
        err = reader->input.ops->next(reader->input.self, &reader->row, got,
                                      detail);
    } while (err == HL_OK && *got && reader->row.err == HL_OK &&
             row_is_blank(&reader->row));
    return err;
}

static hl_err read_heading(struct table_reader *reader,
                           struct hl_detail *detail)
{
    struct row *row = &reader->row;
    bool is_json = reader->options.format == TABLE_JSON ||
                   reader->options.format == TABLE_JSONL;
    bool got = false;
    hl_err err = HL_OK;
    do {
        err = next_row(reader, &got, detail);
    } while (err == HL_OK && got && !is_json &&
             row->line < reader->options.heading);
    if (err != HL_OK) {
        return err;
    }
    if (!got || (row->err == HL_OK && row_width(row) == 0)) {
        return hl_fail(detail, HL_EMALFORMED,
                       is_json ? "there is no object with members"
                               : "there is no heading");
    }
    if (row->err == HL_OK) {
        row_finish(row, row_width(row), true);
    }
    if (row->err != HL_OK) {
        return hl_fail_line(detail, row->line, row->err, "heading: %s",
                            row->detail.text);
    }
    keep_names(reader);
    reader->heading = row->line;
    return check_names(reader, detail);
}

/* --- Opening. ------------------------------------------------------------ */

typedef hl_err (*input_open_fn)(struct source *source,
                                const struct table_options *options,
                                struct input *out, struct hl_detail *detail);

static const input_open_fn openers[] = {
    [TABLE_CSV] = csv_input_open,    [TABLE_TSV] = csv_input_open,
    [TABLE_JSONL] = json_input_open, [TABLE_JSON] = json_input_open,
    [TABLE_XLSX] = xlsx_input_open,
};

/* The texts of the caller's options are needed while opening only. */
static hl_err open_input(struct table_reader *reader, const char *name,
                         const struct table_options *options,
                         struct hl_detail *detail)
{
    struct table_options opened =
        options == NULL ? (struct table_options){0} : *options;
    hl_err err = sniff_format(&reader->source, name, opened.format,
                              &opened.format, detail);
    if (err != HL_OK) {
        return err;
    }
    err = openers[opened.format](&reader->source, &opened, &reader->input,
                                 detail);
    opened.encoding = NULL;
    opened.sheet = NULL;
    reader->options = opened;
    return err == HL_OK ? read_heading(reader, detail) : err;
}

static hl_err open_reader(struct table_reader *reader, const char *name,
                          const struct table_options *options,
                          struct table_reader **out, struct hl_detail *detail)
{
    hl_err err = open_input(reader, name, options, detail);
    if (err != HL_OK) {
        table_reader_close(&reader);
    }
    *out = reader;
    return err;
}

hl_err table_reader_open(const char *path, const struct table_options *options,
                         struct table_reader **out, struct hl_detail *detail)
{
    struct table_reader *reader = hl_alloc(1, sizeof(*reader));
    hl_err err = source_open(path, &reader->source, detail);
    if (err != HL_OK) {
        hl_free(reader);
        *out = NULL;
        return err;
    }
    return open_reader(reader, path, options, out, detail);
}

hl_err table_reader_open_memory(struct bytes file, const char *name,
                                const struct table_options *options,
                                struct table_reader **out,
                                struct hl_detail *detail)
{
    struct table_reader *reader = hl_alloc(1, sizeof(*reader));
    source_of_memory(file, &reader->source);
    return open_reader(reader, name, options, out, detail);
}

void table_reader_close(struct table_reader **reader)
{
    struct table_reader *closed = *reader;
    *reader = NULL;
    if (closed == NULL) {
        return;
    }
    if (closed->input.ops != NULL) {
        closed->input.ops->close(closed->input.self);
    }
    row_fini(&closed->row);
    writer_fini(&closed->names);
    hl_free(closed->columns);
    source_close(&closed->source);
    hl_free(closed);
}

/* --- Rows. --------------------------------------------------------------- */

enum table_format table_reader_format(const struct table_reader *reader)
{
    return reader->options.format;
}

const char *table_reader_encoding(const struct table_reader *reader)
{
    return reader->input.ops->encoding(reader->input.self);
}

const char *table_reader_sheet(const struct table_reader *reader,
                               const char **others)
{
    *others = NULL;
    return reader->input.ops->sheet == NULL
               ? NULL
               : reader->input.ops->sheet(reader->input.self, others);
}

uint64_t table_reader_heading(const struct table_reader *reader)
{
    return reader->heading;
}

size_t table_reader_columns(const struct table_reader *reader)
{
    return reader->column_count;
}

struct bytes table_reader_column(const struct table_reader *reader,
                                 size_t index)
{
    HL_ASSERT(index < reader->column_count);
    return reader->columns[index];
}

static void give(struct table_reader *reader)
{
    struct row *row = &reader->row;
    bool is_text = reader->options.format == TABLE_CSV ||
                   reader->options.format == TABLE_TSV;
    row_finish(row, reader->column_count,
               !is_text || reader->options.short_rows);
    reader->given = (struct table_row){
        .line = row->line,
        .cells = row->cells,
        .count = row->count,
        .err = row->err,
        .detail = row->detail,
        .column = row->column,
    };
}

hl_err table_reader_next(struct table_reader *reader,
                         const struct table_row **row, struct hl_detail *detail)
{
    bool got = false;
    if (reader->err == HL_OK) {
        reader->err = next_row(reader, &got, &reader->detail);
    }
    if (reader->err != HL_OK) {
        if (detail != NULL) {
            *detail = reader->detail;
        }
        return reader->err;
    }
    if (got) {
        give(reader);
    }
    *row = got ? &reader->given : NULL;
    return HL_OK;
}
