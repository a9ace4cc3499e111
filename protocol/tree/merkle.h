/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_TREE_MERKLE_H
#define HL_PROTOCOL_TREE_MERKLE_H

/* The Merkle tree of RFC 6962 section 2.1 / RFC 9162 section 2.1 over
 * SHA-256: hashing, and verifying proofs. Sizes and indices are counts of
 * entries, at most 2^63 - 1. Pure, any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/hl_limits.h"

#define MERKLE_SIZE_MAX ((uint64_t)INT64_MAX)

struct hl_hash merkle_leaf(struct bytes entry);
struct hl_hash merkle_node(const struct hl_hash *left,
                           const struct hl_hash *right);
/* The root of the tree without entries: SHA-256(""). */
struct hl_hash merkle_empty_root(void);

/* A proof's hashes, from the leaves' end upward. Plain memory. */
struct proof {
    size_t count;
    struct hl_hash hashes[HL_PROOF_HASHES_MAX];
};

/* RFC 9162 section 2.1.3.2.
 *
 * HL_EPROOF  it does not verify, index >= size, or a size is too large. */
HL_MUST_USE hl_err merkle_verify_inclusion(uint64_t index, uint64_t size,
                                           const struct hl_hash *leaf,
                                           const struct hl_hash *root,
                                           const struct proof *proof);

/* RFC 9162 section 2.1.4.2. With old_size == new_size the proof is empty and
 * the roots are equal. old_size == 0 never verifies.
 *
 * HL_EPROOF  it does not verify. */
HL_MUST_USE hl_err merkle_verify_consistency(uint64_t old_size,
                                             const struct hl_hash *old_root,
                                             uint64_t new_size,
                                             const struct hl_hash *new_root,
                                             const struct proof *proof);

/* A subtree [start, end): start is a multiple of the smallest power of two
 * that is >= end - start, and start < end
 * (draft-ietf-plants-merkle-tree-certs). */
bool merkle_subtree_valid(uint64_t start, uint64_t end);

/* Entry `index` is in the subtree [start, end) with that root. HL_EPROOF. */
HL_MUST_USE hl_err merkle_verify_subtree_inclusion(
    uint64_t index, uint64_t start, uint64_t end, const struct hl_hash *leaf,
    const struct hl_hash *subtree_root, const struct proof *proof);

/* The subtree [start, end) is in the tree of `size` entries. The empty one,
 * start == end, has the empty tree's root, needs no proof, and says nothing of
 * the tree. HL_EPROOF. */
HL_MUST_USE hl_err merkle_verify_subtree_consistency(
    uint64_t start, uint64_t end, uint64_t size,
    const struct hl_hash *subtree_root, const struct hl_hash *root,
    const struct proof *proof);

#endif
