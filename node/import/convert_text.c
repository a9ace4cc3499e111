/* SPDX-License-Identifier: Apache-2.0 */

/* Texts of single cells. */

#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/name_key.h"
#include "node/catalogue/nation.h"
#include "node/catalogue/rules.h"
#include "node/catalogue/subject.h"
#include "node/import/convert_internal.h"

bool is_nothing(struct bytes text)
{
    static const char *const words[] = {
        "无",   "-",   "--",      "—",       "——",      "/",    "\\",
        "N/A",  "n/a", "NA",      "NULL",    "null",    "None", "暂无",
        "没有", "空",  "UNKNOWN", "Unknown", "unknown", "未知", "不详"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (bytes_equal_text(text, words[i])) {
            return true;
        }
    }
    return false;
}

bool is_error_value(struct bytes text)
{
    static const char *const words[] = {"#N/A",   "#REF!", "#VALUE!", "#DIV/0!",
                                        "#NAME?", "#NUM!", "#NULL!",  "####"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (bytes_equal_text(text, words[i])) {
            return true;
        }
    }
    return false;
}

static struct bytes trim(struct bytes text)
{
    while (text.size > 0 && text.data[0] == ' ') {
        text = bytes_slice(text, 1, text.size - 1);
    }
    while (text.size > 0 && text.data[text.size - 1] == ' ') {
        text.size--;
    }
    return text;
}

bool word_next(struct bytes *rest, struct bytes *theirs, struct bytes *ours)
{
    struct bytes pair = {0};
    do {
        if (rest->size == 0) {
            return false;
        }
        const uint8_t *end = memchr(rest->data, ';', rest->size);
        size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
        size_t taken = end == NULL ? size : size + 1;
        pair = trim(bytes_slice(*rest, 0, size));
        *rest = bytes_slice(*rest, taken, rest->size - taken);
    } while (pair.size == 0);
    const uint8_t *sign = memchr(pair.data, '=', pair.size);
    size_t at = sign == NULL ? pair.size : (size_t)(sign - pair.data);
    *theirs = trim(bytes_slice(pair, 0, at));
    *ours = sign == NULL ? (struct bytes){0}
                         : trim(bytes_slice(pair, at + 1, pair.size - at - 1));
    return true;
}

struct bytes convert_word(const struct target *target, struct bytes text)
{
    struct bytes rest =
        bytes_of_text(target->words == NULL ? "" : target->words);
    struct bytes theirs, ours;
    while (word_next(&rest, &theirs, &ours)) {
        if (bytes_equal(theirs, text)) {
            return ours;
        }
    }
    return text;
}

void convert_tell_wide(struct place *place, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] >= 0x80) {
            tell(place, DEFECT_HEALED, DIRT_WIDTH,
                 "full-width characters were narrowed");
            return;
        }
    }
}

enum { DOUBLE_DIGITS = 15 };

bool convert_without_noise(struct bytes text, char room[NUMBER_TEXT_BYTES],
                           struct bytes *out)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool counts = digits > 0 || text.data[i] != '0';
        digits += character_is_digit(text.data[i]) && counts ? 1 : 0;
    }
    bool is = digits > DOUBLE_DIGITS && text.size > 0 &&
              memchr(text.data, '.', text.size) != NULL &&
              number_normalise(text, room);
    *out = is ? bytes_of_text(room) : (struct bytes){0};
    return is;
}

/* --- Dates ---------------------------------------------------------------- */

enum { PARTS = 3, DATE_TEXT_BYTES = 64 };

/* Up to three runs of digits, and what stands behind them. */
struct date_parts {
    unsigned values[PARTS];
    size_t digits[PARTS];
    size_t count;
    bool clean; /* nothing else but separators, and a time of day */
};

/* Without the zone that all days are of. */
static struct bytes without_zone(struct bytes time)
{
    static const char *const zones[] = {"+08:00", "+0800", "+08"};
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        size_t size = strlen(zones[i]);
        if (time.size > size &&
            memcmp(time.data + time.size - size, zones[i], size) == 0) {
            return bytes_slice(time, 0, time.size - size);
        }
    }
    return time;
}

