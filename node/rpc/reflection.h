/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_REFLECTION_H
#define HL_NODE_RPC_REFLECTION_H

/* grpc.reflection.v1 and v1alpha: which services there are, and the .proto
 * files that say so. Any thread. */

#include "node/rpc/rpc.h"

/* One service a version; an all-zero row ends them. */
enum { REFLECTION_SERVICES = 3 };

/* lists: all of the server's services, these included, as methods_init() has
 * them; read when a call comes. */
void reflection_init(struct rpc_service services[REFLECTION_SERVICES],
                     const struct rpc_service **lists);

#endif
