/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/yuan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/catalogue/attribute.h"
#include "node/catalogue/rules.h"

enum { YUAN_FEN = 100, DECIMALS = 2, NUMBER_BYTES = 96 };

/* "1.000" is a thousand to some: three decimals are asked about even where they
 * are zeros. */
static bool has_more_decimals(struct bytes number)
{
    const uint8_t *point =
        number.size == 0 ? NULL : memchr(number.data, '.', number.size);
    return point != NULL &&
           number.size - (size_t)(point - number.data) - 1 > DECIMALS;
}

hl_err yuan_parse(struct bytes text, uint64_t *fen, struct hl_detail *detail)
{
    uint8_t room[NUMBER_BYTES];
    struct bytes number = {0};
    uint64_t value = 0;
    if (text.size <= sizeof(room)) {
        number = character_narrow(text, CHARACTER_NARROW_ALL, room);
    }
    if (number.size == 0) {
        return hl_fail(detail, HL_EMALFORMED, "'%.*s' is no amount in yuan",
                       BYTES_ARGS(text));
    }
    if (number.data[0] == '-') {
        return hl_fail(detail, HL_EMALFORMED, "'%.*s' is less than nothing",
                       BYTES_ARGS(text));
    }
    hl_err err = attribute_parse_money(number, YUAN_FEN, &value, detail);
    if (err == HL_OK && has_more_decimals(number)) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "'%.*s' has more than %d decimals: give yuan and fen",
                      BYTES_ARGS(text), DECIMALS);
    }
    if (err == HL_OK && value == 0) {
        err = hl_fail(detail, HL_EMALFORMED, "'%.*s' is nothing: 0.01 at least",
                      BYTES_ARGS(text));
    }
    if (err == HL_OK && value > MONEY_MAX_FEN) {
        err =
            hl_fail(detail, HL_ELIMIT, "'%.*s' is too large", BYTES_ARGS(text));
    }
    if (err == HL_OK) {
        *fen = value;
    }
    return err;
}

void yuan_format(int64_t fen, char out[YUAN_TEXT_BYTES])
{
    uint64_t size = fen < 0 ? -(uint64_t)fen : (uint64_t)fen;
    snprintf(out, YUAN_TEXT_BYTES, "%s%" PRIu64 ".%02" PRIu64,
             fen < 0 ? "-" : "", size / YUAN_FEN, size % YUAN_FEN);
}
