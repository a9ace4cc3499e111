/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store_pages.h"

#include <string.h>

#include "protocol/base/alloc.h"

enum {
    HEADER_BYTES = 16,
    NODE_BYTES = 8,
    DB_BYTES = 48,
    META_BYTES = 136,
    META_MAGIC = (int)0xbeefc0deu,
    META_VERSION = 1,
    DEPTH_MAX = 32, /* CURSOR_STACK */
    PAGE_BYTES_MIN = 512,
    PAGE_BYTES_MAX = 65536,
    ASK_PAGES = 1024,

    PAGE_BRANCH = 0x01,
    PAGE_LEAF = 0x02,
    PAGE_OVERFLOW = 0x04,
    PAGE_META = 0x08,
    NODE_BIG = 0x01,
    NODE_SUB = 0x02,
    DB_DUPSORT = 0x04,
};
#define NO_PAGE UINT64_MAX

/* A tree's record: MDB_db. */
struct tree {
    uint16_t flags, depth;
    uint64_t root;
    bool free_pages; /* its values are lists of pages */
    bool main;       /* its values may be trees */
};

struct meta {
    uint64_t txn, last_page;
    uint32_t page_bytes;
    struct tree free, main;
};

struct walk {
    const struct pages_source *source;
    bool leaves;
    struct meta meta;
    uint8_t *reached; /* a bit for each page */
    uint64_t looked_at;
    uint8_t *pages[DEPTH_MAX]; /* of the way down */
    struct hl_detail *detail;
};

