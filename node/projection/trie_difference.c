/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/trie_node.h"

struct side {
    const struct tables *tables;
    uint32_t number;
};

struct search {
    struct side sides[2];
    struct writer *name;
    uint64_t nodes_read;
    bool found;
    struct hl_detail *detail;
};

static hl_err search_nodes(struct search *search, unsigned depth,
                           struct hl_hash place,
                           const struct trie_node nodes[2]);

static struct hl_hash place_below(struct hl_hash place, unsigned depth,
                                  unsigned child)
{
    uint8_t *byte = &place.bytes[depth / 2];
    *byte = depth % 2 == 0 ? (uint8_t)(child << 4)
                           : (uint8_t)((*byte & 0xf0u) | child);
    return place;
}

static hl_err load(struct search *search, const struct side *side,
                   const struct hl_hash *place, unsigned depth,
                   struct trie_node *out)
{
    struct store_key key = trie_key(side->number, place, depth);
    search->nodes_read++;
    return trie_node_load(side->tables, &key, out, search->detail);
}

/* The child of a node; where one half has a bucket and the other is deeper,
 * the bucket's part of it. */
static hl_err child_of(struct search *search, const struct side *side,
                       const struct trie_node *parent, unsigned depth,
                       unsigned child, const struct hl_hash *place,
                       struct trie_node *out)
{
    *out = (struct trie_node){0};
    if (parent->inner) {
        return parent->children.children[child].count == 0
                   ? HL_OK
                   : load(search, side, place, depth + 1, out);
    }
    for (size_t i = 0; i < parent->bucket.count; i++) {
        const struct trie_item *item = &parent->bucket.items[i];
        struct hl_hash at = trie_place(item->name);
        if (trie_nibble(&at, depth) == child) {
            trie_bucket_add(&out->bucket, item);
        }
    }
    return HL_OK;
}

static void search_buckets(struct search *search, const struct trie_bucket *a,
                           const struct trie_bucket *b)
{
    size_t i = 0;
    while (i < a->count && i < b->count &&
           bytes_equal(a->items[i].name, b->items[i].name) &&
           hash_equal(&a->items[i].row, &b->items[i].row)) {
        i++;
    }
    if (i == a->count && i == b->count) {
        return;
    }
    search->found = true;
    bool in_b =
        i == a->count ||
        (i < b->count && bytes_compare(b->items[i].name, a->items[i].name) < 0);
    writer_bytes(search->name, in_b ? b->items[i].name : a->items[i].name);
}

static hl_err search_child(struct search *search, unsigned depth,
                           unsigned child, struct hl_hash place,
                           const struct trie_node nodes[2])
{
    struct trie_node below[2] = {{0}, {0}};
    hl_err err = HL_OK;
    for (size_t i = 0; i < 2 && err == HL_OK; i++) {
        err = child_of(search, &search->sides[i], &nodes[i], depth, child,
                       &place, &below[i]);
    }
    if (err == HL_OK) {
        err = search_nodes(search, depth + 1, place, below);
    }
    trie_node_fini(&below[0]);
    trie_node_fini(&below[1]);
    return err;
}

static bool children_equal(const struct trie_node nodes[2], unsigned child)
{
    if (!nodes[0].inner || !nodes[1].inner) {
        return false;
    }
    const struct trie_summary *a = &nodes[0].children.children[child];
    const struct trie_summary *b = &nodes[1].children.children[child];
    return a->count == b->count && hash_equal(&a->hash, &b->hash);
}

static hl_err search_nodes(struct search *search, unsigned depth,
                           struct hl_hash place,
                           const struct trie_node nodes[2])
{
    if (!nodes[0].inner && !nodes[1].inner) {
        search_buckets(search, &nodes[0].bucket, &nodes[1].bucket);
        return HL_OK;
    }
    if (depth >= TRIE_DEPTH_MAX) {
        return hl_fail(search->detail, HL_EDAMAGED,
                       "the digest's tree is too deep: heluo rebuild makes it "
                       "anew");
    }
    for (unsigned child = 0; child < TRIE_FANOUT; child++) {
        if (children_equal(nodes, child)) {
            continue;
        }
        hl_err err = search_child(search, depth, child,
                                  place_below(place, depth, child), nodes);
        if (err != HL_OK || search->found) {
            return err;
        }
    }
    return HL_OK;
}

hl_err trie_difference(const struct tables *a, uint32_t number_a,
                       const struct tables *b, uint32_t number_b,
                       struct writer *name, uint64_t *nodes_read,
                       struct hl_detail *detail)
{
    struct search search = {
        .sides = {{a, number_a}, {b, number_b}},
        .name = name,
        .detail = detail,
    };
    struct hl_hash place = {{0}};
    struct trie_node roots[2] = {{0}, {0}};
    hl_err err = load(&search, &search.sides[0], &place, 0, &roots[0]);
    if (err == HL_OK) {
        err = load(&search, &search.sides[1], &place, 0, &roots[1]);
    }
    if (err == HL_OK) {
        err = search_nodes(&search, 0, place, roots);
    }
    trie_node_fini(&roots[0]);
    trie_node_fini(&roots[1]);
    *nodes_read = search.nodes_read;
    return err;
}
