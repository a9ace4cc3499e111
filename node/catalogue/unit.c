/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/unit.h"

#include <string.h>

#include "heluo/v1/unit.pb-c.h"
#include "node/catalogue/characters.h"
#include "node/catalogue/division.h"
#include "node/catalogue/uscc.h"

enum {
    DIVISION_YEAR_FIRST = 1980, /* GB 2260-80 */
    DIVISION_YEAR_LAST = 2100,
    NRII_BYTES = 32,
};

/* --- Identifiers -------------------------------------------------------- */

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

static hl_err validate_id(struct bytes name, struct bytes id,
                          struct hl_detail *detail)
{
    const struct scheme *scheme = scheme_find(name);
    if (scheme == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field scheme: uscc, org or nrii, not \"%.*s\"",
                       BYTES_ARGS(name));
    }
    struct hl_detail why = {0};
    hl_err err = scheme->validate(id, &why);
    if (err != HL_OK) {
        return hl_fail(detail, err, "field id: %s", why.text);
    }
    return HL_OK;
}

static hl_err validate_unit(const void *record, struct hl_detail *detail)
{
    const struct unit *unit = record;
    return validate_id(unit->scheme, unit->id, detail);
}

static hl_err validate_retire(const void *record, struct hl_detail *detail)
{
    const struct unit_retire *retire = record;
    return validate_id(retire->scheme, retire->id, detail);
}

/* --- Fields ------------------------------------------------------------- */

/* First two digits of GB/T 2260, Taiwan, Hong Kong and Macao included. They
 * have not changed since 1997; a change would be one of rules. */
static hl_err validate_division(struct bytes code, struct hl_detail *detail)
{
    static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 "
                                    "37 41 42 43 44 45 46 50 51 52 53 54 61 62 "
                                    "63 64 65 71 81 82";
    for (size_t i = 0; i < code.size; i++) {
        if (!character_is_digit(code.data[i])) {
            return hl_fail(detail, HL_EMALFORMED, "six digits");
        }
    }
    char province[3] = {(char)code.data[0], (char)code.data[1], '\0'};
    if (strstr(provinces, province) == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "no province has the digits %s",
                       province);
    }
    return HL_OK;
}

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
    {1, "scheme", FIELD_TEXT, offsetof(struct unit, scheme), 1, 16, true, NULL},
    {2, "id", FIELD_TEXT, offsetof(struct unit, id), 1, 64, true, NULL},
    {3, "name_zh", FIELD_TEXT, offsetof(struct unit, name_zh), 1, 300, false,
     character_validate_line},
    {4, "name_en", FIELD_TEXT, offsetof(struct unit, name_en), 0, 300, false,
     character_validate_line},
    {5, "kind", FIELD_UINT, offsetof(struct unit, kind),
     HELUO__V1__UNIT_KIND__UNIT_KIND_UNIVERSITY,
     HELUO__V1__UNIT_KIND__UNIT_KIND_OTHER, false, NULL},
    {6, "division", FIELD_TEXT, offsetof(struct unit, division), 6, 6, false,
     validate_division},
    {7, "division_revision", FIELD_UINT,
     offsetof(struct unit, division_revision), 1000, 9999, false, NULL},
    {8, "switchboard", FIELD_TEXT, offsetof(struct unit, switchboard), 0, 40,
     false, validate_switchboard},
    {9, "mailbox", FIELD_TEXT, offsetof(struct unit, mailbox), 0, 100, false,
     character_validate_mailbox},
};

static const struct field retire_fields[] = {
    {1, "scheme", FIELD_TEXT, offsetof(struct unit_retire, scheme), 1, 16, true,
     NULL},
    {2, "id", FIELD_TEXT, offsetof(struct unit_retire, id), 1, 64, true, NULL},
    {3, "reason", FIELD_TEXT, offsetof(struct unit_retire, reason), 0, 500,
     false, character_validate_line},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct record_type unit_record = {
    .number = 1,
    .name = "unit",
    .size = sizeof(struct unit),
    .fields = unit_fields,
    .field_count = COUNT(unit_fields),
    .schema = &heluo__v1__unit_record__descriptor,
    .validate = validate_unit,
};

const struct record_type unit_retiring = {
    .number = 0,
    .name = "unit_retire",
    .size = sizeof(struct unit_retire),
    .fields = retire_fields,
    .field_count = COUNT(retire_fields),
    .schema = &heluo__v1__unit_retire__descriptor,
    .validate = validate_retire,
};

/* --- Commands ----------------------------------------------------------- */

hl_err unit_check_new(const struct unit *unit, struct hl_detail *detail)
{
    uint64_t year = unit->division_revision;
    if (year < DIVISION_YEAR_FIRST || year > DIVISION_YEAR_LAST) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field division_revision: %llu is no year of a list of "
                       "divisions",
                       (unsigned long long)year);
    }
    if (division_list_known(year) &&
        division_find(year, unit->division) == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field division: %.*s is not in the list of %llu: "
                       "correct the code, or name the year of its list",
                       BYTES_ARGS(unit->division), (unsigned long long)year);
    }
    return HL_OK;
}

static size_t texts_bytes(const struct unit *unit)
{
    return unit->scheme.size + unit->id.size + unit->name_zh.size +
           unit->name_en.size + unit->division.size + unit->switchboard.size +
           unit->mailbox.size;
}

static void normalise_id(const struct scheme *scheme, struct bytes *id)
{
    /* Made by character_narrow(): ours to change. */
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

void unit_normalise(struct unit *unit, struct writer *out)
{
    /* Nothing becomes longer, so that one extension holds all and the buffer
     * does not move under the texts. */
    size_t room = texts_bytes(unit);
    uint8_t *at = writer_extend(out, room);
    struct {
        struct bytes *text;
        enum character_width width;
    } texts[] = {
        {&unit->scheme, CHARACTER_NARROW_ALL},
        {&unit->id, CHARACTER_NARROW_ALL},
        {&unit->name_zh, CHARACTER_NARROW_ALNUM},
        {&unit->name_en, CHARACTER_NARROW_ALL},
        {&unit->division, CHARACTER_NARROW_ALL},
        {&unit->switchboard, CHARACTER_NARROW_ALL},
        {&unit->mailbox, CHARACTER_NARROW_ALL},
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        *texts[i].text = character_narrow(*texts[i].text, texts[i].width, at);
        if (texts[i].text->size > 0) {
            at += texts[i].text->size;
            room -= texts[i].text->size;
        }
    }
    writer_shrink(out, room);
    normalise_case(&unit->scheme);
    const struct scheme *scheme = scheme_find(unit->scheme);
    if (scheme != NULL) {
        normalise_id(scheme, &unit->id);
    }
}
