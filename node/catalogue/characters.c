/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/characters.h"

#include <string.h>

#include "protocol/base/text.h"

bool character_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_alnum(uint8_t byte)
{
    return character_is_digit(byte) || is_letter(byte);
}

uint8_t character_to_upper(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

uint8_t character_to_lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

static bool continues(uint8_t byte)
{
    return (byte & 0xc0u) == 0x80u;
}

/* The code point that begins at `at` of well-formed UTF-8; not to be asked of a
 * byte that continues one. */
static uint32_t code_point(struct bytes text, size_t at)
{
    uint8_t first = text.data[at];
    unsigned more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    static const uint8_t bits[] = {0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = first & bits[more];
    for (unsigned i = 1; i <= more && at + i < text.size; i++) {
        point = point << 6 | (text.data[at + i] & 0x3fu);
    }
    return point;
}

/* Controls, and what cannot be seen or turns the direction of text: two names
 * that look the same are to be the same. */
static bool is_control(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } refused[] = {
        {0x0000, 0x001f},   {0x007f, 0x009f}, /* C0, DEL, C1 */
        {0x00ad, 0x00ad},   {0x061c, 0x061c}, /* soft hyphen, direction */
        {0x200b, 0x200f},   {0x2028, 0x202e}, /* no width, lines, direction */
        {0x2060, 0x206f},                     /* no width, isolates */
        {0xfdd0, 0xfdef},   {0xfeff, 0xfeff}, /* noncharacters, BOM */
        {0xe0000, 0xe007f},                   /* tags */
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (point >= refused[i].first && point <= refused[i].last) {
            return true;
        }
    }
    return (point & 0xfffeu) == 0xfffeu; /* noncharacters of each plane */
}

/* A first byte of what is none of those, as nearly all is: ASCII that can be
 * seen, and U+3000 to U+CFFF. */
static bool is_plain(uint8_t first)
{
    return (first >= 0x20 && first <= 0x7e) || (first >= 0xe3 && first <= 0xec);
}

hl_err character_validate_line(struct bytes text, struct hl_detail *detail)
{
    if (!text_utf8_valid(text)) {
        return hl_fail(detail, HL_EMALFORMED, "not UTF-8");
    }
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (!is_plain(byte) && !continues(byte) &&
            is_control(code_point(text, i))) {
            return hl_fail(detail, HL_EMALFORMED,
                           "a control character (U+%04X) at byte %zu",
                           code_point(text, i), i);
        }
    }
    if (text.size > 0 &&
        (text.data[0] == ' ' || text.data[text.size - 1] == ' ')) {
        return hl_fail(detail, HL_EMALFORMED, "a space at its end");
    }
    return HL_OK;
}

static bool is_local_part(struct bytes local)
{
    for (size_t i = 0; i < local.size; i++) {
        uint8_t byte = local.data[i];
        if (!is_alnum(byte) && (byte == 0 || strchr("._%+-", byte) == NULL)) {
            return false;
        }
    }
    return local.size > 0 && local.size <= 64;
}

/* A label ends at the next '.', or at the end of the domain. */
static bool is_mail_domain(struct bytes domain)
{
    size_t labels = 1;
    size_t label_bytes = 0;
    for (size_t i = 0; i < domain.size; i++) {
        uint8_t byte = domain.data[i];
        bool at_edge = label_bytes == 0 || i + 1 == domain.size ||
                       domain.data[i + 1] == '.';
        if (byte == '.' && label_bytes > 0) {
            labels++;
            label_bytes = 0;
        } else if (is_alnum(byte) || (byte == '-' && !at_edge)) {
            label_bytes++;
        } else {
            return false;
        }
    }
    return labels >= 2 && label_bytes > 0;
}

hl_err character_validate_mailbox(struct bytes text, struct hl_detail *detail)
{
    if (text.size == 0) {
        return HL_OK;
    }
    const uint8_t *at = memchr(text.data, '@', text.size);
    if (at != NULL) {
        size_t local = (size_t)(at - text.data);
        if (is_local_part(bytes_slice(text, 0, local)) &&
            is_mail_domain(
                bytes_slice(text, local + 1, text.size - local - 1))) {
            return HL_OK;
        }
    }
    return hl_fail(detail, HL_EMALFORMED,
                   "not the form of a mailbox, as lab@example.edu.cn");
}

/* Of a full-width character the ASCII one, else 0. */
static uint8_t narrow_of(uint32_t point)
{
    if (point == 0x3000) {
        return ' ';
    }
    return point >= 0xff01 && point <= 0xff5e ? (uint8_t)(point - 0xfee0) : 0;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct bytes character_narrow(struct bytes text, enum character_width width,
                              uint8_t *out)
{
    size_t size = 0;
    size_t i = 0;
    if (text.size == 0) {
        return text;
    }
    while (i < text.size) {
        uint32_t point = code_point(text, i);
        uint8_t narrow = narrow_of(point);
        bool wanted =
            width == CHARACTER_NARROW_ALL || is_alnum(narrow) || narrow == ' ';
        if (narrow != 0 && wanted) {
            out[size++] = narrow;
            i += 3;
        } else if (point == 0xa0) { /* a no-break space */
            out[size++] = ' ';
            i += 2;
        } else {
            do {
                out[size++] = text.data[i++];
            } while (i < text.size && continues(text.data[i]));
        }
    }
    size_t first = 0;
    while (first < size && is_space(out[first])) {
        first++;
    }
    while (size > first && is_space(out[size - 1])) {
        size--;
    }
    memmove(out, out + first, size - first);
    return bytes_of(out, size - first);
}

struct bytes character_normalise_code(struct bytes text, uint8_t *out)
{
    return character_narrow(text, CHARACTER_NARROW_ALL, out);
}

struct bytes character_normalise_name(struct bytes text, uint8_t *out)
{
    return character_narrow(text, CHARACTER_NARROW_ALNUM, out);
}

struct bytes character_normalise_lines(struct bytes text, uint8_t *out)
{
    struct bytes narrow = character_narrow(text, CHARACTER_NARROW_ALNUM, out);
    size_t size = 0;
    for (size_t i = 0; i < narrow.size; i++) {
        uint8_t byte = narrow.data[i];
        if (byte == '\r') {
            bool pair = i + 1 < narrow.size && narrow.data[i + 1] == '\n';
            byte = '\n';
            i += pair ? 1 : 0;
        } else if (byte == '\t') {
            byte = ' ';
        }
        while (byte == '\n' && size > 0 && out[size - 1] == ' ') {
            size--;
        }
        out[size++] = byte;
    }
    return bytes_of(out, size);
}

hl_err character_validate_lines(struct bytes text, struct hl_detail *detail)
{
    if (text.size == 0) {
        return HL_OK;
    }
    if (text.data[0] == '\n' || text.data[text.size - 1] == '\n') {
        return hl_fail(detail, HL_EMALFORMED, "a line end at its end");
    }
    size_t from = 0;
    while (from <= text.size) {
        const uint8_t *end = from == text.size ? NULL
                                               : memchr(text.data + from, '\n',
                                                        text.size - from);
        size_t to = end == NULL ? text.size : (size_t)(end - text.data);
        struct bytes line = bytes_slice(text, from, to - from);
        /* Indented lines are rightly so. */
        while (line.size > 0 && line.data[0] == ' ' && from > 0) {
            line = bytes_slice(line, 1, line.size - 1);
        }
        hl_err err = character_validate_line(line, detail);
        if (err != HL_OK) {
            return err;
        }
        from = to + 1;
    }
    return HL_OK;
}
