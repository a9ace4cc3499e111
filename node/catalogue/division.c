/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/division.h"

#include "node/catalogue/division_table.h"

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
