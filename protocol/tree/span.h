/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_TREE_SPAN_H
#define HL_PROTOCOL_TREE_SPAN_H

/* A run of new entries on its way from one node to another, reduced to hashes:
 * what the sender proves of it, and how the receiver, who keeps nothing but a
 * frontier, checks it before a byte of it is kept. Pure; any thread. */

#include "protocol/tree/head.h"
#include "protocol/tree/prove.h"

/* The sender's root where the run begins, and the proof from there to the
 * head: it decides who is at fault if the run fails (fork.h).
 *
 * HL_EMALFORMED  at is above head_size, or that above MERKLE_SIZE_MAX.
 * HL_ELIMIT, and the source's errors, as prove_consistency(). */
HL_MUST_USE hl_err span_prove_start(const struct hash_source *source,
                                    uint64_t at, uint64_t head_size,
                                    struct start_proof *out);

/* The sender's proof from `end`, where the run ends, to the head it is sent
 * under; empty when it ends there, or at 0. Errors as span_prove_start(). */
HL_MUST_USE hl_err span_prove_end(const struct hash_source *source,
                                  uint64_t end, uint64_t head_size,
                                  struct proof *out);

/* What the receiver got. All of it is the peer's but for the head, whose
 * signature has been checked; none of it needs to have been validated. */
struct span {
    uint64_t first;               /* index of the first entry */
    const struct hl_hash *leaves; /* merkle_leaf() of each entry, in order */
    size_t count;
    struct head head;
    const struct proof *end_proof; /* from first + count to head.size */
};

/* Appends the run to our frontier if the result is what the author signed. A
 * run of no entries is one that only proves a newer head. Costs one node hash
 * per entry, amortised, and one proof.
 *
 * HL_EMALFORMED  head_validate() refuses the head, or the run does not begin
 *                where the frontier ends, or ends beyond the head.
 * HL_EPROOF      the entries, the end proof and the head do not belong
 *                together, or not on top of what we hold. The frontier is
 *                untouched; fork_decide() says whose fault it is. */
HL_MUST_USE hl_err span_append(struct frontier *frontier,
                               const struct span *span);

#endif