/* Nothing, or a time of day, which a day does not need. In another zone it may
 * be of another day, but for midnight in Greenwich. */
static bool is_time(struct bytes rest)
{
    rest = without_zone(rest);
    bool colon = false, zero = true, zone = false;
    for (size_t i = 0; i < rest.size; i++) {
        uint8_t byte = rest.data[i];
        if (!character_is_digit(byte) &&
            (byte == 0 || strchr(" T:.Z", byte) == NULL)) {
            return false;
        }
        colon = colon || byte == ':';
        zone = zone || byte == 'Z';
        zero = zero && (!character_is_digit(byte) || byte == '0');
    }
    return zero || (colon && !zone);
}

/* Bytes of a separator of dates at that place. */
static size_t date_separator(struct bytes text, size_t at)
{
    static const char *const separators[] = {"-",  "/",  ".", "年",
                                             "月", "日", " "};
    for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        size_t size = strlen(separators[i]);
        if (text.size - at >= size &&
            memcmp(text.data + at, separators[i], size) == 0) {
            return size;
        }
    }
    return 0;
}

static void split_date(struct bytes text, struct date_parts *out)
{
    *out = (struct date_parts){.clean = true};
    size_t at = 0;
    while (at < text.size && out->count < PARTS) {
        size_t digits = 0;
        unsigned value = 0;
        while (at < text.size && character_is_digit(text.data[at]) &&
               digits < 9) {
            value = value * 10 + (unsigned)(text.data[at++] - '0');
            digits++;
        }
        if (digits == 0) {
            out->clean = false;
            return;
        }
        out->values[out->count] = value;
        out->digits[out->count++] = digits;
        size_t gap = at == text.size ? 0 : date_separator(text, at);
        if (at < text.size && gap == 0) {
            break;
        }
        at += gap;
    }
    out->clean = is_time(bytes_slice(text, at, text.size - at));
}

static bool order_date(const struct date_parts *parts, enum date_order order,
                       unsigned *year, unsigned *month, unsigned *day)
{
    static const int places[][PARTS] = {
        [DATE_YMD] = {0, 1, 2}, [DATE_DMY] = {2, 1, 0}, [DATE_MDY] = {2, 0, 1}};
    if (parts->count == 1 && parts->digits[0] == 8) { /* 20160101 */
        *year = parts->values[0] / 10000;
        *month = parts->values[0] / 100 % 100;
        *day = parts->values[0] % 100;
        return true;
    }
    if (parts->digits[0] == 4) {
        order = DATE_YMD; /* there is no other that begins with the year */
    }
    if (parts->count != PARTS || parts->digits[places[order][0]] != 4) {
        return false;
    }
    *year = parts->values[places[order][0]];
    *month = parts->values[places[order][1]];
    *day = parts->values[places[order][2]];
    return true;
}

void convert_date(struct place *place, struct bytes text, struct writer *out)
{
    uint8_t room[DATE_TEXT_BYTES];
    struct date_parts parts = {0};
    unsigned year = 0, month = 0, day = 0;
    size_t from = out->size;
    if (text.size <= sizeof(room)) {
        split_date(character_narrow(text, CHARACTER_NARROW_ALL, room), &parts);
    }
    bool read = parts.clean &&
                order_date(&parts, place->target->dates, &year, &month, &day);
    if (read) {
        writer_format(out, "%04u-%02u-%02u", year, month, day);
    }
    struct bytes date = bytes_slice(writer_view(out), from, out->size - from);
    if (!read || rule_date(date, NULL) != HL_OK) {
        writer_shrink(out, out->size - from);
        tell(
            place, DEFECT_REFUSED, DIRT_DATE,
            "no day: give it as 2016-01-31; for other orders say DMY or MDY in "
            "a mapping");
        return;
    }
    if (!bytes_equal(date, text)) {
        tell(place, DEFECT_HEALED, DIRT_DATE, "read as %.*s", BYTES_ARGS(date));
    }
}

