/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/uscc.h"

#include <string.h>

enum {
    USCC_BYTES = 18,
    USCC_BASE = 31,
    DIVISION_AT = 2, /* six digits */
    ORGANISATION_AT = 8,
    ORGANISATION_BYTES = 9,
};

static const char uscc_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/* 3^i mod 31 (GB 32100-2015, table of weights). */
static const unsigned uscc_weights[USCC_BYTES - 1] = {
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};

/* GB 11714-1997. */
static const unsigned organisation_weights[ORGANISATION_BYTES - 1] = {
    3, 7, 9, 10, 5, 8, 4, 2};

/* The value of a character, or USCC_BASE if it has none. */
static unsigned uscc_value(uint8_t character)
{
    const char *found = memchr(uscc_alphabet, character, USCC_BASE);
    return found == NULL ? USCC_BASE : (unsigned)(found - uscc_alphabet);
}

static bool is_digit(uint8_t character)
{
    return character >= '0' && character <= '9';
}

static bool is_upper(uint8_t character)
{
    return character >= 'A' && character <= 'Z';
}

static uint8_t organisation_check(const uint8_t *code)
{
    unsigned sum = 0;
    for (size_t i = 0; i < ORGANISATION_BYTES - 1; i++) {
        unsigned value = is_digit(code[i]) ? code[i] - (unsigned)'0'
                                           : code[i] - (unsigned)'A' + 10;
        sum += value * organisation_weights[i];
    }
    unsigned check = 11 - sum % 11;
    if (check == 10) {
        return 'X';
    }
    return (uint8_t)('0' + (check == 11 ? 0 : check));
}

hl_err organisation_code_validate(struct bytes text, struct hl_detail *detail)
{
    if (text.size != ORGANISATION_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "an organisation code has 9 characters, not %zu",
                       text.size);
    }
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (!is_digit(text.data[i]) && !is_upper(text.data[i])) {
            return hl_fail(detail, HL_EMALFORMED,
                           "character %zu of an organisation code is a digit "
                           "or a capital letter",
                           i + 1);
        }
    }
    uint8_t check = organisation_check(text.data);
    if (text.data[ORGANISATION_BYTES - 1] != check) {
        return hl_fail(detail, HL_EMALFORMED,
                       "the organisation code's check character is wrong "
                       "(by the other characters it is %c): compare with the "
                       "certificate",
                       check);
    }
    return HL_OK;
}

static hl_err validate_characters(struct bytes text, struct hl_detail *detail)
{
    for (size_t i = 0; i < text.size; i++) {
        if (uscc_value(text.data[i]) == USCC_BASE) {
            return hl_fail(detail, HL_EMALFORMED,
                           "character %zu of a USCC is a digit or a capital "
                           "letter other than I, O, S, V, Z",
                           i + 1);
        }
    }
    for (size_t i = DIVISION_AT; i < ORGANISATION_AT; i++) {
        if (!is_digit(text.data[i])) {
            return hl_fail(detail, HL_EMALFORMED,
                           "character %zu of a USCC is a digit: 3 to 8 are "
                           "the division",
                           i + 1);
        }
    }
    return HL_OK;
}

static uint8_t uscc_check(const uint8_t *code)
{
    unsigned sum = 0;
    for (size_t i = 0; i < USCC_BYTES - 1; i++) {
        sum += uscc_value(code[i]) * uscc_weights[i];
    }
    return (uint8_t)uscc_alphabet[(USCC_BASE - sum % USCC_BASE) % USCC_BASE];
}

hl_err uscc_validate(struct bytes text, struct hl_detail *detail)
{
    if (text.size != USCC_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "a USCC has 18 characters, not %zu", text.size);
    }
    hl_err err = validate_characters(text, detail);
    if (err != HL_OK) {
        return err;
    }
    uint8_t check = uscc_check(text.data);
    if (text.data[USCC_BYTES - 1] != check) {
        return hl_fail(detail, HL_EMALFORMED,
                       "the USCC's check character is wrong (by the other "
                       "characters it is %c): compare with the certificate",
                       check);
    }
    return organisation_code_validate(
        bytes_slice(text, ORGANISATION_AT, ORGANISATION_BYTES), detail);
}
