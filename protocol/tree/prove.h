/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_TREE_PROVE_H
#define HL_PROTOCOL_TREE_PROVE_H

/* Building proofs, roots and frontiers from the nodes of a tree, wherever
 * these are kept. Each call reads O(log n) nodes. Pure apart from the source;
 * any thread that may use the source.
 *
 * Sizes and indices may come from a peer. Of every function here:
 *
 * HL_EMALFORMED  sizes and indices that no tree has (named at each).
 * others         what the source returned, passed on. */

#include "protocol/tree/frontier.h"
#include "protocol/tree/tile.h"

/* Gives the root of the perfect subtree [index << level, (index + 1) <<
 * level). Never asked beyond the size that a call of this file names, so that
 * a source that lacks a node has lost it. */
struct hash_source {
    void *context;
    hl_err (*read)(void *context, uint64_t level, uint64_t index,
                   struct hl_hash *out);
};

/* The root of the first `size` entries. HL_EMALFORMED: size above
 * MERKLE_SIZE_MAX. */
HL_MUST_USE hl_err prove_root(const struct hash_source *source, uint64_t size,
                              struct hl_hash *out);

/* The same for the frontier, to append from there on. */
HL_MUST_USE hl_err prove_frontier(const struct hash_source *source,
                                  uint64_t size, struct frontier *out);

/* The root of a subtree. HL_EMALFORMED: not merkle_subtree_valid(). */
HL_MUST_USE hl_err prove_subtree_root(const struct hash_source *source,
                                      uint64_t start, uint64_t end,
                                      struct hl_hash *out);

/* RFC 9162 section 2.1.3.1. HL_EMALFORMED: index >= size, or size above
 * MERKLE_SIZE_MAX. */
HL_MUST_USE hl_err prove_inclusion(const struct hash_source *source,
                                   uint64_t index, uint64_t size,
                                   struct proof *out);

/* RFC 9162 section 2.1.4.1; empty when the sizes are equal. HL_EMALFORMED:
 * old_size 0 or above new_size, or new_size above MERKLE_SIZE_MAX.
 *
 * HL_ELIMIT  more than HL_PROOF_HASHES_MAX hashes: a tree above 2^62. */
HL_MUST_USE hl_err prove_consistency(const struct hash_source *source,
                                     uint64_t old_size, uint64_t new_size,
                                     struct proof *out);

/* draft-ietf-plants-merkle-tree-certs. HL_EMALFORMED: the subtree is not
 * valid, or index lies outside it. */
HL_MUST_USE hl_err prove_subtree_inclusion(const struct hash_source *source,
                                           uint64_t index, uint64_t start,
                                           uint64_t end, struct proof *out);

/* The same draft. HL_EMALFORMED: the subtree is not valid, or ends beyond
 * size. HL_ELIMIT as prove_consistency(). */
HL_MUST_USE hl_err prove_subtree_consistency(const struct hash_source *source,
                                             uint64_t start, uint64_t end,
                                             uint64_t size, struct proof *out);

/* A tree of which only the first `held` entries are at hand, but also the
 * consistency proof from there to its whole size. */
struct prove_beyond {
    const struct hash_source *source;
    uint64_t held; /* 1 .. size */
    uint64_t size;
    const struct proof *end_proof; /* held -> size; empty if equal */
};

/* The consistency proof from old_size, which is at most `held`, to the whole
 * tree: what lies beyond `held` is taken from the end proof. If that is wrong,
 * so is the result; verify it.
 *
 * HL_EMALFORMED  old_size is 0 or above held, or held above size, or size
 *                above MERKLE_SIZE_MAX.
 * HL_EPROOF      the end proof has not as many hashes as these sizes ask for.
 * HL_ELIMIT      as prove_consistency(). */
HL_MUST_USE hl_err prove_consistency_beyond(const struct prove_beyond *tree,
                                            uint64_t old_size,
                                            struct proof *out);

/* Tiles as a source of hashes. `read` gives a tile's bytes, borrowed until its
 * next call. tile->width is what a tree of `size` entries has there: it may
 * give more (the full tile, where the partial one is gone), not less. */
struct tile_source {
    void *context;
    hl_err (*read)(void *context, const struct tile *tile, struct bytes *out);
    uint64_t size;
};

/* A node between two tile levels is hashed from its tile on each read. The
 * result borrows tiles. Its reads return, beside what tiles->read returns:
 *
 * HL_ENOTFOUND   the node does not lie within tiles->size.
 * HL_EMALFORMED  the tile has fewer bytes than asked for, or too many. */
struct hash_source hash_source_of_tiles(struct tile_source *tiles);

#endif
