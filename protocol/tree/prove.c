/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/prove.h"

#include <string.h>

#include "protocol/base/hl_assert.h"

/* Entries [start, end). Where a tree's node is meant, start is a multiple of
 * the smallest power of two that is >= end - start. */
struct range {
    uint64_t start;
    uint64_t end;
};

static bool range_equal(struct range a, struct range b)
{
    return a.start == b.start && a.end == b.end;
}

/* Where a node's left child ends: the largest power of two below its width. */
static uint64_t range_split(struct range node)
{
    uint64_t width = node.end - node.start;
    HL_ASSERT(width > 1);
    return node.start + (UINT64_C(1) << (63 - __builtin_clzll(width - 1)));
}

/* A node's root, folded from its perfect subtrees, the smallest first. */
static hl_err node_root(const struct hash_source *source, struct range node,
                        struct hl_hash *out)
{
    uint64_t width = node.end - node.start;
    HL_ASSERT(width > 0);
    struct hl_hash root = {0};
    uint64_t end = node.end;
    for (uint64_t level = 0; width >> level != 0; level++) {
        if ((width >> level & 1) == 0) {
            continue;
        }
        struct hl_hash part;
        hl_err err =
            source->read(source->context, level, (end - 1) >> level, &part);
        if (err != HL_OK) {
            return err;
        }
        root = end == node.end ? part : merkle_node(&part, &root);
        end -= UINT64_C(1) << level;
    }
    *out = root;
    return HL_OK;
}

hl_err prove_root(const struct hash_source *source, uint64_t size,
                  struct hl_hash *out)
{
    if (size == 0) {
        *out = merkle_empty_root();
        return HL_OK;
    }
    return prove_subtree_root(source, 0, size, out);
}

hl_err prove_subtree_root(const struct hash_source *source, uint64_t start,
                          uint64_t end, struct hl_hash *out)
{
    if (!merkle_subtree_valid(start, end)) {
        return HL_EMALFORMED;
    }
    return node_root(source, (struct range){start, end}, out);
}

hl_err prove_frontier(const struct hash_source *source, uint64_t size,
                      struct frontier *out)
{
    if (size > MERKLE_SIZE_MAX) {
        return HL_EMALFORMED;
    }
    struct frontier frontier = {.size = size};
    size_t count = 0;
    uint64_t start = 0;
    for (uint64_t level = 63; level-- > 0;) {
        if ((size >> level & 1) == 0) {
            continue;
        }
        hl_err err = source->read(source->context, level, start >> level,
                                  &frontier.edge[count]);
        if (err != HL_OK) {
            return err;
        }
        count++;
        start += UINT64_C(1) << level;
    }
    *out = frontier;
    return HL_OK;
}

/* The nodes whose roots are a proof, from the leaves' end upward. */
struct path {
    size_t count;
    struct range nodes[HL_PROOF_HASHES_MAX + 1];
};

static void path_reverse(struct path *path)
{
    for (size_t i = 0; i < path->count / 2; i++) {
        struct range other = path->nodes[path->count - 1 - i];
        path->nodes[path->count - 1 - i] = path->nodes[i];
        path->nodes[i] = other;
    }
}

/* Walks from the tree's root down to the target (the draft's SUBTREE_SUBPROOF)
 * and notes the child not taken. Where the target spans both children, its
 * left part is a child as a whole; the verifier then needs the rest of it too,
 * as the seed. An entry is a target of width 1, and its path is its inclusion
 * proof. */
static struct path path_find(struct range target, struct range tree)
{
    struct path path = {0};
    bool known = true;
    while (!range_equal(target, tree)) {
        uint64_t split = range_split(tree);
        struct range left = {tree.start, split};
        struct range right = {split, tree.end};
        bool go_left = target.end <= split;
        HL_ASSERT(path.count < HL_PROOF_HASHES_MAX);
        path.nodes[path.count++] = go_left ? right : left;
        tree = go_left ? left : right;
        if (!go_left && target.start < split) {
            HL_ASSERT(target.start == left.start);
            target.start = split;
            known = false;
        }
    }
    if (!known) {
        path.nodes[path.count++] = tree;
    }
    path_reverse(&path);
    return path;
}

static hl_err path_read(const struct hash_source *source,
                        const struct path *path, struct proof *out)
{
    if (path->count > HL_PROOF_HASHES_MAX) {
        return HL_ELIMIT;
    }
    struct proof proof = {.count = path->count};
    for (size_t i = 0; i < path->count; i++) {
        hl_err err = node_root(source, path->nodes[i], &proof.hashes[i]);
        if (err != HL_OK) {
            return err;
        }
    }
    *out = proof;
    return HL_OK;
}

hl_err prove_inclusion(const struct hash_source *source, uint64_t index,
                       uint64_t size, struct proof *out)
{
    return prove_subtree_inclusion(source, index, 0, size, out);
}

hl_err prove_consistency(const struct hash_source *source, uint64_t old_size,
                         uint64_t new_size, struct proof *out)
{
    return prove_subtree_consistency(source, 0, old_size, new_size, out);
}

