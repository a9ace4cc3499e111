/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/number.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/base/hl_assert.h"

enum {
    DIGITS = 15,
    WHOLE_DIGITS_MAX = 20,
    EXPONENT_LEAST = -7,
    EXPONENT_MOST = 20,
    SECONDS_A_DAY = 86400,
    DAY_OF_NO_LEAP = 60,         /* 1900-02-29, which there was not */
    DAY_LAST = 2958465,          /* 9999-12-31 */
    DAYS_1904 = 1462,            /* from one system to the other */
    DAYS_TO_1899_12_30 = -25569, /* from 1970-01-01 */
};

/* --- Numbers. ------------------------------------------------------------ */

/* "d.ddde+XX" of printf, without the zeros at its end, as its digits; returns
 * the exponent. */
static int digits_of(double magnitude, char digits[DIGITS + 1])
{
    char text[NUMBER_TEXT_BYTES];
    snprintf(text, sizeof(text), "%.*e", DIGITS - 1, magnitude);
    digits[0] = text[0];
    memcpy(digits + 1, text + 2, DIGITS - 1);
    size_t count = DIGITS;
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    digits[count] = '\0';
    return (int)strtol(strchr(text, 'e') + 1, NULL, 10);
}

void number_format(double value, char out[NUMBER_TEXT_BYTES])
{
    HL_ASSERT(isfinite(value));
    char digits[DIGITS + 1];
    int exponent = digits_of(fabs(value), digits);
    int count = (int)strlen(digits);
    const char *sign = value < 0 ? "-" : "";
    if (exponent < EXPONENT_LEAST || exponent > EXPONENT_MOST) {
        snprintf(out, NUMBER_TEXT_BYTES, "%s%c%s%se%d", sign, digits[0],
                 count > 1 ? "." : "", digits + 1, exponent);
    } else if (exponent < 0) {
        snprintf(out, NUMBER_TEXT_BYTES, "%s0.%.*s%s", sign, -exponent - 1,
                 "0000000", digits);
    } else if (count <= exponent + 1) {
        snprintf(out, NUMBER_TEXT_BYTES, "%s%s%.*s", sign, digits,
                 exponent + 1 - count, "000000000000000000000");
    } else {
        snprintf(out, NUMBER_TEXT_BYTES, "%s%.*s.%s", sign, exponent + 1,
                 digits, digits + exponent + 1);
    }
}

static bool is_whole(struct bytes text)
{
    size_t sign = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    size_t digits = text.size - sign;
    bool good = digits > 0 && digits <= WHOLE_DIGITS_MAX &&
                (text.data[sign] != '0' || text.size == 1);
    for (size_t i = sign; i < text.size && good; i++) {
        good = isdigit(text.data[i]) != 0;
    }
    return good;
}

