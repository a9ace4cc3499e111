/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/table/table_dump.h"

#include <inttypes.h>

static void dump_text(struct bytes text, struct writer *out)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\n' || text.data[i] == '\r') {
            writer_text(out, text.data[i] == '\n' ? "\\n" : "\\r");
        } else {
            writer_u8(out, text.data[i]);
        }
    }
}

static void dump_heading(const struct table_reader *reader, struct writer *out)
{
    const char *encoding = table_reader_encoding(reader);
    const char *others = NULL;
    const char *sheet = table_reader_sheet(reader, &others);
    writer_text(out, table_format_name(table_reader_format(reader)));
    writer_format(out, "%s%s", encoding == NULL ? "" : " ",
                  encoding == NULL ? "" : encoding);
    if (sheet != NULL && others[0] != '\0') {
        writer_format(out, " (%s, not %s)", sheet, others);
    }
    writer_text(out, ": ");
    for (size_t i = 0; i < table_reader_columns(reader); i++) {
        writer_text(out, i == 0 ? "" : "|");
        dump_text(table_reader_column(reader, i), out);
    }
    writer_text(out, "\n");
}

static void dump_cell(const struct table_cell *cell, struct writer *out)
{
    static const char *const faults[] = {
        [TABLE_FINE] = "",
        [TABLE_BAD_BYTES] = "{BYTES}",
        [TABLE_ERROR_VALUE] = "{ERROR}",
        [TABLE_NO_VALUE] = "{NO VALUE}",
    };
    dump_text(cell->text, out);
    writer_text(out, faults[cell->fault]);
}

static void dump_row(const struct table_reader *reader,
                     const struct table_row *row, struct writer *out)
{
    if (row->err != HL_OK) {
        writer_format(out, "%" PRIu64 "! %s ", row->line,
                      hl_err_name(row->err));
        if (row->column == TABLE_NO_COLUMN ||
            (size_t)row->column >= table_reader_columns(reader)) {
            writer_text(out, "-");
        } else {
            dump_text(table_reader_column(reader, (size_t)row->column), out);
        }
        writer_format(out, ": %s\n", row->detail.text);
        return;
    }
    writer_format(out, "%" PRIu64 ": ", row->line);
    for (size_t i = 0; i < row->count; i++) {
        writer_text(out, i == 0 ? "" : "|");
        dump_cell(&row->cells[i], out);
    }
    writer_text(out, "\n");
}

static void dump(hl_err err, struct table_reader *reader,
                 struct hl_detail *detail, struct writer *out)
{
    const struct table_row *row = NULL;
    if (err == HL_OK) {
        dump_heading(reader, out);
        err = table_reader_next(reader, &row, detail);
    }
    while (err == HL_OK && row != NULL) {
        dump_row(reader, row, out);
        err = table_reader_next(reader, &row, detail);
    }
    if (err != HL_OK) {
        writer_format(out, "! %s", hl_err_name(err));
        if (detail->where == HL_AT_LINE) {
            writer_format(out, " @%" PRIu64, detail->at);
        }
        writer_format(out, ": %s\n", detail->text);
    }
    table_reader_close(&reader);
}

void table_dump(const char *path, const struct table_options *options,
                struct writer *out)
{
    struct table_reader *reader = NULL;
    struct hl_detail detail = {0};
    hl_err err = table_reader_open(path, options, &reader, &detail);
    dump(err, reader, &detail, out);
}

void table_dump_memory(struct bytes file, const char *name,
                       const struct table_options *options, struct writer *out)
{
    struct table_reader *reader = NULL;
    struct hl_detail detail = {0};
    hl_err err =
        table_reader_open_memory(file, name, options, &reader, &detail);
    dump(err, reader, &detail, out);
}