/* The machine's own order is that of the file. */
static uint16_t u16_at(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint32_t u32_at(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t u64_at(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static hl_err damaged(struct walk *walk, uint64_t page, const char *why)
{
    return hl_fail(walk->detail, HL_EDAMAGED,
                   "page %llu of the store is damaged: %s",
                   (unsigned long long)page, why);
}

/* --- Heads ---------------------------------------------------------------- */

static struct tree read_tree(const uint8_t *at)
{
    return (struct tree){.flags = u16_at(at + 4),
                         .depth = u16_at(at + 6),
                         .root = u64_at(at + 40)};
}

static bool read_meta(const struct pages_source *source, uint64_t offset,
                      struct meta *out)
{
    uint8_t page[HEADER_BYTES + META_BYTES];
    if (!source->read(source->context, offset, page, sizeof(page))) {
        return false;
    }
    const uint8_t *at = page + HEADER_BYTES;
    if ((u16_at(page + 10) & PAGE_META) == 0 ||
        u32_at(at) != (uint32_t)META_MAGIC || u32_at(at + 4) != META_VERSION) {
        return false;
    }
    *out = (struct meta){
        .page_bytes = u32_at(at + 24), /* md_pad of the free pages' tree */
        .free = read_tree(at + 24),
        .main = read_tree(at + 24 + DB_BYTES),
        .last_page = u64_at(at + 24 + 2 * DB_BYTES),
        .txn = u64_at(at + 24 + 2 * DB_BYTES + 8),
    };
    out->free.free_pages = true;
    out->main.main = true;
    uint32_t bytes = out->page_bytes;
    return bytes >= PAGE_BYTES_MIN && bytes <= PAGE_BYTES_MAX &&
           (bytes & (bytes - 1)) == 0 && out->last_page < source->size / bytes;
}

static hl_err choose_meta(struct walk *walk, uint64_t txn)
{
    struct meta both[2];
    bool good[2];
    good[0] = read_meta(walk->source, 0, &both[0]);
    uint64_t second = good[0] ? both[0].page_bytes : 4096;
    good[1] = read_meta(walk->source, second, &both[1]);
    if (!good[0] && !good[1]) {
        return damaged(walk, 0, "it and page 1 are no heads");
    }
    for (int i = 0; i < 2; i++) {
        good[i] = good[i] && (txn == 0 || both[i].txn == txn);
    }
    if (!good[0] && !good[1]) {
        return hl_fail(walk->detail, HL_ENOTFOUND,
                       "the file has gone on from that transaction");
    }
    bool first = good[0] && (!good[1] || both[0].txn >= both[1].txn);
    walk->meta = both[first ? 0 : 1];
    return HL_OK;
}

/* --- Pages ---------------------------------------------------------------- */

static hl_err reach(struct walk *walk, uint64_t page, uint64_t count,
                    uint64_t from)
{
    if (page < 2 || count > walk->meta.last_page ||
        page > walk->meta.last_page + 1 - count) {
        return damaged(walk, from, "it leads to a page that is not there");
    }
    for (uint64_t i = page; i < page + count; i++) {
        uint8_t bit = (uint8_t)(1u << (i % 8));
        if ((walk->reached[i / 8] & bit) != 0) {
            return damaged(walk, from,
                           "it leads to a page that something else has");
        }
        walk->reached[i / 8] |= bit;
    }
    return HL_OK;
}

static hl_err read_page(struct walk *walk, uint64_t page, size_t depth,
                        unsigned type)
{
    uint32_t bytes = walk->meta.page_bytes;
    uint8_t *data = walk->pages[depth];
    if (walk->source->goes_on != NULL && ++walk->looked_at % ASK_PAGES == 0 &&
        !walk->source->goes_on(walk->source->context)) {
        return hl_fail(walk->detail, HL_ESTOPPING, "it was ended");
    }
    if (!walk->source->read(walk->source->context, page * bytes, data, bytes)) {
        return hl_fail(walk->detail, HL_EIO, "page %llu cannot be read",
                       (unsigned long long)page);
    }
    if (u64_at(data) != page) {
        return damaged(walk, page, "it has another page's number");
    }
    unsigned lower = u16_at(data + 12), upper = u16_at(data + 14);
    if (u16_at(data + 10) != type) {
        return damaged(walk, page, "it is of another type than its place");
    }
    if (lower < HEADER_BYTES || lower > upper || upper > bytes ||
        lower % 2 != 0) {
        return damaged(walk, page, "its bounds are wrong");
    }
    return HL_OK;
}

struct node {
    const uint8_t *data; /* behind the key */
    uint64_t size;       /* of a leaf's value; a branch's child */
    uint16_t flags;
    size_t taken; /* of the page, itself and its head */
};

static hl_err read_node(struct walk *walk, uint64_t page, const uint8_t *data,
                        size_t index, bool branch, struct node *out)
{
    unsigned upper = u16_at(data + 14);
    unsigned at = u16_at(data + HEADER_BYTES + 2 * index);
    if (at < upper || at % 2 != 0 || at + NODE_BYTES > walk->meta.page_bytes) {
        return damaged(walk, page, "a node lies outside of it");
    }
    const uint8_t *node = data + at;
    uint64_t low = u16_at(node) | (uint64_t)u16_at(node + 2) << 16;
    out->flags = u16_at(node + 4);
    size_t key = u16_at(node + 6);
    size_t left = walk->meta.page_bytes - at - NODE_BYTES;
    if (branch) {
        out->size = low | (uint64_t)out->flags << 32;
    } else {
        out->size = low;
    }
    bool big = (out->flags & NODE_BIG) != 0;
    size_t inside = branch ? 0 : big ? sizeof(uint64_t) : (size_t)low;
    if (key > left || inside > left - key) {
        return damaged(walk, page, "a node is larger than it");
    }
    out->data = node + NODE_BYTES + key;
    out->taken = (NODE_BYTES + key + inside + 1) / 2 * 2;
    return HL_OK;
}

/* A large value that was replaced by a smaller one keeps its pages. */
static hl_err check_overflow(struct walk *walk, uint64_t page,
                             const struct node *node)
{
    uint32_t bytes = walk->meta.page_bytes;
    uint64_t first = u64_at(node->data);
    uint64_t least = (HEADER_BYTES - 1 + node->size) / bytes + 1;
    uint8_t header[HEADER_BYTES];
    if (first < 2 || first > walk->meta.last_page) {
        return damaged(walk, page, "it leads to a page that is not there");
    }
    if (!walk->source->read(walk->source->context, first * bytes, header,
                            sizeof(header))) {
        return hl_fail(walk->detail, HL_EIO, "page %llu cannot be read",
                       (unsigned long long)first);
    }
    uint64_t count = u32_at(header + 12);
    if (u64_at(header) != first || u16_at(header + 10) != PAGE_OVERFLOW ||
        count < least) {
        return damaged(walk, first, "it is not the large value that it ought");
    }
    return reach(walk, first, count, page);
}

static hl_err check_tree(struct walk *walk, const struct tree *tree,
                         uint64_t from, size_t base);

static hl_err check_value(struct walk *walk, const struct tree *tree,
                          uint64_t page, size_t depth, const struct node *node)
{
    if ((node->flags & ~(NODE_BIG | NODE_SUB)) != 0 ||
        (node->flags == NODE_SUB) != (tree->main && node->flags != 0)) {
        return damaged(walk, page, "a node has flags that none has");
    }
    if ((node->flags & NODE_BIG) != 0) {
        return check_overflow(walk, page, node);
    }
    if ((node->flags & NODE_SUB) == 0) {
        return HL_OK;
    }
    if (node->size != DB_BYTES) {
        return damaged(walk, page, "the record of a table is cut");
    }
    struct tree sub = read_tree(node->data);
    return check_tree(walk, &sub, page, depth + 1);
}

/* A list of free pages: how many, and their numbers, descending. They may not
 * be reached by anything else. */
static hl_err check_free(struct walk *walk, uint64_t page,
                         const struct node *node)
{
    uint8_t *copy = NULL;
    const uint8_t *list = node->data;
    hl_err err = HL_OK;
    if ((node->flags & NODE_BIG) != 0) {
        copy = hl_alloc(1, (size_t)node->size + 1);
        list = copy;
        if (!walk->source->read(walk->source->context,
                                u64_at(node->data) * walk->meta.page_bytes +
                                    HEADER_BYTES,
                                copy, (size_t)node->size)) {
            err = hl_fail(walk->detail, HL_EIO,
                          "a list of free pages cannot be read");
        }
    }
    uint64_t count = node->size < 8 ? UINT64_MAX : u64_at(list);
    if (err == HL_OK && (node->size % 8 != 0 || count != node->size / 8 - 1)) {
        err = damaged(walk, page, "a list of free pages is cut");
    }
    for (uint64_t i = 0; err == HL_OK && i < count; i++) {
        err = reach(walk, u64_at(list + 8 + 8 * i), 1, page);
    }
    hl_free(copy);
    return err;
}

static hl_err check_children(struct walk *walk, const struct tree *tree,
                             uint64_t page, size_t level, size_t base);

static hl_err check_node(struct walk *walk, const struct tree *tree,
                         uint64_t page, size_t level, size_t base,
                         const struct node *node)
{
    bool branch = level + 1 < tree->depth;
    if (branch) {
        hl_err err = reach(walk, node->size, 1, page);
        bool leaf = level + 2 == tree->depth;
        return err != HL_OK || (leaf && !walk->leaves && !tree->main)
                   ? err
                   : check_children(walk, tree, node->size, level + 1, base);
    }
    hl_err err = check_value(walk, tree, page, base + level, node);
    return err == HL_OK && tree->free_pages ? check_free(walk, page, node)
                                            : err;
}

/* Nodes lie one behind the other up to the page's end, in any order: what is
 * longer or shorter than it was shows. */
static hl_err check_full(struct walk *walk, uint64_t page, const uint8_t *data,
                         size_t count, bool branch)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        struct node node = {0};
        hl_err err = read_node(walk, page, data, i, branch, &node);
        if (err != HL_OK) {
            return err;
        }
        taken += node.taken;
    }
    return taken == walk->meta.page_bytes - u16_at(data + 14)
               ? HL_OK
               : damaged(walk, page, "its nodes do not fill it");
}

static hl_err check_children(struct walk *walk, const struct tree *tree,
                             uint64_t page, size_t level, size_t base)
{
    bool branch = level + 1 < tree->depth;
    hl_err err =
        read_page(walk, page, base + level, branch ? PAGE_BRANCH : PAGE_LEAF);
    if (err != HL_OK) {
        return err;
    }
    const uint8_t *data = walk->pages[base + level];
    size_t count = (u16_at(data + 12) - (size_t)HEADER_BYTES) / 2;
    if (count < (branch && !tree->free_pages ? 2u : 1u)) {
        return damaged(walk, page, "it has too few nodes");
    }
    err = check_full(walk, page, data, count, branch);
    for (size_t i = 0; i < count && err == HL_OK; i++) {
        struct node node = {0};
        err = read_node(walk, page, data, i, branch, &node);
        if (err == HL_OK) {
            err = check_node(walk, tree, page, level, base, &node);
        }
    }
    return err;
}

/* base: levels that are in use by the tree that this one lies in. */
static hl_err check_tree(struct walk *walk, const struct tree *tree,
                         uint64_t from, size_t base)
{
    if (tree->root == NO_PAGE) {
        return tree->depth == 0
                   ? HL_OK
                   : damaged(walk, from, "a table without a root has depth");
    }
    if (tree->depth == 0 || base + tree->depth > DEPTH_MAX ||
        (tree->flags & DB_DUPSORT) != 0) {
        return damaged(walk, from, "the record of a table is wrong");
    }
    hl_err err = reach(walk, tree->root, 1, from);
    return err != HL_OK || (tree->depth == 1 && !walk->leaves && !tree->main)
               ? err
               : check_children(walk, tree, tree->root, 0, base);
}

hl_err store_pages_check(const struct pages_source *source,
                         const struct pages_options *options,
                         struct hl_detail *detail)
{
    struct walk walk = {
        .source = source, .leaves = options->leaves, .detail = detail};
    hl_err err = choose_meta(&walk, options->txn);
    if (err != HL_OK) {
        return err;
    }
    walk.reached = hl_alloc(1, (size_t)(walk.meta.last_page / 8 + 1));
    for (size_t i = 0; i < DEPTH_MAX; i++) {
        walk.pages[i] = hl_alloc(1, walk.meta.page_bytes);
    }
    err = check_tree(&walk, &walk.meta.main, 1, 0);
    /* After what is in use: what is free may not be. */
    if (err == HL_OK && walk.leaves) {
        err = check_tree(&walk, &walk.meta.free, 1, 0);
    }
    for (size_t i = 0; i < DEPTH_MAX; i++) {
        hl_free(walk.pages[i]);
    }
    hl_free(walk.reached);
    return err;
}