bool number_parse(struct bytes text, double *out)
{
    char copy[64];
    if (text.size == 0 || text.size >= sizeof(copy) ||
        memchr(text.data, 0, text.size) != NULL) {
        return false;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    /* strtod() takes more: hexadecimal, words, white space before. */
    if (strspn(copy, "0123456789+-.eE") != text.size) {
        return false;
    }
    char *end = NULL;
    double value = strtod(copy, &end);
    if (*end != '\0' || !isfinite(value)) {
        return false;
    }
    *out = value;
    return true;
}

bool number_normalise(struct bytes text, char out[NUMBER_TEXT_BYTES])
{
    double value = 0;
    if (is_whole(text)) {
        memcpy(out, text.data, text.size);
        out[text.size] = '\0';
        return true;
    }
    if (!number_parse(text, &value)) {
        return false;
    }
    number_format(value, out);
    return true;
}

/* --- Formats. ------------------------------------------------------------ */

enum number_kind number_kind_of_id(uint64_t id)
{
    if ((id >= 18 && id <= 21) || id == 45 || id == 47) {
        return NUMBER_TIME;
    }
    bool date = (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 36) ||
                (id >= 50 && id <= 58);
    return date ? NUMBER_DATE : NUMBER_PLAIN;
}

/* The size of what stands at `at` and is no letter of the code: a text, an
 * escaped character, a bracket; 0: a letter. */
static size_t code_skip(struct bytes code, size_t at, bool *elapsed)
{
    uint8_t c = code.data[at];
    size_t left = code.size - at;
    if (c == '\\' || c == '_' || c == '*') {
        return left < 2 ? left : 2;
    }
    if (c != '"' && c != '[') {
        return 0;
    }
    const uint8_t *end =
        left < 2 ? NULL
                 : memchr(code.data + at + 1, c == '"' ? '"' : ']', left - 1);
    size_t size = end == NULL ? left : (size_t)(end - code.data) - at + 1;
    bool inner = c == '[' && size >= 3;
    *elapsed |= inner && strchr("hHmMsS", code.data[at + 1]) != NULL &&
                tolower(code.data[at + size - 2]) == tolower(code.data[at + 1]);
    return size;
}

enum number_kind number_kind_of_code(struct bytes code)
{
    bool date = false, time = false, month = false, elapsed = false;
    if (code.size >= 7 &&
        strncasecmp((const char *)code.data, "General", 7) == 0) {
        return NUMBER_PLAIN;
    }
    for (size_t at = 0; at < code.size && code.data[at] != ';';) {
        size_t skip = code_skip(code, at, &elapsed);
        if (skip > 0) {
            at += skip;
            continue;
        }
        int c = tolower(code.data[at++]);
        bool exponent = c == 'e' && at < code.size &&
                        (code.data[at] == '+' || code.data[at] == '-');
        date |= c == 'y' || c == 'd' || (c == 'e' && !exponent);
        time |= c == 'h' || c == 's';
        month |= c == 'm';
    }
    if (elapsed) {
        return NUMBER_PLAIN;
    }
    return date || (month && !time) ? NUMBER_DATE
           : time                   ? NUMBER_TIME
                                    : NUMBER_PLAIN;
}

/* --- Dates. -------------------------------------------------------------- */

/* The proleptic Gregorian date of a day counted from 1970-01-01 (Howard
 * Hinnant's civil_from_days, public domain). */
static void date_text(int day, char out[NUMBER_TEXT_BYTES])
{
    int shifted = day + 719468;
    int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int of_era = shifted - era * 146097;
    int year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year =
        of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * of_year + 2) / 153;
    int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    snprintf(out, NUMBER_TEXT_BYTES, "%04d-%02d-%02d", year, month,
             of_year - (153 * shifted_month + 2) / 5 + 1);
}

static void day_text(int day, char out[NUMBER_TEXT_BYTES])
{
    if (day == DAY_OF_NO_LEAP) {
        snprintf(out, NUMBER_TEXT_BYTES, "1900-02-29");
        return;
    }
    date_text(day + DAYS_TO_1899_12_30 + (day < DAY_OF_NO_LEAP ? 1 : 0), out);
}

bool number_date(double days, enum number_kind kind, bool is_1904,
                 char out[NUMBER_TEXT_BYTES])
{
    if (!(days >= 0 && days <= DAY_LAST) || kind == NUMBER_PLAIN) {
        return false;
    }
    long seconds = lround(days * SECONDS_A_DAY);
    int day = (int)(seconds / SECONDS_A_DAY);
    int time = (int)(seconds % SECONDS_A_DAY);
    if (kind == NUMBER_TIME && days >= 1) {
        return false;
    }
    out[0] = '\0';
    if (kind == NUMBER_DATE) {
        day += is_1904 ? DAYS_1904 : 0;
        if (day > DAY_LAST) {
            return false;
        }
        day_text(day, out);
    }
    size_t size = strlen(out);
    if (time != 0 || kind == NUMBER_TIME) {
        snprintf(out + size, NUMBER_TEXT_BYTES - size, "%s%02d:%02d:%02d",
                 size > 0 ? " " : "", time / 3600, time / 60 % 60, time % 60);
    }
    return true;
}
