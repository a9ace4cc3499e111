/* SPDX-License-Identifier: Apache-2.0 */

/* csv, tsv, jsonl and json. */

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "node/table/csv.h"
#include "node/table/output.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct text_output {
    FILE *file;
    enum table_format format;
    bool mark;
    uint64_t rows;       /* the heading counted */
    struct writer names; /* of JSON, one behind the other */
    struct bytes *columns;
    struct writer row;
};

hl_err output_fail_errno(int cause, const char *doing, struct hl_detail *detail)
{
    bool full = cause == ENOSPC || cause == EDQUOT;
    return hl_fail(detail, full ? HL_EFULL : HL_EIO, "cannot %s: %s", doing,
                   strerror(cause));
}

/* --- Rows as texts. ------------------------------------------------------ */

static int append(const char *text, size_t size, void *context)
{
    writer_bytes(context, bytes_of(text, size));
    return 0;
}

static void put_json_text(struct bytes text, struct writer *out)
{
    const char *data = text.size == 0 ? "" : (const char *)text.data;
    json_t *string = json_stringn(data, text.size);
    HL_ASSERT(string != NULL);
    int done =
        json_dump_callback(string, append, out, JSON_COMPACT | JSON_ENCODE_ANY);
    HL_ASSERT(done == 0);
    json_decref(string);
}

void json_encode(const struct bytes *names, const struct bytes *cells,
                 size_t count, struct writer *out)
{
    for (size_t i = 0; i < count; i++) {
        writer_text(out, i == 0 ? "{" : ", ");
        put_json_text(names[i], out);
        writer_text(out, ": ");
        put_json_text(cells[i], out);
    }
    writer_text(out, "}");
}

/* --- The file. ----------------------------------------------------------- */

static bool is_json(const struct text_output *text)
{
    return text->format == TABLE_JSON || text->format == TABLE_JSONL;
}

static hl_err write_row(struct text_output *text, struct hl_detail *detail)
{
    size_t size = text->row.size;
    return fwrite(text->row.data, 1, size, text->file) == size
               ? HL_OK
               : output_fail_errno(errno, "write", detail);
}

static void keep_names(struct text_output *text, const struct bytes *names,
                       size_t count)
{
    text->columns = hl_alloc(count, sizeof(*text->columns));
    for (size_t i = 0; i < count; i++) {
        writer_bytes(&text->names, names[i]);
    }
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        text->columns[i] =
            bytes_slice(writer_view(&text->names), offset, names[i].size);
        offset += names[i].size;
    }
}

static void encode_json_row(struct text_output *text, const struct bytes *cells,
                            size_t count)
{
    bool list = text->format == TABLE_JSON;
    if (text->rows == 0) {
        keep_names(text, cells, count);
        writer_text(&text->row, list ? "[" : "");
        return;
    }
    writer_text(&text->row, !list ? "" : text->rows == 1 ? "\n" : ",\n");
    json_encode(text->columns, cells, count, &text->row);
    writer_text(&text->row, list ? "" : "\n");
}

static hl_err put(void *self, const struct bytes *cells, size_t count,
                  struct hl_detail *detail)
{
    struct text_output *text = self;
    writer_clear(&text->row);
    if (is_json(text)) {
        encode_json_row(text, cells, count);
    } else {
        bool marked = text->mark && text->rows == 0;
        writer_text(&text->row, marked ? CSV_MARK : "");
        csv_encode(cells, count, text->format == TABLE_TSV ? '\t' : ',',
                   &text->row);
    }
    text->rows++;
    return text->row.size == 0 ? HL_OK : write_row(text, detail);
}

static hl_err finish(void *self, struct hl_detail *detail)
{
    struct text_output *text = self;
    hl_err err = HL_OK;
    if (text->format == TABLE_JSON) {
        writer_clear(&text->row);
        writer_text(&text->row, "\n]\n");
        err = write_row(text, detail);
    }
    if (fclose(text->file) != 0 && err == HL_OK) {
        err = output_fail_errno(errno, "write", detail);
    }
    writer_fini(&text->names);
    writer_fini(&text->row);
    hl_free(text->columns);
    hl_free(text);
    return err;
}

static const struct output_ops ops = {put, finish};

hl_err text_output_open(const char *path, enum table_format format, bool mark,
                        struct output *out, struct hl_detail *detail)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return output_fail_errno(errno, "open", detail);
    }
    struct text_output *text = hl_alloc(1, sizeof(*text));
    *text = (struct text_output){.file = file, .format = format, .mark = mark};
    *out = (struct output){&ops, text};
    return HL_OK;
}
