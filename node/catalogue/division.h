/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_DIVISION_H
#define HL_NODE_CATALOGUE_DIVISION_H

/* Administrative divisions by the lists that this program carries. A code is
 * always said with the year of its list: codes are withdrawn and given again.
 * Pure, any thread. */

#include <stdbool.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

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

/* Whether counties lie in it. Not so in a county, and not in a city that is
 * none the less the smallest place of its list (419001, 441900). `of` is of the
 * list of that year. */
bool division_has_counties(uint64_t year, const struct division *of);

/* A code that was withdrawn. */
struct division_withdrawn {
    const char *code;
    const char *name_zh; /* the last that it had */
    uint16_t year;       /* at whose end the list did not have it any more */
    /* What now lies, or partly lies, where it was: codes of 2023, ascending,
     * with commas between; of a city that of its counties. Never empty. Only a
     * person can say which one an instrument stands in. */
    const char *now;
};

/* NULL: it was not withdrawn between 1981 and 2023. */
const struct division_withdrawn *division_find_withdrawn(struct bytes code);

/* As division_find, for a code that people state. `at` is not touched unless it
 * is found.
 *
 * HL_ENOTFOUND  the list does not have it. The text says if it was withdrawn,
 *               when, and what lies there now: it is not replaced silently.
 * HL_EUNSUPPORTED  no list of that year is carried. */
HL_MUST_USE hl_err division_lookup(uint64_t year, struct bytes code,
                                   const struct division **at,
                                   struct hl_detail *detail);

/* Names as people's files have them; any of them may be empty. They are found
 * whatever their width and blanks (name_key), and without what kind of place it
 * is where that is unique (郑州 for 郑州市). */
struct division_names {
    struct bytes province;
    struct bytes city;
    struct bytes county;
};

/* The smallest place that they name, of the list of that year.
 *
 * A county is looked up inside its city, because names repeat (there are four
 * 鼓楼区); without a city, inside the province, if it is there once. A place
 * that its province administers directly (济源市) and a municipality (北京市)
 * stand as city, as county, or as both. Slots (市辖区, 省直辖县级行政区划) may
 * stand where a city or a county would, and are never the answer. Without a
 * province a city's name has to be unique in the country; a county alone is
 * refused.
 *
 * HL_ENOTFOUND  nothing is named; no place has that name there; more than one
 *               has; or it was withdrawn (the text says since when, and which
 *               codes are there now).
 * HL_EUNSUPPORTED  no list of that year is carried. */
HL_MUST_USE hl_err division_find_names(uint64_t year,
                                       const struct division_names *names,
                                       const struct division **at,
                                       struct hl_detail *detail);

#endif
