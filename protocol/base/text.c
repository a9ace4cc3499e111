/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/text.h"

#include <string.h>

#include "protocol/base/hl_assert.h"

/* The length of the sequence that a first byte opens, and the range of the
 * second byte (RFC 3629 section 4); later ones are 80..BF. */
struct utf8_class {
    uint8_t first_low, first_high, length, second_low, second_high;
};

static const struct utf8_class utf8_classes[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct utf8_class *utf8_class_of(uint8_t first)
{
    size_t count = sizeof(utf8_classes) / sizeof(utf8_classes[0]);
    for (size_t i = 0; i < count; i++) {
        const struct utf8_class *class = &utf8_classes[i];
        if (first >= class->first_low && first <= class->first_high) {
            return class;
        }
    }
    return NULL;
}

/* Length of the sequence at the front of text, 0 if there is none. */
static size_t utf8_sequence(struct bytes text)
{
    const struct utf8_class *class = utf8_class_of(text.data[0]);
    if (class == NULL || class->length > text.size) {
        return 0;
    }
    for (size_t i = 1; i < class->length; i++) {
        uint8_t low = i == 1 ? class->second_low : 0x80;
        uint8_t high = i == 1 ? class->second_high : 0xbf;
        if (text.data[i] < low || text.data[i] > high) {
            return 0;
        }
    }
    return class->length;
}

/* How much of an ASCII text can be stepped over: eight bytes, or the one. */
static size_t ascii_step(struct bytes text, size_t offset)
{
    uint64_t eight;
    if (text.size - offset < sizeof(eight)) {
        return 1;
    }
    memcpy(&eight, text.data + offset, sizeof(eight));
    return (eight & UINT64_C(0x8080808080808080)) == 0 ? sizeof(eight) : 1;
}

/* Most of Chinese: three bytes of a class without exceptions. */
static bool is_plain_three(struct bytes text, size_t offset)
{
    return text.size - offset >= 3 && text.data[offset] >= 0xe1 &&
           text.data[offset] <= 0xec &&
           (text.data[offset + 1] & 0xc0u) == 0x80u &&
           (text.data[offset + 2] & 0xc0u) == 0x80u;
}

size_t text_utf8_prefix(struct bytes text)
{
    size_t offset = 0;
    while (offset < text.size) {
        if (text.data[offset] < 0x80) {
            offset += ascii_step(text, offset);
            continue;
        }
        if (is_plain_three(text, offset)) {
            offset += 3;
            continue;
        }
        size_t length =
            utf8_sequence(bytes_slice(text, offset, text.size - offset));
        if (length == 0) {
            break;
        }
        offset += length;
    }
    return offset;
}

bool text_utf8_valid(struct bytes text)
{
    return text_utf8_prefix(text) == text.size;
}

hl_err text_decimal(struct bytes text, uint64_t max, uint64_t *value)
{
    if (text.size == 0 || (text.size > 1 && text.data[0] == '0')) {
        return HL_EMALFORMED;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return HL_EMALFORMED;
        }
        if (__builtin_mul_overflow(sum, 10u, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(text.data[i] - '0'), &sum)) {
            return HL_EMALFORMED;
        }
    }
    if (sum > max) {
        return HL_EMALFORMED;
    }
    *value = sum;
    return HL_OK;
}

static bool is_label_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool text_is_label(struct bytes text)
{
    if (text.size == 0 || text.size > 63 || text.data[0] == '-' ||
        text.data[text.size - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (!is_label_byte(text.data[i])) {
            return false;
        }
    }
    return true;
}

bool text_is_domain(struct bytes text)
{
    if (text.size == 0 || text.size > 253) {
        return false;
    }
    size_t start = 0;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '.') {
            continue;
        }
        if (!text_is_label(bytes_slice(text, start, i - start))) {
            return false;
        }
        start = i + 1;
    }
    return true;
}

void lines_init(struct lines *lines, struct bytes text)
{
    *lines = (struct lines){.text = text};
}

struct bytes lines_rest(const struct lines *lines)
{
    return bytes_slice(lines->text, lines->offset,
                       lines->text.size - lines->offset);
}

bool lines_next(struct lines *lines, struct bytes *line)
{
    struct bytes rest = lines_rest(lines);
    const uint8_t *end =
        rest.size == 0 ? NULL : memchr(rest.data, '\n', rest.size);
    if (end == NULL) {
        return false;
    }
    *line = bytes_of(rest.data, (size_t)(end - rest.data));
    lines->offset += line->size + 1;
    lines->number++;
    return true;
}

bool lines_at_end(const struct lines *lines)
{
    return lines->offset == lines->text.size;
}

size_t text_fields(struct bytes line, struct bytes *fields, size_t max)
{
    HL_ASSERT(max > 0);
    size_t count = 0;
    size_t start = 0;
    for (size_t i = 0; i <= line.size; i++) {
        bool last = i == line.size;
        if (!last && (line.data[i] != ' ' || count + 1 == max)) {
            continue;
        }
        if (i == start) {
            return 0;
        }
        fields[count++] = bytes_slice(line, start, i - start);
        start = i + 1;
    }
    return count;
}
