/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/ins_codes.h"

#include "node/report/nrii_row.h"
#include "node/table/table_reader.h"
#include "protocol/base/alloc.h"

struct ins_code {
    char *unit_id, *code;
};

enum { NAMES = 3 };
static const char *const id_names[NAMES] = {"unit_id", "统一社会信用代码",
                                            "单位代码"};
static const char *const code_names[NAMES] = {"ins_code", "insCode",
                                              "所属单位标识"};

/* Where it is; the count of columns if it is not there. */
static size_t find_column(const struct table_reader *reader,
                          const char *const names[NAMES])
{
    size_t count = table_reader_columns(reader);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < NAMES; k++) {
            if (bytes_equal_text(table_reader_column(reader, i), names[k])) {
                return i;
            }
        }
    }
    return count;
}

static hl_err take_row(struct ins_codes *codes, const struct table_row *row,
                       size_t id, size_t code, struct hl_detail *detail)
{
    if (row->err != HL_OK) {
        *detail = row->detail;
        return row->err;
    }
    struct bytes unit_id = row->cells[id].text;
    struct bytes text = row->cells[code].text;
    if (unit_id.size == 0 || !nrii_ins_code_valid(text)) {
        return hl_fail_line(detail, row->line, HL_EMALFORMED,
                            "'%.*s' of unit '%.*s' is no insCode: give 32 hex "
                            "digits",
                            BYTES_ARGS(text), BYTES_ARGS(unit_id));
    }
    codes->items =
        hl_realloc(codes->items, codes->count + 1, sizeof(*codes->items));
    codes->items[codes->count++] = (struct ins_code){
        hl_copy(unit_id.data, unit_id.size), hl_copy(text.data, text.size)};
    return HL_OK;
}

static hl_err read_table(struct cli_call *call, const char *path,
                         struct ins_codes *codes)
{
    const struct table_options options = {.short_rows = true};
    struct hl_detail *detail = cli_about(call, path);
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    size_t id = 0, code = 0;
    hl_err err = table_reader_open(path, &options, &reader, detail);
    if (err == HL_OK) {
        size_t count = table_reader_columns(reader);
        id = find_column(reader, id_names);
        code = find_column(reader, code_names);
        if (id == count || code == count) {
            err = hl_fail(detail, HL_EMALFORMED,
                          "it needs the columns unit_id and ins_code");
        }
    }
    while (err == HL_OK) {
        err = table_reader_next(reader, &row, detail);
        if (err != HL_OK || row == NULL) {
            break;
        }
        err = take_row(codes, row, id, code, detail);
    }
    table_reader_close(&reader);
    return err;
}

hl_err ins_codes_take(struct cli_call *call, struct ins_codes *out)
{
    const char *path = cli_get(call, "ins-codes");
    out->usual = cli_get(call, "ins-code");
    if (out->usual != NULL && !nrii_ins_code_valid(bytes_of_text(out->usual))) {
        return cli_usage(call, "--ins-code is '%s': give 32 hex digits",
                         out->usual);
    }
    return path == NULL ? HL_OK : read_table(call, path, out);
}

void ins_codes_fini(struct ins_codes *codes)
{
    for (size_t i = 0; i < codes->count; i++) {
        hl_free(codes->items[i].unit_id);
        hl_free(codes->items[i].code);
    }
    hl_free(codes->items);
    *codes = (struct ins_codes){0};
}

/* A city has some hundred units: they are looked through. */
struct bytes ins_codes_find(const struct ins_codes *codes,
                            const struct homed *of)
{
    for (size_t i = 0; i < codes->count; i++) {
        if (bytes_equal_text(of->unit_id, codes->items[i].unit_id)) {
            return bytes_of_text(codes->items[i].code);
        }
    }
    if (bytes_equal_text(of->unit_scheme, "nrii")) {
        return of->unit_id;
    }
    return bytes_of_text(codes->usual == NULL ? "" : codes->usual);
}