hl_err prove_subtree_inclusion(const struct hash_source *source, uint64_t index,
                               uint64_t start, uint64_t end, struct proof *out)
{
    if (!merkle_subtree_valid(start, end) || index < start || index >= end) {
        return HL_EMALFORMED;
    }
    struct path path =
        path_find((struct range){index, index + 1}, (struct range){start, end});
    return path_read(source, &path, out);
}

hl_err prove_subtree_consistency(const struct hash_source *source,
                                 uint64_t start, uint64_t end, uint64_t size,
                                 struct proof *out)
{
    if (!merkle_subtree_valid(start, end) || end > size ||
        size > MERKLE_SIZE_MAX) {
        return HL_EMALFORMED;
    }
    struct path path =
        path_find((struct range){start, end}, (struct range){0, size});
    return path_read(source, &path, out);
}

/* A node that may reach beyond what is held. If it begins within, it lies on
 * the way from the last held entry up to the root, and so does one child of
 * it; the other is held, or stands in the end proof. */
static hl_err node_root_beyond(const struct prove_beyond *tree,
                               const struct path *end_path, struct range node,
                               struct hl_hash *out)
{
    if (node.end <= tree->held) {
        return node_root(tree->source, node, out);
    }
    if (node.start >= tree->held) {
        size_t i = 0;
        while (!range_equal(end_path->nodes[i], node)) {
            i++;
            HL_ASSERT(i < end_path->count);
        }
        *out = tree->end_proof->hashes[i];
        return HL_OK;
    }
    uint64_t split = range_split(node);
    struct hl_hash left;
    struct hl_hash right;
    hl_err err = node_root_beyond(tree, end_path,
                                  (struct range){node.start, split}, &left);
    if (err == HL_OK) {
        err = node_root_beyond(tree, end_path, (struct range){split, node.end},
                               &right);
    }
    if (err == HL_OK) {
        *out = merkle_node(&left, &right);
    }
    return err;
}

static hl_err path_read_beyond(const struct prove_beyond *tree,
                               const struct path *end_path,
                               const struct path *path, struct proof *out)
{
    struct proof proof = {.count = path->count};
    for (size_t i = 0; i < path->count; i++) {
        hl_err err =
            node_root_beyond(tree, end_path, path->nodes[i], &proof.hashes[i]);
        if (err != HL_OK) {
            return err;
        }
    }
    *out = proof;
    return HL_OK;
}

hl_err prove_consistency_beyond(const struct prove_beyond *tree,
                                uint64_t old_size, struct proof *out)
{
    if (old_size == 0 || old_size > tree->held || tree->held > tree->size ||
        tree->size > MERKLE_SIZE_MAX) {
        return HL_EMALFORMED;
    }
    struct range whole = {0, tree->size};
    struct path end_path = path_find((struct range){0, tree->held}, whole);
    struct path path = path_find((struct range){0, old_size}, whole);
    if (end_path.count > HL_PROOF_HASHES_MAX ||
        path.count > HL_PROOF_HASHES_MAX) {
        return HL_ELIMIT;
    }
    if (tree->end_proof->count != end_path.count) {
        return HL_EPROOF;
    }
    return path_read_beyond(tree, &end_path, &path, out);
}

static struct hl_hash hash_at(struct bytes tile, size_t index)
{
    struct bytes raw = bytes_slice(tile, index * HL_HASH_BYTES, HL_HASH_BYTES);
    struct hl_hash hash;
    memcpy(hash.bytes, raw.data, HL_HASH_BYTES);
    return hash;
}

/* The root over count (a power of two, below TILE_WIDTH) neighbours. */
static struct hl_hash hash_within(struct bytes tile,
                                  const struct tile_place *place)
{
    struct hl_hash nodes[TILE_WIDTH / 2];
    for (size_t i = 0; i < place->count; i++) {
        nodes[i] = hash_at(tile, place->first + i);
    }
    for (size_t count = place->count; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++) {
            nodes[i] = merkle_node(&nodes[2 * i], &nodes[2 * i + 1]);
        }
    }
    return nodes[0];
}

static hl_err read_from_tiles(void *context, uint64_t level, uint64_t index,
                              struct hl_hash *out)
{
    const struct tile_source *tiles = context;
    if (level >= 63 || index >= tiles->size >> level) {
        return HL_ENOTFOUND;
    }
    struct tile_place place = tile_locate(level, index);
    struct tile tile = {
        .kind = TILE_HASHES,
        .level = place.level,
        .index = place.index,
        .width = tile_width(place.level, place.index, tiles->size),
    };
    struct bytes raw = {0};
    hl_err err = tiles->read(tiles->context, &tile, &raw);
    if (err != HL_OK) {
        return err;
    }
    if (raw.size < (size_t)tile.width * HL_HASH_BYTES ||
        raw.size > TILE_MAX_BYTES) {
        return HL_EMALFORMED;
    }
    *out = hash_within(raw, &place);
    return HL_OK;
}

struct hash_source hash_source_of_tiles(struct tile_source *tiles)
{
    HL_ASSERT(tiles->size <= MERKLE_SIZE_MAX);
    return (struct hash_source){.context = tiles, .read = read_from_tiles};
}
