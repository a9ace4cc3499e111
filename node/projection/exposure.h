/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EXPOSURE_H
#define HL_NODE_PROJECTION_EXPOSURE_H

/* What this node stands to lose by a partner: as an issuer, what that may still
 * spend of its allotments; as a provider, holds that may yet be lost. Functions
 * return store.h's errors. */

#include "node/store/journal.h"

struct ledger_cause;
struct ledger_writer;

/* How much of it this node accepts of one partner, by its own configuration; 0:
 * no bound. A matter of its decisions alone, and never of validity. */
struct exposure_limits {
    uint64_t allotted_max_fen, unsealed_max_fen;
};

/* Of allotments to that node that were not given back, by the half of that
 * number. One row. */
HL_MUST_USE hl_err exposure_allotted(struct store_txn *txn, uint32_t number,
                                     struct bytes node, uint64_t *fen,
                                     struct hl_detail *detail);

/* Orders, asked or accepted and not resolved. */
struct exposure_holds {
    uint64_t fen, orders;
    uint64_t accepted_fen; /* of it: accepted, or requested, by this node */
    uint64_t unlooked;     /* entries, of which nothing is counted */
};

/* What entries of the journal `issuer` from `sealed` on hold for orders at the
 * node of `origin`. So many entries are looked at, the oldest ones. */
enum { EXPOSURE_LOOKS_MAX = 2000 };
HL_MUST_USE hl_err exposure_unsealed(struct store_txn *txn, struct bytes origin,
                                     struct bytes issuer, uint64_t sealed,
                                     uint64_t looks, struct exposure_holds *out,
                                     struct hl_detail *detail);

/* Whether an entry with that body, which is allowed otherwise, stays within the
 * writer's limits: an Allot, of the sum with it; and an OrderAccept of an order
 * that is not sealed, which is its cause, of what is accepted with it.
 *
 * HL_ESTATE     allotted_max (node/ledger/refusal.h).
 * HL_EUNSEALED  "unsealed_max: ...": the seal is to be waited for, and nothing
 *               is remembered. */
HL_MUST_USE hl_err exposure_allow(const struct ledger_writer *writer,
                                  uint32_t body, const void *record,
                                  const struct ledger_cause *cause,
                                  struct hl_detail *detail);

#endif
