/* SPDX-License-Identifier: Apache-2.0 */
#include "node/text/columns.h"

#include <string.h>

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

struct glyph glyph_next(const char **text)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const uint8_t *data = (const uint8_t *)*text;
    if (data[0] >= ' ' && data[0] < 0x7f) { /* most of them */
        return (struct glyph){(*text)++, 1, 1};
    }
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

size_t text_columns(const char *text)
{
    size_t columns = 0;
    while (*text != '\0') {
        columns += glyph_next(&text).columns;
    }
    return columns;
}

void text_clean(const char *text, struct writer *out)
{
    while (*text != '\0') {
        struct glyph glyph = glyph_next(&text);
        writer_bytes(out, bytes_of(glyph.bytes, glyph.size));
    }
}