/* --- Lists ---------------------------------------------------------------- */

static size_t list_separator(struct bytes text, size_t at)
{
    static const char *const separators[] = {",", ";", "，", "、", "；", "\n"};
    for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        size_t size = strlen(separators[i]);
        if (text.size - at >= size &&
            memcmp(text.data + at, separators[i], size) == 0) {
            return size;
        }
    }
    return 0;
}

enum { SUBJECTS_MAX = 4 };

static const struct subject *find_subject(struct bytes text)
{
    const struct subject *subject = subject_find(text);
    return subject == NULL && text.size > 0 ? subject_find_name(text) : subject;
}

/* The end of the subject that begins at `from`: names have 、 in them, so the
 * longest that is one, else the next separator. */
static size_t subject_end(struct bytes text, size_t from, size_t *gap)
{
    size_t first = 0, first_gap = 0;
    size_t found = 0, found_gap = 0;
    for (size_t at = from; at <= text.size; at++) {
        if (first_gap > 0 && at - from > NAME_KEY_BYTES) {
            break; /* no name is as long */
        }
        size_t size = at == text.size ? 1 : list_separator(text, at);
        if (size == 0) {
            continue;
        }
        if (first_gap == 0) {
            first = at;
            first_gap = size;
        }
        if (find_subject(trim(bytes_slice(text, from, at - from))) != NULL) {
            found = at;
            found_gap = size;
        }
    }
    *gap = found_gap > 0 ? found_gap : first_gap;
    return found_gap > 0 ? found : first;
}

void convert_subjects(struct place *place, struct bytes text,
                      struct writer *out)
{
    size_t from = 0, count = 0;
    bool wide = false;
    while (from <= text.size) {
        size_t gap = 0;
        size_t at = subject_end(text, from, &gap);
        struct bytes one = trim(bytes_slice(text, from, at - from));
        const struct subject *subject = find_subject(one);
        if (subject != NULL && count < SUBJECTS_MAX) {
            writer_format(out, "%s%s", count == 0 ? "" : ",", subject->code);
            count++;
        } else if (one.size > 0) {
            tell(place, DEFECT_REFUSED, DIRT_LIST,
                 subject == NULL
                     ? "'%.*s' is no subject of GB/T 13745, level 1"
                     : "'%.*s' is more than the four that are taken",
                 BYTES_ARGS(name_shown(one)));
            return;
        }
        wide = wide || (gap > 1 && memcmp(text.data + at, "、", gap) != 0);
        from = at + gap;
    }
    if (wide) {
        tell(place, DEFECT_HEALED, DIRT_WIDTH,
             "full-width commas were narrowed");
    }
}

/* Several numbers, as they stand in one cell, with a comma between. */
void convert_phone(struct place *place, struct bytes text, struct writer *out)
{
    bool healed = false;
    for (size_t at = 0; at < text.size;) {
        bool slash = text.data[at] == '/';
        size_t gap = slash ? 1 : list_separator(text, at);
        healed = healed || (gap > 0 && text.data[at] != ',');
        writer_u8(out, gap > 0 ? ',' : text.data[at]);
        at += gap > 0 ? gap : 1;
    }
    if (healed) {
        tell(place, DEFECT_HEALED, DIRT_LIST,
             "several numbers: commas were put between");
    }
}

/* A list as lines. */
void convert_lines(struct bytes text, struct writer *out)
{
    for (size_t at = 0; at < text.size;) {
        size_t gap = list_separator(text, at);
        if (gap > 0) {
            writer_u8(out, '\n');
            at += gap;
        } else {
            writer_u8(out, text.data[at++]);
        }
    }
}

void convert_nation(struct place *place, struct bytes text, struct writer *out)
{
    const struct nation *nation = nation_find(text);
    if (nation == NULL) {
        tell(place, DEFECT_REFUSED, DIRT_LIST,
             "'%.*s' is not on the national platform's list of nations",
             BYTES_ARGS(name_shown(text)));
        return;
    }
    writer_text(out, nation->name_zh);
}

