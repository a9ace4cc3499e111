/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/review.h"

#include <stdio.h>
#include <string.h>

#include "node/catalogue/division.h"
#include "node/report/quality.h"
#include "node/text/fold.h"
#include "protocol/base/alloc.h"

enum {
    WEIGHT_NAME = 35,
    WEIGHT_MODEL = 45,
    WEIGHT_CLASS = 20,
    SAME_MODEL_LEAST = 90,
    OTHER_CLASS_MOST = 50,
    OTHER_MODEL = 80,     /* of a hundred of what name and class have */
    MODEL_BEGINS_MIN = 3, /* letters and digits that two models share */
    TEXT_CHARS_MAX = 256, /* of a name, so that pairs are few */
    LIST_YEAR = 2023,
    KIND_SPECIAL = 2, /* instrument.proto */
    TENTHS = 10,
};

/* --- Names. -------------------------------------------------------------- */

struct letters {
    uint32_t codes[TEXT_CHARS_MAX];
    size_t count;
};

/* Folded, and without spaces. */
static void take_letters(struct bytes text, struct letters *out)
{
    struct fold fold;
    struct folded folded;
    out->count = 0;
    fold_begin(&fold, text);
    while (fold_next(&fold, &folded) && out->count < TEXT_CHARS_MAX) {
        if (folded.code != ' ') {
            out->codes[out->count++] = folded.code;
        }
    }
}

static bool letters_equal(const struct letters *a, const struct letters *b)
{
    return a->count > 0 && a->count == b->count &&
           memcmp(a->codes, b->codes, a->count * sizeof(a->codes[0])) == 0;
}

static size_t common_beginning(const struct letters *a, const struct letters *b)
{
    size_t count = 0;
    while (count < a->count && count < b->count &&
           a->codes[count] == b->codes[count]) {
        count++;
    }
    return count;
}

/* Pairs of neighbours in both, each pair once for each time that both have
 * it, of a hundred. */
static unsigned dice(const struct letters *a, const struct letters *b)
{
    bool used[TEXT_CHARS_MAX] = {false};
    size_t shared = 0;
    if (a->count < 2 || b->count < 2) {
        return letters_equal(a, b) ? 100 : 0;
    }
    for (size_t i = 0; i + 1 < a->count; i++) {
        for (size_t k = 0; k + 1 < b->count; k++) {
            if (!used[k] && a->codes[i] == b->codes[k] &&
                a->codes[i + 1] == b->codes[k + 1]) {
                used[k] = true;
                shared++;
                break;
            }
        }
    }
    return (unsigned)(200 * shared / (a->count + b->count - 2));
}

/* --- Likeness. ----------------------------------------------------------- */

struct comparison {
    unsigned points, weights;
};

static unsigned of_hundred(const struct comparison *comparison)
{
    return comparison->weights == 0 ? 0
                                    : comparison->points / comparison->weights;
}

static void weigh(struct comparison *comparison, unsigned weight,
                  unsigned likeness)
{
    comparison->points += weight * likeness;
    comparison->weights += weight;
}

static void compare_names(const struct review_wish *wish,
                          const struct instrument *instrument,
                          struct comparison *comparison,
                          struct review_item *out)
{
    struct letters wanted, zh, en;
    take_letters(wish->name, &wanted);
    take_letters(instrument->name_zh, &zh);
    take_letters(instrument->name_en, &en);
    out->same_name = letters_equal(&wanted, &zh) || letters_equal(&wanted, &en);
    unsigned in_zh = dice(&wanted, &zh), in_en = dice(&wanted, &en);
    if (wanted.count > 0) {
        weigh(comparison, WEIGHT_NAME, in_zh > in_en ? in_zh : in_en);
    }
}

/* Two of one series begin alike: JEM-2100 and JEM-2100F. */
static void compare_models(const struct review_wish *wish,
                           const struct instrument *instrument,
                           struct comparison *comparison,
                           struct review_item *out)
{
    struct letters wanted, there;
    take_letters(wish->model, &wanted);
    take_letters(instrument->model, &there);
    out->same_model = letters_equal(&wanted, &there);
    if (wanted.count == 0) {
        return;
    }
    size_t common = common_beginning(&wanted, &there);
    size_t longer = wanted.count > there.count ? wanted.count : there.count;
    weigh(comparison, WEIGHT_MODEL,
          common >= MODEL_BEGINS_MIN ? (unsigned)(100 * common / longer) : 0);
}

