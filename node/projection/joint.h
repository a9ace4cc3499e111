/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_JOINT_H
#define HL_NODE_PROJECTION_JOINT_H

/* Joint state: what follows from the rows of several halves that have one
 * key. Computed anew from all of them whenever one changes, so that the order
 * in which they came cannot matter. Inside this folder.
 *
 * STORE_JOINT, below a record's name (record type, key): (0) -> struct
 * joint_state; (1, number) -> that half has such a row. Beside these, below
 * what is no record type:
 *
 *   (00, SHA-256(origin), index, name, 1, number)
 *       that half took the record by an entry that cites that one, so that the
 *       record is looked at again when the journal that is cited gets there
 *   (FF, SHA-256(origin it moves to), SHA-256(its owner), name) -> 1
 *       the record is released, and not answered
 *   (FE, SHA-256(the provider's origin), SHA-256(the issuer's), name) -> 1
 *       the order is open */

#include "node/projection/finding.h"
#include "node/projection/home.h"
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
    uint32_t active; /* of these, stated there and not retired */
    bool found;      /* there are findings */
    /* Of a type whose records move. Of an order that is open: the issuer's
     * origin as its owner, and the provider's node as what it moves to. */
    struct record_home home;
};

/* Findings of one recomputation. */
struct joint_findings;
void joint_report(struct joint_findings *findings,
                  const struct joint_member *about, enum finding_kind kind,
                  const struct finding_text *text);

/* One recomputation. */
struct joint_case {
    const struct tables *tables;
    const struct record_type *type;
    struct bytes name;
    const struct joint_members *members;
    struct joint_findings *findings;
    struct record_home *home; /* to fill; see struct joint_state */
};

enum { JOINT_KINDS_MAX = 4 };

struct joint_rule {
    const struct record_type *type;
    /* Records of it move: members are the halves that released or took it, and
     * the one that its key names. Else all halves that have such a row. */
    bool moves;
    bool named; /* origins are looked up of a single member, too */
    /* The findings it may report, ending in 0: one a member and kind at most.
     */
    enum finding_kind kinds[JOINT_KINDS_MAX + 1];
    hl_err (*judge)(const struct joint_case *of, struct hl_detail *detail);
};

/* A unit is active in one journal at most. */
hl_err joint_judge_unit(const struct joint_case *of, struct hl_detail *detail);
/* A record that moves has one owner. */
hl_err joint_judge_home(const struct joint_case *of, struct hl_detail *detail);

/* An order is open from its placing to its resolution, and each half says what
 * the other can be held to. */
hl_err joint_judge_order(const struct joint_case *of, struct hl_detail *detail);
/* Of each spend of an allotment what a delivery is judged by. */
hl_err joint_judge_spend(const struct joint_case *of, struct hl_detail *detail);

/* Of a cycle each half says what the others can be held to; and of a transfer.
 */
hl_err joint_judge_cycle(const struct joint_case *of, struct hl_detail *detail);
hl_err joint_judge_transfer(const struct joint_case *of,
                            struct hl_detail *detail);

/* The half has a row of that name from now on, or no longer. */
HL_MUST_USE hl_err joint_add(const struct tables *tables, uint32_t number,
                             struct bytes name, struct hl_detail *detail);
HL_MUST_USE hl_err joint_remove(const struct tables *tables, uint32_t number,
                                struct bytes name, struct hl_detail *detail);

/* The half took that record by an entry that cites that one, or did so no
 * longer. */
HL_MUST_USE hl_err joint_cite(const struct tables *tables, uint32_t number,
                              const struct citation *cause, struct bytes name,
                              struct hl_detail *detail);
HL_MUST_USE hl_err joint_uncite(const struct tables *tables, uint32_t number,
                                const struct citation *cause, struct bytes name,
                                struct hl_detail *detail);

/* Appends the names of records whose takers cite an entry of that journal from
 * index `from` to below `to`, each with its length (u16) before it. */
HL_MUST_USE hl_err joint_cited(const struct tables *tables, struct bytes origin,
                               uint64_t from, uint64_t to, struct writer *names,
                               struct hl_detail *detail);

/* Recomputes what follows from the rows of that name. The members' halves are
 * in the store. */
HL_MUST_USE hl_err joint_recompute(const struct tables *tables,
                                   const struct joint_rule *rule,
                                   struct bytes name, struct hl_detail *detail);

#endif
