/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/xlsx_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/hl_limits.h"

/* At worst every byte of a cell is written as an escape. */
enum { WRITTEN_BYTES_MAX = XLSX_ESCAPE_BYTES * HL_TABLE_CELL_MAX_BYTES };

void xlsx_collect_anew(struct xlsx_collected *collected)
{
    writer_clear(&collected->text);
    collected->size = 0;
}

void xlsx_collect(struct xlsx_collected *collected, struct bytes text)
{
    collected->size += text.size;
    if (xlsx_collected_fits(collected)) {
        writer_bytes(&collected->text, text);
    }
}

bool xlsx_collected_fits(const struct xlsx_collected *collected)
{
    return collected->size <= WRITTEN_BYTES_MAX;
}

/* Whether _xHHHH_ is at the front, and its unit. */
static bool escape_at_front(struct bytes text, unsigned *unit)
{
    if (text.size < XLSX_ESCAPE_BYTES || text.data[0] != '_' ||
        text.data[1] != 'x' || text.data[6] != '_') {
        return false;
    }
    char hex[5] = {0};
    for (size_t i = 0; i < 4; i++) {
        hex[i] = (char)text.data[2 + i];
        if (!isxdigit((unsigned char)hex[i])) {
            return false;
        }
    }
    return sscanf(hex, "%4x", unit) == 1;
}

static void put_character(unsigned c, struct writer *out)
{
    if (c < 0x80) {
        writer_u8(out, (uint8_t)c);
        return;
    }
    if (c >= 0x10000) {
        writer_u8(out, (uint8_t)(0xf0 | c >> 18));
        writer_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
    } else if (c >= 0x800) {
        writer_u8(out, (uint8_t)(0xe0 | c >> 12));
    }
    writer_u8(out, c >= 0x800 ? (uint8_t)(0x80 | (c >> 6 & 0x3f))
                              : (uint8_t)(0xc0 | c >> 6));
    writer_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
}

/* The escapes at the front that make one character, and how long they are; 0:
 * there are none. */
static size_t character_at_front(struct bytes text, unsigned *character)
{
    unsigned low = 0;
    if (!escape_at_front(text, character)) {
        return 0;
    }
    if (*character < 0xd800 || *character > 0xdfff) {
        return XLSX_ESCAPE_BYTES;
    }
    struct bytes rest =
        bytes_slice(text, XLSX_ESCAPE_BYTES, text.size - XLSX_ESCAPE_BYTES);
    if (*character > 0xdbff || !escape_at_front(rest, &low) || low < 0xdc00 ||
        low > 0xdfff) {
        return 0;
    }
    *character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
    return (size_t)2 * XLSX_ESCAPE_BYTES;
}

void xlsx_unescape(struct bytes text, struct writer *out)
{
    while (text.size > 0) {
        const uint8_t *mark = memchr(text.data, '_', text.size);
        size_t plain = mark == NULL ? text.size : (size_t)(mark - text.data);
        unsigned character = 0;
        writer_bytes(out, bytes_slice(text, 0, plain));
        text = bytes_slice(text, plain, text.size - plain);
        if (text.size == 0) {
            break;
        }
        size_t taken = character_at_front(text, &character);
        if (taken == 0) {
            character = '_';
            taken = 1;
        }
        put_character(character, out);
        text = bytes_slice(text, taken, text.size - taken);
    }
}

/* What XML 1.0 has no way to write, and CR, which it reads as LF. */
static size_t unwritable(struct bytes text, unsigned *unit)
{
    uint8_t c = text.data[0];
    if (c < 0x20 && c != '\t' && c != '\n') {
        *unit = c;
        return 1;
    }
    if (text.size >= 3 && c == 0xef && text.data[1] == 0xbf &&
        text.data[2] >= 0xbe) {
        *unit = 0xff00 + text.data[2] + 0x40u;
        return 3;
    }
    if (escape_at_front(text, unit)) {
        *unit = '_';
        return 1;
    }
    return 0;
}

void xlsx_escape(struct bytes text, struct writer *out)
{
    for (size_t at = 0; at < text.size;) {
        unsigned unit = 0;
        struct bytes rest = bytes_slice(text, at, text.size - at);
        size_t size = unwritable(rest, &unit);
        if (size > 0) {
            writer_format(out, "_x%04X_", unit);
        } else {
            writer_u8(out, text.data[at]);
            size = 1;
        }
        at += size;
    }
}

size_t xlsx_written_characters(struct bytes text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.size;) {
        unsigned unit = 0;
        size_t size = unwritable(bytes_slice(text, at, text.size - at), &unit);
        bool starts = (text.data[at] & 0xc0) != 0x80;
        count += size > 0 ? XLSX_ESCAPE_BYTES : starts ? 1u : 0u;
        at += size > 0 ? size : 1;
    }
    return count;
}
