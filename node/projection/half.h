/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_HALF_H
#define HL_NODE_PROJECTION_HALF_H

/* What is kept of a half beside its rows: how far it is, and its recorded
 * digests. Inside this folder. Functions return store.h's errors. */

#include "node/projection/projection.h"
#include "node/projection/tables.h"

/* Second part of keys in STORE_DIGESTS, after the origin's number. */
enum digest_row {
    DIGEST_HALF,     /* struct half_state */
    DIGEST_RECORDED, /* size -> rules, digest */
    DIGEST_NODE,     /* depth, place -> node of the tree */
};
struct store_key digest_key(uint32_t number, enum digest_row row);

/* Digests kept of each half, the newest. */
enum { DIGESTS_RECORDED_MAX = 64 };

struct half_state {
    struct half half;
    struct hl_hash root;        /* of the tree as it is */
    struct hl_wall recorded_at; /* of the newest entry whose frame was valid */
    struct bytes origin;        /* its name */
    /* What the program that paused the half knew. One that knows other things
     * tries again: for it the half is not paused. */
    uint64_t paused_knowing;
};

/* Reads it, or begins one. `knowing` is what this program knows. origin
 * borrows from the store, and is empty for a half that begins. */
HL_MUST_USE hl_err half_load(const struct tables *tables, uint32_t number,
                             uint64_t knowing, struct half_state *out,
                             struct hl_detail *detail);
HL_MUST_USE hl_err half_store(const struct tables *tables, uint32_t number,
                              const struct half_state *state,
                              struct hl_detail *detail);

/* By which rules the digest at that size, which is recorded, was computed.
 *
 * HL_EDAMAGED  it is not there. */
HL_MUST_USE hl_err half_recorded_rules(const struct tables *tables,
                                       uint32_t number, uint64_t size,
                                       uint64_t *rules,
                                       struct hl_detail *detail);

/* Keeps state->root as the digest at the half's size. */
HL_MUST_USE hl_err half_record_digest(const struct tables *tables,
                                      uint32_t number, struct half_state *state,
                                      struct hl_detail *detail);

#endif
