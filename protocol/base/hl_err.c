/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/hl_err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "protocol/base/hl_assert.h"

struct row {
    const char *name;
    const char *text;
    enum hl_grpc grpc;
    int exit_code;
};

#define ROW(name, grpc, exit, text) {#name, text, grpc, exit},
static const struct row rows[] = {HL_ERR_TABLE(ROW)};
#undef ROW

static const struct row *row_of(hl_err err)
{
    HL_ASSERT((unsigned)err < HL_ERR_COUNT);
    return &rows[err];
}

const char *hl_err_name(hl_err err)
{
    return row_of(err)->name;
}

const char *hl_err_text(hl_err err)
{
    return row_of(err)->text;
}

enum hl_grpc hl_err_grpc(hl_err err)
{
    return row_of(err)->grpc;
}

int hl_err_exit(hl_err err)
{
    return row_of(err)->exit_code;
}

HL_PRINTF(4, 0)
static void fill(struct hl_detail *detail, enum hl_where where, uint64_t at,
                 const char *format, va_list args)
{
    if (detail == NULL) {
        return;
    }
    detail->where = where;
    detail->at = at;
    vsnprintf(detail->text, sizeof(detail->text), format, args);
    for (char *c = detail->text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

hl_err hl_fail(struct hl_detail *detail, hl_err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(detail, HL_NOWHERE, 0, format, args);
    va_end(args);
    return err;
}

hl_err hl_fail_line(struct hl_detail *detail, uint64_t line, hl_err err,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(detail, HL_AT_LINE, line, format, args);
    va_end(args);
    return err;
}

hl_err hl_fail_at(struct hl_detail *detail, uint64_t offset, hl_err err,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(detail, HL_AT_OFFSET, offset, format, args);
    va_end(args);
    return err;
}
