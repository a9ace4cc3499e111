/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SCRUB_SCRUB_MEMORY_H
#define HL_NODE_SCRUB_SCRUB_MEMORY_H

/* What outlives the process of scrubs, in the store: a restart mends nothing,
 * and whoever looks at the node afterwards is to know. Inside this folder. */

#include "node/scrub/scrub_run.h"

enum { SCRUB_WHY_BYTES = 200 };

struct scrub_memory {
    uint32_t begun;            /* runs in a row that did not come to an end */
    uint64_t left;             /* damaged, as the last one knew that did */
    char why[SCRUB_WHY_BYTES]; /* one of them */
};

/* All zero where none is kept, or it cannot be read. */
void scrub_memory_read(struct store *store, struct scrub_memory *out);

/* In a transaction of the writer's. Where the store takes nothing it is not
 * kept: that is no reason not to look for damage. */
void scrub_memory_write(struct scrub_run *run,
                        const struct scrub_memory *memory);

#endif
