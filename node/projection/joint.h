/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_JOINT_H
#define HL_NODE_PROJECTION_JOINT_H

/* Joint state: what follows from the rows of several halves that have one
 * key. Computed anew from all of them whenever one changes, so that the order
 * in which they came cannot matter. Inside this folder.
 *
 * STORE_JOINT, below a record's name (record type, key): (0) -> struct
 * joint_state; (1, number) -> that half has such a row. */

#include "node/projection/finding.h"
#include "node/projection/projection.h"

struct joint_member {
    struct bytes origin;
    struct row row;
};

/* Members in ascending order of their origins, which are not looked up where
 * there is one member only, as there nearly always is. */
struct joint_members {
    struct joint_member *items;
    size_t count;
};

struct joint_state {
    uint32_t homes;  /* halves that have the record */
    uint32_t active; /* of these, not retired there */
    bool found;      /* there are findings */
};

/* Findings of one recomputation. */
struct joint_findings;
void joint_report(struct joint_findings *findings,
                  const struct joint_member *about, enum finding_kind kind,
                  const struct finding_text *text);

struct joint_rule {
    const struct record_type *type;
    /* The finding it may report: one a member at most. */
    enum finding_kind kind;
    void (*judge)(const struct joint_members *members,
                  struct joint_findings *findings);
};

/* A unit is active in one journal at most. */
void joint_judge_unit(const struct joint_members *members,
                      struct joint_findings *findings);

/* The half has a row of that name from now on, or no longer. */
HL_MUST_USE hl_err joint_add(const struct tables *tables, uint32_t number,
                             struct bytes name, struct hl_detail *detail);
HL_MUST_USE hl_err joint_remove(const struct tables *tables, uint32_t number,
                                struct bytes name, struct hl_detail *detail);

/* Recomputes what follows from the rows of that name. The members' halves are
 * in the store. */
HL_MUST_USE hl_err joint_recompute(const struct tables *tables,
                                   const struct joint_rule *rule,
                                   struct bytes name, struct hl_detail *detail);

#endif
