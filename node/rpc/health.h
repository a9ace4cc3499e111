/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_HEALTH_H
#define HL_NODE_RPC_HEALTH_H

/* grpc.health.v1 ("GRPC Health Checking Protocol"): all services of a server
 * serve, or none does. Any thread. */

#include "node/rpc/rpc.h"

struct health;

/* Serving, until it is told otherwise. services outlive it. */
struct health *health_create(const struct rpc_service *services);
/* No call of its service is left. Sets NULL. */
void health_destroy(struct health **health);

void health_set(struct health *health, bool serving);

const struct rpc_service *health_services(const struct health *health);

#endif
