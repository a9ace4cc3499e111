/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encoded_size(size_t size)
{
    return size / 3 * 4 + (size % 3 == 0 ? 0 : 4);
}

size_t base64_decoded_size_max(size_t size)
{
    return size / 4 * 3;
}

void base64_encode(struct bytes data, struct writer *out)
{
    uint8_t *text = writer_extend(out, base64_encoded_size(data.size));
    for (size_t i = 0; i < data.size; i += 3) {
        size_t have = data.size - i < 3 ? data.size - i : 3;
        uint32_t group = (uint32_t)data.data[i] << 16;
        group |= have > 1 ? (uint32_t)data.data[i + 1] << 8 : 0;
        group |= have > 2 ? (uint32_t)data.data[i + 2] : 0;
        for (size_t k = 0; k < 4; k++) {
            uint32_t six = group >> (18 - 6 * k) & 0x3f;
            *text++ = (uint8_t)(k <= have ? alphabet[six] : '=');
        }
    }
}

/* A character's value plus one; 0: it is not of the alphabet. */
static const uint8_t values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,
    ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static size_t padding_of(struct bytes text)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.size &&
           text.data[text.size - 1 - padding] == '=') {
        padding++;
    }
    return padding;
}

/* Decodes one group of four characters, the last `padding` of them '='. */
static bool decode_group(const uint8_t *text, size_t padding, uint8_t *out)
{
    uint32_t group = 0;
    for (size_t k = 0; k < 4 - padding; k++) {
        uint8_t value = values[text[k]];
        if (value == 0) {
            return false;
        }
        group |= (uint32_t)(value - 1) << (18 - 6 * k);
    }
    if ((group & ((1u << 8 * padding) - 1)) != 0) {
        return false;
    }
    for (size_t k = 0; k < 3 - padding; k++) {
        out[k] = (uint8_t)(group >> (16 - 8 * k));
    }
    return true;
}

hl_err base64_decode(struct bytes text, struct writer *out)
{
    if (text.size % 4 != 0) {
        return HL_EMALFORMED;
    }
    size_t padding = padding_of(text);
    size_t size = base64_decoded_size_max(text.size) - padding;
    uint8_t *to = writer_extend(out, size);
    for (size_t i = 0; i < text.size; i += 4) {
        bool last = i + 4 == text.size;
        if (!decode_group(text.data + i, last ? padding : 0, to)) {
            writer_shrink(out, size);
            return HL_EMALFORMED;
        }
        to += 3;
    }
    return HL_OK;
}

hl_err base64_decode_exact(struct bytes text, size_t size, void *out)
{
    struct writer decoded = {0};
    hl_err err = HL_EMALFORMED;
    if (text.size == base64_encoded_size(size)) {
        err = base64_decode(text, &decoded);
    }
    if (err == HL_OK && decoded.size != size) {
        err = HL_EMALFORMED;
    }
    if (err == HL_OK && size > 0) {
        memcpy(out, decoded.data, size);
    }
    writer_fini(&decoded);
    return err;
}
