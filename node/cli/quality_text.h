/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_QUALITY_TEXT_H
#define HL_NODE_CLI_QUALITY_TEXT_H

/* How good catalogues are, for people and for machines. One thread. */

#include "node/cli/status_text.h"
#include "node/report/quality.h"

struct quality_city {
    const char *origin; /* NULL: all of them */
    struct quality figures;
};

/* Four tables: the catalogue, its use, who was served by orders, how fresh it
 * is; a row for each city, and the last for all. */
void quality_print(const struct quality_city *cities, size_t count,
                   enum lang lang, FILE *out);

/* One city's figures: rates in basis points, beside their parts. */
json_t *quality_json(const struct quality *quality);

#endif
