/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/quality.h"

#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"
#include "node/catalogue/nation.h"
#include "node/catalogue/subject.h"
#include "protocol/base/hl_assert.h"

enum { KIND_SPECIAL = 2, SUBJECT_DIGITS = 3 };

#define YEAR_MS (UINT64_C(365) * 86400000)
#define BASIS_POINTS UINT64_C(10000)

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* --- Fields --------------------------------------------------------------- */

static bool is_counted(size_t key)
{
    return nrii_equipment[key].needed &&
           strcmp(nrii_equipment[key].key, "insCode") != 0;
}

/* By the judgement of the form itself; for whom a contact is masked it is
 * stated none the less. */
static void count_missing(struct quality *quality, const struct instrument *of,
                          struct writer *scratch)
{
    const struct nrii_source source = {
        .instrument = of,
        .contact = {of->contact, of->phone, of->email},
    };
    struct nrii_row row;
    writer_clear(scratch);
    nrii_row_put(&source, scratch, &row);
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        quality->missing[i] += is_counted(i) && (row.missing >> i & 1) != 0;
    }
}

static bool subjects_valid(struct bytes codes)
{
    for (size_t at = 0; at + SUBJECT_DIGITS <= codes.size;
         at += SUBJECT_DIGITS + 1) {
        if (subject_find(bytes_slice(codes, at, SUBJECT_DIGITS)) == NULL) {
            return false;
        }
    }
    return true;
}

static void count_code(struct quality *quality, enum quality_code code,
                       struct bytes text, bool valid)
{
    quality->stated[code] += text.size > 0;
    quality->valid[code] += text.size > 0 && valid;
}

static void count_codes(struct quality *quality, const struct instrument *of)
{
    count_code(quality, QUALITY_CLASS, of->class_code,
               instrument_class_find(of->class_scheme, of->class_code) != NULL);
    count_code(quality, QUALITY_DIVISION, of->division,
               division_find(of->division_revision, of->division) != NULL);
    count_code(quality, QUALITY_NATION, of->nation,
               of->nation.size > 0 && nation_find(of->nation) != NULL);
    count_code(quality, QUALITY_SUBJECTS, of->subjects,
               subjects_valid(of->subjects));
}

/* --- Hours ---------------------------------------------------------------- */

static uint64_t quota_tenths(const struct quality_options *options,
                             const struct instrument *of)
{
    uint64_t hours = options->divisor_hours != 0 ? options->divisor_hours
                     : of->kind == KIND_SPECIAL  ? QUALITY_HOURS_SPECIAL
                                                 : QUALITY_HOURS_GENERAL;
    return hours * 10;
}

static void count_hours(struct quality *quality,
                        const struct quality_options *options,
                        const struct instrument *of)
{
    uint64_t run = of->run_hours_tenths;
    uint64_t quota = quota_tenths(options, of);
    if (of->hours_year == 0 && run == 0 && of->service_hours_tenths == 0) {
        return;
    }
    quality->hours_stated++;
    quality->idle += run == 0;
    quality->above_half += run * 2 > quota;
    quality->above_four_fifths += run * 5 > quota * 4;
    quality->quota_tenths = add(quality->quota_tenths, quota);
    quality->run_tenths = add(quality->run_tenths, run);
    quality->service_tenths =
        add(quality->service_tenths, of->service_hours_tenths);
}

/* --- Orders --------------------------------------------------------------- */

enum quality_service quality_service_of(const struct quality_options *options,
                                        const struct quality_item *item)
{
    if (item->served_until_ms == 0) {
        return item->stated_lately ? QUALITY_NEW : QUALITY_NEVER;
    }
    if (add(item->served_until_ms, options->idle_ms) >= options->now_ms) {
        return QUALITY_SERVED;
    }
    return item->stated_lately ? QUALITY_NEW : QUALITY_STOPPED;
}

uint64_t quality_idle(const struct quality *quality)
{
    return quality->services[QUALITY_STOPPED] +
           quality->services[QUALITY_NEVER];
}

/* --- All of it ------------------------------------------------------------ */

void quality_add(struct quality *quality, const struct quality_options *options,
                 const struct quality_item *item, struct writer *scratch)
{
    const struct instrument *of = item->instrument;
    HL_ASSERT(nrii_equipment_count <= QUALITY_KEYS_MAX);
    quality->instruments++;
    quality->unit_known += item->unit_known;
    quality->worth_fen = add(quality->worth_fen, of->worth_fen);
    quality->changed += item->changed_at_ms + YEAR_MS > options->now_ms;
    count_missing(quality, of, scratch);
    count_codes(quality, of);
    count_hours(quality, options, of);
    quality->services[quality_service_of(options, item)]++;
}

void quality_merge(struct quality *all, const struct quality *city)
{
    bool first = all->as_of_ms == 0 || city->as_of_ms < all->as_of_ms;
    all->as_of_ms =
        city->as_of_ms != 0 && first ? city->as_of_ms : all->as_of_ms;
    all->newest_ms =
        city->newest_ms > all->newest_ms ? city->newest_ms : all->newest_ms;
    all->units += city->units;
    all->instruments += city->instruments;
    all->unit_known += city->unit_known;
    all->worth_fen = add(all->worth_fen, city->worth_fen);
    all->changed += city->changed;
    for (size_t i = 0; i < QUALITY_KEYS_MAX; i++) {
        all->missing[i] += city->missing[i];
    }
    for (size_t i = 0; i < QUALITY_CODES; i++) {
        all->stated[i] += city->stated[i];
        all->valid[i] += city->valid[i];
    }
    all->hours_stated += city->hours_stated;
    all->idle += city->idle;
    all->above_half += city->above_half;
    all->above_four_fifths += city->above_four_fifths;
    all->quota_tenths = add(all->quota_tenths, city->quota_tenths);
    all->run_tenths = add(all->run_tenths, city->run_tenths);
    all->service_tenths = add(all->service_tenths, city->service_tenths);
    for (size_t i = 0; i < QUALITY_SERVICES; i++) {
        all->services[i] += city->services[i];
    }
}

uint64_t quality_filled(const struct quality *quality, uint64_t *of)
{
    uint64_t keys = 0, missing = 0;
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        keys += is_counted(i);
        missing += quality->missing[i];
    }
    *of = quality->instruments * keys;
    HL_ASSERT(missing <= *of);
    return *of - missing;
}

bool quality_worst(const struct quality *quality, size_t *key)
{
    size_t worst = 0;
    for (size_t i = 1; i < QUALITY_KEYS_MAX; i++) {
        worst = quality->missing[i] > quality->missing[worst] ? i : worst;
    }
    if (quality->missing[worst] == 0) {
        return false;
    }
    *key = worst;
    return true;
}

uint64_t quality_valid_codes(const struct quality *quality, uint64_t *of)
{
    uint64_t valid = 0;
    *of = 0;
    for (size_t i = 0; i < QUALITY_CODES; i++) {
        valid += quality->valid[i];
        *of += quality->stated[i];
    }
    return valid;
}

uint64_t quality_basis_points(uint64_t part, uint64_t whole)
{
    if (part > UINT64_MAX / BASIS_POINTS) { /* no catalogue of this world */
        return part / (whole / BASIS_POINTS + 1);
    }
    return whole == 0 ? 0 : part * BASIS_POINTS / whole;
}
