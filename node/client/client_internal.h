/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLIENT_CLIENT_INTERNAL_H
#define HL_NODE_CLIENT_CLIENT_INTERNAL_H

/* What client.c and client_stream.c share. */

#include "node/client/channel.h"

struct client {
    struct channel channel;
    grpc_completion_queue *queue; /* of the kind that is waited at by tag */
    int64_t timeout_ms;
};

/* On the core's monotonic clock; negative: never. */
gpr_timespec client_deadline(int64_t wait_ms);

#endif
