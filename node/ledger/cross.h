/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_CROSS_H
#define HL_NODE_LEDGER_CROSS_H

/* Rows by which orders are compared with one another, in one half and across
 * halves (order.proto). Pure, any thread. */

#include "node/ledger/order.h"
#include "protocol/base/hash.h"

/* An order, and the delivery of it. */
struct cross_claim {
    struct order_key of;
    uint64_t index;
    struct bytes leaf;
};

struct invoice {
    uint64_t key;
    struct bytes print;
    uint64_t count;
    struct cross_claim first, last;
};

struct machine {
    struct bytes item;
    uint64_t from_ms, until_ms;
    struct cross_claim claim;
};

/* One service of an allotment: what is looked at of it by itself. */
struct spend {
    struct order_key of;
    uint64_t index;
    uint64_t from_ms, until_ms;
    struct bytes unit_scheme, unit_id;
    uint64_t item_kind;
    struct bytes item_home, item_inner_id;
    uint64_t catalogue; /* checks */
};

struct contract {
    struct bytes scheme, holder, provider, unit_scheme, unit_id;
    uint64_t month;
    uint64_t orders, price_fen, below_fen;
};

extern const struct record_type invoice_record;
extern const struct record_type machine_record;
extern const struct record_type contract_record;
/* Its keys begin as those of their orders. */
extern const struct record_type spend_record;
/* Of a struct machine: its item alone, with which its keys begin. */
extern const struct record_type machine_item_record;

bool order_key_equal(const struct order_key *a, const struct order_key *b);

/* Whether both used it at one moment. */
bool machine_overlaps(const struct machine *a, const struct machine *b);

/* The use of an instrument by a delivery, of which `answer` is the row, without
 * its index and leaf; it borrows `item`. False: it used none. */
bool machine_of_delivery(const struct order *answer, struct hl_hash *item,
                         struct machine *out);

/* The newest spend of an allotment, of which `answer` is the row; and the row
 * as of a spend, as far as that says. */
struct spend spend_of_answer(const struct order *answer);
void spend_as_answer(const struct spend *spend, struct order *answer);

/* Of a holder's order, without its sums: what its row is found by. */
struct contract contract_of_order(const struct order *order,
                                  const struct voucher *voucher);
/* Whether they are several, and together not below. */
bool contract_is_split(const struct contract *contract);

#endif
