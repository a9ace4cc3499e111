/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SUPPORT_MEM_TREE_H
#define HL_TESTS_SUPPORT_MEM_TREE_H

/* A tree whose every perfect subtree's root is kept in memory: the reference
 * that proofs are made from in tests. It grows and is never cut; a fork is a
 * copy of a prefix that grows otherwise. Owned by its caller. */

#include "protocol/tree/head.h"
#include "protocol/tree/prove.h"

struct mem_tree {
    uint64_t size;
    struct hl_hash *levels[64];
    size_t capacities[64];
};

/* Empty, which is also the all-zero value. */
void mem_tree_init(struct mem_tree *tree);
void mem_tree_fini(struct mem_tree *tree);

void mem_tree_append(struct mem_tree *tree, const struct hl_hash *leaf);

/* Appends the leaf hash of an entry. */
void mem_tree_append_entry(struct mem_tree *tree, struct bytes entry);

/* Appends the first `size` leaves of another tree (which has as many). */
void mem_tree_append_prefix(struct mem_tree *tree, const struct mem_tree *other,
                            uint64_t size);

/* Gives every node it has, HL_ENOTFOUND for others. Borrows the tree, which
 * may grow meanwhile. */
struct hash_source mem_tree_source(const struct mem_tree *tree);

/* Size and root of the first `size` entries (the tree has as many). */
struct head mem_tree_head(const struct mem_tree *tree, uint64_t size);

#endif
