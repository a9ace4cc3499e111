/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_LEDGER_CHECKS_H
#define HL_NODE_PROJECTION_LEDGER_CHECKS_H

/* Which rules a delivery breaks, as far as its issuer's node knows: by the two
 * halves of the order, by other orders of any half, and by who the holder is.
 * Functions return store.h's errors. */

#include "node/ledger/order_check.h"
#include "node/projection/ledger.h"
#include "node/store/key.h"

enum { LEDGER_SEEN_MAX = 2 };

struct ledger_breaches {
    uint64_t checks;
    /* The deliveries that it collides with, one for each such rule. */
    size_t seen_count;
    struct ledger_cause seen[LEDGER_SEEN_MAX];
};

/* Of an order that is answered by a delivery; `voucher` and `scheme` as of
 * ledger_terms(). */
HL_MUST_USE hl_err ledger_breaches(struct store_txn *txn,
                                   const struct order_view *view,
                                   const struct voucher *voucher,
                                   const struct scheme *scheme,
                                   struct ledger_breaches *out,
                                   struct hl_detail *detail);

/* --- Parties, in the private store of their issuer. ----------------------- */

enum ledger_party {
    LEDGER_PARTY_TOKEN,  /* of a unified social credit code: its token */
    LEDGER_PARTY_WHO,    /* of a token: a Party */
    LEDGER_PARTY_SECRET, /* of nobody: what requests with invoices are told
                            apart by, 32 bytes */
};
struct store_key ledger_party_key(enum ledger_party row, struct bytes of);

#endif
