/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/division.h"

#include <string.h>

#include "node/catalogue/division_table.h"
#include "node/catalogue/name_key.h"

bool division_list_known(uint64_t year)
{
    return year == 2023;
}

const struct division *division_find(uint64_t year, struct bytes code)
{
    if (!division_list_known(year)) {
        return NULL;
    }
    size_t low = 0;
    size_t high = division_2023_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct division *at = &division_2023[middle];
        int order = bytes_compare(code, bytes_of_text(at->code));
        if (order == 0) {
            return at;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

bool division_has_counties(uint64_t year, const struct division *of)
{
    for (size_t i = 0; division_list_known(year) && i < division_2023_count;
         i++) {
        const struct division *at = &division_2023[i];
        if (at != of && strcmp(at->city, of->code) == 0) {
            return true;
        }
    }
    return false;
}

const struct division_withdrawn *division_find_withdrawn(struct bytes code)
{
    size_t low = 0;
    size_t high = division_withdrawn_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct division_withdrawn *at = &division_withdrawn[middle];
        int order = bytes_compare(code, bytes_of_text(at->code));
        if (order == 0) {
            return at;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

hl_err division_lookup(uint64_t year, struct bytes code,
                       const struct division **at, struct hl_detail *detail)
{
    if (!division_list_known(year)) {
        return hl_fail(detail, HL_EUNSUPPORTED,
                       "no list of divisions of %llu is carried",
                       (unsigned long long)year);
    }
    const struct division *found = division_find(year, code);
    if (found != NULL) {
        *at = found;
        return HL_OK;
    }
    const struct division_withdrawn *former = division_find_withdrawn(code);
    if (former != NULL) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "%s %s was withdrawn in %u; now there: %s", former->code,
                       former->name_zh, former->year, former->now);
    }
    return hl_fail(detail, HL_ENOTFOUND, "no division has the code %.*s",
                   BYTES_ARGS(name_shown(code)));
}
