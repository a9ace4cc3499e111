/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_FRAME_H
#define HL_NODE_PROJECTION_FRAME_H

/* What a projection holds open during a transaction. Inside this folder. */

#include "node/projection/bodies.h"
#include "node/projection/half.h"

/* A row that changed and is not in the digest's tree yet. */
struct pending {
    size_t name_offset, name_size; /* in open_half.names */
    bool present;
    struct hl_hash row;
};

struct open_half {
    uint32_t number;
    bool own;
    struct half_state state; /* its origin is a copy of ours */
    uint64_t settled; /* its size when joint state was settled last, or when the
                         transaction began to apply it */
    struct pending *pending;
    size_t pending_count, pending_capacity;
    struct writer names;
};

struct projection {
    const struct body_table *bodies;
    int generation; /* the one to fill, or GENERATION_LIVING */
    struct tables tables;
    bool open; /* tables is of the transaction that is open */
    struct open_half **halves;
    size_t half_count, half_capacity;
    struct projection_listener listener;
    struct writer joint; /* names that changed, each with its length as u16 */
};
enum { GENERATION_LIVING = -1 };

/* projection_create() over other bodies and another generation. */
struct projection *projection_create_with(const struct body_table *bodies,
                                          int generation);

/* Opens the transaction's tables and the half, if they are not. */
HL_MUST_USE hl_err frame_open(struct projection *projection,
                              struct store_txn *txn,
                              const struct projection_origin *origin,
                              struct open_half **out, struct hl_detail *detail);

/* NULL where it is not open. */
struct open_half *frame_find(struct projection *projection, uint32_t number);

/* Opens the tables, and closes the half if it is open: its rows are about to
 * go. */
HL_MUST_USE hl_err frame_forget(struct projection *projection,
                                struct store_txn *txn, uint32_t number,
                                struct hl_detail *detail);

/* Notes that a row changed; present: it is there, with that hash. */
void frame_row_changed(struct projection *projection, struct open_half *half,
                       struct bytes name, bool present, struct hl_hash row);

/* Marks a name for recomputation if its type has a joint rule. */
void frame_joint_changed(struct projection *projection, struct bytes name);

/* Brings the digest's tree up to the rows. */
HL_MUST_USE hl_err frame_digest(struct projection *projection,
                                struct open_half *half,
                                struct hl_detail *detail);

#endif
