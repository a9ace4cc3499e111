/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CYCLE_TOLD_H
#define HL_NODE_CLI_CYCLE_TOLD_H

/* A cycle that was recomputed, as it is told: in English and Chinese at once,
 * to people and to programs. Any thread. */

#include <jansson.h>

#include "node/audit/cycle_audit.h"

struct cycle_told {
    const char *name;              /* NODE/INDEX */
    const struct charter *charter; /* that holds */
    bool pinned;
    const struct cycle_audit *audit;
    hl_err verdict;
};

void cycle_told_print(const struct cycle_told *told);
json_t *cycle_told_json(const struct cycle_told *told); /* the caller's */

#endif
