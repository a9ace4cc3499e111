/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/reflection.h"

#include "protocol/base/alloc.h"

struct reflection {
    struct rpc_service services[1];
};

struct reflection *reflection_create(const struct rpc_service *services)
{
    (void)services;
    return hl_alloc(1, sizeof(struct reflection));
}

void reflection_destroy(struct reflection **reflection)
{
    hl_free(*reflection);
    *reflection = NULL;
}

const struct rpc_service *
reflection_services(const struct reflection *reflection)
{
    return reflection->services;
}
