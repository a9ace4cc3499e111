/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

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

bool trie_bucket_difference(const struct trie_bucket *a,
                            const struct trie_bucket *b, struct writer *name)
{
    size_t i = 0;
    while (i < a->count && i < b->count &&
           bytes_equal(a->items[i].name, b->items[i].name) &&
           hash_equal(&a->items[i].row, &b->items[i].row)) {
        i++;
    }
    if (i == a->count && i == b->count) {
        return false;
    }
    bool in_b =
        i == a->count ||
        (i < b->count && bytes_compare(b->items[i].name, a->items[i].name) < 0);
    writer_bytes(name, in_b ? b->items[i].name : a->items[i].name);
    return true;
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
        search->found = trie_bucket_difference(&nodes[0].bucket,
                                               &nodes[1].bucket, search->name);
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

/* --- Against another node's tree, a node at a time. ---------------------- */

static struct store_key key_at(uint32_t number, struct bytes path)
{
    struct hl_hash place = {{0}};
    for (unsigned depth = 0; depth < path.size; depth++) {
        place = place_below(place, depth, path.data[depth]);
    }
    return trie_key(number, &place, (unsigned)path.size);
}

hl_err trie_bytes_at(const struct tables *tables, uint32_t number,
                     struct bytes path, struct writer *out,
                     struct hl_detail *detail)
{
    struct store_key key = key_at(number, path);
    return trie_node_hashed(tables, &key, out, detail);
}

static bool same_child(const struct trie_summary *a,
                       const struct trie_summary *b)
{
    return (a->count == 0) == (b->count == 0) && hash_equal(&a->hash, &b->hash);
}

/* The first child that differs; TRIE_FANOUT: none does. */
static unsigned first_child(const struct trie_node nodes[2])
{
    unsigned i = 0;
    while (i < TRIE_FANOUT && same_child(&nodes[0].children.children[i],
                                         &nodes[1].children.children[i])) {
        i++;
    }
    return i;
}

/* The name of the first record of ours at or below a path. */
static hl_err first_record(const struct tables *tables, uint32_t number,
                           struct bytes path, struct writer *name,
                           struct hl_detail *detail)
{
    uint8_t at[TRIE_DEPTH_MAX];
    size_t depth = path.size;
    if (depth > 0) {
        memcpy(at, path.data, depth);
    }
    for (;;) {
        struct trie_node node = {0};
        struct store_key key = key_at(number, bytes_of(at, depth));
        hl_err err = trie_node_load(tables, &key, &node, detail);
        bool further = err == HL_OK && node.inner && depth < TRIE_DEPTH_MAX;
        if (further) {
            unsigned child = 0;
            while (child + 1 < TRIE_FANOUT &&
                   node.children.children[child].count == 0) {
                child++;
            }
            at[depth++] = (uint8_t)child;
        } else if (err == HL_OK && node.bucket.count > 0) {
            writer_bytes(name, node.bucket.items[0].name);
        }
        trie_node_fini(&node);
        if (!further) {
            return err;
        }
    }
}

/* Both have children there. */
static hl_err compare_inner(const struct tables *tables, uint32_t number,
                            struct bytes path, const struct trie_node nodes[2],
                            struct trie_comparison *out,
                            struct hl_detail *detail)
{
    unsigned i = first_child(nodes);
    if (i == TRIE_FANOUT) {
        out->step = TRIE_SAME;
        return HL_OK;
    }
    out->child = (uint8_t)i;
    if (nodes[1].children.children[i].count > 0 ||
        path.size == TRIE_DEPTH_MAX) {
        out->step = path.size < TRIE_DEPTH_MAX ? TRIE_BELOW : TRIE_HERE;
        return HL_OK;
    }
    /* They have nothing there that they could be asked for. */
    uint8_t below[TRIE_DEPTH_MAX];
    if (path.size > 0) {
        memcpy(below, path.data, path.size);
    }
    below[path.size] = out->child;
    out->step = TRIE_HERE;
    return first_record(tables, number, bytes_of(below, path.size + 1),
                        out->name, detail);
}

static hl_err compare_nodes(const struct tables *tables, uint32_t number,
                            struct bytes path, const struct trie_node nodes[2],
                            struct trie_comparison *out,
                            struct hl_detail *detail)
{
    if (nodes[0].inner == nodes[1].inner) {
        if (nodes[0].inner) {
            return compare_inner(tables, number, path, nodes, out, detail);
        }
        out->step = trie_bucket_difference(&nodes[0].bucket, &nodes[1].bucket,
                                           out->name)
                        ? TRIE_HERE
                        : TRIE_SAME;
        return HL_OK;
    }
    out->step = TRIE_HERE; /* one has more records than fit a bucket */
    if (nodes[1].inner && nodes[0].bucket.count == 0 &&
        path.size < TRIE_DEPTH_MAX) {
        out->step = TRIE_BELOW;
        while (out->child + 1 < TRIE_FANOUT &&
               nodes[1].children.children[out->child].count == 0) {
            out->child++;
        }
    }
    return HL_OK;
}

hl_err trie_compare(const struct tables *tables, uint32_t number,
                    struct bytes path, struct bytes theirs,
                    struct trie_comparison *out, struct hl_detail *detail)
{
    struct trie_node nodes[2] = {{0}, {0}};
    struct store_key key = key_at(number, path);
    hl_err err = trie_node_parse(theirs, false, &nodes[1]);
    if (err == HL_OK) {
        err = trie_node_load(tables, &key, &nodes[0], detail);
    }
    if (err == HL_OK) {
        out->child = 0;
        err = compare_nodes(tables, number, path, nodes, out, detail);
    }
    trie_node_fini(&nodes[0]);
    trie_node_fini(&nodes[1]);
    return err;
}
