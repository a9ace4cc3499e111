/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_REPORT_WALK_H
#define HL_NODE_CLI_REPORT_WALK_H

/* What reports ask of a node. One thread. */

#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/node.pb-c.h"
#include "node/cli/cmd_record.h"
#include "node/cli/connect.h"
#include "protocol/base/hl_limits.h"

/* Visits the records of a kind, ascending by (origin, key); ends at the
 * visitor's first error. */
struct report_walk {
    const char *kind;
    const char *origin; /* empty: of all */
    bool retired;       /* not active ones alone: what former homes say, too */
    hl_err (*visit)(void *context, const Heluo__V1__RecordView *view,
                    const union record_room *record);
    void *context;
};

HL_MUST_USE hl_err report_walk(struct cli_call *call, struct node_link *link,
                               const struct report_walk *walk);

/* The node's own journal, and the node's time. */
struct report_self {
    char origin[HL_NAME_MAX_BYTES + 1];
    uint64_t now_ms;
};
HL_MUST_USE hl_err report_ask_self(struct cli_call *call,
                                   struct node_link *link,
                                   struct report_self *out);

#endif