static void compare_classes(const struct review_wish *wish,
                            const struct instrument *instrument,
                            struct comparison *comparison,
                            struct review_item *out)
{
    struct bytes wanted = wish->class_code, there = instrument->class_code;
    if (wanted.size == 0) {
        return;
    }
    size_t common = 0;
    bool nrii = bytes_equal_text(instrument->class_scheme, "nrii");
    while (nrii && common + 2 <= wanted.size && common + 2 <= there.size &&
           memcmp(wanted.data, there.data, common + 2) == 0) {
        common += 2;
    }
    out->same_class = nrii && common == wanted.size;
    weigh(comparison, WEIGHT_CLASS,
          out->same_class ? 100
          : common == 4   ? 50
          : common == 2   ? 20
                          : 0);
}

/* Two minor classes do different work, whatever their names share; 其他 (99)
 * may be anything. */
static bool is_of_another_class(const struct review_wish *wish,
                                const struct instrument *instrument)
{
    struct bytes wanted = wish->class_code, there = instrument->class_code;
    return wanted.size == 6 && there.size == 6 &&
           bytes_equal_text(instrument->class_scheme, "nrii") &&
           !bytes_equal(wanted, there) &&
           memcmp(wanted.data + 4, "99", 2) != 0 &&
           memcmp(there.data + 4, "99", 2) != 0;
}

static enum review_near near_of(struct bytes wanted, struct bytes there)
{
    if (wanted.size != 6 || there.size != 6) {
        return REVIEW_UNPLACED;
    }
    if (bytes_equal(wanted, there)) {
        return REVIEW_COUNTY;
    }
    const struct division *a = division_find(LIST_YEAR, wanted);
    const struct division *b = division_find(LIST_YEAR, there);
    if (a != NULL && b != NULL && a->city[0] != '\0' &&
        strcmp(a->city, b->city) == 0) {
        return REVIEW_CITY;
    }
    return memcmp(wanted.data, there.data, 2) == 0 ? REVIEW_PROVINCE
                                                   : REVIEW_ELSEWHERE;
}

static void measure_use(const struct instrument *instrument,
                        uint64_t quota_hours, struct review_item *out)
{
    uint64_t quota = quota_hours != 0                   ? quota_hours
                     : instrument->kind == KIND_SPECIAL ? QUALITY_HOURS_SPECIAL
                                                        : QUALITY_HOURS_GENERAL;
    out->use_stated = instrument->hours_year != 0;
    out->use_bp =
        quality_basis_points(instrument->run_hours_tenths, quota * TENTHS);
}

void review_compare(const struct review_wish *wish,
                    const struct instrument *instrument, uint64_t quota_hours,
                    struct review_item *out)
{
    struct comparison comparison = {0};
    *out = (struct review_item){0};
    compare_names(wish, instrument, &comparison, out);
    compare_classes(wish, instrument, &comparison, out);
    /* Another maker's model may do the same work. */
    unsigned other_model = of_hundred(&comparison) * OTHER_MODEL / 100;
    compare_models(wish, instrument, &comparison, out);
    out->likeness = of_hundred(&comparison);
    if (out->likeness < other_model) {
        out->likeness = other_model;
    }
    if (is_of_another_class(wish, instrument) &&
        out->likeness > OTHER_CLASS_MOST) {
        out->likeness = OTHER_CLASS_MOST;
    }
    if (out->same_model && out->likeness < SAME_MODEL_LEAST) {
        out->likeness = SAME_MODEL_LEAST;
    }
    out->near = near_of(wish->division, instrument->division);
    out->usable = instrument_can_be_used(instrument);
    measure_use(instrument, quota_hours, out);
}

/* --- Verdict. ------------------------------------------------------------ */

struct review_verdict review_judge(const struct review_item *items,
                                   size_t count)
{
    struct review_verdict verdict = {0};
    for (size_t i = 0; i < count; i++) {
        const struct review_item *item = &items[i];
        if (item->likeness < REVIEW_ALIKE) {
            continue;
        }
        bool city = item->near <= REVIEW_CITY;
        bool province = item->near <= REVIEW_PROVINCE;
        bool unplaced = item->near == REVIEW_UNPLACED;
        bool unknown = item->usable && !item->use_stated;
        bool has_time =
            item->usable && item->use_stated && item->use_bp < REVIEW_BUSY_BP;
        verdict.alike++;
        verdict.alike_city += city ? 1 : 0;
        verdict.alike_province += province ? 1 : 0;
        verdict.free_city += city && has_time ? 1 : 0;
        verdict.free_province += province && has_time ? 1 : 0;
        verdict.unknown_province += province && unknown ? 1 : 0;
        verdict.unplaced += unplaced ? 1 : 0;
        verdict.open_unplaced += unplaced && (unknown || has_time) ? 1 : 0;
    }
    verdict.reason = verdict.free_city > 0          ? REVIEW_FREE_NEAR
                     : verdict.free_province > 0    ? REVIEW_FREE_PROVINCE
                     : verdict.unknown_province > 0 ? REVIEW_UNKNOWN_USE
                     : verdict.open_unplaced > 0    ? REVIEW_UNPLACED_OPEN
                     : verdict.alike_province > 0   ? REVIEW_ALL_BUSY
                     : verdict.unplaced > 0         ? REVIEW_UNPLACED_BUSY
                     : verdict.alike > 0            ? REVIEW_FAR
                                                    : REVIEW_NONE;
    verdict.advice = verdict.reason == REVIEW_FREE_NEAR ? REVIEW_SHARE
                     : verdict.reason == REVIEW_FREE_PROVINCE ||
                             verdict.reason == REVIEW_UNKNOWN_USE ||
                             verdict.reason == REVIEW_UNPLACED_OPEN
                         ? REVIEW_CONSULT
                         : REVIEW_BUY;
    return verdict;
}

