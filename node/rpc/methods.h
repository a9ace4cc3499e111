/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_METHODS_H
#define HL_NODE_RPC_METHODS_H

/* The one table of methods, merged from the services' and looked up by path.
 * Fixed once made; any thread. */

#include <stdatomic.h>

#include "node/rpc/rpc.h"

struct method {
    const struct rpc_method *row;
    void *context;
    atomic_uint open; /* calls */
};

struct methods {
    struct method *items; /* by path */
    size_t count;
};

/* From several arrays of services, each of which ends in an all-zero row;
 * the arrays end in NULL.
 *
 * HL_ECONFIG  two methods have one path, or one's request is larger than the
 *             server takes. */
HL_MUST_USE hl_err methods_init(struct methods *methods,
                                const struct rpc_service *const *services,
                                uint32_t message_max_bytes,
                                struct hl_detail *detail);
void methods_fini(struct methods *methods);

/* NULL: there is none. */
struct method *methods_find(struct methods *methods, struct bytes path);

#endif
