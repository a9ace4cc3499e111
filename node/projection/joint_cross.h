/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_JOINT_CROSS_H
#define HL_NODE_PROJECTION_JOINT_CROSS_H

/* What orders say of each other's: one invoice twice, one instrument twice at a
 * time, one contract in parts. Inside this folder. Functions return store.h's
 * errors. */

#include "node/ledger/cross.h"
#include "node/projection/joint.h"

/* Rules of struct joint_rule. */
hl_err joint_judge_invoice(const struct joint_case *of,
                           struct hl_detail *detail);
hl_err joint_judge_machine(const struct joint_case *of,
                           struct hl_detail *detail);
hl_err joint_judge_contract(const struct joint_case *of,
                            struct hl_detail *detail);

/* Uses of the same instrument are looked at as far as so many others that began
 * before it, and after: a bound of the time that it takes. */
enum { CROSS_NEIGHBOURS = 4 };

/* Visits these beside that one, which has that name, whether it is there or
 * not: those before it, the nearest first, then those after. Ends when `visit`
 * says false. The store may not be changed meanwhile. */
HL_MUST_USE hl_err cross_neighbours(
    const struct tables *tables, struct bytes name,
    const struct machine *machine,
    bool (*visit)(void *context, struct bytes name, uint32_t number),
    void *context, struct hl_detail *detail);

/* Another order's delivery; borrows from the store. */
struct cross_other {
    uint32_t number; /* of the half */
    struct cross_claim claim;
};

/* One that claims the invoice of that order's delivery in that half, too. */
HL_MUST_USE hl_err cross_invoice_other(const struct tables *tables,
                                       uint32_t number,
                                       const struct order_key *of, uint64_t key,
                                       struct bytes print,
                                       struct cross_other *out, bool *found,
                                       struct hl_detail *detail);
/* A neighbour that used the instrument at the same time. */
HL_MUST_USE hl_err cross_machine_other(const struct tables *tables,
                                       const struct machine *machine,
                                       struct cross_other *out, bool *found,
                                       struct hl_detail *detail);

#endif
