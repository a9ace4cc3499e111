/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_REPORT_ORDERS_H
#define HL_NODE_CLI_REPORT_ORDERS_H

/* What reports ask of a node about orders. One thread. */

#include "heluo/v1/ledger.pb-c.h"
#include "node/catalogue/rules.h"
#include "node/cli/connect.h"

/* Visits the orders that a journal's node has delivered and whose issuer did
 * not deny it, where they name an item of the catalogue and both halves are
 * here; ends at the visitor's first error. */
struct report_orders {
    const char *origin;
    hl_err (*visit)(void *context, const Heluo__V1__OrderView *view);
    void *context;
};

HL_MUST_USE hl_err report_orders(struct cli_call *call, struct node_link *link,
                                 const struct report_orders *orders);

/* The item that an order names; borrowed. */
struct homed report_order_item(const Heluo__V1__OrderRow *order);

/* The index of the journal's first entry that was recorded at that moment or
 * later, of the `size` first; `size` if none was. Entries that this program
 * cannot read are taken for earlier ones. */
struct report_moment {
    const char *origin;
    uint64_t size;
    uint64_t ms;
};
HL_MUST_USE hl_err report_index_at(struct cli_call *call,
                                   struct node_link *link,
                                   const struct report_moment *moment,
                                   uint64_t *index);

#endif
