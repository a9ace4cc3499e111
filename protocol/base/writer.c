/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Most texts are built of small parts: the first of them makes room for all. */
enum { GROWTH_BYTES = 64 };

void writer_init(struct writer *writer)
{
    *writer = (struct writer){0};
}

void writer_fini(struct writer *writer)
{
    hl_free(writer->data);
    writer_init(writer);
}

void writer_clear(struct writer *writer)
{
    writer->size = 0;
}

uint8_t *writer_extend(struct writer *writer, size_t size)
{
    size_t needed = 0;
    if (__builtin_add_overflow(writer->size, size, &needed)) {
        abort();
    }
    if (needed > writer->capacity) {
        size_t doubled = writer->capacity * 2 + GROWTH_BYTES;
        writer->capacity = needed > doubled ? needed : doubled;
        writer->data = hl_realloc(writer->data, writer->capacity, 1);
    }
    uint8_t *start = size == 0 ? writer->data : writer->data + writer->size;
    writer->size = needed;
    return start;
}

void writer_shrink(struct writer *writer, size_t size)
{
    HL_ASSERT(size <= writer->size);
    writer->size -= size;
}

static void big_endian(struct writer *writer, uint64_t value, size_t size)
{
    uint8_t *out = writer_extend(writer, size);
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
}

void writer_u8(struct writer *writer, uint8_t value)
{
    big_endian(writer, value, 1);
}

void writer_u16(struct writer *writer, uint16_t value)
{
    big_endian(writer, value, 2);
}

void writer_u32(struct writer *writer, uint32_t value)
{
    big_endian(writer, value, 4);
}

void writer_u64(struct writer *writer, uint64_t value)
{
    big_endian(writer, value, 8);
}

void writer_bytes(struct writer *writer, struct bytes data)
{
    uint8_t *out = writer_extend(writer, data.size);
    if (data.size > 0) {
        memcpy(out, data.data, data.size);
    }
}

void writer_text(struct writer *writer, const char *text)
{
    writer_bytes(writer, bytes_of_text(text));
}

void writer_hex(struct writer *writer, struct bytes data)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *out = writer_extend(writer, 2 * data.size);
    for (size_t i = 0; i < data.size; i++) {
        out[2 * i] = (uint8_t)digits[data.data[i] >> 4];
        out[2 * i + 1] = (uint8_t)digits[data.data[i] & 15];
    }
}

void writer_format(struct writer *writer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    HL_ASSERT(length >= 0);
    size_t size = (size_t)length;
    uint8_t *out = writer_extend(writer, size + 1);
    va_start(args, format);
    vsnprintf((char *)out, size + 1, format, args);
    va_end(args);
    writer_shrink(writer, 1);
}

struct bytes writer_view(const struct writer *writer)
{
    return bytes_of(writer->data, writer->size);
}
