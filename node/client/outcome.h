/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLIENT_OUTCOME_H
#define HL_NODE_CLIENT_OUTCOME_H

/* How a call ended, as the core gives it, and as an error of ours. One call's;
 * the thread that waits for it. */

#include "node/client/channel.h"

struct outcome {
    grpc_metadata_array trailing;
    grpc_status_code code;
    grpc_slice details;
};

void outcome_init(struct outcome *outcome);
void outcome_fini(struct outcome *outcome);

/* The operation that fills it; it must stay where it is until that is done. */
grpc_op outcome_receive(struct outcome *outcome);

/* Whether the node named an error: else what there is comes from the core. */
bool outcome_is_named(const struct outcome *outcome);

/* What it says: HL_OK, the error that the node named, or the nearest one to
 * the status. Valid until the call is released. */
HL_MUST_USE hl_err outcome_error(const struct outcome *outcome,
                                 const struct channel *channel,
                                 struct hl_detail *detail);

#endif
