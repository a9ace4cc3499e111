/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLIENT_CHANNEL_H
#define HL_NODE_CLIENT_CHANNEL_H

/* A channel of the gRPC core to one node, as the options say; the clients'
 * own. It holds the core from open to close. */

#include <grpc/grpc.h>

#include "node/client/client.h"

struct channel {
    grpc_channel *core;
    char *target; /* as it was given, for messages */
    char *spiffe; /* who has to answer; NULL through a socket */
};

/* Errors as client_create(). */
HL_MUST_USE hl_err channel_open(const struct client_options *options,
                                struct channel *out, struct hl_detail *detail);

/* No call of it may be left. All-zero is fine. */
void channel_close(struct channel *channel);

/* A call that ends at the deadline whatever happens. path may go away. */
grpc_call *channel_call(struct channel *channel, const char *path,
                        grpc_completion_queue *queue, gpr_timespec deadline);

/* Whether the node that was to answer did, as far as anybody did.
 *
 * HL_EIDENTITY  another one. */
HL_MUST_USE hl_err channel_check_peer(const struct channel *channel,
                                      grpc_call *call,
                                      struct hl_detail *detail);

#endif
