/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/unit.h"

#include <string.h>

#include "heluo/v1/unit.pb-c.h"
#include "node/catalogue/characters.h"
#include "node/catalogue/rules.h"
#include "node/catalogue/unit_id.h"

static hl_err validate_unit(const void *record, struct hl_detail *detail)
{
    const struct unit *unit = record;
    hl_err err = unit_id_validate(unit->scheme, unit->id, detail);
    return err == HL_OK ? rule_division_stated(unit->division,
                                               unit->division_revision, detail)
                        : err;
}

static hl_err validate_retire(const void *record, struct hl_detail *detail)
{
    const struct unit_retire *retire = record;
    return unit_id_validate(retire->scheme, retire->id, detail);
}

/* --- Fields ------------------------------------------------------------- */

static hl_err validate_switchboard(struct bytes value, struct hl_detail *detail)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = value.data[i];
        if (!character_is_digit(byte) &&
            (byte == 0 || strchr("+- ", byte) == NULL)) {
            return hl_fail(detail, HL_EMALFORMED,
                           "digits, '+', '-' and spaces only");
        }
    }
    return HL_OK;
}

/* In the order of their numbers; the keys first. */
static const struct field unit_fields[] = {
    ROW(unit, 1, scheme, FIELD_TEXT, 1, 16, true, NULL,
        character_normalise_code),
    ROW(unit, 2, id, FIELD_TEXT, 1, 64, true, NULL, character_normalise_code),
    ROW_NAME(unit, 3, name_zh, 1, 300),
    ROW_CODE(unit, 4, name_en, 300),
    ROW(unit, 5, kind, FIELD_UINT, HELUO__V1__UNIT_KIND__UNIT_KIND_UNIVERSITY,
        HELUO__V1__UNIT_KIND__UNIT_KIND_OTHER, false, NULL, NULL),
    ROW_RULED(unit, 6, division, 6, rule_division),
    ROW_UINT(unit, 7, division_revision, 9999),
    ROW_RULED(unit, 8, switchboard, 40, validate_switchboard),
    ROW_RULED(unit, 9, mailbox, 100, character_validate_mailbox),
};

static const struct field retire_fields[] = {
    ROW(unit_retire, 1, scheme, FIELD_TEXT, 1, 16, true, NULL,
        character_normalise_code),
    ROW(unit_retire, 2, id, FIELD_TEXT, 1, 64, true, NULL,
        character_normalise_code),
    ROW_NAME(unit_retire, 3, reason, 0, 500),
};

static void normalise_unit(void *record)
{
    struct unit *unit = record;
    unit_id_normalise(&unit->scheme, &unit->id);
}

static void normalise_retire(void *record)
{
    struct unit_retire *retire = record;
    unit_id_normalise(&retire->scheme, &retire->id);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct record_type unit_record = {
    .number = 1,
    .name = "unit",
    .size = sizeof(struct unit),
    .fields = unit_fields,
    .field_count = COUNT(unit_fields),
    .schema = &heluo__v1__unit_record__descriptor,
    .validate = validate_unit,
    .normalise = normalise_unit,
};

const struct record_type unit_retiring = {
    .number = 0,
    .name = "unit_retire",
    .size = sizeof(struct unit_retire),
    .fields = retire_fields,
    .field_count = COUNT(retire_fields),
    .schema = &heluo__v1__unit_retire__descriptor,
    .validate = validate_retire,
    .normalise = normalise_retire,
};

/* --- Commands ----------------------------------------------------------- */

hl_err unit_check_new(const void *record, struct hl_detail *detail)
{
    const struct unit *unit = record;
    if (unit->division.size == 0 && !bytes_equal_text(unit->scheme, "ror")) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field division: missing, as only a unit abroad has "
                       "none");
    }
    return rule_division_known(unit->division, unit->division_revision, detail);
}
