/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/merkle.h"

#include "protocol/base/hl_assert.h"

enum { PREFIX_LEAF = 0x00, PREFIX_NODE = 0x01 };

struct hl_hash merkle_leaf(struct bytes entry)
{
    return hash_prefixed(PREFIX_LEAF, entry);
}

struct hl_hash merkle_node(const struct hl_hash *left,
                           const struct hl_hash *right)
{
    return hash_pair(PREFIX_NODE, left, right);
}

struct hl_hash merkle_empty_root(void)
{
    return hash_bytes(bytes_of(NULL, 0));
}

bool merkle_subtree_valid(uint64_t start, uint64_t end)
{
    if (start >= end || end > MERKLE_SIZE_MAX) {
        return false;
    }
    uint64_t width = 1;
    while (width < end - start) {
        width <<= 1;
    }
    return (start & (width - 1)) == 0;
}

/* Where a climb from a subtree [start, end) to the root stands, as indices of
 * nodes on the level it has reached: of the subtree's first and last entry
 * and of the tree's last one (fn, sn and tn in the draft). */
struct climb {
    uint64_t first;
    uint64_t last;
    uint64_t tree_last;
};

static void climb_up(struct climb *at)
{
    at->first >>= 1;
    at->last >>= 1;
    at->tree_last >>= 1;
}

/* Up to the largest perfect subtree at the right end of the subtree, or, where
 * the subtree ends the tree, to the subtree's own root. */
static struct climb climb_begin(uint64_t start, uint64_t end, uint64_t size)
{
    struct climb at = {start, end - 1, size - 1};
    while (at.first != at.last && (end == size || (at.last & 1) != 0)) {
        climb_up(&at);
    }
    return at;
}

/* The two roots that a proof builds from one seed. */
struct fold {
    struct hl_hash subtree;
    struct hl_hash tree;
};

/* Takes the sibling of where the climb stands and goes above it. */
static void fold_sibling(struct fold *fold, struct climb *at,
                         const struct hl_hash *sibling)
{
    HL_ASSERT(at->tree_last != 0);
    if ((at->last & 1) == 0 && at->last != at->tree_last) {
        fold->tree = merkle_node(&fold->tree, sibling);
        climb_up(at);
        return;
    }
    if (at->first < at->last) {
        fold->subtree = merkle_node(sibling, &fold->subtree);
    }
    fold->tree = merkle_node(sibling, &fold->tree);
    /* A node without a right sibling stands for its parent. */
    while ((at->last & 1) == 0) {
        climb_up(at);
    }
    climb_up(at);
}

static bool proof_holds(struct climb at, const struct hl_hash *subtree_root,
                        const struct hl_hash *root, const struct proof *proof)
{
    size_t next = 0;
    struct fold fold = {*subtree_root, *subtree_root};
    if (at.first != at.last) {
        if (proof->count == 0) {
            return false;
        }
        next = 1;
        fold = (struct fold){proof->hashes[0], proof->hashes[0]};
    }
    for (; next < proof->count; next++) {
        if (at.tree_last == 0) {
            return false;
        }
        fold_sibling(&fold, &at, &proof->hashes[next]);
    }
    return at.tree_last == 0 && hash_equal(&fold.subtree, subtree_root) &&
           hash_equal(&fold.tree, root);
}

hl_err merkle_verify_subtree_consistency(uint64_t start, uint64_t end,
                                         uint64_t size,
                                         const struct hl_hash *subtree_root,
                                         const struct hl_hash *root,
                                         const struct proof *proof)
{
    if (end > size || size > MERKLE_SIZE_MAX ||
        proof->count > HL_PROOF_HASHES_MAX) {
        return HL_EPROOF;
    }
    if (start == end) {
        struct hl_hash empty = merkle_empty_root();
        bool holds = proof->count == 0 && hash_equal(subtree_root, &empty);
        return holds ? HL_OK : HL_EPROOF;
    }
    if (!merkle_subtree_valid(start, end)) {
        return HL_EPROOF;
    }
    struct climb at = climb_begin(start, end, size);
    return proof_holds(at, subtree_root, root, proof) ? HL_OK : HL_EPROOF;
}

hl_err merkle_verify_consistency(uint64_t old_size,
                                 const struct hl_hash *old_root,
                                 uint64_t new_size,
                                 const struct hl_hash *new_root,
                                 const struct proof *proof)
{
    /* The empty tree is a subtree of every tree, and so proves nothing. */
    if (old_size == 0) {
        return HL_EPROOF;
    }
    return merkle_verify_subtree_consistency(0, old_size, new_size, old_root,
                                             new_root, proof);
}

/* One entry is a subtree whose root is its leaf hash, and the path of the one
 * is the consistency proof of the other. Where index + 1 wraps, no subtree is
 * valid. */
hl_err merkle_verify_inclusion(uint64_t index, uint64_t size,
                               const struct hl_hash *leaf,
                               const struct hl_hash *root,
                               const struct proof *proof)
{
    return merkle_verify_subtree_consistency(index, index + 1, size, leaf, root,
                                             proof);
}

hl_err merkle_verify_subtree_inclusion(uint64_t index, uint64_t start,
                                       uint64_t end, const struct hl_hash *leaf,
                                       const struct hl_hash *subtree_root,
                                       const struct proof *proof)
{
    if (!merkle_subtree_valid(start, end) || index < start) {
        return HL_EPROOF;
    }
    return merkle_verify_inclusion(index - start, end - start, leaf,
                                   subtree_root, proof);
}
