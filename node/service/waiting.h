/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_WAITING_H
#define HL_NODE_SERVICE_WAITING_H

/* Waiting for keepers, as services ask for it; the daemon's federation does it.
 * Any thread. */

#include <stdbool.h>
#include <stdint.h>

#include "protocol/base/hl_err.h"

#define WAITING_SEALED UINT32_MAX

/* Somebody who waits; it lives until `done` has run, once, in the writer's
 * thread. err: HL_OK; HL_EDEADLINE, and then keepers and sealed say what is
 * known; HL_EBUSY: too many wait; HL_ESTOPPING. */
struct waiting {
    uint64_t index; /* of the own entry */
    uint32_t keepers;
    int64_t wait_ms;
    void (*done)(struct waiting *waiting, hl_err err, uint32_t keepers,
                 bool sealed);
    struct waiting *next; /* whose list it is in meanwhile */
    uint64_t number;
};

struct waiting_room {
    void *context;
    /* How many keep this node's journal, as of now. */
    uint32_t (*keepers)(void *context);
    void (*wait)(void *context, struct waiting *waiting);
};

#endif
