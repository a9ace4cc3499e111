/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/rules.h"

#include <stdio.h>
#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/unit_id.h"
#include "protocol/base/text.h"

enum {
    DIVISION_YEAR_FIRST = 1980, /* GB 2260-80 */
    DIVISION_YEAR_LAST = 2100,
    DATE_BYTES = 10,
};

/* --- Of fields ---------------------------------------------------------- */

hl_err rule_six_digits(struct bytes text, struct hl_detail *detail)
{
    bool good = text.size == 0 || text.size == 6;
    for (size_t i = 0; i < text.size; i++) {
        good = good && character_is_digit(text.data[i]);
    }
    return good ? HL_OK : hl_fail(detail, HL_EMALFORMED, "six digits");
}

/* Taiwan, Hong Kong and Macao included. They have not changed since 1997; a
 * change would be one of rules. */
hl_err rule_division(struct bytes code, struct hl_detail *detail)
{
    static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 "
                                    "37 41 42 43 44 45 46 50 51 52 53 54 61 62 "
                                    "63 64 65 71 81 82";
    hl_err err = rule_six_digits(code, detail);
    if (err != HL_OK || code.size == 0) {
        return err;
    }
    char province[3] = {(char)code.data[0], (char)code.data[1], '\0'};
    if (strstr(provinces, province) == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "no province has the digits %s",
                       province);
    }
    return HL_OK;
}

static unsigned digits_at(struct bytes text, size_t at, size_t count)
{
    unsigned value = 0;
    for (size_t i = at; i < at + count; i++) {
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    return value;
}

static unsigned days_of(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30,
                                    31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

hl_err rule_date(struct bytes text, struct hl_detail *detail)
{
    if (text.size == 0) {
        return HL_OK;
    }
    bool good = text.size == DATE_BYTES;
    for (size_t i = 0; good && i < DATE_BYTES; i++) {
        good = i == 4 || i == 7 ? text.data[i] == '-'
                                : character_is_digit(text.data[i]);
    }
    if (good) {
        unsigned year = digits_at(text, 0, 4);
        unsigned month = digits_at(text, 5, 2);
        unsigned day = digits_at(text, 8, 2);
        good = year >= 1900 && month >= 1 && month <= 12 && day >= 1 &&
               day <= days_of(year, month);
    }
    return good ? HL_OK
                : hl_fail(detail, HL_EMALFORMED,
                          "no day as YYYY-MM-DD from 1900 on");
}

static bool begins_with(struct bytes text, const char *start)
{
    struct bytes wanted = bytes_of_text(start);
    return text.size >= wanted.size &&
           bytes_equal(bytes_slice(text, 0, wanted.size), wanted);
}

hl_err rule_url(struct bytes text, struct hl_detail *detail)
{
    if (text.size == 0) {
        return HL_OK;
    }
    hl_err err = character_validate_line(text, detail);
    if (err != HL_OK) {
        return err;
    }
    bool known = begins_with(text, "http://") || begins_with(text, "https://");
    if (!known || memchr(text.data, ' ', text.size) != NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "an address begins with http:// or https:// and has no "
                       "space");
    }
    return HL_OK;
}

hl_err rule_phone(struct bytes text, struct hl_detail *detail)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (!character_is_digit(byte) &&
            (byte == 0 || strchr("+-*(), ", byte) == NULL)) {
            return hl_fail(detail, HL_EMALFORMED,
                           "digits, '+', '-', '*', '(', ')', ',' and spaces "
                           "only");
        }
    }
    return HL_OK;
}

hl_err rule_masked_mailbox(struct bytes text, struct hl_detail *detail)
{
    uint8_t plain[128];
    if (text.size > sizeof(plain)) {
        return hl_fail(detail, HL_ELIMIT, "over %zu bytes", sizeof(plain));
    }
    for (size_t i = 0; i < text.size; i++) {
        plain[i] = text.data[i] == '*' ? 'x' : text.data[i];
    }
    return character_validate_mailbox(bytes_of(plain, text.size), detail);
}

hl_err rule_home(struct bytes text, struct hl_detail *detail)
{
    return text.size == 0 || text_is_label(text)
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED, "no node's id");
}

/* --- Of two fields ------------------------------------------------------ */

hl_err rule_division_stated(struct bytes code, uint64_t revision,
                            struct hl_detail *detail)
{
    if (code.size == 0 && revision != 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field division_revision: there is no division");
    }
    if (code.size > 0 && revision < 1000) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field division_revision: the year of the division's "
                       "list is missing");
    }
    return HL_OK;
}

hl_err rule_class_stated(struct bytes scheme, struct bytes code,
                         struct hl_detail *detail)
{
    if ((scheme.size == 0) != (code.size == 0)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field class_%s is missing: a class is said with its "
                       "list",
                       scheme.size == 0 ? "scheme" : "code");
    }
    return HL_OK;
}

hl_err rule_division_known(struct bytes code, uint64_t revision,
                           struct hl_detail *detail)
{
    if (code.size == 0) {
        return HL_OK;
    }
    if (revision < DIVISION_YEAR_FIRST || revision > DIVISION_YEAR_LAST) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field division_revision: %llu is no year of a list of "
                       "divisions",
                       (unsigned long long)revision);
    }
    if (division_list_known(revision) &&
        division_find(revision, code) == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field division: %.*s is not in the list of %llu: "
                       "correct the code, or name the year of its list",
                       BYTES_ARGS(code), (unsigned long long)revision);
    }
    return HL_OK;
}

/* --- Records that have a home ------------------------------------------- */

hl_err homed_validate(const struct homed *homed, struct hl_detail *detail)
{
    struct hl_detail why = {0};
    hl_err err = unit_id_validate(homed->unit_scheme, homed->unit_id, &why);
    if (err != HL_OK) {
        /* It says "field scheme" or "field id". */
        const char *name = strchr(why.text, ' ');
        return hl_fail(detail, err, "field unit_%s", name + 1);
    }
    return HL_OK;
}

void homed_normalise(struct homed *homed)
{
    unit_id_normalise(&homed->unit_scheme, &homed->unit_id);
}

const struct field homed_retire_fields[HOMED_RETIRE_FIELDS] = {
    ROWS_HOMED(homed_retire),
    ROW_NAME(homed_retire, 5, reason, 0, 500),
};

hl_err homed_retire_validate(const void *record, struct hl_detail *detail)
{
    return homed_validate(record, detail);
}

void homed_retire_normalise(void *record)
{
    homed_normalise(record);
}
