/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_TREE_FRONTIER_H
#define HL_PROTOCOL_TREE_FRONTIER_H

/* The right edge of a tree that grows: the roots of its perfect subtrees,
 * largest first. Enough to append and to know the root, in O(log n) memory.
 * Plain memory, copied by assignment; one thread at a time. */

#include "protocol/base/writer.h"
#include "protocol/tree/merkle.h"

struct frontier {
    uint64_t size;           /* entries appended */
    struct hl_hash edge[63]; /* popcount(size) are set, largest first */
};

void frontier_init(struct frontier *frontier);

/* Asserts that the size stays within MERKLE_SIZE_MAX. */
void frontier_append(struct frontier *frontier, const struct hl_hash *leaf);

struct hl_hash frontier_root(const struct frontier *frontier);

/* Size (u64) and edge hashes, for the disk: 8 + 32 * popcount(size) bytes. */
void frontier_encode(const struct frontier *frontier, struct writer *out);

/* HL_EMALFORMED  another length than the size asks for, or size too large. */
HL_MUST_USE hl_err frontier_decode(struct bytes raw, struct frontier *out);

void frontier_check(const struct frontier *frontier);

#endif
