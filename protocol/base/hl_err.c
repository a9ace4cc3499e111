/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/hl_err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

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

/* Control characters, and in UTF-8 the C1 ones (C2 80..9F) and the marks that
 * turn the direction of text (E2 80 8E..8F, E2 80 A8..AE, E2 81 A6..A9). */
static size_t unprintable(const unsigned char *c)
{
    if (c[0] < 0x20 || c[0] == 0x7f) {
        return 1;
    }
    if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) {
        return 2;
    }
    bool marks =
        c[0] == 0xe2 && ((c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f)) ||
                         (c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
                         (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
    return marks ? 3 : 0;
}

static void clean(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        size_t size = unprintable((const unsigned char *)c);
        if (size > 0) {
            memset(c, '?', size);
        }
    }
}

/* What was cut to fit is text none the less: its last character may be half of
 * one. */
static void end_whole(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && ((unsigned char)text[size - 1] & 0xc0) == 0x80) {
        size--;
    }
    if (size > 0 && (unsigned char)text[size - 1] >= 0xc0) {
        size--;
    }
    text[size] = '\0';
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
    int size = vsnprintf(detail->text, sizeof(detail->text), format, args);
    if (size >= (int)sizeof(detail->text)) {
        end_whole(detail->text);
    }
    clean(detail->text);
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
