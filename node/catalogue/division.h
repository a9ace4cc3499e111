/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_DIVISION_H
#define HL_NODE_CATALOGUE_DIVISION_H

/* Administrative divisions by the lists that this program carries. A code is
 * always said with the year of its list: codes are withdrawn and given again.
 * Pure, any thread. */

#include <stdbool.h>

#include "protocol/base/bytes.h"

struct division {
    const char *code; /* six digits */
    const char *name_zh;
    /* Code of the city it lies in; itself if it is a city, as is a county that
     * its province administers directly (419001) and a municipality (110000,
     * in which its districts lie). "" for a province and for a mere slot of
     * the list (419000, 110100). Never derived from the digits. */
    const char *city;
    const char *province; /* code of its province; itself for one */
};

/* Whether the program carries the list of that year. */
bool division_list_known(uint64_t year);

/* NULL: the list does not have that code, or is not carried. */
const struct division *division_find(uint64_t year, struct bytes code);

#endif