enum { ADDRESS_BYTES = 500 };

/* The scheme of a web address, half-width, is all that is lacking. */
static bool lacks_scheme(struct bytes text, struct writer *out)
{
    size_t from = out->size;
    writer_text(out, "http://");
    writer_bytes(out, text);
    struct bytes whole = bytes_slice(writer_view(out), from, out->size - from);
    if (text.size > 0 && memchr(text.data, '.', text.size) != NULL &&
        memchr(text.data, ':', text.size) == NULL &&
        memchr(text.data, '@', text.size) == NULL &&
        rule_url(whole, NULL) == HL_OK) {
        return true;
    }
    writer_shrink(out, out->size - from);
    return false;
}

void convert_address(struct place *place, struct bytes text, struct writer *out)
{
    uint8_t room[ADDRESS_BYTES];
    size_t from = out->size;
    struct hl_detail why = {0};
    if (text.size <= sizeof(room)) {
        text = character_narrow(text, CHARACTER_NARROW_ALL, room);
    }
    if (rule_url(text, &why) == HL_OK) {
        writer_bytes(out, text);
    } else if (lacks_scheme(text, out)) {
        struct bytes whole =
            bytes_slice(writer_view(out), from, out->size - from);
        tell(place, DEFECT_HEALED, DIRT_ADDRESS, "read as %.*s",
             BYTES_ARGS(name_shown(whole)));
    } else {
        tell(place, DEFECT_REFUSED, DIRT_ADDRESS, "%s", why.text);
    }
}

/* --- Money ---------------------------------------------------------------- */

/* Of one instrument, service or demand. What is outside was stated in another
 * unit than its column: 795,000 万元, or 79.5 yuan for a microscope. */
#define WORTH_LEAST_FEN UINT64_C(100000)
#define WORTH_MOST_FEN UINT64_C(50000000000)

static bool take_unit(struct bytes *text, uint64_t *unit_fen)
{
    static const struct {
        const char *said, *unit;
    } units[] = {
        {"万元", "万元"}, {"千元", "千元"}, {"元", "元"}, {"万", "万元"}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t size = strlen(units[i].said);
        if (text->size > size &&
            memcmp(text->data + text->size - size, units[i].said, size) == 0) {
            *unit_fen = money_unit(bytes_of_text(units[i].unit));
            text->size -= size;
            return true;
        }
    }
    return false;
}

uint64_t convert_money(struct place *place, struct bytes text)
{
    uint64_t unit_fen =
        place->target->unit_fen == 0 ? 100 : place->target->unit_fen;
    uint64_t fen = 0;
    struct hl_detail why = {0};
    struct bytes number = text;
    char room[NUMBER_TEXT_BYTES];
    bool said = take_unit(&number, &unit_fen);
    number = trim(number);
    bool noisy = attribute_parse_money(number, unit_fen, &fen, NULL) != HL_OK;
    if (noisy &&
        (!convert_without_noise(number, room, &number) ||
         attribute_parse_money(number, unit_fen, &fen, NULL) != HL_OK)) {
        hl_err err = attribute_parse_money(text, unit_fen, &fen, &why);
        tell(place, DEFECT_REFUSED, DIRT_MONEY, "%s",
             err == HL_OK ? "no amount" : why.text);
        return 0;
    }
    bool worth = strcmp(place->target->attribute->name, "worth") == 0;
    if (worth && fen != 0 && (fen < WORTH_LEAST_FEN || fen > WORTH_MOST_FEN)) {
        tell(place, DEFECT_REFUSED, DIRT_MONEY,
             "%llu.%02llu yuan are not what an instrument is worth: in another "
             "unit than its column?",
             (unsigned long long)(fen / 100), (unsigned long long)(fen % 100));
        return 0;
    }
    if (noisy) {
        tell(place, DEFECT_HEALED, DIRT_MONEY, "read as %s", room);
    }
    if (said) {
        tell(place, DEFECT_HEALED, DIRT_MONEY, "its own unit was taken");
    } else {
        convert_tell_wide(place, text);
    }
    return fen;
}
