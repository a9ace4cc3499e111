/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_REFLECTION_H
#define HL_NODE_RPC_REFLECTION_H

/* grpc.reflection.v1 and v1alpha: which services there are, and the .proto
 * files that say so, as protoc described them at build time. Any thread. */

#include "node/rpc/rpc.h"

struct reflection;

/* services outlive it. */
struct reflection *reflection_create(const struct rpc_service *services);
/* Sets NULL. */
void reflection_destroy(struct reflection **reflection);

const struct rpc_service *
reflection_services(const struct reflection *reflection);

#endif