static int descending(uint64_t a, uint64_t b)
{
    return a == b ? 0 : a > b ? -1 : 1;
}

int review_order(const struct review_item *a, const struct review_item *b)
{
    bool alike_a = a->likeness >= REVIEW_ALIKE;
    bool alike_b = b->likeness >= REVIEW_ALIKE;
    int order = descending(alike_a, alike_b);
    order = order != 0 ? order : descending(a->usable, b->usable);
    order = order != 0 ? order : descending(b->near, a->near);
    order = order != 0 ? order : descending(a->likeness, b->likeness);
    return order != 0 ? order : descending(b->use_bp, a->use_bp);
}

/* %1: alike in all, %2: in the city, %3: in the province, %4 and %5: those of
 * them that have time, %6: in the province and not known how busy, %7: not
 * known where, and not known to be busy. */
static const char *const texts[][2] = {
    [REVIEW_FREE_NEAR] =
        {"Share: %4 of %2 alike in the same city can be used and are busy for "
         "less than 80 % of their quota.",
         "建议共享：本市有 %2 台同类仪器，其中 %4 台可用且机时利用率低于 80 "
         "%。"},
    [REVIEW_FREE_PROVINCE] =
        {"Ask first: %5 of %3 alike in the same province can be used and are "
         "busy for less than 80 % of their quota; none of those in the same "
         "city.",
         "建议先协商共享：本省有 %3 台同类仪器，其中 %5 台可用且机时利用率低于 "
         "80 %，均不在本市。"},
    [REVIEW_UNKNOWN_USE] =
        {"Ask first: %3 alike stand in the same province, %2 of them in the "
         "same city; of %6 that can be used it is not stated how busy they "
         "are.",
         "建议先协商：本省有 %3 台同类仪器（本市 %2 台），其中 %6 "
         "台可用但未填报机时。"},
    [REVIEW_UNPLACED_OPEN] =
        {"Ask first: %7 of %1 alike can be used and are not known to be busy; "
         "where they stand, or where this one would, is not stated.",
         "建议先协商：共有 %1 台同类仪器，其中 %7 "
         "台可用且未见饱和；未注明所在地，无法判断远近。"},
    [REVIEW_ALL_BUSY] =
        {"Can be bought: %3 alike stand in the same province, and all are busy "
         "for 80 % of their quota or more, in repair, or not shared.",
         "可以购置：本省 %3 台同类仪器均已饱和（利用率 80 % "
         "以上）、待修或不共享。"},
    [REVIEW_UNPLACED_BUSY] =
        {"Can be bought: %1 alike are known, and those that may stand near are "
         "all busy for 80 % of their quota or more, in repair, or not shared.",
         "可以购置：同类仪器共 %1 台，可能在附近的均已饱和（利用率 80 % "
         "以上）、待修或不共享。"},
    [REVIEW_FAR] = {"Can be bought: %1 alike stand in other provinces alone.",
                    "可以购置：同类仪器共 %1 台，均在外省。"},
    [REVIEW_NONE] = {"Can be bought: nothing alike is known in any city.",
                     "可以购置：各城市均未发现同类仪器。"},
};

void review_text(const struct review_verdict *verdict, bool chinese,
                 char out[REVIEW_TEXT_BYTES])
{
    const size_t numbers[] = {
        verdict->alike,          verdict->alike_city,
        verdict->alike_province, verdict->free_city,
        verdict->free_province,  verdict->unknown_province,
        verdict->open_unplaced};
    const char *text = texts[verdict->reason][chinese ? 1 : 0];
    size_t at = 0;
    while (*text != '\0' && at + 24 < REVIEW_TEXT_BYTES) {
        if (text[0] == '%' && text[1] >= '1' && text[1] <= '7') {
            at += (size_t)snprintf(out + at, REVIEW_TEXT_BYTES - at, "%zu",
                                   numbers[text[1] - '1']);
            text += 2;
        } else {
            out[at++] = *text++;
        }
    }
    out[at] = '\0';
}
