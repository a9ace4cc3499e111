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
    const char *city;     /* code of the city it lies in; itself if a city; ""
                             for a province */
    const char *province; /* code of its province */
};

/* Whether the program carries the list of that year. */
bool division_list_known(uint64_t year);

/* NULL: the list does not have that code, or is not carried. */
const struct division *division_find(uint64_t year, struct bytes code);

#endif
