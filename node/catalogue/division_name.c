/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/division.h"

#include <string.h>

#include "node/catalogue/division_table.h"
#include "node/catalogue/name_key.h"

/* A name that was withdrawn earlier is nobody's address any more, and many were
 * given again. */
enum { WITHDRAWN_SINCE = 1999 };

/* Where a name is looked for: provinces, or cities or counties of one place.
 * NULL: anywhere. */
struct scope {
    enum { OF_PROVINCES, OF_CITIES, OF_COUNTIES } rank;
    const struct division *province;
    const struct division *city;
};

static bool is_slot(const struct division *row)
{
    return row->city[0] == '\0' && strcmp(row->code, row->province) != 0;
}

static bool is_city(const struct division *row)
{
    return strcmp(row->code, row->city) == 0;
}

static bool in_scope(const struct scope *scope, const struct division *row)
{
    if (is_slot(row)) {
        return false;
    }
    bool is_province = strcmp(row->code, row->province) == 0;
    bool in_province = scope->province == NULL ||
                       strcmp(row->province, scope->province->code) == 0;
    switch (scope->rank) {
    case OF_PROVINCES:
        return is_province;
    case OF_CITIES:
        return in_province && is_city(row);
    case OF_COUNTIES:
        break;
    }
    bool in_city =
        scope->city == NULL || strcmp(row->city, scope->city->code) == 0;
    return in_province && in_city && !is_province && !is_city(row);
}

/* How many of the index have that name in the scope; the first of them in *at.
 */
static size_t count_in(const struct name_index *index,
                       const struct scope *scope, struct bytes name,
                       const struct division **at)
{
    struct name_index rows = name_index_find(index, name);
    size_t count = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const struct division *row = &division_2023[rows.rows[i].row];
        if (in_scope(scope, row) && count++ == 0) {
            *at = row;
        }
    }
    return count;
}

static bool is_empty(struct bytes name)
{
    uint8_t space[NAME_KEY_BYTES];
    return name.size == 0 ||
           (name.size <= NAME_KEY_BYTES && name_key(name, space).size == 0);
}

/* A name of slots alone, as 市辖区. A province, a city and a county of the list
 * never have one. */
static bool names_slot(struct bytes name)
{
    static const char *const slots[] = {"市辖区", "县", "省直辖县级行政区划",
                                        "自治区直辖县级行政区划"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        if (name_equal(name, bytes_of_text(slots[i]))) {
            return true;
        }
    }
    return false;
}

/* Whether it was of the province of `within`; NULL: of any. */
static bool was_under(const struct division_withdrawn *row,
                      const struct division *within)
{
    return within == NULL || memcmp(row->code, within->province, 2) == 0;
}

/* Why nothing in the scope has that name. */
static hl_err not_found(const struct scope *scope, struct bytes name,
                        struct hl_detail *detail)
{
    const struct division *within =
        scope->city != NULL ? scope->city : scope->province;
    struct bytes given = name_shown(name);
    uint8_t space[NAME_KEY_BYTES];
    struct bytes key = name_key(name, space); /* names there are their keys */
    for (size_t i = division_withdrawn_count; i-- > 0;) {
        const struct division_withdrawn *row = &division_withdrawn[i];
        if (row->year >= WITHDRAWN_SINCE && was_under(row, within) &&
            bytes_equal_text(key, row->name_zh)) {
            return hl_fail(detail, HL_ENOTFOUND,
                           "%s (%s) was withdrawn in %u; now there: %s",
                           row->name_zh, row->code, row->year, row->now);
        }
    }
    return hl_fail(detail, HL_ENOTFOUND, "no %s named \"%.*s\"%s%s",
                   scope->rank == OF_PROVINCES ? "province"
                   : scope->rank == OF_CITIES  ? "city"
                                               : "county",
                   BYTES_ARGS(given), within == NULL ? "" : " in ",
                   within == NULL ? "" : within->name_zh);
}

static hl_err find_in(const struct scope *scope, struct bytes name,
                      const struct division **at, struct hl_detail *detail)
{
    const struct division *found = NULL;
    size_t count = count_in(&division_2023_names, scope, name, &found);
    if (count == 0) {
        count = count_in(&division_2023_bares, scope, name, &found);
    }
    if (count == 0) {
        return not_found(scope, name, detail);
    }
    if (count > 1) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "%zu places have the name \"%.*s\", %s among them",
                       count, BYTES_ARGS(name_shown(name)), found->code);
    }
    *at = found;
    return HL_OK;
}

/* The county of names->county in what is known of its city and province. */
static hl_err find_county(const struct division_names *names,
                          const struct division *province,
                          const struct division *city,
                          const struct division **at, struct hl_detail *detail)
{
    if (city == NULL && province == NULL) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "a county without its city or province");
    }
    struct scope scope = {OF_COUNTIES, province, city};
    struct scope cities = {OF_CITIES, province, NULL};
    const struct division *itself = NULL;
    hl_err err = find_in(&scope, names->county, at, detail);
    /* A city, perhaps once more, where a county would stand. */
    if (err != HL_OK &&
        find_in(&cities, names->county, &itself, NULL) == HL_OK &&
        (city == NULL || itself == city)) {
        *at = itself;
        return HL_OK;
    }
    return err;
}

hl_err division_find_names(uint64_t year, const struct division_names *names,
                           const struct division **at, struct hl_detail *detail)
{
    if (!division_list_known(year)) {
        return hl_fail(detail, HL_EUNSUPPORTED,
                       "no list of divisions of %llu is carried",
                       (unsigned long long)year);
    }
    const struct division *province = NULL;
    const struct division *city = NULL;
    hl_err err = HL_OK;
    if (!is_empty(names->province)) {
        struct scope provinces = {OF_PROVINCES, NULL, NULL};
        err = find_in(&provinces, names->province, &province, detail);
    }
    bool is_municipality = province != NULL && is_city(province);
    if (err == HL_OK && is_municipality) {
        city = province;
    }
    if (err == HL_OK && !is_empty(names->city) && !names_slot(names->city)) {
        struct scope cities = {OF_CITIES, province, NULL};
        err = find_in(&cities, names->city, &city, detail);
    }
    const struct division *found = city != NULL ? city : province;
    if (err == HL_OK && !is_empty(names->county) &&
        !names_slot(names->county)) {
        err = find_county(names, province, city, &found, detail);
    }
    if (err == HL_OK && found == NULL) {
        return hl_fail(detail, HL_ENOTFOUND, "no place is named");
    }
    if (err == HL_OK) {
        *at = found;
    }
    return err;
}
