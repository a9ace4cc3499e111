/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_BODIES_H
#define HL_NODE_PROJECTION_BODIES_H

/* The bodies of entries that this program knows, and what each does: the one
 * table from which apply derives. Inside this folder and its tests. */

#include "node/projection/joint.h"
#include "node/record/record.h"

struct effect;

/* Carries out a valid record; refuses with effect_refuse() what does not fit
 * the half. The error is the store's, never the entry's. */
typedef hl_err (*effect_fn)(struct effect *effect, const void *record,
                            struct hl_detail *detail);

struct body_type {
    uint32_t number; /* ascending in the table */
    bool critical;
    const struct record_type *type; /* the body's message */
    effect_fn apply;
    const struct record_type *row; /* whose row it states or retires */
    size_t reason_offset; /* effect_retire: of the reason, a struct bytes */
};

struct body_table {
    const struct body_type *types;
    size_t count;
    uint64_t rules_max;              /* the newest version of rules */
    const struct joint_rule *joints; /* at most one of each type */
    size_t joint_count;
};

extern const struct body_table program_bodies;

const struct body_type *bodies_find(const struct body_table *table,
                                    uint32_t number);
/* Of the rows that have that number; NULL: none has. */
const struct record_type *bodies_row(const struct body_table *table,
                                     uint8_t type_number);
const struct joint_rule *bodies_joint(const struct body_table *table,
                                      uint8_t type_number);

/* A fingerprint of all numbers of bodies and fields, the frame's too, and of
 * the versions of rules: where it changes, an entry at which a half paused may
 * be readable. */
uint64_t bodies_knowledge(const struct body_table *table);

#endif
