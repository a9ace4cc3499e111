/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/unit_id.h"

#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/uscc.h"

enum { NRII_BYTES = 32, ROR_BYTES = 9 };

static hl_err validate_nrii(struct bytes id, struct hl_detail *detail)
{
    if (id.size != NRII_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "an nrii id has 32 characters, not %zu", id.size);
    }
    for (size_t i = 0; i < id.size; i++) {
        uint8_t byte = id.data[i];
        if (!character_is_digit(byte) && (byte < 'a' || byte > 'f')) {
            return hl_fail(detail, HL_EMALFORMED,
                           "character %zu of an nrii id is 0-9 or a-f", i + 1);
        }
    }
    return HL_OK;
}

/* Crockford's alphabet: no i, l, o, u. The number of the first seven, times
 * 100, and the last two, are 1 modulo 97. */
static hl_err validate_ror(struct bytes id, struct hl_detail *detail)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint64_t number = 0;
    if (id.size != ROR_BYTES || id.data[0] != '0') {
        return hl_fail(detail, HL_EMALFORMED,
                       "a ror id has 9 characters, the first of them 0");
    }
    for (size_t i = 0; i < ROR_BYTES - 2; i++) {
        const char *at = memchr(alphabet, id.data[i], sizeof(alphabet) - 1);
        if (at == NULL) {
            return hl_fail(detail, HL_EMALFORMED,
                           "character %zu of a ror id is 0-9 or a-z without i, "
                           "l, o and u",
                           i + 1);
        }
        number = number * 32 + (uint64_t)(at - alphabet);
    }
    for (size_t i = ROR_BYTES - 2; i < ROR_BYTES; i++) {
        if (!character_is_digit(id.data[i])) {
            return hl_fail(detail, HL_EMALFORMED,
                           "the last two characters of a ror id are digits");
        }
        number = number * 10 + (uint64_t)(id.data[i] - '0');
    }
    return number % 97 == 1
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "the check digits of this ror id are wrong");
}

enum letters { LETTERS_UPPER, LETTERS_LOWER };

static const struct scheme {
    const char *name;
    enum letters letters;
    bool hyphen; /* people write one, or a gap */
    hl_err (*validate)(struct bytes id, struct hl_detail *detail);
} schemes[] = {
    {"uscc", LETTERS_UPPER, false, uscc_validate},
    {"org", LETTERS_UPPER, true, organisation_code_validate},
    {"nrii", LETTERS_LOWER, false, validate_nrii},
    {"ror", LETTERS_LOWER, false, validate_ror},
};
enum { SCHEME_COUNT = sizeof(schemes) / sizeof(schemes[0]) };

static const struct scheme *scheme_find(struct bytes name)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        if (bytes_equal_text(name, schemes[i].name)) {
            return &schemes[i];
        }
    }
    return NULL;
}

hl_err unit_id_validate(struct bytes name, struct bytes id,
                        struct hl_detail *detail)
{
    const struct scheme *scheme = scheme_find(name);
    if (scheme == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field scheme: uscc, org, nrii or ror, not \"%.*s\"",
                       BYTES_ARGS(name));
    }
    struct hl_detail why = {0};
    hl_err err = scheme->validate(id, &why);
    if (err != HL_OK) {
        return hl_fail(detail, err, "field id: %s", why.text);
    }
    return HL_OK;
}

static void normalise_id(const struct scheme *scheme, struct bytes *id)
{
    /* Made by record_normalise(): ours to change. */
    uint8_t *at = (uint8_t *)(uintptr_t)id->data;
    size_t size = 0;
    for (size_t i = 0; i < id->size; i++) {
        uint8_t byte = at[i];
        if (scheme->hyphen && (byte == '-' || byte <= ' ')) {
            continue;
        }
        at[size++] = scheme->letters == LETTERS_UPPER
                         ? character_to_upper(byte)
                         : character_to_lower(byte);
    }
    id->size = size;
}

static void normalise_case(struct bytes *text)
{
    uint8_t *at = (uint8_t *)(uintptr_t)text->data;
    for (size_t i = 0; i < text->size; i++) {
        at[i] = character_to_lower(at[i]);
    }
}

void unit_id_normalise(struct bytes *scheme, struct bytes *id)
{
    normalise_case(scheme);
    const struct scheme *found = scheme_find(*scheme);
    if (found != NULL) {
        normalise_id(found, id);
    }
}
