/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLEARING_VIEW_H
#define HL_NODE_CLEARING_VIEW_H

/* What a node knows when it looks at cycles: a snapshot of its store, the
 * charter that holds, the time. No clock, file or thread. Functions return
 * store.h's errors. */

#include "certs/charter/charter.h"
#include "node/ledger/cycle.h"
#include "node/projection/cycles.h"
#include "node/projection/projection.h"

struct clearing_view {
    struct store_txn *txn;
    uint32_t number;               /* of the own journal */
    struct bytes origin;           /* its name */
    const struct charter *charter; /* borrowed */
    struct hl_wall now;
};

struct bytes clearing_node(const struct clearing_view *view);
struct bytes clearing_alliance(const struct clearing_view *view);

/* Up to where that node's journal cannot be taken back, here, and is read: what
 * is sealed; all of it where the charter seals nothing of it, or ends it and it
 * is here to its end. The own journal's likewise. */
HL_MUST_USE hl_err clearing_sealed(const struct clearing_view *view,
                                   struct bytes node, uint64_t *size,
                                   struct hl_detail *detail);

/* The root of that size, which is not above what is here. */
HL_MUST_USE hl_err clearing_root(const struct clearing_view *view,
                                 struct bytes node, uint64_t size,
                                 struct hl_hash *root,
                                 struct hl_detail *detail);

/* Whether the charter gives that node the clearing role for a proposal at that
 * index of its journal. */
bool clearing_may_propose(const struct clearing_view *view, struct bytes node,
                          uint64_t index);
/* Says of a place with its node and size where the charter ended what its node
 * decides, if it did: at the end of its role; of a node that is ended behind
 * all that is sealed of it, and so behind the cut. */
void clearing_place_end(const struct clearing_view *view,
                        struct cycle_place *place);
/* Whether the charter ends decisions of that place's node, up to the cut, where
 * the place says so. */
bool clearing_same_end(const struct clearing_view *view,
                       const struct cycle_place *place);

/* Told of what each half has of each cycle: by the charter's nodes, then by
 * key. The first error ends it. */
typedef hl_err (*clearing_cycle_fn)(void *context, const struct cycle *cycle,
                                    struct hl_detail *detail);
HL_MUST_USE hl_err clearing_each_cycle(const struct clearing_view *view,
                                       clearing_cycle_fn each, void *context,
                                       struct hl_detail *detail);

/* As cycles_effect(); an approval that a charter cut off is none, either. */
HL_MUST_USE hl_err clearing_effect(const struct clearing_view *view,
                                   const struct cycle *cycle,
                                   const struct cycle_lists *cut,
                                   enum cycle_effect *out,
                                   struct hl_detail *detail);

/* How a cycle stands, as far as it is known here. */
enum cycle_standing_as {
    CYCLE_AS_OPEN,      /* nobody decided yet */
    CYCLE_AS_ABORTED,   /* by its proposer, */
    CYCLE_AS_ABANDONED, /* or by a charter that ended the role before */
    CYCLE_AS_DECLARED,  /* final, and not sealed, or approvals are not here */
    CYCLE_AS_FINAL,     /* for ever */
    CYCLE_AS_VOID,      /* an approval that it cites was not given */
};
HL_MUST_USE hl_err clearing_stands(const struct clearing_view *view,
                                   const struct cycle *cycle,
                                   enum cycle_standing_as *out,
                                   struct hl_detail *detail);

#endif
